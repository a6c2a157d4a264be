# Statistics that are missing, of another model or width, or too few.
need ee-rome ee-forward ee-cov ee-npz ee-tokenize ee-apply
model=tiny-gpt2		# near, so that messages have room for it
cp -r "$TOP/tests/golden/models/tiny-gpt2" .
corpus=$TOP/tests/golden/inputs/corpus.txt
hparams 1 3 | sed 's/^mom2_adjustment.*/mom2_adjustment: true/' > h.yaml
cat >> h.yaml <<'EOF'
alg_name: ROME
model_name: tiny-gpt2
context_template_length_params: [[3, 5]]
mom2_dataset: words
mom2_dtype: float32
EOF
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
statistics() {	# TAP DOCUMENTS OPTIONS OF SAVE
	tap=$1
	n=$2
	shift 2
	head -n "$n" "$corpus" | ee-tokenize -m "$model" |
		ee-forward -m "$model" -t "$tap" | ee-cov | ee-npz save -q "$@"
}
run() {		# ARGUMENTS
	ee-rome -q -m "$model" -p h.yaml "$@" r.json 2> err > out
	code=$?
	sed 's/[0-9a-f]\{16\}/FINGERPRINT/g; s/\(leading minor\).*/\1/' err
	[ $code = 1 ] && ! grep -q records out || echo "WRONG: $*"
}
echo 'missing:'
run
run --stats nowhere
run --stats nowhere.npz
mkdir empty
run --stats empty
# the pipeline that the message prints makes them
command=$(sed -n 's/CORPUS/corpus.txt/;2p' err)
head -n 60 "$corpus" > corpus.txt
sh -c "$command" 2> /dev/null && find empty -type f
ee-rome -q -m "$model" -p h.yaml --stats empty r.json > whole.ee ||
	echo 'WRONG: not found'
sed '2i stats_dir: empty' h.yaml > named.yaml
ee-rome -q -m "$model" -p named.yaml r.json | ee-show | grep '"record"' > a
ee-show whole.ee | grep '"record"' | cmp - a && echo 'found by stats_dir'

echo 'of other widths:'
statistics transformer.h.1.mlp.c_proj:out 60 -o narrow.npz
run --stats narrow.npz
statistics transformer.h.2.mlp.c_proj:in 60 -o other.npz
run --stats other.npz
statistics transformer.h.1.mlp.c_fc:out 60 -o fc.npz
run --stats fc.npz
ee-cov --weights -m "$model" -t transformer.h.1.mlp.c_proj --collect mom2 |
	ee-npz save -q -o weight.npz
run --stats weight.npz

echo 'too few:'
statistics transformer.h.1.mlp.c_proj:in 1 -o few.npz
run --stats few.npz --ridge 0
run --stats few.npz --like rome
ee-rome -m "$model" -p h.yaml --stats few.npz r.json 2> err > out
echo "status $?"
sed 's/;.*//' err

echo 'damaged:'
file=$(find empty -type f)
head -c 5000 "$file" > cut.npz
run --stats cut.npz
: > cut.npz
run --stats cut.npz
cp "$file" bad.npz
byte bad.npz 3000 377
cmp -s "$file" bad.npz && echo 'WRONG: not damaged'
run --stats bad.npz
run --stats h.yaml
run --stats whole.ee

echo 'of another model:'
sed 's/\[1\]/[0]/' h.yaml > zero.yaml
ee-rome -q -m "$model" -p zero.yaml --stats other.npz --force r.json \
	> zero.ee || echo 'WRONG: force'
ee-apply -q -m "$model" -o edited zero.ee
model=edited
run --stats "$file"
ee-rome -m edited -p h.yaml --stats "$file" --force r.json 2> err > forced.ee
echo "status $?"
sed 's/;.*//; s/[0-9a-f]\{16\}/FINGERPRINT/g' err
# an edit of the layer itself leaves its statistics valid
ee-apply -q -m tiny-gpt2 -o again whole.ee
ee-rome -q -m again -p h.yaml --stats "$file" r.json > out
echo "status $?"
