# Where statistics are looked for: in the folders and under the names that
# rome, memit and EasyEdit give them; the exact file, else the nearest of the
# same layer, with its tokens; damaged ones are refused; and where there are
# none, the pipeline that is printed makes them, of all layers at once.
need ee-rome ee-memit ee-tokenize ee-forward ee-cov ee-npz ee-show
memit_files
cp -r "$m" 'a model'
sed 's/"model_type"/"_name_or_path": "some-owner\/tiny-gpt2", "model_type"/' "$m/config.json" > 'a model/config.json'
grep -q some-owner 'a model/config.json' || echo 'WRONG: no name'
m='a model'
golden=$s/tiny-gpt2/wikipedia_stats
layer=transformer.h.1.mlp.c_proj
sed -e 's/MEMIT/ROME/' -e 's/\[1, 2\]/[1]/' -e 's/0.75/4/' h.yaml > rome.yaml
printf 'mom2_adjustment: true\nmom2_dataset: wikipedia\nmom2_dtype: float32\n' >> rome.yaml
echo '["{}"]' > one.json
rome() { ee-rome -m "$m" -p rome.yaml --templates one.json --stats "$@" r.jsonl 2> err | ee-show | grep '"record"'; }
# said: the notices about statistics
said() { grep -v '^ee-rome: case' err; }
put() { mkdir -p "$1"; cp "$golden/$2" "$1/$3"; }

rome "$golden/${layer}_float32_mom2_100.npz" > want
echo '-- rome and memit: the whole name; EasyEdit: its last part; a limit of tokens; files alone'
name=${layer}_float32_mom2_100.npz
put A/some-owner_tiny-gpt2/wikipedia_stats "$name" "$name"
put B/tiny-gpt2/wikipedia_stats "$name" "$name"
put C/tiny-gpt2/wikipedia_stats "$name" "${layer}_float32_mom2_t{batch_tokens}_100.npz"
put D/tiny-gpt2/wikipedia_stats "$name" "${layer}_float32_mom2_t500_100.npz"
put E "$name" "$name"
put F/wikipedia_stats "$name" "$name"
for d in A B C D E F; do
	rome $d > got
	cmp got want && said
done
echo '-- the nearest'
sed -i 's/mom2_n_samples.*/mom2_n_samples: 100000/' rome.yaml
rome A | cmp - want && said
put A/some-owner_tiny-gpt2/pile_stats "$name" "${layer}_float32_mom2_100000.npz"
rome A | cmp - want && said
put A/tiny-gpt2/wikipedia_stats "$name" "${layer}_float64_mom2_100000.npz"
rome A | cmp - want && said
put A/tiny-gpt2/wikipedia_stats "$name" "${layer}_float32_mom2_100000.npz"
rome A | cmp - want && said
echo '-- checked before use'
for bad in bad-crc bad-nan bad-truncated bad-nonsymmetric bad-dims-rect; do
	cp "$TOP/tests/golden/stats/broken/$bad.npz" "A/tiny-gpt2/wikipedia_stats/${layer}_float32_mom2_100000.npz"
	rome A 2> /dev/null
	sed 's/.*mom2_100000.npz: //' err
done
echo '-- none: what is printed makes them'
corpus=$TOP/tests/golden/inputs/corpus.txt
memit_none() { ee-memit -q -m "$m" -p h.yaml --stats 'no stats' --templates t.json r.jsonl; }
memit_none 2> err > out
echo "status $?"
cat err
sed -n "2s|CORPUS|$corpus|p" err > commands
sh -e commands 2> err
find 'no stats' -type f | sort
memit_none > edit.ee
echo "status $?"
ee-npz cat 'no stats'/*/*/*h.2.*.npz mom2.count
