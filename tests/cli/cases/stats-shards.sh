# Statistics by make: in shards and groups, by make alone, GNU parallel and as
# Slurm jobs they are those of one pipe; nothing is made twice; what a stopped
# run has left is used.
need make ee-tokenize ee-forward ee-cov ee-npz
atlas=$TOP/pipelines/atlas
model=$atlas/atlas-gpt2
head -n 50 "$atlas/corpus.txt" > corpus.txt
echo '-- the shards of a sample are the sample'
ids() { ee-tokenize -m "$model" "$@" corpus.txt | ee-show | grep -o '"id": [0-9]*' | sort; }
for n in 1 2 7; do
	for i in $(seq $n); do ids --shard "$i/$n"; done | sort > union
	ids | cmp - union
	for i in $(seq $n); do ids --sample 30 --seed 3 --shard "$i/$n"; done | sort > union
	ids --sample 30 --seed 3 | cmp - union
	uniq -d union
done
wc -l < union
ids --sample 30 --seed 3 --shard 2/3 > a
ids --sample 30 --seed 3 --shard 2/3 | cmp - a
ids --sample 30 --seed 4 --shard 2/3 | cmp -s - a && echo 'WRONG: another seed'

taps='transformer.h.{0-2}.mlp.c_proj:in'
CORPUS=$PWD/corpus.txt SAMPLE=40 TAP=$taps DATASET=words
export CORPUS SAMPLE TAP DATASET
mk() { make -s -C "$TOP/pipelines" OUT="$PWD/out" "$@" > said 2>&1 || cat said; }
made() { make -s -q -C "$TOP/pipelines" OUT="$PWD/out" "$@" stats && echo 'nothing to do' || echo 'something to do'; }
# same FOLDER: the counts of one pipe, its moments to 1e-6
same() {
	for f in one/*/*/*.npz; do
		other=$1/${f#one/}
		for key in mom2.count ee.documents; do
			ee-npz cat "$f" $key > a
			ee-npz cat "$other" $key | cmp - a
		done
		ee-npz cat "$f" mom2.mom2 > a
		ee-npz cat "$other" mom2.mom2 | paste a - | awk '{
			for (i = 1; i <= NF / 2; i++) {
				d += ($i - $(i + NF / 2)) ^ 2
				n += $i ^ 2
			}
		} END { print (sqrt(d / n) < 1e-6 ? "same" : "far: " sqrt(d / n)) }'
	done
}
ee-tokenize -m "$model" --sample 40 corpus.txt | ee-forward -m "$model" -t "$taps" |
	ee-cov | ee-npz save -q -d one --dataset words
echo '-- one shard, three shards in two groups'
mk STATS="$PWD/s1" stats
same s1
mk -j 2 STATS="$PWD/s3" STATS_SHARDS=3 MEMORY=38M stats
cat s3/groups
ls s3/parts
same s3
echo '-- made again only when it must be'
made STATS="$PWD/s1"
touch corpus.txt
made STATS="$PWD/s1"
mk STATS="$PWD/s1" stats
made STATS="$PWD/s1"
made STATS="$PWD/s1" SAMPLE=41
made STATS="$PWD/s1" COLLECT=mom2,mean
echo '-- a plan'
mk STATS="$PWD/s4" STATS_SHARDS=2 MEMORY=38M stats-plan
grep -c 'ee-tokenize.*--shard [12]/2.*| ee-forward.*| ee-cov' said
sed -n 1p said
ls s4
mk STATS="$PWD/s5" MEMORY=1M stats | grep -v '^make'
echo '-- stopped in its second group; what is too old does not count'
mkdir bin
cat > bin/ee-forward <<'EOF'
#!/bin/sh
case "$*" in
*'--group 2/2'*) [ -e go ] || exit 1 ;;
*--group*) echo run >> "$LOG" ;;
esac
exec "$REAL/ee-forward" "$@"
EOF
chmod +x bin/ee-forward
for f in tokenize cov npz show; do ln -s "$BIN/ee-$f" bin/ee-$f; done
LOG=$PWD/log REAL=$BIN
export LOG REAL
sed -i "s|\[ -e go \]|[ -e $PWD/go ]|" bin/ee-forward
mk BIN="$PWD/bin" STATS="$PWD/s6" MEMORY=38M stats > failed
grep -c 'Error 1' failed
ls s6/parts
touch go
mk BIN="$PWD/bin" STATS="$PWD/s6" MEMORY=38M stats
same s6
wc -l < log
touch -d '2 days ago' s6/parts/old
mv s6/parts/old s6/parts/1-of-1.ee.1
touch corpus.txt
mk BIN="$PWD/bin" STATS="$PWD/s6" MEMORY=38M stats
same s6
wc -l < log
echo '-- Slurm'
fake_sbatch
GOAL=stats SHARDS=2 STATS=$PWD/s7 PATH=$PWD/bin:$PATH "$TOP/pipelines/cluster/slurm.sh" --partition=any
same s7
