# The benchmark, made small: every cell a row, nothing made twice, another
# number of edits makes only what is new; the charts where gnuplot is.
need make
head -n 300 "$TOP/pipelines/atlas/corpus.txt" > corpus.txt
WORK=$PWD/work CORPUS=$PWD/corpus.txt MODELS=atlas-gpt2
METHODS='ROME MEMIT' FRONTIER=0.5 RECORDS=4
export WORK CORPUS MODELS METHODS FRONTIER RECORDS
mk() { make -s -C "$TOP/pipelines" "$@" 2> said || cat said; }
made() { make -s -q -C "$TOP/pipelines" -f report.mk "$@" && echo 'nothing to do' || echo 'something to do'; }
rows() { awk -F '\t' '{ print $1, $2, $3, $4, NF }' work/4/results.tsv; }

mk EDITS='1 3' report-table
rows
grep -c '^| atlas-gpt2 |' work/4/report.md
awk -F '\t' 'NR > 1 { for (i = 5; i <= 16; i += 3)
	if ($i < 0 || $i > 100 || $(i + 1) > $i || $(i + 2) < $i) print }' \
	work/4/results.tsv
echo '-- the means are those that ee-eval gives for the same edits'
model=$TOP/pipelines/atlas/atlas-gpt2
head -n 4 work/records.jsonl > four.jsonl
ee-rome -q -m "$model" -p "$TOP/pipelines/hparams/ROME/atlas-gpt2.yaml" \
	--stats work/atlas-gpt2/stats --independent \
	--templates work/atlas-gpt2/templates.json four.jsonl > four.ee
ee-eval -q -m "$model" -e four.ee --per-case four.jsonl | tail -n 1 |
	sed 's/.*"after"//; s/[{}]/\n/g' | awk -F '[ ,]+' '
		/^"mean"/ { printf "%s%.1f", n++ ? " " : "", 100 * $2 }
		n == 4 { print ""; exit }' > theirs
awk -F '\t' '$2 == "ROME" && $3 == 1 { print $5, $8, $11, $14 }' \
	work/4/results.tsv | cmp - theirs && echo same

echo '-- nothing to do; another number of edits; the same again'
made EDITS='1 3' report-table
made EDITS='1 4' report-table
ls -l --time-style=full-iso work/4/atlas-gpt2/ROME-1.jsonl > before
mk EDITS='1 4' report-table
ls -l --time-style=full-iso work/4/atlas-gpt2/ROME-1.jsonl | cmp - before
rows
echo '-- a method that is none; a model that is not there'
mk EDITS=1 METHODS=ZZZ report-table | grep -o 'METHODS: .*'
mk EDITS=1 MODELS=nobody report-table | grep -o 'MODELS: .*'

command -v gnuplot > /dev/null || exit 0
mk EDITS='1 4' report >&2
for chart in single mass frontier; do
	head -c 4 "work/4/$chart.png" | tail -c 3 | grep -qx PNG || echo "$chart?"
done
