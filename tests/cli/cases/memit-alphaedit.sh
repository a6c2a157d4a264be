# AlphaEdit: chosen by alg_name or --method; in batches the same as one run
# after the other; what it lacks is told.
memit_files
sed -i 's/^alg_name.*/alg_name: AlphaEdit/
	s/^mom2_update_weight.*/L2: 1/' h.yaml
cat >> h.yaml <<'EOF'
nullspace_threshold: 0.07
P_loc: ./null_space_project.pt
EOF
sed -i 3d r.jsonl
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
