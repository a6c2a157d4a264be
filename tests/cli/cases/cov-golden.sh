# The statistics that EasyEdit made of the same corpus, sampled alike: the
# same count, and the second moment within 1e-5 of the float64 truth.
need ee-tokenize ee-forward ee-cov ee-npz
golden=$TOP/tests/golden

# distance A B: |A - B| / |B| of two matrices of text is below 1e-5
distance() {
	paste "$1" "$2" | awk '{
		for (i = 1; i <= NF / 2; i++) {
			d += ($i - $(i + NF / 2)) ^ 2
			n += $(i + NF / 2) ^ 2
		}
	} END { print (sqrt(d / n) < 1e-5 ? "near" : "far: " sqrt(d / n)) }'
}

for case in tiny-gpt2:transformer.h.1.mlp.c_proj \
	tiny-llama:model.layers.1.mlp.down_proj
do
	model=${case%:*} layer=${case#*:}
	truth=$golden/stats/truth/$model.${layer}_100.npz
	ee-tokenize -m "$golden/models/$model" --sample 100 \
		"$golden/inputs/corpus.txt" |
		ee-forward -m "$golden/models/$model" -t "$layer:in" |
		ee-cov --collect mom2,mean,norm_mean |
		ee-npz save -q -d stats --dataset wikipedia
	ours=stats/$model/wikipedia_stats/${layer}_float32_mean-mom2-norm_mean_100
	ee-npz cat "$ours.npz" mom2.count
	ee-npz cat "$truth" count
	ee-npz cat "$ours.npz" mom2.mom2 > mine
	ee-npz cat "$truth" mom2_sum > theirs
	distance mine theirs
	ee-npz cat "$ours.npz" mean.mean > mine
	ee-npz cat "$truth" mean > theirs
	distance mine theirs
	ee-npz verify -m "$golden/models/$model" "$ours.npz" | cut -f 1,3
done
