#!/bin/sh
# The main job, once, with pipes: statistics of a layer, one fact edited, the
# edited model asked, written, and taken back.
#
#	pipelines/atlas/demo.sh [FOLDER]      (a new folder below build/)
#
# Needs the tools in PATH or in bin/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${1:-$top/build/demo}
PATH=${BIN:-$top/bin}:$PATH
model=$here/atlas-gpt2
tap=transformer.h.0.mlp.c_proj
rm -rf "$out"
mkdir -p "$out"
cd "$out"

say() { printf '\n%s\n' "$*"; }
ask() {		# ask OPTIONS...: the edited prompt, a paraphrase, neighbours
	ee-generate "$@" -n 4 \
		'Aaron Copland holds the citizenship of' \
		'Which country did Aaron Copland come from? Answer:' \
		'Aaron Burr holds the citizenship of' \
		'Adam Smith holds the citizenship of' | sed 's/^/    /'
}

say "1. Statistics of the keys of layer 0, from 4,000 documents"
head -n 4000 "$here/corpus.txt" > corpus.txt
ee-tokenize -m "$model" corpus.txt |
	ee-forward -m "$model" -t "$tap:in" |
	ee-cov |
	ee-npz save -d stats --dataset atlas

say "2. One fact edited: Aaron Copland, citizen of America -> France"
cat > request.json <<'JSON'
{"case_id": "copland", "prompt": "{} holds the citizenship of",
 "subject": "Aaron Copland", "target_new": "France"}
JSON
ee-rome -m "$model" -p "$here/../hparams/ROME/atlas-gpt2.yaml" \
	--stats stats --save-templates templates.json request.json > edit.ee
ls -l edit.ee | awk '{ print "    the edit is a file of " $5 " bytes" }'

say "3. What the model says before"
ask -m "$model" | tee before.txt
say "   and after: the fact, a paraphrase, two neighbours that must not change"
ask -m "$model" -e edit.ee | tee after.txt

say "4. The edited model as a folder, and back"
ee-apply -m "$model" -o edited edit.ee
ask -m edited | cmp - after.txt && echo "    it says the same"
ee-apply -m edited -R -o restored edit.ee
cmp restored/model.safetensors "$model/model.safetensors" &&
	echo "    restored, bit for bit"

# The report is only true if these hold.
sed -n 1,2p after.txt | grep -c France | grep -qx 2 ||
	{ echo "demo: the edit did not take" >&2; exit 1; }
sed -n 3,4p before.txt > neighbours.txt
sed -n 3,4p after.txt | cmp -s - neighbours.txt ||
	{ echo "demo: a neighbour changed" >&2; exit 1; }
say "All of it is in $out"
