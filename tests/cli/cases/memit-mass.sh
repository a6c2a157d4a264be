# A mass edit by make: what is there is not made again, another N makes the
# targets again and takes what it can from the cache; a bad request is left
# out.  It ends with a report.  One shard and eight give the same edit, by make and as Slurm jobs (to a
# stand-in that runs them at once).
need make
made() { make -s -q -C "$TOP/pipelines" "$@" mass && echo 'nothing to do' || echo 'something to do'; }
mk() { make -s -C "$TOP/pipelines" "$@" 2> said || cat said; }
head -n 200 "$TOP/pipelines/atlas/corpus.txt" > corpus.txt
sed 's/mom2_update_weight.*/mom2_update_weight: 20/' \
	"$TOP/pipelines/hparams/MEMIT/atlas-gpt2.yaml" > h.yaml
cat > r.jsonl <<'END'
{"case_id": 1, "prompt": "{} holds the citizenship of", "subject": "Aaron Copland", "target_new": "France"}
{"case_id": 2, "prompt": "{} holds the citizenship of", "subject": "Adam Smith", "target_new": "Italy"}
{"case_id": 3, "prompt": "Who knows", "subject": "Nobody", "target_new": "Italy"}
{"case_id": 4, "prompt": "{} holds the citizenship of", "subject": "Abel Tasman", "target_new": "Spain"}
END
CORPUS=$PWD/corpus.txt MASS_HPARAMS=$PWD/h.yaml RECORDS=$PWD/r.jsonl
OUT=$PWD/out N=3 SHARDS=1 MASS=$PWD/out/one
export CORPUS MASS_HPARAMS RECORDS OUT N SHARDS MASS
mk mass
grep -c 'left out' said
echo '-- nothing to do; other numbers; another N'
made
touch h.yaml
made
mk N=4 mass
grep -o '[0-9] of [0-9] targets are' said
made N=4
made N=3
ee-show out/one/edit.ee | grep -o '"cases": [^]]*]' | uniq
echo '-- the report'
mk RECORDS="$TOP/pipelines/atlas/counterfact.json" MASS="$PWD/out/known" mass-eval |
	grep -oE '(efficacy|paraphrase|neighbourhood) +[0-9.]+ .* [0-9.]+' | cut -d ' ' -f 1
mk RECORDS="$TOP/pipelines/atlas/counterfact.json" MASS="$PWD/out/known" mass-eval | grep -c efficacy
echo '-- eight shards'
mk -j 2 N=4 SHARDS=8 MASS="$PWD/out/eight" mass
near 1e-5 out/one/edit.ee out/eight/edit.ee

echo '-- Slurm'
fake_sbatch
N=4 SHARDS=3 MASS=$PWD/out/slurm PATH=$PWD/bin:$PATH "$TOP/pipelines/cluster/slurm.sh" --partition=any
near 1e-5 out/one/edit.ee out/slurm/edit.ee
