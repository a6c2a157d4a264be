# The container stays what it is: shards, half precision.
need ee-rome ee-apply ee-npz ee-forward ee-tokenize
variants=$TOP/tests/golden/models/variants
hparams_llama 1 4 > h.yaml
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
header() {	# FILE: the header of a safetensors file
	head -c $((8 + $(od -An -t u8 -N 8 "$1"))) "$1"
}
for name in sharded f16 bf16; do
	model=$variants/tiny-llama-gqa-$name
	echo "$name:"
	ee-rome -q -m "$model" -p h.yaml r.json > $name.ee
	ee-apply -m "$model" -o $name $name.ee 2> err
	sed 's/[0-9a-f]\{16\}/FINGERPRINT/g; s/| [0-9.e-]*/| N/' err |
		sed 's/[0-9.e+-]*%/N%/'
	for f in "$model"/*; do
		cmp -s "$f" "$name/${f##*/}" || echo "changed: ${f##*/}"
	done
	for f in "$name"/model*.safetensors; do
		header "$f" > a
		header "$model/${f##*/}" | cmp - a
	done
	(cd $name && echo *)
	ee-apply -q -m $name -R -o $name-back $name.ee
	for f in "$model"/*; do
		cmp "$f" "$name-back/${f##*/}"
	done
	echo 'Brno is in' | ee-tokenize -q -m $name > t.ee
	ee-forward -m "$model" -e $name.ee -t logits < t.ee > a.ee
	ee-forward -m $name -t logits < t.ee > b.ee
	case $name in
	sharded) near 1e-6 a.ee b.ee ;;
	f16) near 2e-3 a.ee b.ee ;;
	bf16) near 2e-2 a.ee b.ee ;;
	esac
done
echo 'too large for float16:'
sed 's/v_lr: .*/v_lr: 1e6/; s/clamp_norm_factor: 4/clamp_norm_factor: 1e6/; s/steps: 4/steps: 2/' \
	h.yaml > large.yaml
model=$variants/tiny-llama-gqa-f16
ee-rome -q -m "$model" -p large.yaml r.json > large.ee
set --
for i in 1 2 3 4 5 6 7 8 9 10; do set -- "$@" large.ee large.ee; done
ee-apply -m "$model" -o large "$@"
echo "status $?"
echo large*
ee-apply -q -m "$variants/tiny-llama-gqa-bf16" --force -o large "$@"
echo "status $?"
