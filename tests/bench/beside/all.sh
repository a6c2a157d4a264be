#!/bin/sh
# EasyEdit and ours beside each other: models, figures, table and charts.
#
#	make beside EASYEDIT=CHECKOUT PYTHON=PYTHON [OUT=DIR] [QUICK=1]
#		[JOBS='large/rome */stats']
#
# CHECKOUT is one of zjunlp/EasyEdit, PYTHON has what run.py asks for.  OUT
# (below BUILD) gets took.jsonl, table.md and charts.svg;
# OUT=tests/bench/beside/results renews those of the repository.  A run that was
# cut goes on where it was, and one of some JOBS leaves the table and charts to
# one of all.  QUICK=1 tries everything, with a model of no size.
set -eu
here=$(dirname "$0")
: "${QUICK:=}" "${JOBS:=*}" "${OUT:=$BUILD/beside${QUICK:+-quick}}"
: "${EASYEDIT:?a checkout of zjunlp/EasyEdit}" "${PYTHON:?}"
command -v gnuplot > /dev/null || { echo 'beside: no gnuplot' >&2; exit 1; }
shape=$(cat "$here/../large.json")
large=$BUILD/bench/large
if [ -n "$QUICK" ]; then
	shape='{"model_type": "gpt2", "n_layer": 36, "n_embd": 64,
		"n_head": 2, "n_positions": 256, "vocab_size": 4096}'
	large=$BUILD/bench/quick
fi
"$here/../model.sh" f32 "$shape" atlas-gpt2 "$large"
"$here/../model.sh" f16 "$shape" atlas-gpt2 "$large-f16"
mkdir -p "$OUT"
set -f	# JOBS are patterns
# shellcheck disable=SC2086 # ... and words
"$PYTHON" "$here/run.py" --easyedit "$EASYEDIT" --large "$large" \
	--half "$large-f16" --small "$here/../../../pipelines/atlas/atlas-gpt2" \
	-o "$OUT/took.jsonl" ${QUICK:+--quick --limit 5} $JOBS
[ "$JOBS" = '*' ] || exit 0
"$PYTHON" "$here/table.py" "$OUT/took.jsonl" > "$OUT/table.md"
"$PYTHON" "$here/table.py" --data "$OUT/took.jsonl" > "$OUT/charts.dat"
gnuplot -e "data='$OUT/charts.dat'" "$here/beside.gp" > "$OUT/charts.svg"
rm "$OUT/charts.dat"
