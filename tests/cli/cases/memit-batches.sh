# A list in batches is the same as one run after the other, each laid over the
# model of those before; deltas carry their keys.
memit_files
hidden() {
	echo '{"text": "Ada Verrin lives in Brno. Bo Lindqvist was born in"}' |
		ee-tokenize -m "$m" | ee-forward -q -m "$m" -t transformer.h.3:out "$@"
}
memit -q --batch 2 r.jsonl > batches.ee
ee-show batches.ee | grep -o '"cases": [^]]*]'
head -n 2 r.jsonl > r1.jsonl
tail -n 1 r.jsonl > r2.jsonl
memit -q r1.jsonl > e1.ee
memit -e e1.ee r2.jsonl 2> said > e2.ee
grep carries said
hidden > before
hidden -e batches.ee > a
hidden -e e1.ee -e e2.ee > b
near 1e-5 a b
near 1e-5 a before | sed 's/by.*//'

echo '-- an edit without keys is a notice; one of other layers is none of ours'
sed 's/^layers:.*/layers: [1]/; s/alg_name: .*/alg_name: ROME/' h.yaml > rome.yaml
ee-rome -q -m "$m" -p rome.yaml --stats "$s" --templates t.json --like rome r2.jsonl > rome.ee
memit -e rome.ee r1.jsonl 2>&1 > x.ee | grep carries
sed 's/^layers:.*/layers: [3]/' h.yaml > h3.yaml
ee-memit -m "$m" -p h3.yaml --stats "$s" --templates t.json --like rome -e e1.ee r2.jsonl 2>&1 > x.ee | grep carries
echo '-- usage'
memit --batch 2 --targets-only r.jsonl 2>&1 | head -n 1
memit --batch 0 r.jsonl 2>&1 | head -n 1
