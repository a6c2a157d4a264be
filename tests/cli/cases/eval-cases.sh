# Each record with its own edit, stacked edits, formats, and the table.
need ee-eval ee-rome
model=$TOP/pipelines/atlas/atlas-gpt2
awk '/^ },$/ && ++n == 3 { print " }]"; exit } 1' \
	"$TOP/pipelines/atlas/counterfact.json" > three.json
sed 's/mom2_adjustment: true/mom2_adjustment: false/' \
	"$TOP/pipelines/hparams/ROME/atlas-gpt2.yaml" > h.yaml
echo '["{}"]' > templates.json
ee-rome -q -m "$model" -p h.yaml --templates templates.json --independent \
	three.json > own.ee

# the measure MEASURE of each line, WHEN
measure() {
	sed -n "s/.*\"$1\": {\"efficacy\": \([-0-9.e]*\).*/\1/p" "$2"
}
# numbers to four digits: the last bits depend on what is computed together
round() {
	awk '{
		while (match($0, /-?[0-9]+\.[0-9]+(e-?[0-9]+)?/)) {
			printf "%s%.4f", substr($0, 1, RSTART - 1),
				substr($0, RSTART, RLENGTH) + 0
			$0 = substr($0, RSTART + RLENGTH)
		}
		print
	}'
}
echo '# before and after, each with its own edit'
ee-eval -q -m "$model" -e own.ee --per-case --generate three.json > own.jsonl
measure before own.jsonl
measure after own.jsonl
grep -c '"case_id"' own.jsonl
tail -n 1 own.jsonl | grep -c '"summary": {"records": 3, '

echo '# the first alone: what its own edit alone does'
awk '/^ },$/ { print " }]"; exit } 1' three.json > one.json
ee-rome -q -m "$model" -p h.yaml --templates templates.json one.json > one.ee
ee-eval -q -m "$model" -e one.ee --generate one.json | head -n 1 |
	round > one.line
head -n 1 own.jsonl | round | cmp - one.line && echo same

echo '# records in another order'
ee-eval -q -m "$model" -e own.ee --per-case --missing skip one.json |
	head -n 1 | round > a
ee-eval -q -m "$model" -e own.ee --per-case --limit 1 three.json |
	head -n 1 | round | cmp - a && echo same

echo '# a line for each record, from standard input'
tr -d '\n' < one.json | sed 's/^\[//; s/\]$//' |
	ee-eval -q -m "$model" --format counterfact | head -n 1 |
	sed 's/"questions".*//' | round

echo '# tables'
ee-eval -m "$model" --table -e own.ee --per-case --generate three.json |
	sed 's/  *[-0-9.]* \[[-0-9., ]*\]/ N/g'
cat > easy.json <<'JSON'
[{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa",
  "rephrase_prompt": "You find Brno in", "locality": {"near": {"prompt":
  "Prague is in", "ground_truth": "Bohemia"}}, "portability": {"Alias":
  [{"prompt": "Bruenn is in", "ground_truth": [["Iowa", "USA"]]}]}}]
JSON
ee-eval -m "$model" --table -e one.ee easy.json |
	sed 's/  *[-0-9.]* \[[-0-9., ]*\]/ N/g'
echo '{"src": "Brno is in", "alt": "Iowa", "rephrase": "You find Brno in",
	"loc": "Prague is in", "loc_ans": "Bohemia"}' | tr -d '\n' |
	ee-eval -m "$model" --table |
	sed 's/  *[-0-9.]* \[[-0-9., ]*\]/ N/g'

echo '# portability, with the data of the atlas'
ee-eval -q -m "$model" --limit 30 "$TOP/pipelines/atlas/portability.json" |
	tail -n 1 | grep -o '"[a-z_.]*": {"mean"' | tr -d '\n'
echo
