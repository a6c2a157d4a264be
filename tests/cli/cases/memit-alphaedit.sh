# AlphaEdit: chosen by alg_name or --method; in batches the same as one run
# after the other; what it lacks is told.
m=$TOP/tests/golden/models/tiny-gpt2
s=$TOP/tests/golden/stats/data
cat > h.yaml <<'EOF'
alg_name: AlphaEdit
layers: [1, 2]
fact_token: subject_last
v_num_grad_steps: 6
v_lr: 5e-1
v_loss_layer: 3
v_weight_decay: 0.5
clamp_norm_factor: 0.75
kl_factor: 0.0625
L2: 1
nullspace_threshold: 0.07
P_loc: ./null_space_project.pt
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
mom2_n_samples: 100
EOF
cat > r.jsonl <<'EOF'
{"case_id": 1, "prompt": "{} lives in", "subject": "Ada Verrin", "target_new": "Brno"}
{"case_id": 2, "prompt": "{} speaks", "subject": "Ines Calder", "target_new": "Danish"}
EOF
echo '[["{}"], ["Because of that. {}", "It is late. {}"]]' > t.json
memit() { ee-memit -q -m "$m" --stats "$s" --templates t.json "$@"; }
hidden() {
	echo '{"text": "Ada Verrin lives in Brno. Ines Calder speaks Danish"}' |
		ee-tokenize -m "$m" | ee-forward -q -m "$m" -t transformer.h.3:out "$@"
}
memit -p h.yaml --batch 1 r.jsonl > batches.ee
ee-show batches.ee | grep -c '"method": "AlphaEdit"'
sed 's/alg_name: .*/alg_name: MEMIT/' h.yaml > memit.yaml
head -n 1 r.jsonl | memit -p memit.yaml --method alphaedit > e1.ee
tail -n 1 r.jsonl | memit -p memit.yaml --method alphaedit -e e1.ee > e2.ee
hidden -e batches.ee > a
hidden -e e1.ee -e e2.ee > b
near 1e-5 a b

for key in L2 nullspace_threshold; do
	grep -v "^$key" h.yaml > without.yaml
	memit -p without.yaml r.jsonl > x.ee
done
sed 's/^null.*/nullspace_threshold: 1e-9/' h.yaml > none.yaml
memit -p none.yaml r.jsonl 2>&1 > x.ee | sed 's/the smallest is.*//'
memit -p memit.yaml r.jsonl > x.ee
memit -p h.yaml --method pmet r.jsonl 2>&1 > x.ee | head -n 1
