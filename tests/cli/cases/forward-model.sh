# Model folders that are missing, damaged, foreign, or not what config.json
# says: each is named, with the reason, and nothing is written.
need ee-forward ee-tokenize ee-generate ee-rome ee-apply
model=$TOP/tests/golden/models/tiny-gpt2
variants=$TOP/tests/golden/models/variants
ee-tokenize -m "$model" "$TOP/tests/golden/inputs/corpus.txt" 2> /dev/null > t.ee

run() {		# WHAT: ee-forward on m
	printf '%s: ' "$1"
	ee-forward -m m -t hidden < t.ee 2> err > out
	code=$?
	sed 's/\(not JSON\|byte [0-9]*\): .*/\1/; s/(gpt2, gptj, .*)/(gpt2, gptj, ...)/' err
	[ $code = 1 ] && ! grep -q 'end' out || echo "WRONG: $1"
}
config() {	# WHAT SCRIPT: config.json changed
	sed "$2" "$model/config.json" > m/config.json
	run "$1"
	cp "$model/config.json" m
}
weights() {	# WHAT SCRIPT: the header of the weights changed
	sed "$2" "$model/model.safetensors" > m/model.safetensors
	run "$1"
	cp "$model/model.safetensors" m
}

run 'no folder'
mkdir m
run 'empty folder'
cp "$model"/* m
: > m/config.json
run 'empty config'
echo '{"model_type":' > m/config.json
run 'config cut'
echo '[]' > m/config.json
run 'config a list'
config 'another family' 's/"gpt2"/"bert"/'
config 'no family' 's/"model_type"/"model_typo"/'
config 'a text for a number' 's/"n_layer": 4/"n_layer": "4"/'
config 'no layers' 's/"n_layer": 4/"n_layer": 0/'
config 'heads' 's/"n_head": 4/"n_head": 5/'
config 'wider' 's/"n_embd": 36/"n_embd": 40/'
config 'a layer more' 's/"n_layer": 4/"n_layer": 5/'
config 'a layer less' 's/"n_layer": 4/"n_layer": 3/'
config 'activation' 's/gelu_new/gelu_old/'

weights 'tensor missing' 's/h\.2\.mlp\.c_fc\.bias/h.2.mlp.c_fc.bigs/'
weights 'integers' 's/\(h\.2\.mlp\.c_fc\.bias":{"dtype":"\)F/\1I/'
weights 'dtype unknown' 's/\(h\.2\.mlp\.c_fc\.bias":{"dtype":"\)F/\1Q/'
weights 'turned round' 's/\(h\.2\.mlp\.c_fc\.weight":[^[]*\)\[36,144]/\1[144,36]/'
weights 'beyond the end' 's/\(h\.2\.mlp\.c_fc\.bias":[^]]*],"data_offsets":\[1\)/\19/'
rm m/model.safetensors
run 'no weights'
: > m/model.safetensors
run 'empty weights'
for n in 7 100 4000 300000 335207; do
	head -c $n "$model/model.safetensors" > m/model.safetensors
	run "weights cut at $n"
done
tr '{' '[' < "$model/model.safetensors" > m/model.safetensors
run 'weights not of that format'

rm -r m
cp -r "$variants/tiny-llama-gqa-sharded" m
cp m/model.safetensors.index.json index
rm m/model-00002-of-00003.safetensors
run 'a shard missing'
cp m/model-00001-of-00003.safetensors m/model-00002-of-00003.safetensors
run 'a shard twice'
echo '{"weight_map": 3}' > m/model.safetensors.index.json
run 'index'
: > m/model.safetensors.index.json
run 'empty index'

# heads and biases that are there and would not be used, or only in part
rm -r m
models=${model%/*}
model=$models/tiny-llama-gqa
cp -r "$model" m
config 'two heads' 's/"tie_word_embeddings": false/"tie_word_embeddings": true/'
head -n 20 "$TOP/tests/golden/inputs/corpus.txt" | ee-tokenize -m m > l.ee
hidden() { ee-forward -m m -t hidden < l.ee; }
sed -i "s/\"rms_norm_eps\": [^,]*/\"rms_norm_eps\": 1e-6/" m/config.json
hidden > all
grep -v rms_norm_eps "$model/config.json" > m/config.json
hidden | cmp - all
# the same weights, but positions or scores scaled: another model
print_of() { hidden | ee-show | sed -n '1s/.*"fingerprint": "\([^"]*\).*/\1/p'; }
print_of > prints
for change in 's/"factor": 8/"factor": 4/' 's/"llama3"/"linear"/' \
	's/"llama3"/"default"/' 's/^{/{"scale_attn_weights": false,/' 's/^{/{ /'; do
	sed "$change" "$model/config.json" > m/config.json
	print_of >> prints
done
echo "$(wc -l < prints) configurations, $(sort -u prints | wc -l) prints"
model=$models/tiny-qwen2
rm -r m
cp -r "$model" m
weights 'a bias missing' 's/layers\.1\.self_attn\.q_proj\.bias/layers.1.self_attn.q_proj.bigs/'

echo
model=$models/tiny-gpt2
rm -r m
cp -r "$model" m
rm m/tokenizer.json m/vocab.json
echo 'x' | ee-tokenize -m m > out 2> err; cat err
ee-generate -m m x > out 2> err; cat err
cat > h.yaml <<'EOF'
layers: [1]
fact_token: last
v_num_grad_steps: 3
v_lr: 0.5
v_loss_layer: 3
v_weight_decay: 0.5
clamp_norm_factor: 4
kl_factor: 0.06
mom2_adjustment: false
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
EOF
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json
ee-rome -m m -p h.yaml r.json > out 2> err; cat err
echo '{"version": "1.0", "model": {"type": "WordPiece"}}' > m/tokenizer.json
ee-tokenize -m m t.ee > out 2> err; cat err
head -c 5000 "$model/tokenizer.json" > m/tokenizer.json
ee-generate -m m x > out 2> err; cat err
echo finished
