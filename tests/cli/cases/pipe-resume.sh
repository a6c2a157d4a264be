# Statistics whose stage is killed half way, and made to the end by the same
# pipe with --resume: the same file, but for the command lines in it.
need ee-tokenize ee-forward ee-cov ee-npz
atlas=$TOP/pipelines/atlas
model=$atlas/atlas-gpt2
head -n 240 "$atlas/corpus.txt" > corpus.txt
tokens() { ee-tokenize -m "$model" "$@" corpus.txt; }
# a document at a time, so that it does not matter with which one begins
forward() {
	ee-forward -q -m "$model" --batch 1 -t transformer.h.1:out
}
arrays() {
	for key in mom2.count mom2.mom2 ee.documents ee.tokens ee.corpus \
		ee.fingerprint
	do
		ee-npz cat "$1" $key
	done
}
tokens | forward | ee-cov | ee-npz save -q -o whole.npz
tokens | forward > all.ee
mkfifo fifo
for signal in TERM KILL; do
	{ head -c 5000000 all.ee; exec sleep 20; } > fifo &
	feeder=$!
	ee-cov -q --checkpoint part --every 0 < fifo > out 2> said &
	cov=$!
	sleep 1
	kill -$signal $cov
	wait $cov 2> /dev/null
	echo "status $?"
	kill $feeder
	sed 's/[0-9][0-9]* tokens/N tokens/' said
	grep -c records out
	tokens --resume part > rest.ee
	[ "$(wc -c < rest.ee)" -lt $(($(tokens | wc -c) * 3 / 4)) ] ||
		echo 'WRONG: it begins at the beginning'
	forward < rest.ee | ee-cov -q --checkpoint part |
		ee-npz save -q -o resumed-$signal.npz
	[ -e part ] && echo 'WRONG: a checkpoint is left'
	arrays whole.npz > a
	arrays resumed-$signal.npz | cmp - a && echo 'the same'
done
# with no checkpoint there, it begins at the beginning
tokens --resume part | forward | ee-cov -q --checkpoint part |
	ee-npz save -q -o fresh.npz
arrays fresh.npz | cmp - a && echo 'the same'
