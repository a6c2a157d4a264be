# Weights that are not numbers: the first stage that meets one says where.
need ee-rome ee-forward ee-cov ee-generate ee-tokenize
source=$TOP/tests/golden/models/tiny-gpt2
cp -r "$source" m
# the offset of a tensor in the file
start=$(od -An -t u8 -N 8 m/model.safetensors)
at=$(grep -ao 'h\.2\.mlp\.c_fc\.bias":[^}]*' m/model.safetensors |
	sed 's/.*offsets":\[\([0-9]*\),.*/\1/')
printf '\000\000\300\177' | dd of=m/model.safetensors bs=1 \
	seek=$((8 + start + at)) conv=notrunc 2> /dev/null
head -n 3 "$TOP/tests/golden/inputs/corpus.txt" | ee-tokenize -m m > t.ee
ee-forward -m m -t 'transformer.h.{1-2}.mlp.c_proj:in' < t.ee > a.ee
echo "status $?"
ee-cov < a.ee > out
echo "status $?"
grep -c records out
hparams 1 3 > h.yaml
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
echo '["{}"]' > templates.json
ee-rome -m m -p h.yaml r.json > out
echo "status $?"
ee-rome -m m -p h.yaml --templates templates.json r.json > out
echo "status $?"
grep -c records out
ee-generate -m m Brno
echo "status $?"
ee-generate -m m --top-k 5 Brno
echo "status $?"
# an edit that breaks the model is refused where that is asked for
ee-rome -q -m "$source" -p h.yaml --max-norm 1e-3 r.json > out
echo "status $?"
