# Hyper-parameters: what is missing, of the wrong type, or not of this model.
need ee-rome
model=$TOP/tests/golden/models/tiny-gpt2
cat > h.yaml <<'EOF'
alg_name: ROME
layers: [1]
fact_token: subject_last
v_num_grad_steps: 2
v_lr: 5e-1
v_loss_layer: 3
v_weight_decay: 0.5
clamp_norm_factor: 4
kl_factor: 0.0625
mom2_adjustment: false
context_template_length_params: [[3, 5]]
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
layer_module_tmp: transformer.h.{}
mlp_module_tmp: transformer.h.{}.mlp
EOF
echo '{"prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}' > r.json

run() {		# ARGUMENTS
	ee-rome -q -m "$model" "$@" r.json 2> err > out
	code=$?
	sed 's/: \(while\|did\) .*//' err
	[ $code = 1 ] && ! grep -q records out || echo "WRONG: $*"
}
change() {	# SCRIPT
	sed "$1" h.yaml > changed.yaml
	run -p changed.yaml
}
for key in layers fact_token v_num_grad_steps v_lr v_loss_layer \
	v_weight_decay clamp_norm_factor kl_factor rewrite_module_tmp; do
	change "/^$key/d"
done
echo
change 's/v_lr: .*/v_lr: fast/'
change 's/alg_name: .*/alg_name: MEMIT/'
change 's/alg_name: .*/alg_name: rrome/'
change 's/v_lr: .*/v_lr: -1/'
change 's/v_lr: .*/v_lr: .nan/'
change 's/steps: .*/steps: 2.5/'
change 's/steps: .*/steps: 0/'
change 's/adjustment: .*/adjustment: 3/'
change 's/layers: .*/layers: 1/'
change 's/layers: .*/layers: []/'
change 's/layers: .*/layers: [1, -2]/'
change 's/layers: .*/layers: [1, 2, 1]/'
change 's/token: .*/token: middle/'
change 's/params: .*/params: [3, 5]/'
change 's/\(rewrite.*\): .*/\1: [x]/'
change 's/\[1]/[1/'
change 's/^v_lr/	v_lr/'
echo
change 's/layers: .*/layers: [0, 4]/'
change 's/\(rewrite.*\)c_proj/\1c_fc/'
change 's/\(rewrite.*\)mlp.c_proj/\1attn.c_proj/'
change 's/\(rewrite.*\)c_proj/\1down_proj/'
change 's/\(rewrite.*\){}/\1 7/'
change 's/\(rewrite.*\){}/\12/'
change 's/\(layer_module.*\){}/\1{}.attn/'
change 's/\(mlp_module.*\).mlp/\1/'
change 's/loss_layer: .*/loss_layer: 4/'
run -p nowhere.yaml
: > empty.yaml
run -p empty.yaml
echo '[]' > list.yaml
run -p list.yaml
echo
# what only a notice is for, and what is passed over
{ cat h.yaml; echo 'v_lrr: 1'; echo 'device: 0'; } > more.yaml
ee-rome -m "$model" -p more.yaml r.json 2> err > more.ee
sed 's/;.*//' err
sed 's/5e-1/0.5/' h.yaml > point.yaml
for f in h more point; do
	ee-rome -q -m "$model" -p $f.yaml r.json |
		ee-show | grep '^{"record"' > $f
done
cmp h more && cmp h point && echo '5e-1 is 0.5'
# JSON, as the original has it
cat > h.json <<'EOF'
{"layers": [1], "fact_token": "subject_last", "v_num_grad_steps": 2,
"v_lr": 5e-1, "v_loss_layer": 3, "v_weight_decay": 0.5,
"clamp_norm_factor": 4, "kl_factor": 0.0625, "mom2_adjustment": false,
"context_template_length_params": [[3, 5]],
"rewrite_module_tmp": "transformer.h.{}.mlp.c_proj"}
EOF
ee-rome -q -m "$model" -p h.json r.json | ee-show |
	grep '^{"record"' | cmp - h && echo 'JSON is YAML'
