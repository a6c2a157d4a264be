# Records without a case_id are matched by their number, which in a part of a
# file is another: an edit tells of which request it is.
need ee-eval ee-rome ee-memit ee-mend-apply
model=$TOP/pipelines/atlas/atlas-gpt2
entry() { printf '{"prompt": "%s is in", "subject": "%s", "target_new": "%s"}\n' "$@"; }
entry Brno Brno Iowa > all.jsonl
entry Prague Prague Peru >> all.jsonl
entry Lyon Lyon Chile >> all.jsonl
sed -n 2,3p all.jsonl > part.jsonl
sed 's/mom2_adjustment: true/mom2_adjustment: false/
	s/^v_num_grad_steps.*/v_num_grad_steps: 2/' \
	"$TOP/pipelines/hparams/ROME/atlas-gpt2.yaml" > h.yaml
echo '["{}"]' > t.json
edit() { ee-rome -q -m "$model" -p h.yaml --templates t.json --independent "$@"; }
measure() {
	ee-eval -m "$model" --per-case "$@" 2>&1 > out | grep '^ee-eval'
	grep -c '"questions"' out
}
edit all.jsonl > all.ee
ee-show all.ee | grep -o '"request": {[^}]*}'

echo '# the whole file, the first of it, its rest'
measure -e all.ee all.jsonl
measure -e all.ee --limit 2 all.jsonl
measure -e all.ee part.jsonl
measure -e all.ee --missing skip part.jsonl

echo '# the same prompt, another target; another subject'
sed 's/Iowa/Utah/' all.jsonl | measure -e all.ee
sed 's/"subject": "Brno"/"subject": "Br"/' all.jsonl | measure -e all.ee
echo '# the same request in another shape, without its subject'
{
	echo '{"src": "Brno is in", "alt": "Iowa", "rephrase": "x",'
	echo '"loc": "y", "loc_ans": "z"}'
} | tr '\n' ' ' | measure -e all.ee --limit 1

echo '# edited together, by a hypernetwork, and targets kept'
sed 's/^layers:.*/layers: [2]/; s/^v_num_grad_steps.*/v_num_grad_steps: 2/' \
	"$TOP/pipelines/hparams/MEMIT/atlas-gpt2.yaml" > m.yaml
head -n 20 "$TOP/pipelines/atlas/corpus.txt" |
	ee-tokenize -m "$model" |
	ee-forward -m "$model" -t 'transformer.h.2.mlp.c_proj:in' |
	ee-cov | ee-npz save -q -d stats --dataset atlas
mass() { ee-memit -q -m "$model" -p m.yaml --stats stats --ridge 0.1 --templates t.json "$@"; }
mass all.jsonl > mass.ee
measure -e mass.ee all.jsonl
measure -e mass.ee part.jsonl
mass --targets-only all.jsonl > all.targets
mass --targets all.targets all.jsonl | ee-show | grep -o '"requests": .*}\]'
mass --targets all.targets part.jsonl > none.ee
ee-show all.targets | grep '^{"record"' > first
mass --targets-only --cache kept all.jsonl | ee-show | grep '^{"record"' |
	cmp - first && echo 'the cache says so, too'
mass --targets-only --cache kept part.jsonl |
	ee-show | grep -o '"request": {[^}]*}'
tiny=$TOP/tests/golden/models/tiny-gpt2
g=$TOP/tests/golden/mend/tiny-gpt2.default
mend() { ee-mend-apply -q -m "$tiny" -p "$g/config.json" --archive "$g/random.archive" "$@"; }
mend all.jsonl > together.ee
mend --independent all.jsonl > apart.ee
for e in together apart; do
	ee-eval -q -m "$tiny" --per-case -e $e.ee all.jsonl |
		grep -c '"questions"'
	ee-eval -q -m "$tiny" --per-case -e $e.ee part.jsonl
done

echo '# a stream of others, that does not say'
LC_ALL=C sed 's/\(\xa7\)request\(\x83\)/\1reqwest\2/g' all.ee |
	head -c -26 > foreign.ee
printf '\201\243end\201\247records\003' >> foreign.ee
measure -e foreign.ee all.jsonl
echo '# ... or not in this way'
LC_ALL=C sed 's/\(\xa7request\x83\xa6promp\)t/\1d/g' all.ee |
	head -c -26 > odd.ee
printf '\201\243end\201\247records\003' >> odd.ee
measure -e odd.ee all.jsonl
