# Base results are kept, and used for the same questions to the same model.
need ee-eval
model=$TOP/tests/golden/models/tiny-gpt2
cat > r.json <<'JSON'
[{"prompt": "The Tower is in", "subject": "Tower", "target_new": "Rome",
  "rephrase_prompt": "It stands in", "locality": {"near": {"prompt": "Brno is",
  "ground_truth": "a city"}}},
 {"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}]
JSON
ask() { ee-eval -m "$model" --cache kept --generate --fluency --length 20 \
	-n 5 "$@" r.json; }
lines() { grep -v '"summary"' "$1"; }

echo '# made once, then used: the file stays the same one'
ask -q > first.jsonl
file=$(echo kept/*.ee)
ls kept | wc -l
inode=$(ls -i "$file")
ask > second.jsonl 2> /dev/null
lines first.jsonl > a
lines second.jsonl | cmp - a && echo same
[ "$inode" = "$(ls -i "$file")" ] && echo used

echo '# with an edit, as without the cache'
cat > h.yaml <<'YAML'
layers: [2]
fact_token: subject_last
v_num_grad_steps: 2
v_lr: 5e-1
v_loss_layer: 3
v_weight_decay: 0.02
clamp_norm_factor: 12
kl_factor: 0.0625
mom2_adjustment: false
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
YAML
echo '["{}"]' > t.json
ee-rome -q -m "$model" -p h.yaml --templates t.json --independent r.json \
	> edits.ee
for way in --per-case --sequential; do
	ask -q -e edits.ee $way > with.jsonl
	ee-eval -q -m "$model" --generate --fluency --length 20 -n 5 \
		-e edits.ee $way r.json > without.jsonl
	lines with.jsonl > a
	lines without.jsonl | cmp - a && echo "same $way"
done
[ "$inode" = "$(ls -i "$file")" ] && echo used

echo '# other options, records, models: other files'
ask -q -n 6 > /dev/null
ask -q --seed 2 > /dev/null
ask -q --limit 1 > /dev/null
ee-eval -q -m "$model" --cache kept r.json > /dev/null
model=$TOP/tests/golden/models/tiny-gptj
ask -q > other.jsonl
ls kept | wc -l
model=$TOP/tests/golden/models/tiny-gpt2

echo '# damaged, cut, of another model: a notice, and computed again'
cp "$file" good.ee
again() {
	ask > third.jsonl 2> err
	grep "ee-eval: " err | sed "s|$file: .*; |FILE: why; |"
	lines first.jsonl > a
	lines third.jsonl | cmp - a
	inode=$(ls -i "$file")
	ask 2>&1 > third.jsonl | grep 'ee-eval: '
	lines third.jsonl | cmp - a
	[ "$inode" = "$(ls -i "$file")" ] && echo 'good again'
}
byte "$file" $(($(wc -c < good.ee) - 60)) 001
again
head -c 700 good.ee > "$file"
again
: > "$file"
again
for f in kept/*.ee; do
	[ "$f" = "$file" ] || break
done
cp "$f" "$file"
again
