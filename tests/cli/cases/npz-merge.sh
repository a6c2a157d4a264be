# Shards add up to the whole.
need ee-tokenize ee-forward ee-cov ee-npz
model=$TOP/tests/golden/models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
layer=transformer.h.1.mlp.c_proj
# near A B: |A - B| / |B| of two matrices of text is below 1e-6
near() {
	paste "$1" "$2" | awk '{
		for (i = 1; i <= NF / 2; i++) {
			d += ($i - $(i + NF / 2)) ^ 2
			n += $(i + NF / 2) ^ 2
		}
	} END { print (sqrt(d / n) < 1e-6 ? "near" : "far: " sqrt(d / n)) }'
}
stats() { ee-forward -q -m "$model" -t $layer:in | ee-cov -q; }
ee-tokenize -m "$model" "$corpus" | stats > whole.ee
for i in 1 2 3; do
	ee-tokenize -m "$model" --shard $i/3 "$corpus" | stats > shard$i.ee
	ee-npz save -q -o shard$i.npz < shard$i.ee
done
ee-npz save -q --precision float64 -o whole.npz < whole.ee
cat shard?.ee | ee-npz merge > sum.ee
ee-npz save -q --precision float64 -o sum.npz < sum.ee
ee-npz merge -q --precision float64 -o sum2.npz shard?.npz
fails 'float32 and float64 sums' ee-npz merge -o no.npz shard1.npz shard2.ee
ee-npz merge -q --mix -d stats --dataset wikipedia shard1.npz shard2.ee shard3.npz
ls stats/*/*
for f in whole sum sum2; do
	ee-npz cat $f.npz mom2.count
	ee-npz cat $f.npz mom2.mom2 > $f.tsv
done
near sum.tsv whole.tsv
near sum2.tsv whole.tsv
ee-npz cat sum.npz ee.documents
# any order, any grouping, files or streams between: the same file
merge() { ee-npz merge -q "$@"; }
for kind in npz ee; do
	a=shard1.$kind b=shard2.$kind c=shard3.$kind
	merge -o abc.npz $a $b $c
	merge -o cba.npz $c $b $a
	merge -o ab.npz $a $b && merge -o ab_c.npz ab.npz $c
	merge -o cb.npz $c $b && merge --precision float64 -o cb64.npz $c $b
	merge -o a_cb.npz $a cb.npz
	merge $b $a > ba.ee && merge -o c_ba.npz $c ba.ee
	[ $kind = npz ] || merge -o cb64_a.npz cb64.npz $a
	for f in cba ab_c a_cb c_ba $([ $kind = npz ] || echo cb64_a); do
		cmp abc.npz $f.npz
	done
	merge --final -o final.npz ab.npz $c
	ee-npz cat abc.npz mom2.mom2 > one
	ee-npz cat final.npz mom2.mom2 | cmp - one && echo "$kind the same"
	ee-npz ls abc.npz | cut -f 1-3 | grep -E 'low|parts'
	ee-npz ls final.npz | grep -c low
done
# with a covariance beside it, the moment is still its own
for i in 1 2; do
	ee-tokenize -m "$model" --shard $i/3 "$corpus" |
		ee-forward -q -m "$model" -t $layer:in |
		ee-cov -q --collect mom2,cov | tee both$i.ee |
		ee-npz save -q -o both$i.npz
done
merge -o both.npz both1.ee both2.ee
for f in both both1; do
	ee-npz load $f.npz | ee-npz save -q -o again.npz
	ee-npz cat $f.npz mom2.mom2 > one
	ee-npz cat again.npz mom2.mom2 | cmp - one && echo "$f the same"
done
ee-npz save -q -o part.npz < ba.ee
fails 'the same part twice' ee-npz merge -o no.npz part.npz shard2.npz --mix
head -n 40 "$corpus" | ee-tokenize -m "$model" - | stats > head.ee
fails 'two corpora, name' ee-npz merge -o no.npz head.ee shard1.ee
ee-npz merge -q --mix -o mixed.npz head.ee shard1.ee
ee-npz cat mixed.npz ee.corpus | grep -o '"name": "[^/]*"' | sort
fails 'the same part twice' ee-npz merge shard1.ee shard2.ee shard1.npz -o no.npz
fails 'the same part twice' ee-npz merge sum.ee shard2.ee -o no.npz
# another cut of the same corpus: documents twice
ee-tokenize -m "$model" --shard 2/2 "$corpus" | stats > half.ee
fails 'shards 1/3 and 2/2 have documents in common' ee-npz merge -o no.npz shard1.ee half.ee
fails 'shards 1/1 and 3/3 have documents in common' ee-npz merge -o no.npz whole.ee shard3.ee
ee-tokenize -m "$model" --shard 3/6 "$corpus" | stats > sixth.ee
fails 'shards 3/3 and 3/6 have' ee-npz merge -o no.npz shard1.ee shard3.ee sixth.ee
merge -o two.npz shard1.ee shard2.ee sixth.ee && merge --mix -o two.npz whole.ee half.ee
fails 'stand there twice' sh -c 'cat shard1.ee shard2.ee | ee-npz save -d no'
ee-tokenize -m "$model" "$corpus" | ee-forward -q -m "$model" \
	-t transformer.h.2.mlp.c_proj:in | ee-cov -q > other.ee
fails 'give -d' ee-npz merge -o no.npz shard1.ee other.ee
head -c 5000 shard1.ee > cut.ee
fails 'cut short' ee-npz merge -o no.npz cut.ee shard2.ee
ls no* 2> /dev/null || echo 'nothing written'
