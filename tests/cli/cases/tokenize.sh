# ee-tokenize: text to tokens and back, parts of a corpus, what goes wrong.
need ee-tokenize
M=$TOP/tests/golden/models/tiny-gpt2
L=$TOP/tests/golden/models/tiny-llama
t() { ee-tokenize -m "$M" "$@"; }
back() { ee-tokenize -m "$M" -d | tr '\n' ' '; echo; }

echo '# round trips'
printf 'One line\n\303\251 \342\230\203\n' > text
t text | t -d | cmp - text
ee-tokenize -m "$L" text | ee-tokenize -m "$L" -d | cmp - text
ee-tokenize -m "$L" --no-bos text | ee-tokenize -m "$L" -d | cmp - text
printf '{"t":"two\\nlines"}\n' | t --field t | t -d --field t
printf 'a\377b\n\nc' | t | back

echo '# parts'
seq 10 > ten
t --shard 1/3 ten | back
t --shard 2/3 ten | back
t --shard 3/3 ten | back
t --sample 4 ten | back
t --sample 4 --seed 7 - < ten | back
t --sample 4 --seed 7 --shard 2/2 ten | back
t --sample 99 ten | back
t --skip 8 ten | back
t --resume nothing ten | back
printf '\204\242ee\001\244kind\245stats\242by\241t\251documents\007' > point
t --resume point ten | back
t --max-length 3 text | back
cat ten ten | t - text | ee-tokenize -m "$M" -d | wc -l

echo '# header and records'
t --keep-text --max-length 2 --sample 1 text | ee-show -d 9 |
	sed 's/"history": \[[^]]*\], //; s/"by": "[^"]*", //; s/"bytes": [0-9]*/"bytes"/'

echo '# failures'
fails 'no such file: No such file' t 'no such file'
fails '.: Is a directory' t .
fails 'there are no documents' t /dev/null
fails 'no tokenizer: neither tokenizer.json nor' ee-tokenize -m .
printf '{"t":"x"}\n{"u":1}\n' > records
fails "records: line 2: 't' is not there" t --field t records
printf '{"t":"x"}\n{"t":\n' > records
fails 'records: line 2:1:' t --field t records
printf '[{"t":"x"},{"t":0}]\n' > records
fails "records: record 2: 't' is an integer" t --field t records
fails "records: record 2: 't' is an integer" t --sample 5 --field t records
t text > tokens
fails 'the tokens are of tokenizer' ee-tokenize -m "$L" -d < tokens
fails "want 'stats'" t --resume tokens text
[ ! -c /dev/full ] || status t text > /dev/full
cut_everywhere tokens ee-tokenize -m "$M" -d

echo '# usage'
for o in '' '-m' '-m . --shard 3' '-m . --shard 3/2' '-m . --shard 0/2' \
	'-m . --sample 0' '-m . --max-length x' '-m . -d text' \
	'-m . --skip 1 --resume text'; do
	# shellcheck disable=SC2086
	status ee-tokenize $o 2>&1 < /dev/null | grep -v '^  '
done
