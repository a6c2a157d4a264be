#!/bin/sh
# How fast text becomes tokens, on one thread.
#
#	tests/bench/tokenize.sh MODEL FILE...
#
# MODEL is a folder with a tokenizer; each line of a FILE is a document.
# Prints, for each file, the time to open the tokenizer and MB/s of the
# library alone (BUILD/bench/tokenize) and of ee-tokenize as a whole; with
# PYTHON=... one that has `tokenizers`, also MB/s of that, one document at a
# time and all in one batch on one thread, and how many times as fast we are.
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}" "${BIN:=bin}"
[ $# -ge 2 ] || {
	echo "usage: tests/bench/tokenize.sh MODEL FILE..." >&2
	exit 2
}
model=$1
shift
program=$BUILD/bench/tokenize
[ -x "$program" ] || {
	echo "tokenize.sh: make bench builds $program" >&2
	exit 1
}
for file; do
	ours=$("$program" "$model" "$file") || exit 1
	echo "$ours"
	start=$(date +%s.%N)
	"$BIN/ee-tokenize" -q -m "$model" "$file" > /dev/null || exit 1
	end=$(date +%s.%N)
	echo "$start $end $(wc -c < "$file")" | awk '{
		printf "  ee-tokenize, start and end included: %.1f MB/s\n",
			$3 / ($2 - $1) / 1e6 }'
	[ -n "$PYTHON" ] || continue
	TOKENIZERS_PARALLELISM=false "$PYTHON" - "$model" "$file" \
		"$(echo "$ours" | sed -n 's/.* \([0-9.]*\) MB\/s.*/\1/p')" << 'EOF'
import os
import sys
import time
from tokenizers import Tokenizer

model, name, ours = sys.argv[1], sys.argv[2], float(sys.argv[3])
tok = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
with open(name, encoding="utf-8", errors="replace", newline="\n") as f:
    text = f.read()
docs = text.split("\n")


def mbps(what):
    best = 1e9
    for _ in range(3):
        start = time.perf_counter()
        what()
        best = min(best, time.perf_counter() - start)
    return len(text.encode()) / best / 1e6


one = mbps(lambda: [tok.encode(d) for d in docs])
batch = mbps(lambda: tok.encode_batch(docs))
print(f"  tokenizers: one by one {one:.2f} MB/s ({ours / one:.1f} times), "
      f"batch {batch:.2f} MB/s ({ours / batch:.1f} times)")
EOF
done
