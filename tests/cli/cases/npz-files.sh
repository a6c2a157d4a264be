# Files of numpy and EasyEdit, whole and broken.
need ee-npz
golden=$TOP/tests/golden/stats
cd "$golden/broken" || exit
ee-npz verify good.npz
ee-npz verify -q good*.npz ok-*.npz
ee-npz verify -q bad-*.npz
ee-npz verify --json bad-crc.npz
ee-npz verify --json good64.npz | grep -oE '"(check|result|tokens|method)": [^,}]*'
status ee-npz verify --strict -q ok-float16.npz
cd - > /dev/null || exit
# what only a model, a name or a wish can tell
model=$TOP/tests/golden/models/tiny-gpt2
name=transformer.h.1.mlp.c_proj_float32_mom2_100.npz
cp "$golden/data/tiny-gpt2/wikipedia_stats/$name" .
status ee-npz verify -m "$model" "$name" | tail -n 4
cp "$golden/broken/bad-dims-other.npz" "$name"
status ee-npz verify -q -m "$model" "$name"
cp "$golden/broken/bad-sample-size.npz" "$name"
status ee-npz verify -q "$name"
status ee-npz verify -q --sample-size 100 "$golden/broken/bad-sample-size.npz"
cp "$golden/broken/good.npz" transformer.h.9.mlp.c_proj_float32_mom2_100.npz
status ee-npz verify -q -m "$model" transformer.h.9*.npz
# every reader of statistics refuses what verify refuses
for f in "$golden"/broken/bad-*.npz; do
	case $f in *-sample-size.npz|*-dims-other.npz) continue ;; esac
	ee-npz merge -q -o no.npz "$f" 2> said && echo "$f passed"
	grep -qF "ee-npz: $f: " said || cat said
	ee-npz load "$f" > said 2>&1 && [ "${f##*/}" != bad-notpsd.npz ] &&
		[ "${f##*/}" != bad-missing-member.npz ] && echo "$f loaded"
done
ls no.npz 2> /dev/null
for f in "$golden"/broken/ok-*.npz; do
	ee-npz merge -q "$f" | ee-npz save -q -o some.npz &&
		ee-npz cat some.npz mom2.count
done | sort | uniq -c
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
