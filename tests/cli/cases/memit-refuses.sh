# What a mass edit is told of its inputs: statistics of one layer that are not
# there, or are of too few tokens; the same request twice, or another target;
# targets of another model, another layer, damaged ones.
memit_files
short() { sed 's/[0-9a-f]\{16\}/F/g'; }
echo '-- statistics of one layer are not there'
cp -r "$s/tiny-gpt2" .
rm tiny-gpt2/wikipedia_stats/transformer.h.2.*
ee-memit -q -m "$m" -p h.yaml --stats . --templates t.json --like rome r.jsonl 2>&1 > x.ee | cat
echo '-- of too few tokens, without a ridge and with one'
head -n 2 "$TOP/tests/golden/inputs/corpus.txt" | ee-tokenize -m "$m" |
	ee-forward -q -m "$m" -t 'transformer.h.{1-2}.mlp.c_proj:in' |
	ee-cov -q --tokens 40 | ee-npz save -q -d few --dataset wikipedia
sed '/mom2_n_samples/d' h.yaml > few.yaml
few() { ee-memit -q -m "$m" -p few.yaml --stats few --templates t.json "$@" r.jsonl; }
few --like rome 2>&1 > x.ee | cat
few > x.ee && echo 'the default ridge will do'
echo '-- doubles, in lines and in a list'
{
	cat r.jsonl
	sed -n 1p r.jsonl | sed 's/"case_id": 1/"case_id": 9/; s/Brno/Vantaa/'
	sed -n 2p r.jsonl | sed 's/"case_id": 2/"case_id": 10/'
} > double.jsonl
memit double.jsonl 2>&1 > x.ee | grep 'cases '
{ echo '['; sed '$!s/$/,/' double.jsonl; echo ']'; } > double.json
memit double.json 2>&1 > x.ee | grep 'cases '
echo '-- targets of another model, with --force too; of another layer; damaged; none of these'
memit -q --targets-only r.jsonl > t.ee
memit -q r.jsonl > e.ee
ee-apply -q -m "$m" -o tiny-gpt2/other e.ee
{ echo 'model_name: tiny-gpt2'; cat h.yaml; } > named.yaml
other() { ee-memit -q -m tiny-gpt2/other -p named.yaml --stats "$s" --templates t.json "$@" r.jsonl; }
other --targets t.ee 2>&1 > x.ee | short
other --force --targets t.ee > x.ee && echo forced
sed 's/^layers:.*/layers: [1]/' h.yaml > h1.yaml
ee-memit -q -m "$m" -p h1.yaml --stats "$s" --templates t.json --targets t.ee r.jsonl 2>&1 > x.ee | cat
head -c 900 t.ee > cut.ee
memit -q --targets cut.ee r.jsonl 2>&1 > x.ee | cat
memit -q --targets e.ee r.jsonl 2>&1 > x.ee | cat
memit -q --targets none.ee r.jsonl 2>&1 > x.ee | cat
echo '-- layers, usage'
sed 's/^layers:.*/layers: [1, 4]/' h.yaml > h4.yaml
ee-memit -q -m "$m" -p h4.yaml --stats "$s" --templates t.json r.jsonl 2>&1 > x.ee | cat
memit --shard 1/2 r.jsonl 2>&1 | head -n 1
memit --shard 3/2 --targets-only r.jsonl 2>&1 | head -n 1
memit --targets t.ee --targets-only r.jsonl 2>&1 | head -n 1
