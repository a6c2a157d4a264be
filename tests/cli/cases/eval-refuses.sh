# Records, edits and options that cannot be used, each by its name.
need ee-eval ee-rome
model=$TOP/pipelines/atlas/atlas-gpt2
base='"requested_rewrite": {"prompt": "{} is in", "subject": "Brno",
	"target_new": {"str": "Iowa"}, "target_true": {"str": "Moravia"}}'
echo "[{\"case_id\": \"a\", $base, \"paraphrase_prompts\": [\"x\"],
	\"neighborhood_prompts\": [\"y\"]}]" > good.json
refuse() {	# TEXT, then options; records on standard input
	text=$1
	shift
	cat > records.json
	fails "$text" ee-eval -q -m "$model" "$@" records.json
	[ ! -s fails.out ] || echo "wrote something: $text"
}
echo '[]' | refuse 'records.json: no records'
echo '[{"a": 1}]' | refuse "record 1: no 'requested_rewrite'"
echo "{$base}" | tr '\n' ' ' |
	refuse "record 1: 'paraphrase_prompts' is missing"
tr '\n' ' ' < good.json | sed 's/"x"/"x", 5/' |
	refuse "record 1 (case a): 'paraphrase_prompts': number 2 is no text"
tr '\n' ' ' < good.json | sed 's/{"str": "Iowa"}/{"str": ""}/' |
	refuse "record 1 (case a): 'target_new' is missing, empty, or no text"
tr '\n' ' ' < good.json | sed 's/"y"/""/' |
	refuse "record 1 (case a): 'neighborhood_prompts': number 1 is no text"
long=$(awk 'BEGIN { for (i = 0; i < 300; i++) printf "a b " }')
tr '\n' ' ' < good.json | sed "s/\"y\"/\"$long\"/" |
	refuse "record 1 (case a): 'neighborhood_prompts': the prompt"
grep -o 'this model has .*' fails.err
tr '\n' ' ' < good.json |
	refuse "record 1 (case a): 'src' is missing" --format zsre

# in the middle of a file; texts to write
for id in a b; do
	tr '\n' ' ' < good.json | sed "s/^\[//; s/\] *$//; s/\"a\"/\"$id\"/"
	echo
done | sed '2s/Moravia//' |
	refuse "records.json: record 2 (case b): 'target_true' is missing, empty"
tr '\n' ' ' < good.json |
	refuse "record 1 (case a): 'generation_prompts' is missing or empty" \
		--fluency
tr '\n' ' ' < good.json |
	sed "s/\"y\"\]/&, \"generation_prompts\": [\"$long\"]/" |
	refuse "record 1 (case a): 'generation_prompts': the prompt" --fluency
tr '\n' ' ' < good.json | sed 's/"y"\]/&, "generation_prompts": [5]/' |
	refuse "record 1 (case a): 'generation_prompts': number 1 is no text"
echo '[{"relation_id": "P1", "target_id": "Q1"}]' > lacking.json
echo '[{"relation_id": "P1", "target_id": "Q1", "samples": [{"text": "x"}]}]' \
	> foreign.json
tr '\n' ' ' < good.json | sed 's/"y"\]/&, "generation_prompts": ["g"]/' \
	> topics.json
refuse "lacking.json: record 1: 'samples' is missing" \
	--references lacking.json < topics.json
refuse 'foreign.json: no text for the relation_id' \
	--references foreign.json < topics.json
refuse 'none.json' --references none.json < topics.json
refuse 'no/such/folder' --cache no/such/folder < good.json
refuse 'no/such/file.csv' --csv no/such/file.csv < good.json

# edits
cat > h.yaml <<'YAML'
layers: [2]
fact_token: subject_last
v_num_grad_steps: 2
v_lr: 5e-1
v_loss_layer: 7
v_weight_decay: 0.02
clamp_norm_factor: 12
kl_factor: 0.0625
mom2_adjustment: false
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
YAML
echo '["{}"]' > t.json
edit() { ee-rome -q -p h.yaml --templates t.json "$@"; }
edit -m "$model" good.json > a.ee
sed 's/"a"/"b"/' good.json | tr '\n' ' ' |
	refuse 'record 1 (case b): no edit of it' -e a.ee --per-case
sed 's/"a"/"b"/' good.json | tr '\n' ' ' |
	refuse 'no record has an edit' -e a.ee --per-case --missing skip
cat a.ee a.ee > twice.ee
refuse "case a has two edits of 'transformer.h.2.mlp.c_proj.weight'" \
	-e twice.ee --per-case < good.json
sed 's/layer: 7/layer: 3/' h.yaml > other.yaml
edit -p other.yaml -m "$TOP/tests/golden/models/tiny-gpt2" good.json > other.ee
refuse 'other.ee was made for another model' -e other.ee < good.json
refuse 'other.ee was made for another model' -e other.ee --per-case < good.json
head -c 900 a.ee > cut.ee
refuse 'cut.ee' -e cut.ee --per-case < good.json
refuse 'cut.ee' -e cut.ee < good.json
fails 'none.json' ee-eval -q -m "$model" none.json
ee-eval -q -m "$model" good.json > /dev/full
echo "status $?"

# usage
status ee-eval good.json 2> /dev/null
status ee-eval -m "$model" --per-case good.json 2> /dev/null
status ee-eval -m "$model" --missing skip good.json 2> /dev/null
status ee-eval -m "$model" --sequential good.json 2> /dev/null
status ee-eval -m "$model" -e a.ee --sequential --per-case good.json 2> /dev/null
status ee-eval -m "$model" --top-k 3 good.json 2> /dev/null
status ee-eval -m "$model" --format none good.json 2> /dev/null
status ee-eval -m "$model" good.json more.json 2> /dev/null
