#!/bin/sh
# A model folder of random weights, if it is not there yet.
#
#	model.sh f32|f16|bf16 CONFIG ATLAS-MODEL DIR
#
# CONFIG is the text of config.json; the tokenizer is ATLAS-MODEL's.  Needs
# makemodel in BUILD/bench.
set -eu
atlas=$(dirname "$0")/../../pipelines/atlas/$3
dir=$4
[ ! -e "$dir/tokenizer_config.json" ] || exit 0
echo "bench: making $dir" >&2
mkdir -p "$dir"
echo "$2" > "$dir/config.json"
"$BUILD/bench/makemodel" "$1" "$dir"
for file in tokenizer.json tokenizer_config.json; do
	cp "$atlas/$file" "$dir"
done
