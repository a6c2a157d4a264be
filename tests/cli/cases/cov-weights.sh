# Statistics of weights: rows of W as it is applied, however it is stored, and
# its singular values, whose squares sum to the square of its norm.
need ee-cov ee-npz ee-show
models=$TOP/tests/golden/models
ee-cov --weights -m "$models/tiny-gpt2" -t 'transformer.h.{0-1}.mlp.c_proj' -t transformer.h.0.attn.c_attn > w.ee
ee-npz save -d stats < w.ee
f=stats/tiny-gpt2/weights_stats/transformer.h.0.mlp.c_proj:weight_float32_mean-norm_mean-var.npz
for key in mean.count ee.side ee.corpus; do ee-npz cat "$f" $key; done
check() {	# of FILE: is the spectrum that of the norm, and descending?
	ee-npz cat "$1" ee.spectrum > s
	ee-npz cat "$1" ee.frobenius | paste - s | awk '
		NF != 1 || NR == 1 { n = NR == 1 ? $1 : n; v = NR == 1 ? $2 : $1 }
		NR > 1 { v = $NF }
		{ sum += v * v; if (NR > 1 && v > last) print "WRONG order"; last = v }
		END { d = sqrt(sum) / n - 1; print NR, (d * d < 1e-20 ? "near" : d) }'
}
check "$f"
check stats/tiny-gpt2/weights_stats/transformer.h.0.attn.c_attn:*.npz
echo '-- the second moment is W^T W: its trace is the square of the norm'
ee-cov --weights --collect mom2,cov -m "$models/tiny-llama" -t model.layers.1.mlp.down_proj |
	ee-npz save -q -o m.npz
ee-npz cat m.npz mom2.mom2 | awk '{ t += $NR } END { printf "%.4f\n", sqrt(t) }'
ee-npz cat m.npz ee.frobenius | awk '{ printf "%.4f\n", $1 }'
ee-npz load m.npz | ee-show | grep -o '"spectrum": {"dtype": "float64", "shape": .[0-9]*'
echo '-- refused'
w() { ee-cov --weights -m "$models/tiny-gpt2" "$@"; }
fails 'is no module of this model' w -t transformer.h.9.mlp.c_proj
fails 'has no weight matrix' w -t transformer.h.0.ln_1
fails 'has no weight matrix' w -t transformer.h.0.mlp
fails 'want a module, without a side' w -t transformer.h.0.mlp.c_proj:in
w 2>&1 | sed -n 1p
w -t transformer.h.0.mlp.c_proj --tokens 5 2>&1 | sed -n 1p
ee-cov -t transformer.h.0.mlp.c_proj 2>&1 | sed -n 1p
