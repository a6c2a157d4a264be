# Edits of some records together: each record has the edit that names it
# among its cases, and two such edits in one stream are still two.
need ee-eval ee-memit
model=$TOP/pipelines/atlas/atlas-gpt2
awk '/^ },$/ && ++n == 3 { print " }]"; exit } 1' \
	"$TOP/pipelines/atlas/counterfact.json" > three.json
sed 's/^layers:.*/layers: [2, 3]/; s/^v_num_grad_steps.*/v_num_grad_steps: 8/' \
	"$TOP/pipelines/hparams/MEMIT/atlas-gpt2.yaml" > h.yaml
echo '["{}"]' > templates.json
head -n 100 "$TOP/pipelines/atlas/corpus.txt" |
	ee-tokenize -m "$model" |
	ee-forward -m "$model" -t 'transformer.h.{2,3}.mlp.c_proj:in' |
	ee-cov | ee-npz save -q -d stats --dataset atlas
edit() { ee-memit -q -m "$model" -p h.yaml --stats stats --templates templates.json "$@"; }
awk '/^ },$/ && ++n == 2 { print " }]"; exit } 1' three.json > two.json
awk 'NR == 1; n == 2; /^ },$/ { n++ }' three.json > third.json
edit two.json > two.ee
edit third.json > third.ee
cat two.ee third.ee > both.ee

# what each line has of "after", to four digits
after() {
	sed -n 's/.*"after": {\("efficacy"[^}]*\)}, "questions".*/\1/p' |
		awk '{
			while (match($0, /-?[0-9]+\.[0-9]+(e-?[0-9]+)?/)) {
				printf "%s%.4f", substr($0, 1, RSTART - 1),
					substr($0, RSTART, RLENGTH) + 0
				$0 = substr($0, RSTART + RLENGTH)
			}
			print
		}'
}
ee-eval -q -m "$model" -e both.ee --per-case three.json | after > own
wc -l < own
ee-eval -q -m "$model" -e two.ee two.json | after > alone
ee-eval -q -m "$model" -e third.ee third.json | after >> alone
cmp own alone && echo same
echo '# all edits at once are something else'
ee-eval -q -m "$model" -e both.ee three.json | after | cmp -s - own ||
	echo other
echo '# a record that no edit names; one that two do'
ee-eval -q -m "$model" -e two.ee --per-case three.json
cat two.ee two.ee > twice.ee
ee-eval -q -m "$model" -e twice.ee --per-case two.json
