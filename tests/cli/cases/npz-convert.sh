# The same statistics in other shapes, and how far two of them are apart.
need ee-tokenize ee-forward ee-cov ee-npz ee-rome
model=$TOP/tests/golden/models/tiny-gpt2
corpus=$TOP/tests/golden/inputs/corpus.txt
layer=transformer.h.1.mlp.c_proj
ee-tokenize -m "$model" "$corpus" | ee-forward -q -m "$model" -t $layer:in |
	ee-cov -q --collect mom2,mean,norm_mean > s.ee
ee-npz save -q -o f32.npz < s.ee
ee-npz save -q --precision float64 -o f64.npz < s.ee
convert() { ee-npz convert "$@"; }
same() {	# FILE FILE: all sums
	for key in mom2.count mom2.mom2 mean.mean norm_mean.mean ee.fingerprint; do
		ee-npz cat "$1" $key > a && ee-npz cat "$2" $key | cmp - a || echo "$key"
	done
}
# round trips
convert --deflate -o d.npz f32.npz && same d.npz f32.npz
convert --to safetensors -o s.safetensors d.npz
convert -o back.npz s.safetensors && same back.npz f32.npz
convert --precision float64 -o wide.npz f32.npz
convert -o narrow.npz wide.npz && same narrow.npz f32.npz
convert --to stream f64.npz | ee-npz save -q --precision float64 -o t.npz && same t.npz f64.npz
convert --precision float64 --moment -o m64.npz f64.npz
ee-npz cat m64.npz mom2.count
ee-npz cat m64.npz ee.moment_of
convert --moment -o m32.npz f64.npz
convert -o sum.npz m64.npz
convert --moment --to safetensors -o m.safetensors f64.npz
for f in f32.npz m32.npz m.safetensors; do
	ee-npz verify -m "$model" "$f" | cut -f 1,3 | sort | uniq -c | grep -v PASS
	ee-npz verify "$f" | grep -E 'coverage|condition' | cut -f 3-
done
# apart
ee-npz diff f32.npz f32.npz | grep -v angle
for f in m.safetensors sum.npz; do
	ee-npz diff $f f64.npz | awk -F '\t' '$1 == "frobenius" { print ($2 < 1e-7 ? "near" : "far " $2) }'
done
head -n 60 "$corpus" | ee-tokenize -m "$model" - | ee-forward -q -m "$model" -t $layer:in > keys.ee
ee-cov -q < keys.ee | ee-npz save -q -o few.npz
# an edit with fewer tokens turns further, and costs more
value() { ee-npz diff --json "$@" | grep -o '"'$key'": [^,}]*' | cut -d ' ' -f 2; }
for key in angle cost; do
	echo "$(value few.npz f64.npz) $(value f32.npz f64.npz) $(value --keys keys.ee few.npz f64.npz)" |
		awk -v key=$key '{ print key, ($1 > 10 * ($2 - (key == "cost")) && $3 > $2 ? "more" : "less: " $0) }'
done
ee-npz diff --samples 8 --seed 2 few.npz f64.npz > one
ee-npz diff --samples 8 --seed 2 few.npz f64.npz | cmp - one
ee-npz diff --samples 8 --seed 3 few.npz f64.npz | cmp -s - one && echo 'the same keys'
head -n 1 "$corpus" | ee-tokenize -m "$model" - | ee-forward -q -m "$model" -t $layer:in |
	ee-cov -q | ee-npz save -q -o singular.npz
ee-npz diff singular.npz f64.npz | tail -n 1
ee-npz diff --ridge 1e-3 singular.npz f64.npz | tail -n 1 | cut -f 1
fails 'wide' ee-npz diff f32.npz "$TOP/tests/golden/stats/broken/good64.npz"
fails "want 'activations'" ee-npz diff --keys s.ee f32.npz f64.npz
ee-tokenize -m "$model" "$corpus" | ee-forward -q -m "$model" \
	-t transformer.h.2.mlp.c_proj:in > other.ee
fails 'no rows of' ee-npz diff --keys other.ee f32.npz f64.npz
fails 'CRC-32' ee-npz convert -o no.npz "$TOP/tests/golden/stats/broken/bad-crc.npz"
head -c 4000 s.safetensors > cut.safetensors
fails 'cut.safetensors' ee-npz convert -o no.npz cut.safetensors
status ee-npz convert --to stream -o no.npz f32.npz 2>&1 | sed -n '1p;$p'
status ee-npz convert --to csv -o no.npz f32.npz 2>&1 | sed -n '1p;$p'
ls no.npz 2> /dev/null
# the moment edits as the sum does
hparams 1 5 | sed 's/^mom2_adjustment.*/mom2_adjustment: true/' > h.yaml
echo 'mom2_n_samples: 100' >> h.yaml
echo '{"prompt": "{} lives in", "subject": "Ada Verrin", "target_new": "Brno"}' > r.jsonl
echo '["{}"]' > t.json
for f in f64.npz m64.npz; do
	ee-rome -q -m "$model" -p h.yaml --stats $f --templates t.json r.jsonl > $f.ee
done
near 1e-5 f64.npz.ee m64.npz.ee
for f in "$TOP"/tests/golden/stats/broken/bad-*.npz; do
	case $f in *-sample-size.npz) continue ;; esac
	ee-rome -q -m "$model" -p h.yaml --stats "$f" --templates t.json \
		r.jsonl > no.ee 2> said && echo "$f passed"
	grep -c "$f" said
done | sort | uniq -c
