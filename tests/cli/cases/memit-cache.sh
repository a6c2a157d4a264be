# Targets in a cache: a second run finds them all there, with the same bytes;
# another model, hyper-parameter or request does not; a damaged file is found
# anew.
memit_files
records() { ee-show "$1" | grep '"case"'; }
files() { ls cache | wc -l; }
memit --targets-only r.jsonl > none.ee
memit --targets-only --cache cache r.jsonl > first.ee
files
memit --targets-only --cache cache r.jsonl > second.ee
records none.ee > a
records first.ee | cmp - a
records second.ee | cmp - a
echo '-- edits'
memit -q --targets none.ee r.jsonl > e1.ee
memit --cache cache r.jsonl 2>&1 > e2.ee | grep cache
ee-npz save -q -o e1.npz < e1.ee
ee-npz save -q -o e2.npz < e2.ee
cmp e1.npz e2.npz

echo '-- other requests, other numbers, another model'
sed '1s/"case_id": 1/"case_id": 7/; 2s/Danish/Welsh/' r.jsonl > other.jsonl
memit --targets-only --cache cache other.jsonl 2>&1 > x.ee | grep cache
records x.ee | grep -o '"case": "[0-9]*"'
files
sed 's/5e-1/4e-1/' h.yaml > h2.yaml
ee-memit -m "$m" -p h2.yaml --templates t.json --like rome --targets-only --cache cache r.jsonl > x.ee
files
memit -q -e e1.ee --targets-only --cache cache r.jsonl > x.ee
files
memit --stop argmax --targets-only --cache cache r.jsonl > x.ee
files

echo '-- damaged files; half of the files'
for f in cache/*; do
	head -c 100 "$f" > short
	cp short "$f"
done
memit --targets-only --cache cache r.jsonl 2>&1 > third.ee | grep -c 'finding it anew'
records third.ee | cmp - a
ls cache | sed -n 'p;n' | while read -r f; do rm "cache/$f"; done
memit -q --targets-only --cache cache r.jsonl > fourth.ee
memit -q --targets fourth.ee r.jsonl > e4.ee
near 1e-5 e1.ee e4.ee
echo '-- no place for it'
memit -q --targets-only --cache none/none r.jsonl > x.ee

echo '-- a killed run goes on'
a=$TOP/pipelines/atlas/atlas-gpt2
for i in 1 2 3 4 5 6 7 8; do
	echo "{\"case_id\": $i, \"prompt\": \"{} holds the citizenship of\", \"subject\": \"Aaron Copland $i\", \"target_new\": \"France\"}"
done > many.jsonl
set -- -j 1 -m "$a" -p "$TOP/pipelines/hparams/MEMIT/atlas-gpt2.yaml" \
	--templates t.json --targets-only --cache killed many.jsonl
(exec ee-memit "$@" > x.ee 2> said) &
pid=$!
n=0
while ! ls killed/*.ee > list 2>&1 && [ $n -lt 600 ]; do
	sleep 0.02
	n=$((n + 1))
done
kill -9 $pid
wait $pid 2> said
there=$(ls killed/*.ee | wc -l)
ee-memit "$@" 2>&1 > x.ee | sed "s/^ee-memit: $there of/as many as were there of/"
ls killed/*.ee | wc -l
