# An edit applied and taken back: bit for bit where the original is at hand.
need ee-rome ee-apply ee-npz ee-forward ee-tokenize
model=$TOP/tests/golden/models/tiny-gpt2
hparams 1,2 4 > h.yaml
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > 1.json
echo '{"prompt": "{} is in", "subject": "Cairo", "target_new": "Oslo"}' > 2.json
ee-rome -q -m "$model" -p h.yaml 1.json > 1.ee
ee-rome -q -m "$model" -e 1.ee -p h.yaml 2.json > 2.ee
weights() { cmp "$1/model.safetensors" "$2/model.safetensors"; }
# apply WHAT ARGUMENTS: what it says, without numbers
apply() {
	echo "$1:"
	shift
	ee-apply "$@" 2> err
	echo "status $?"
	sed 's/[0-9a-f]\{16\}/FINGERPRINT/g; s/| [0-9].*/|/' err
}
apply 'a dry run' -m "$model" --dry-run 1.ee 2.ee
apply 'the same with -o' -m "$model" -n -o nothing 1.ee
[ -e nothing ] && echo WRONG
apply 'two edits' -m "$model" -o edited 1.ee 2.ee
(cd edited && echo *)
weights "$model" edited > /dev/null && echo WRONG
for f in config.json tokenizer.json merges.txt; do
	cmp "$model/$f" edited/$f
done
# the header, and all that is not edited, as it was
cmp -l "$model/model.safetensors" edited/model.safetensors | awk '
	NR == 1 || $1 > last + 25000 { n++ } { last = $1 }
	END { print n " places changed" }'

apply 'back, by the undo file' -m edited -R -o back 1.ee 2.ee
weights "$model" back && (cd back && echo *)
apply 'back, in another order' -m edited -R -o order 2.ee 1.ee
weights "$model" order > /dev/null && echo 'all the same'
rm edited/ee-undo.safetensors
apply 'back, by the base' -m edited -R --base "$model" -o based 1.ee 2.ee
weights "$model" based
apply 'back, by subtracting' -m edited -R -o off 1.ee 2.ee
head -n 20 "$TOP/tests/golden/inputs/corpus.txt" |
	ee-tokenize -m "$model" > t.ee
ee-forward -m "$model" -t logits < t.ee > a.ee
ee-forward -m off -t logits < t.ee > b.ee
near 1e-5 a.ee b.ee
apply 'only the last' -m edited -R -o one 2.ee
ee-apply -q -m "$model" -o only 1.ee
ee-forward -m one -t logits < t.ee > a.ee
ee-forward -m only -t logits < t.ee > b.ee
near 1e-5 a.ee b.ee
apply 'another edit on top' -m only -o top 2.ee
apply 'the lower one cannot be undone bit for bit' -m top -R -o under 1.ee
apply 'the upper one can' -m top -R -o upper 2.ee
weights only upper && echo 'the same'
cp edited/config.json e.json
apply 'a base that has no such tensor' -m edited -R \
	--base "$TOP/tests/golden/models/tiny-gptj" -o no 1.ee
echo *
