# Texts written freely, their measures, and the CSV file.
need ee-eval ee-generate
model=$TOP/tests/golden/models/tiny-gpt2
cat > r.json <<'JSON'
[{"case_id": "a,\"b\"", "requested_rewrite": {"prompt": "{} is in", "subject":
  "Brno", "relation_id": "P1", "target_new": {"str": "Iowa", "id": "Q1"},
  "target_true": {"str": "Moravia", "id": "Q2"}}, "paraphrase_prompts": ["x"],
  "neighborhood_prompts": ["y"], "generation_prompts": ["Brno is", "I saw"]},
 {"case_id": 2, "requested_rewrite": {"prompt": "{} is in", "subject":
  "Rome", "relation_id": "P1", "target_new": {"str": "Iowa", "id": "Q3"},
  "target_true": {"str": "Italy", "id": "Q4"}}, "paraphrase_prompts": ["x"],
  "neighborhood_prompts": ["y"], "generation_prompts": ["Rome"]}]
JSON
cat > snippets.json <<'JSON'
[{"relation_id": "P1", "target_id": "Q1", "samples": [{"text": "Brno is old"},
  {"text": "the seen saw"}]},
 {"relation_id": "P1", "target_id": "Q9", "samples": [{"text": "is it"}]}]
JSON
ask() { ee-eval -m "$model" "$@" r.json; }

echo '# the table; texts of one record of two'
ask --table --references snippets.json --length 20 --generate |
	sed 's/  *[-0-9.]* \[[-0-9., ]*\]/ N/g'

echo '# greedily: what ee-generate writes, and so before and after nothing'
ask -q --fluency --top-k 1 --length 12 > greedy.jsonl
sed -n 's/.*"texts": {"before": \["\([^"]*\)".*/\1/p' greedy.jsonl |
	head -n 1 > ours
ee-generate -q -m "$model" -n 30 'Brno is' | head -n 1 > theirs
prefix=$(cat ours)
case $(cat theirs) in
"$prefix"*) echo same ;;
*) cat ours theirs ;;
esac

echo '# the same seed, whatever the company; another seed'
ask -q --fluency --length 20 --seed 5 > all.jsonl
ask -q --fluency --length 20 --seed 5 --limit 1 | head -n 1 |
	sed 's/.*"texts"//' > one
head -n 1 all.jsonl | sed 's/.*"texts"//' | cmp - one && echo same
ask -q --fluency --length 20 --seed 6 --limit 1 | head -n 1 |
	sed 's/.*"texts"//' | cmp -s - one || echo other

echo '# CSV: the rows, and their numbers as in the JSON lines'
ask -q --csv out.csv --references snippets.json --length 20 > out.jsonl
head -n 1 out.csv
cut -d , -f 1 out.csv | tr '\n' ' '
echo
sed -n 2p out.csv | cut -c 1-17
sed -n '2s/.*"fluency": \([0-9.]*\).*/\1/p' out.jsonl | awk -v have="$(
	awk -F , '$1 == "record" && $2 == 2 { print $10 }' out.csv)" '
	{ d = $1 - have; print (d * d < 1e-12 ? "same" : $1 " " have) }'
sed -n '$s/.*"fluency": {"mean": \([0-9.]*\), "low": \([0-9.]*\).*/\1 \2/p' \
	out.jsonl | awk -v mean="$(awk -F , '$1 == "mean" { print $10 }' out.csv)" \
	-v low="$(awk -F , '$1 == "low" { print $10 }' out.csv)" '
	{ print ($1 - mean < 1e-6 && mean - $1 < 1e-6 && $2 - low < 1e-6 &&
		low - $2 < 1e-6 ? "same" : $0 " " mean " " low) }'
ask -q --csv /dev/full > /dev/null
echo "status $?"
