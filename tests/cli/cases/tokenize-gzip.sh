# Compressed documents are read as what is in them, from files and standard
# input, all or a sample; several members are one text; damage is an error.
need ee-tokenize gzip
m=$TOP/tests/golden/models/tiny-gpt2
t() { ee-tokenize -q -m "$m" "$@"; }
# records: the documents of a stream, whose header names the file
records() { ee-tokenize -m "$m" -d --field t; }
head -n 40 "$TOP/tests/golden/inputs/corpus.txt" | tr -d '"\\' > text
gzip -c text > text.gz
{ head -n 15 text | gzip; tail -n +16 text | gzip -1; head -c 600 /dev/zero; } > two.gz
sed 's/.*/{"t": "&"}/' text | gzip > lines.gz
{ echo '['; sed 's/.*/{"t": "&"},/; $s/,$//' text; echo ']'; } | gzip > list.gz
t text | records > want
for f in text.gz two.gz; do
	t "$f" | records | cmp - want
	t < "$f" | records | cmp - want
	cat "$f" | t | records | cmp - want
done
for f in lines.gz list.gz; do
	t --field t "$f" | records | cmp - want
done
t --sample 10 text | records > want
t --sample 10 text.gz | records | cmp - want
cat two.gz | t --sample 10 | records | cmp - want
t --sample 10 --field t list.gz | records | cmp - want
mkdir tmp
TMPDIR=$PWD/tmp t --sample 10 --field t lines.gz | records | cmp - want
ls tmp
fails 'nowhere/ee.' env TMPDIR="$PWD/nowhere" ee-tokenize -m "$m" --sample 2 text.gz
# plain files of any first byte
printf '\037' > one
t one | records | wc -l
printf '\037x\n' | t | records | wc -l
: | gzip > empty.gz
fails 'there are no documents' t empty.gz
echo '-- cut'
size=$(wc -c < text.gz)
n=2
while [ $n -lt "$size" ]; do
	head -c $n text.gz > cut.gz
	fails 'cut.gz: the gzip data are cut short' t cut.gz
	fails 'cut.gz: the gzip data are cut short' t --sample 3 cut.gz
	n=$((n + 111))
done
head -c $((size - 1)) text.gz > cut.gz
fails 'standard input: the gzip data are cut short' t < cut.gz
echo '-- damaged'
cp text.gz bad.gz
byte bad.gz $((size - 7)) 000
byte bad.gz $((size - 6)) 377
fails 'bad.gz: the gzip data are damaged: incorrect data check' t bad.gz
fails 'bad.gz: the gzip data are damaged: incorrect data check' t --sample 3 bad.gz
cp text.gz bad.gz
byte bad.gz $((size - 2)) 377
fails 'bad.gz: the gzip data are damaged: incorrect length check' t bad.gz
cp text.gz bad.gz
byte bad.gz 2 001
fails 'unknown compression method' t bad.gz
{ cat text.gz; echo more; } > bad.gz
fails 'bad.gz: there is something else behind the gzip data' t bad.gz
fails 'Is a directory' t tmp
fails 'No such file' t nothing.gz
