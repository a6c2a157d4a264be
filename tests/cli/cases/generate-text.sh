# Text from a model: the same however it is asked for.
need ee-generate
model=$TOP/pipelines/atlas/atlas-gpt2
p1='Aaron Burr holds the citizenship of'
p2='Adam Smith holds the citizenship of'
generate() { ee-generate -q -m "$model" -n 6 "$@"; }
generate "$p1" "$p2" | tee both
generate "$p2" "$p1" | sed -n '2p;1p' | sort > a
sort both | cmp - a
printf '%s\n%s' "$p1" "$p2" | generate | cmp - both
generate --greedy "$p1" "$p2" | cmp - both
generate --top-k 1 --seed 9 "$p1" "$p2" | cmp - both
generate -j 1 "$p1" "$p2" | cmp - both
generate --json "$p1"
generate --top-k 20 --temperature 5 --seed 3 "$p1" > a
generate --top-k 20 --temperature 5 --seed 3 "$p1" | cmp - a
generate --top-k 20 --temperature 5 --seed 4 "$p1" | cmp -s - a && echo WRONG
generate -n 0 "$p1"
generate ''
echo "status $?"
generate < /dev/null
echo "status $?"
printf 'The capital\0 of France is\n' | generate
echo "status $?"
for wrong in '--temperature 2 x' '--templates 5:1 x'; do
	generate $wrong 2>&1 > out | head -n 1
done
generate -n 400 "$p1" > out
echo "status $?"
generate -e nowhere.ee "$p1"
echo "status $?"
