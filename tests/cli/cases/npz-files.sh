# Files of numpy and EasyEdit, whole and broken.
need ee-npz
golden=$TOP/tests/golden/stats
cd "$golden/broken" || exit
ee-npz verify good*.npz ok-*.npz
ee-npz verify bad-*.npz
cd - > /dev/null || exit
f=$golden/data/tiny-llama/wikipedia_stats/model.layers.1.mlp.down_proj_float32_mean-mom2-norm_mean.npz
ee-npz ls "$f"
ee-npz cat "$f" norm_mean.mean
ee-npz cat "$golden/broken/good64.npz" mom2.mom2 | awk 'END { print NR, NF }'
# to a stream and back: the same numbers
ee-npz load "$f" | ee-npz save -q -o again.npz
for key in mom2.mom2 mean.count mean.mean norm_mean.mean; do
	ee-npz cat "$f" $key > a
	ee-npz cat again.npz $key > b
	cmp a b && echo same
done
ee-npz load "$golden/truth/tiny-gpt2.transformer.h.1.mlp.c_proj_100.npz" |
	ee-npz save -o arrays.npz
ee-npz ls arrays.npz | head -n 4
ee-npz save -o small.npz --deflate < /dev/null
fails "no array 'nothing'" ee-npz cat "$f" nothing
status ee-npz 2>&1 | sed -n '1p;$p'
status ee-npz take 2>&1 | sed -n '1p;$p'
status ee-npz cat "$f" 2>&1 | sed -n '1p;$p'
status ee-npz save < /dev/null 2>&1 | sed -n '1p;$p'
