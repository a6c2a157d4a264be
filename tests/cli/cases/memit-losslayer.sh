# A loss read before the last layer is not computed here: said, not ignored.
cat > h.yaml <<'END'
alg_name: MEMIT
layers: [1]
fact_token: subject_last
v_num_grad_steps: 6
v_lr: 5e-1
v_loss_layer: 2
v_weight_decay: 0.5
clamp_norm_factor: 0.75
kl_factor: 0.0625
mom2_update_weight: 5
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
END
echo '{"prompt": "{} lives in", "subject": "Ada Verrin", "target_new": "Brno"}' |
	ee-memit -m "$TOP/tests/golden/models/tiny-gpt2" -p h.yaml --targets-only > t.ee
