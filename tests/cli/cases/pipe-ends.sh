# Every stage of a pipe, when standard output is full, when nobody reads it
# any more, and when the stage before it fails.
need ee-tokenize ee-forward ee-cov ee-npz ee-rome ee-generate
[ -c /dev/full ] || { echo 'skip: no /dev/full'; exit 0; }
model=$TOP/tests/golden/models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
tap=transformer.h.1.mlp.c_proj:in
hparams 1 2 > h.yaml
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
ee-tokenize -m "$model" "$corpus" > t.ee
ee-forward -m "$model" -t $tap < t.ee > a.ee
ee-cov < a.ee > s.ee
ee-npz save -q -o s.npz < s.ee

each() {	# FUNCTION: of each tool that writes to standard output
	"$1" ee-tokenize -m "$model" "$corpus"
	"$1" ee-tokenize -m "$model" -d < t.ee
	"$1" ee-forward -m "$model" -t $tap < t.ee
	"$1" ee-cov < a.ee
	"$1" ee-npz load s.npz
	"$1" ee-npz cat s.npz mom2.mom2
	"$1" ee-npz ls s.npz
	"$1" ee-npz verify s.npz
	"$1" ee-npz merge s.npz
	"$1" ee-show s.ee
	"$1" ee-rome -q -m "$model" -p h.yaml r.json
	"$1" ee-generate -m "$model" Brno
	"$1" ee-generate -m "$model" --templates 5:5
}
full() {
	"$@" > /dev/full 2> said
	[ $? = 1 ] && [ "$(wc -l < said)" = 1 ] &&
		grep -q "^$1: standard output: .*No space left" said ||
		{ echo "full: $*"; cat said; }
}
gone() {
	{
		sleep 0.1
		"$@" 2> said
		echo $? > code
	} | :
	# a reader that wants no more is no fault
	[ "$(cat code)" = 1 ] && [ ! -s said ] ||
		{ echo "gone: $* (status $(cat code))"; cat said; }
}
each full
each gone
i=0
while [ $i -lt 40 ]; do cat "$corpus"; i=$((i + 1)); done > long.txt
for tap in $tap hidden; do
	{ ee-tokenize -m "$model" long.txt 2> said1; echo $? > code1; } |
		{ ee-forward -m "$model" -t $tap 2> said2; echo $? > code2; } |
		head -c 100 > /dev/null
	cat said1 said2 code1 code2
done
# enough tokens: the stages before end quietly
ee-tokenize -m "$model" long.txt 2> said | ee-forward -q -m "$model" \
	-t transformer.h.0:out 2>> said | ee-cov --tokens 2x 2>> said |
	ee-npz save -o enough.npz 2>> said
echo "status $?"
cat said
ee-npz cat enough.npz mom2.count

echo 'a stage fails:'
# pipe COMMAND: the first stage; the others follow, nothing may be left
pipe() {
	{ "$@" 2> said1; echo "$1 $?" > code1; } |
		{ ee-forward -m "$model" -t transformer.h.1.mlp.c_proj:in 2> said2
		  echo "ee-forward $?" > code2; } |
		{ ee-cov 2> said3; echo "ee-cov $?" > code3; } |
		{ ee-npz save -d stats 2> said4; echo "ee-npz $?" > code4; }
	cat code1 code2 code3 code4
	sed 's/after [0-9]* records and [0-9]* bytes/after N records/' said1 said2 said3 said4
	[ -e stats ] && echo 'WRONG: something was written'
}
: > empty.txt
echo '- no documents'
pipe ee-tokenize -m "$model" empty.txt
echo '- a file that is not there'
pipe ee-tokenize -m "$model" "$corpus" nowhere.txt
echo '- a stream without records'
{ printf '\202\242ee\001\244kind\246tokens'; end 0; } > none.ee
pipe cat none.ee
echo '- a stage that was killed'
dying() { head -c 20000 t.ee; }
pipe dying
echo '- a long document after many'
{ cat "$corpus"; tr '\n' ' ' < "$corpus"; } > mixed.txt
pipe ee-tokenize -m "$model" --max-length 5000 mixed.txt
echo '- foreign kinds'
ee-cov < t.ee
ee-npz save -d stats < t.ee
ee-forward -m "$model" -t hidden < a.ee
ee-tokenize -m "$model" -d < a.ee
ee-cov < s.ee
fails 't.ee:1:0: not JSON' ee-rome -q -m "$model" -p h.yaml t.ee
ls -d stats 2> /dev/null
echo finished
# a symbolic link stays one: what it names is written
echo old > real
ln -s real link
ee-npz save -q -o link < s.ee
[ -L link ] && cmp real link && ee-npz verify -q link && echo ok
before=$(readlink /dev/stdout)
ee-npz save -q -o /dev/stdout < s.ee > via.npz
cmp via.npz real
ee-generate -m "$model" --templates 5:5 > templates.json
[ "$(readlink /dev/stdout)" = "$before" ] || echo 'WRONG: /dev/stdout'
ln -s nowhere/at/all dangling
ee-npz save -q -o dangling < s.ee
