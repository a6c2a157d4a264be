# Targets in shards are the targets together; one bad request does not sink
# the rest; targets of another layer are refused.
memit_files
memit -q r.jsonl > whole.ee && echo whole
for i in 1 2; do memit -q --targets-only --shard $i/2 r.jsonl; done > t.ee
ee-show t.ee | grep -c '"case"'
memit -q --targets t.ee r.jsonl > shards.ee && echo shards
# batches of one request against batches of all: the same to rounding
ee-generate -q -m "$m" -e whole.ee -n 4 --json 'Ada Verrin lives in' > a
ee-generate -q -m "$m" -e shards.ee -n 4 --json 'Ada Verrin lives in' > b
cmp a b && echo same

echo '-- a bad request is left out'
sed '2s/"subject": "Ines Calder"/"subject": "Nobody"/; 2s/{} speaks/Ines speaks/' r.jsonl > bad.jsonl
memit -q bad.jsonl > part.ee; echo "status $?"
ee-show part.ee | grep -o '"cases": [^]]*]' | uniq
memit -q --strict bad.jsonl > none.ee; echo "status $?"

echo '-- doubles'
{ cat r.jsonl; sed -n 1p r.jsonl | sed 's/"case_id": 1/"case_id": 9/; s/Brno/Vantaa/'; } > double.jsonl
memit double.jsonl 2>&1 > /dev/null | grep 'cases '

echo '-- targets of another layer, of another case'
sed 's/^layers:.*/layers: [1]/' h.yaml > h1.yaml
ee-memit -q -m "$m" -p h1.yaml --stats "$s" --templates t.json --targets t.ee r.jsonl > x.ee; echo "status $?"
sed -n 1p r.jsonl | sed 's/"case_id": 1/"case_id": 7/' > other.jsonl
memit -q --targets t.ee other.jsonl > x.ee; echo "status $?"

echo '-- EMMET with mu 0: every key exact'
memit --method emmet --mu 0 r.jsonl 2>&1 > emmet.ee | grep -c '3 cases'
echo '-- no statistics of a layer'
mkdir empty
ee-memit -q -m "$m" -p h.yaml --stats empty --templates t.json r.jsonl 2>&1 > x.ee | head -n 1
