#!/bin/sh
# The arithmetic of each tool, counted (count.c): what a change of the code
# adds is seen here on any machine, however noisy.
#
#	tests/flops/run.sh		compare with tests/flops/expected, 2 %
#	tests/flops/run.sh --regenerate	write it anew
#
# Less work than expected fails too: then `expected` is to follow.
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
: "${BUILD:=$top/build}" "${BIN:=$top/bin}" "${CC:=cc}"
PATH=$BIN:$PATH
expected=$top/tests/flops/expected
golden=$top/tests/golden
model=$golden/models/tiny-gpt2
case ${SAN-} in
?*) echo 'flops: 0 passed, 0 failed, 1 skipped: a sanitizer'; exit 0 ;;
esac
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# shellcheck disable=SC2086 # its words
"$CC" -O1 -fPIC -shared -D_GNU_SOURCE ${PKG_CFLAGS-} -o "$dir/count.so" \
	"$top/tests/flops/count.c" -ldl || {
	echo 'flops: 0 passed, 1 failed'
	exit 1
}
cd "$dir" || exit 1

# row NAME TOOL ARGUMENT... < in: its counts, to 'got'; what it writes, to 'out'
row() {
	name=$1
	shift
	rm -f counted
	COUNT=$dir/counted LD_PRELOAD=$dir/count.so "$@" > out 2> err || {
		echo "flops: $name: $*"
		cat err
		echo "$name failed" >> got
		return
	}
	echo "$name $(cat counted)" >> got
}

hparams() {	# LAYERS STEPS
	cat <<-EOF
	alg_name: MEMIT
	layers: [$1]
	fact_token: subject_last
	v_num_grad_steps: $2
	v_lr: 5e-1
	v_loss_layer: 3
	v_weight_decay: 0.5
	clamp_norm_factor: 4
	kl_factor: 0.0625
	mom2_adjustment: false
	mom2_update_weight: 100
	rewrite_module_tmp: transformer.h.{}.mlp.c_proj
	EOF
}

echo '[["{}"], ["It was late. {}", "Because of that. {}"]]' > templates
cat > requests <<'EOF'
{"case_id": 1, "prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}
{"case_id": 2, "prompt": "{} speaks", "subject": "Ada Verrin", "target_new": "Czech"}
{"case_id": 3, "prompt": "{} was born in", "subject": "Tomas Oyelaran", "target_new": "Vantaa"}
EOF
head -n 1 requests > one
for i in 1 2 3 4 5 6 7 8; do
	echo "All of these sentences begin with the same words, but end in $i"
done > alike
stats=$golden/stats/data/tiny-gpt2/wikipedia_stats
mend=$golden/mend/tiny-gpt2.train
taps='transformer.h.{0-3}.mlp.c_proj:in'

head -n 12 "$golden/inputs/corpus.txt" | ee-tokenize -q -m "$model" > tokens
ee-tokenize -q -m "$model" alike > alike.tokens
row forward ee-forward -q -j 1 -m "$model" -t "$taps" < tokens
mv out activations
row forward-shared ee-forward -q -j 1 -m "$model" -t "$taps" < alike.tokens
row cov ee-cov -q -j 1 < activations
hparams 1 5 | sed -e 's/MEMIT/ROME/' \
	-e 's/mom2_adjustment: false/mom2_adjustment: true/' > rome.yaml
row rome ee-rome -q -j 1 -m "$model" -p rome.yaml --stats "$stats" \
	--templates templates one
hparams 1,2 5 > memit.yaml
row memit-1 ee-memit -q -j 1 -m "$model" -p memit.yaml --stats "$stats" \
	--templates templates one
row memit-3 ee-memit -q -j 1 -m "$model" -p memit.yaml --stats "$stats" \
	--templates templates requests
records=$(grep -c '"src"' "$mend/train.json")
train() {	# NAME STEPS
	sed 's/"val_interval": [0-9]*/"val_interval": 1000000/' \
		"$mend/config.json" > mend.json
	row "$1" ee-mend-train -q -j 1 -m "$model" -p mend.json --train \
		"$mend/train.json" --hold-out 1 --max-iters "$2" -o archive
}
train mend-train-one-epoch "$((records - 1))"
train mend-train-three "$((3 * (records - 1)))"
row mend-apply ee-mend-apply -q -j 1 -m "$model" -p mend.json \
	--archive archive requests
row eval ee-eval -q -j 1 -m "$model" --format easyedit requests

if [ "${1-}" = --regenerate ]; then
	{
		echo '# MFLOP in float32, in float64, MB of arguments;' \
			'made by run.sh --regenerate'
		cat got
	} > "$expected"
	exit 0
fi
awk '
function far(a, b) { return a - b > 0.02 * b || b - a > 0.02 * b }
/^#/ { next }
FNR == NR { want[$1] = $0; n++; next }
{
	split(want[$1], w)
	if (far($2, w[2]) || far($3, w[3]) || far($4, w[4])) {
		print "flops: " $0 "; want " want[$1]
		failed++
	} else
		passed++
}
END {
	failed += n - passed - failed
	printf "flops: %d passed, %d failed, 0 skipped\n", passed, failed
	exit failed > 0
}' "$expected" got
