# An edit of a model in pytorch_model.bin: the container becomes safetensors,
# and back it is the model's tensors bit for bit.
need ee-rome ee-apply ee-forward ee-tokenize
models=$TOP/tests/golden/models
hparams_llama 1 4 > h.yaml
sed 's/model.layers/transformer.h/; s/down_proj/c_proj/; s/_layer: 2/_layer: 3/' \
	h.yaml > gpt2.yaml
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
ee-rome -q -m "$models/tiny-llama-gqa" -p h.yaml r.json > base.ee
for name in llama-gqa-bin llama-gqa-bin-sharded gpt2-bin-views-f16 \
	gpt2-bin-legacy; do
	model=$models/variants/tiny-$name
	hparams=h.yaml
	case $name in gpt2*) hparams=gpt2.yaml ;; esac
	echo "$name:"
	ee-rome -q -m "$model" -p $hparams r.json > $name.ee
	ee-apply -m "$model" -o $name $name.ee 2>&1 |
		sed -e 's/[0-9a-f]\{16\}/FINGERPRINT/g; s/| [0-9.e-]*/| N/' \
			-e 's/[0-9.e+-]*%/N%/'
	(cd $name && echo *)
	echo 'Brno is in' | ee-tokenize -q -m $name > t.ee
	ee-forward -m "$model" -e $name.ee -t logits < t.ee > a.ee
	ee-forward -m $name -t logits < t.ee > b.ee
	case $name in
	llama* | *legacy) near 1e-6 a.ee b.ee ;;
	gpt2*) near 2e-3 a.ee b.ee ;;
	esac
	ee-apply -m $name -R -o $name-back $name.ee 2>&1 |
		sed -n 's/.*: the original/the original/p'
	(cd $name-back && echo *)
	ee-forward -m "$model" -t logits < t.ee > a.ee
	ee-forward -m $name-back -t logits < t.ee > b.ee
	near 0 a.ee b.ee
done
echo 'an edit of the same model in another container:'
ee-apply -q -m "$models/variants/tiny-llama-gqa-bin" -o same base.ee
cmp same/model.safetensors llama-gqa-bin/model.safetensors
echo 'with --base, in torch files:'
rm llama-gqa-bin/ee-undo.safetensors
ee-apply -m llama-gqa-bin -R --base "$models/variants/tiny-llama-gqa-bin" \
	-o based llama-gqa-bin.ee 2>&1 |
	sed -n 's/.*: the original/the original/p'
cmp based/model.safetensors llama-gqa-bin-back/model.safetensors
echo 'damaged:'
mkdir m
cp "$models/variants/tiny-llama-gqa-bin-sharded"/* m
rm m/pytorch_model-00002-of-00003.bin
ee-forward -m m -t logits < t.ee > /dev/null
head -c 80000 "$models/variants/tiny-llama-gqa-bin-sharded/pytorch_model-00002-of-00003.bin" \
	> m/pytorch_model-00002-of-00003.bin
ee-forward -m m -t logits < t.ee > /dev/null
cp "$TOP/tests/golden/torch/evil.pt" m/pytorch_model.bin
ee-forward -m m -t logits < t.ee > /dev/null
ls evil-was-run 2> /dev/null
head -c 200000 "$models/variants/tiny-gpt2-bin-legacy/pytorch_model.bin" \
	> m/pytorch_model.bin
ee-forward -m m -t logits < t.ee > /dev/null
