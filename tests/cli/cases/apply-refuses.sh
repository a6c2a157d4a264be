# Deltas that are cut, foreign or damaged; places that cannot be written.
need ee-rome ee-apply ee-forward ee-tokenize ee-generate
model=$TOP/tests/golden/models/tiny-gpt2
hparams 1,2 2 > h.yaml
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
ee-rome -q -m "$model" -p h.yaml r.json > d.ee
echo Brno | ee-tokenize -m "$model" > t.ee
run() {		# ARGUMENTS OF ee-apply
	ee-apply -m "$model" -o out "$@"
	[ $? = 1 ] && ! [ -e out ] || echo "WRONG: $*"
}
run nowhere.ee
run /dev/null
run h.yaml
run t.ee
run "$model/model.safetensors"
run .
size=$(wc -c < d.ee)
# where the records begin: a map whose first key is "weight"
for at in $(grep -abo 'weight.transformer' d.ee | cut -d : -f 1); do
	head -c $((at - 2)) d.ee > cut.ee
	fails 'cut short after' ee-apply -m "$model" -o out cut.ee
	fails 'cut short after' ee-generate -m "$model" -e cut.ee x
	fails 'cut short after' ee-rome -m "$model" -p h.yaml -e cut.ee r.json
done
n=0
while [ $n -lt "$size" ]; do
	head -c $n d.ee > cut.ee
	fails cut.ee ee-apply -m "$model" -o out cut.ee
	fails cut.ee ee-forward -m "$model" -e cut.ee -t logits < t.ee
	[ -e out ] && echo "WRONG: cut at $n"
	n=$((n + 41))
done
head -c $((size - 1)) d.ee > cut.ee
fails 'cut.ee: cut short after 2 records' ee-apply -m "$model" -o out cut.ee
cat d.ee d.ee | head -c $((2 * size - 3)) > cut.ee
fails 'cut.ee: cut short after 4 records' ee-apply -m "$model" -o out cut.ee
cp d.ee bad.ee
byte bad.ee $((size - 60)) 377
fails 'damaged: crc32 is' ee-apply -m "$model" -o out bad.ee
sed 's/transformer.h.2.mlp.c_proj/transformer.h.2.mlp.c_prox/' d.ee > bad.ee
run bad.ee
sed 's/left/loft/' d.ee > bad.ee
run bad.ee
{
	printf '\203\242ee\001\244kind\245delta'
	printf '\245model\201\253fingerprint\241m'
	end 0
} > none.ee
fails 'fingerprint is m, this' ee-apply -m "$model" -o out none.ee
run -q --force none.ee
echo 'places:'
mkdir there
ee-apply -m "$model" -o there d.ee
ee-apply -m "$model" -o h.yaml d.ee
ee-apply -m "$model" -o nowhere/there d.ee
ee-apply -m nowhere -o new d.ee
echo *
ee-apply -m "$model" -o new/ -q d.ee && echo new
echo 'going back:'
ee-apply -m "$model" -R -o old d.ee
rm new/ee-undo.safetensors
ee-apply -m new -R -n --base "$TOP/tests/golden/models/variants/tiny-gpt2-bin-views-f16" d.ee
ee-apply -m new -R -n --base "$TOP/pipelines/atlas/atlas-gpt2" d.ee
ee-apply -q -m "$model" -R --force -o old d.ee && echo forced
echo 'no room:'
trap '' XFSZ
for from in "$model" "$TOP/tests/golden/models/variants/tiny-gpt2-bin-views-f16"; do
	(ulimit -f 100; ee-apply -q -m "$from" --force -o none d.ee) 2>&1 |
		grep -v 'another model' | sed 's/none\.[^/]*/none.XXXXXX/'
done
echo none*
