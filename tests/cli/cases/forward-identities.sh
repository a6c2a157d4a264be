# What must not make a difference to activations.
need ee-forward ee-tokenize ee-npz
models=$TOP/tests/golden/models
model=$models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
forward() { ee-forward -q -m "$model" "$@"; }
# records STREAM [TAP]: those of a tap, in their order
records() { ee-show "$1" | grep "^{\"record\": {\"tap\": \"${2-}"; }
head -n 12 "$corpus" | ee-tokenize -m "$model" > t.ee

# several taps in one pass, and each alone; ranges and lists
a=transformer.h.0.mlp.c_proj:in
b=transformer.h.2.attn:out
c=transformer.h.3:out
forward -t $b -t $a -t $c -t nll < t.ee > all.ee
for tap in $a $b $c nll; do
	forward -t $tap < t.ee > one.ee
	records all.ee $tap > x
	records one.ee | cmp - x && wc -l < x
done
forward -t 'transformer.h.{0-3}:out' < t.ee > range.ee
forward -t 'transformer.h.{0,1,2-3}:out' < t.ee > list.ee
forward -t hidden < t.ee > hidden.ee
forward -t hidden -t transformer.h.1:out < t.ee > twice.ee
for f in range list twice; do
	records hidden.ee > x
	records $f.ee | cmp - x
done
records hidden.ee | cut -c 1-43

# how documents are put together, and how many threads there are
head -n 5 "$corpus" | ee-tokenize -m "$model" > t.ee
# rows STREAM: the rows of both taps, whatever the records
rows() {
	numbers "$1" > /dev/null
	for tap in $c nll; do
		for k in $(ee-npz ls numbers.npz |
			awk -v tap=$tap '$4 == tap { print $1 + 0 }'); do
			ee-npz cat numbers.npz "$k.doc" > doc
			ee-npz cat numbers.npz "$k.pos" > pos
			ee-npz cat numbers.npz "$k.x" | paste doc pos -
		done
	done
}
forward -t $c -t nll --batch 1 < t.ee > apart.ee
rows apart.ee > apart
for options in '--batch 1 -j 1' '--batch 80' '--batch 100000' \
	'--batch 100000 -j 1'; do
	# shellcheck disable=SC2086	# words
	forward -t $c -t nll $options < t.ee > x.ee
	rows x.ee | paste -d '\n' apart - | awk -v options="$options" '
		NR % 2 { n = split($0, a); next }
		split($0, b) != n || a[1] != b[1] || a[2] != b[2] {
			print "WRONG" }
		{ for (i = 3; i <= n; i++) {
			d = a[i] - b[i]
			m = a[i] > 1 ? a[i] : a[i] < -1 ? -a[i] : 1
			if (d > 1e-5 * m || d < -1e-5 * m)
				print "far", a[i], b[i]
		} } END { print options ": " NR / 2 " rows" }'
done

# nll is what the logits say
printf 'Brno is in\nBrno\n' | ee-tokenize -m "$model" > two.ee
forward -t logits -t nll < two.ee > l.ee
ee-npz save -q -o l.npz < l.ee
ee-npz ls l.npz | cut -f 1-3
ee-npz save -q -o ids.npz < two.ee
{
	ee-npz cat ids.npz 0.ids | tr '\n' ' '
	echo
	ee-npz cat l.npz 1.x | tr '\n' ' '
	echo
	ee-npz cat l.npz 0.x
} | awk '
	NR == 1 { n = split($0, id); next }
	NR == 2 { split($0, nll); next }
	NR < n + 2 {
		sum = 0
		for (i = 1; i <= NF; i++)
			sum += exp($i)
		d = log(sum) - $(id[NR - 1] + 1) - nll[NR - 2]
		if (d > 1e-4 || d < -1e-4)
			print "differ by " d
	}
	END { print n - 1 " checked" }'
