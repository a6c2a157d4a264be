# Requests that cannot be: each message names file, case and field.
need ee-rome
model=$TOP/tests/golden/models/tiny-gpt2
hparams 1 2 > h.yaml
run() {		# FILE ARGUMENTS
	ee-rome -q -m "$model" -p h.yaml "$@" 2> err > out
	code=$?
	sed 's/\(not JSON\): .*/\1/' err
	[ $code = 1 ] && ! grep -q records out || echo "WRONG: $*"
}
while read -r line; do
	printf '%s\n' "$line" > r.json
	printf '%s\n  ' "$line"
	run r.json
done <<'EOF'
hello
null
3
[]
{}
[3]
[{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}
[{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"},]
{"prompt": "{} is in", "subject": "Brno"}
{"prompt": "{} is in", "target_new": "Iowa"}
{"subject": "Brno", "target_new": "Iowa"}
{"prompt": "{} is in", "subject": "", "target_new": "Iowa"}
{"prompt": "{} is in", "subject": "Brno", "target_new": ""}
{"prompt": "{} is in", "subject": "Brno", "target_new": 7}
{"prompt": "{} is in", "subject": ["Brno"], "target_new": "Iowa"}
{"prompt": "It is in", "subject": "Brno", "target_new": "Iowa"}
{"prompt": "Brno or Brno", "subject": "Brno", "target_new": "Iowa"}
{"prompt": "{} or {}", "subject": "Brno", "target_new": "Iowa"}
{"case_id": 17, "requested_rewrite": {"prompt": "{} is in", "subject": "Brno"}}
{"case_id": "z", "src": "where is it?", "subject": "Brno", "alt": "Iowa"}
{"src": "where is Brno?", "subject": "Brno", "answers": ["Iowa"]}
{"prompt": "{} is in", "subject": "\u0000Brno", "target_new": "Iowa"}
EOF
echo 'files:'
good='{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}'
: > r.json
run r.json
run nowhere.json
run .
run - < /dev/null
printf '%s\n%s\n{"prompt": \n' "$good" "$good" > r.json
run r.json
printf '%s\n\n{"prompt": "{} is in", "subject": "Brno"}\n' "$good" > r.json
run r.json
printf '\n\n{"prompt": \n' > r.json
run r.json
printf '[%s,\n%s' "$good" "$good" > r.json
run r.json
printf '%s\n' "$good" > r.json
run --templates nowhere.json r.json
for t in '[]' '["x"]' '["{} {}"]' '[["{}"], [3]]' '{}' '["{}"'; do
	echo "$t" > t.json
	run --templates t.json r.json
done
# all these are requests
cat > r.json <<'EOF'
{"prompt": "Brno is in", "subject": "Brno", "target_new": "Iowa"}
{"prompt": "{} is in", "subject": "Brno", "target_new": {"str": "Iowa"}}

{"case_id": 5, "requested_rewrite": {"prompt": "{} is in", "subject": "Brno", "target_new": {"str": "Iowa", "id": "Q1546"}}}
{"src": "Where is Brno?", "subject": "Brno", "alt": "Iowa"}
EOF
ee-rome -m "$model" -p h.yaml r.json 2> err > out
sed 's/;.*//' err
