# What must not make a difference to an edit, and what two edits together are.
need ee-rome ee-apply ee-generate ee-npz ee-forward ee-tokenize
model=$TOP/tests/golden/models/tiny-gpt2
hparams 1,2 4 > h.yaml
echo 'context_template_length_params: [[3, 5], [5, 5]]' >> h.yaml
cat > 1.json <<'EOF'
{"case_id": 1, "prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}
EOF
cat > 2.json <<'EOF'
{"case_id": 2, "prompt": "{} speaks", "subject": "Ada Verrin", "target_new": "Czech"}
EOF
cat 1.json 2.json > both.json
rome() { ee-rome -q -m "$model" -p h.yaml "$@"; }
# the records of a stream, as text
shown() { ee-show "$1" | grep '^{"record"'; }
same() {	# WHAT A B
	shown "$2" > same.a
	shown "$3" > same.b
	cmp same.a same.b && [ -s same.a ] && echo "$1: the same"
}

rome 1.json > 1.ee
rome 2.json > 2.ee
rome both.json > both.ee
rome --independent both.json > apart.ee
shown 1.ee > 1.txt
shown 2.ee >> 1.txt
shown apart.ee | cmp 1.txt && echo '--independent: two separate runs'
shown both.ee | sed -n 1,2p > first
shown 1.ee | cmp - first && echo 'the first of two: as alone'
# the second then stands on the first
ee-generate -m "$model" --templates 3:5 > t.json
rome --templates t.json both.json > both.ee
rome --templates t.json 1.json > 1.ee
rome --templates t.json -e 1.ee 2.json > second.ee
ee-show both.ee | grep '"case": "2"' | sed 's/"report.*//' > a
shown second.ee | sed 's/"report.*//' | cmp - a &&
	echo 'the second of two: as with -e'
rome --templates t.json --independent -e 1.ee both.json > apart.ee
shown second.ee > second.txt
shown apart.ee | sed -n 3,4p | cmp - second.txt &&
	echo '--independent after -e: the same'

# the same seed, the same templates, the same bytes
rome --seed 7 --save-templates t7.json 1.json > s7.ee
rome --seed 7 --save-templates again.json 1.json > s7-again.ee
rome --seed 8 --save-templates t8.json 1.json > s8.ee
cmp t7.json again.json && same 'same seed' s7.ee s7-again.ee
cmp -s t7.json t8.json || echo 'another seed: other templates'
rome --templates t7.json 1.json > t7.ee
same 'templates of a file' s7.ee t7.ee
ee-generate -q -m "$model" --templates 3:5,5:5 --seed 7 | cmp - t7.json &&
	echo 'ee-generate makes them too'
rome --seed 7 < 1.json > stdin.ee
same 'from standard input' s7.ee stdin.ee
rome -j 1 1.json > j1.ee
rome -j 2 1.json > j2.ee
near 1e-4 j1.ee j2.ee

# edits stack: on the fly, or one after the other in a folder
ee-apply -q -m "$model" -o one 1.ee
ee-apply -q -m one -o two second.ee
ee-apply -q -m "$model" -o at-once 1.ee second.ee
cmp two/model.safetensors at-once/model.safetensors && echo 'folders: the same'
head -n 20 "$TOP/tests/golden/inputs/corpus.txt" |
	ee-tokenize -m "$model" > t.ee
ee-forward -m "$model" -e 1.ee -e second.ee -t logits < t.ee > a.ee
ee-forward -m two -t logits < t.ee > b.ee
near 1e-6 a.ee b.ee
ee-forward -m one -e second.ee -t logits < t.ee > b.ee
near 1e-6 a.ee b.ee
ee-forward -m "$model" -t logits < t.ee > b.ee
near 1e-6 a.ee b.ee | sed 's/ by .*//'
for options in '' '--top-k 5 --seed 3' '--json'; do
	# shellcheck disable=SC2086	# words
	ee-generate -m "$model" -e 1.ee -e second.ee $options 'Brno is' > a
	# shellcheck disable=SC2086
	ee-generate -m two $options 'Brno is' | cmp - a
done
# the edit of one model on another
ee-apply -m two -o three 2.ee 2> err && echo 'WRONG'
sed 's/[0-9a-f]\{16\}/FINGERPRINT/g' err
ee-forward -m two -e 2.ee -t logits < t.ee 2> err > out && echo 'WRONG'
sed 's/[0-9a-f]\{16\}/FINGERPRINT/g' err
ee-forward -m two -e 2.ee --force -t logits < t.ee 2> err > out
echo "status $?"
sed 's/[0-9a-f]\{16\}/FINGERPRINT/g' err
ee-generate -m "$TOP/tests/golden/models/tiny-gptj" -e 2.ee --force x 2> err
sed 's/[0-9a-f]\{16\}/FINGERPRINT/g' err
