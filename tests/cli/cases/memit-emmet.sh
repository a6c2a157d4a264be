# EMMET as EasyEdit's hyper-parameters have it: alg_name, emmet_lambda and
# update_norm_lambda are read, and there is no notice of them.
memit_files
m_emmet() { ee-memit -m "$m" -p "$1" --stats "$s" --templates t.json --like rome --targets t.ee r.jsonl 2> said; }
memit -q --targets-only r.jsonl > t.ee
memit -q --targets t.ee r.jsonl > memit.ee
memit -q --method emmet --mu 0 --targets t.ee r.jsonl > exact.ee
memit -q --method emmet --targets t.ee r.jsonl > tenth.ee
{
	sed 's/alg_name: .*/alg_name: EMMET/' h.yaml
	echo 'calculate_objective_value: False'
	echo 'update_norm_lambda: 0'
} > e.yaml
m_emmet e.yaml > e.ee
grep -c 'unknown key' said
near 0 e.ee tenth.ee
sed '$a emmet_lambda: 0' e.yaml > exact.yaml
m_emmet exact.yaml > e.ee
near 0 e.ee exact.ee
sed '$a emmet_lambda: 1' e.yaml > one.yaml
m_emmet one.yaml > e.ee
numbers e.ee | grep -v EMMET > a
numbers memit.ee | grep -v MEMIT | cmp - a && echo 'mu 1 is MEMIT'
echo '-- a larger nu, a smaller update'
for nu in 0 1 100; do
	sed "s/^update_norm_lambda: .*/update_norm_lambda: $nu/" one.yaml > nu.yaml
	m_emmet nu.yaml > e.ee
	ee-show e.ee | sed -n 's/.*"update_norm": \([0-9.e-]*\).*/\1/p' | head -n 1
done | awk 'NR > 1 && $1 >= last { print "not smaller" } { last = $1 } END { print NR }'
sed "s/^update_norm_lambda: .*/update_norm_lambda: -1/" one.yaml > nu.yaml
m_emmet nu.yaml > e.ee || cat said
