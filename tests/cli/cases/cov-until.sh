# Stop when C^-1 k has settled: the stages before end quietly, the result says
# so, and a run that was killed ends with the same bits.
need ee-tokenize ee-forward ee-cov ee-npz
model=$TOP/tests/golden/models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
forward() {
	ee-forward -q -m "$model" --batch 256 -t 'transformer.h.{1-2}.mlp.c_proj:in'
}
# arrays FOLDER: what must be the same
arrays() {
	for f in "$1"/*/*/*.npz; do
		for key in mom2.count mom2.mom2 ee.until; do
			ee-npz cat "$f" $key
		done
	done
}
ended() { arrays "$1" | grep bound | sed 's/\("change": 0.[0-9][0-9]\)[0-9]*/\1/'; }
# the corpus over and over: a stream without end
endless() { while cat "$corpus"; do :; done 2> /dev/null; }

echo '-- settled'
{ endless; echo 'corpus ended' > said.0; } |
	{ ee-tokenize -m "$model" 2> said.1; echo "tokenize $?" >> said.1; } |
	{ forward 2> said.2; echo "forward $?" >> said.2; } |
	ee-cov -v --until 0.2 > settled.ee 2> said.3
cat said.0 said.1 said.2 said.3
ee-npz save -q -d settled < settled.ee
ended settled
ee-npz cat settled/*/*/*h.2.*.npz mom2.count
ee-npz load settled/*/*/*.npz | ee-npz save -q -d again
arrays settled > want
arrays again | cmp - want && echo 'kept by a file'

echo '-- the same rows, told by number'
endless | ee-tokenize -m "$model" | forward |
	ee-cov --tokens "$(sed -n 1p want)" | ee-npz save -q -d told
ee-npz cat told/*/*/*h.1.*.npz mom2.mom2 | cksum > a
ee-npz cat settled/*/*/*h.1.*.npz mom2.mom2 | cksum | cmp - a && echo same

echo '-- not settled; too few'
ee-tokenize -m "$model" "$corpus" | forward > all.ee
ee-cov --until 1e-9 < all.ee | ee-npz save -q -d not
ended not
ee-cov --until 0.1 --tokens 1500 < all.ee | ee-npz save -q -d few
ended few

echo '-- killed'
mkfifo fifo
endless | ee-tokenize -m "$model" | forward 2> /dev/null | head -c 20000000 > long.ee
{ head -c 5000000 long.ee; exec sleep 20; } > fifo &
feeder=$!
ee-cov -q --until 0.2 --checkpoint part --every 0 < fifo > /dev/null &
cov=$!
sleep 1
kill -KILL $cov
wait $cov 2> /dev/null
echo "status $?"
kill $feeder
ee-cov -q --until 0.2 --checkpoint part < long.ee | ee-npz save -q -d resumed
arrays resumed | cmp - want && echo same
ls part 2> /dev/null

echo '-- refused'
head -c 3000000 all.ee > cut.ee
fails 'cut short' ee-cov -q --checkpoint part < cut.ee
fails 'the checkpoint was made without --until' \
	ee-cov -q --until 0.1 --checkpoint part < all.ee
fails 'only be told where mom2' ee-cov --until 0.1 --collect mean < all.ee
status ee-cov --until 0 2>&1 | sed -n '1p;$p'
