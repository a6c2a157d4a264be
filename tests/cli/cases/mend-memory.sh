# --memory: requests a part at a time are the same edits, whether each has an
# update of its own or all have one.
need ee-mend-apply ee-show
model=$TOP/tests/golden/models/tiny-gpt2
g=$TOP/tests/golden/mend/tiny-gpt2.default
# 30 requests of some 10 tokens: more than the model is wide
for i in $(seq 30); do
	echo '{"case_id": '"$i"', "prompt": "Ada Verrin '"$i"' was born in",
	"target_new": "Vantaa"}' | tr -d '\n'
	echo
done > r.jsonl
numbers() { ee-show -d 1000 "$1" | tr -c '0-9.e+-' '\n' | grep '^-*[0-9]'; }
for how in --independent '' '--like easyedit'; do
	echo "-- $how"
	for memory in 1K 1G; do
		# shellcheck disable=SC2086
		ee-mend-apply -v -j 1 -m "$model" -p "$g/config.json" $how \
			--archive "$g/random.archive" --memory $memory \
			r.jsonl 2> said > $memory.ee
		grep memory said
	done
	ee-show 1K.ee | grep -c '"record"'
	numbers 1K.ee > a
	numbers 1G.ee > b
	paste a b | awk '
	function far(d) { return d * d > 1e-6 * (1e-3 + $1 * $1) }
	far($1 - $2) { n++ }
	END { print (n ? n " differ" : NR > 1000 ? "the same" : "too few") }'
done
