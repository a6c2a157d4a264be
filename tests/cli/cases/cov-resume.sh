# A run that was stopped goes on: from the start of the stream, and ends with
# the same bits; or behind what was counted, where the model, which then works
# on other batches, may round otherwise.
need ee-tokenize ee-forward ee-cov ee-npz
model=$TOP/tests/golden/models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
forward() {
	ee-forward -q -m "$model" --batch 700 -t 'transformer.h.{1-2}.mlp.c_proj:in'
}
# arrays FOLDER: everything but the history, which has other command lines
arrays() {
	for f in "$1"/*/*/*.npz; do
		for key in mom2.count mom2.mom2 mean.mean ee.documents ee.corpus
		do
			ee-npz cat "$f" $key
		done
	done | cksum
}

# near A B: |A - B| / |B| of two matrices of text is below 1e-6
near() {
	paste "$1" "$2" | awk '{
		for (i = 1; i <= NF / 2; i++) {
			d += ($i - $(i + NF / 2)) ^ 2
			n += $(i + NF / 2) ^ 2
		}
	} END { print (sqrt(d / n) < 1e-6 ? "near" : "far: " sqrt(d / n)) }'
}

ee-tokenize -m "$model" "$corpus" | forward > all.ee
ee-cov --collect mom2,mean < all.ee > whole.ee
ee-npz save -q -d whole < whole.ee
arrays whole > want
for cut in 1000 1000000 5000000; do
	head -c $cut all.ee > cut.ee
	fails 'cut short' ee-cov -q --collect mom2,mean --checkpoint part < cut.ee
	cp part part2
	ee-cov -q --collect mom2,mean --checkpoint part < all.ee |
		ee-npz save -q -d a
	ee-tokenize -m "$model" --resume part2 "$corpus" | forward |
		ee-cov -q --collect mom2,mean --checkpoint part2 |
		ee-npz save -q -d b
	arrays a | cmp - want && echo same
	for f in b/*/*/*.npz; do
		ee-npz cat "$f" mom2.count
		ee-npz cat "$f" ee.documents
		ee-npz cat "$f" mom2.mom2 > mine
		ee-npz cat "whole/${f#b/}" mom2.mom2 > theirs
		near mine theirs
	done
	ls part part2 2> /dev/null
done

# a signal: what has come is kept
mkfifo fifo
{ head -c 1000000 all.ee; exec sleep 20; } > fifo &
feeder=$!
ee-cov -q --collect mom2,mean --checkpoint part < fifo > /dev/null 2> said &
cov=$!
sleep 1
kill $cov
wait $cov
echo "status $?"
kill $feeder
sed 's/[0-9][0-9]* tokens/N tokens/' said
ee-cov --collect mom2,mean --checkpoint part < all.ee 2> said |
	ee-npz save -q -d c
sed 's/[0-9][0-9]* tokens/N tokens/' said
arrays c | cmp - want && echo same

# of something else
head -c 1000000 all.ee > cut.ee
fails 'cut short' ee-cov -q --checkpoint part < cut.ee
fails "the checkpoint is of statistics 'mom2'" \
	ee-cov -q --collect mom2,mean --checkpoint part < all.ee
ee-tokenize -m "$model" --skip 1 "$corpus" | forward > other.ee
fails 'the stream must skip as many, or none, but skips 1' \
	ee-cov -q --checkpoint part < other.ee
fails 'no checkpoint' ee-cov -q --collect mom2,mean --checkpoint whole.ee \
	< all.ee
fails 'this is a checkpoint of ee-cov' ee-npz save -d d < part
