# How much is counted, and what is refused.
need ee-tokenize ee-forward ee-cov ee-npz ee-show
model=$TOP/tests/golden/models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
pipe() {
	ee-tokenize -m "$model" "$corpus" |
		ee-forward -q -m "$model" -t 'transformer.h.0.mlp.c_proj:in' \
			-t 'transformer.h.0.mlp.c_proj:out'
}
count() { ee-npz save -q -d out; ee-npz cat out/*/*/*:out_*.npz mom2.count; }
pipe | ee-cov | count
pipe | ee-cov --tokens 1000 | count
pipe | ee-cov --tokens 10x | count
pipe > all.ee
head -c 1000 all.ee > cut.ee
fails 'cut short' ee-cov < cut.ee
fails 'is a stream of' ee-npz merge < all.ee
fails 'No space left' sh -c 'ee-cov < all.ee > /dev/full'
status ee-cov --tokens 0 2>&1 | sed -n '1p;$p'
status ee-cov --collect mom2,moment 2>&1 | sed -n '1p;$p'
status ee-cov x 2>&1 | sed -n '1p;$p'
