#!/bin/sh
# measure.sh - edit as METHOD does, and measure the edited model
#
#	measure.sh METHOD EDITS RECORDS FILE > results.jsonl
#
# FILE has a record a line.  Its lines are edited EDITS at a time, as long as
# there are some of the first RECORDS among them; each of these is measured
# with the edit that it was part of, and is a line of the results.
#
# In the environment: MODEL; HPARAMS; WORK, with templates.json, stats and, for
# MEMIT and its kind, the targets TARGETS; for MEND, ARCHIVE; and if ROME is
# to be just that of an implementation, LIKE (rome, easyedit).
set -eu
method=$1 edits=$2 records=$3 file=$4
: "${MODEL:?}" "${HPARAMS:?}" "${WORK:?}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
head -n "$records" "$file" > "$scratch/measured"

# lines FROM COUNT
lines() { sed -n "$1,$(($1 + $2 - 1))p" "$file"; }

rome() {
	ee-rome -q -m "$MODEL" -p "$HPARAMS" --stats "$WORK/stats" \
		--templates "$WORK/templates.json" \
		${LIKE:+--like "$LIKE"} "$@"
}
memit() {	# memit METHOD REQUESTS
	ee-memit -q --strict -m "$MODEL" -p "$HPARAMS" --method "$1" \
		--stats "$WORK/stats" --templates "$WORK/templates.json" \
		--targets "$WORK/$TARGETS" "$2"
}
mend() {
	ee-mend-apply -q -m "$MODEL" -p "$HPARAMS" --archive "$ARCHIVE" "$@"
}

# the records' lines only, of what ee-eval says
evaluate() { ee-eval -q -m "$MODEL" "$@" | grep '^{"case_id"'; }

# groups COMMAND...: run it on each group of requests, in $scratch/group;
# $from is its first line
groups() {
	from=1
	while [ "$from" -le "$records" ]; do
		lines "$from" "$edits" > "$scratch/group"
		"$@"
		from=$((from + edits))
	done
}

# Rank-one edits in turn: all of a group count for each of its records.
in_turn() {
	"$@" "$scratch/group" > "$scratch/edit.ee"
	tail -n +"$from" "$scratch/measured" | head -n "$edits" |
		evaluate -e "$scratch/edit.ee"
}

together() { "$@" "$scratch/group"; }

# each record with its own edit, or the one that it was part of
per_case() {
	evaluate -e "$scratch/edit.ee" --per-case "$scratch/measured"
}

case $method-$edits in
ROME-1 | R-ROME-1)
	rome --independent "$scratch/measured" > "$scratch/edit.ee"
	per_case ;;
ROME-* | R-ROME-*)
	groups in_turn rome ;;
MEND-1)
	mend --independent "$scratch/measured" > "$scratch/edit.ee"
	per_case ;;
MEND-*)
	groups together mend > "$scratch/edit.ee"
	per_case ;;
MEMIT-* | EMMET-* | AlphaEdit-*)
	name=$(echo "$method" | tr '[:upper:]' '[:lower:]')
	groups together memit "$name" > "$scratch/edit.ee"
	per_case ;;
*)
	echo "measure.sh: $method: no such method" >&2
	exit 2 ;;
esac > "$scratch/results"

# A stage that failed within a pipe has left fewer.
[ "$(wc -l < "$scratch/results")" = "$(wc -l < "$scratch/measured")" ] || {
	echo "measure.sh: $method, $edits edits: not all records measured" >&2
	exit 1
}
cat "$scratch/results"
