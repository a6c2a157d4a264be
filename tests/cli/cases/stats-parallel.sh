# Statistics whose shards GNU parallel runs.
need make parallel ee-npz
head -n 60 "$TOP/pipelines/atlas/corpus.txt" > corpus.txt
CORPUS=$PWD/corpus.txt OUT=$PWD/out TAP=transformer.h.1.mlp.c_proj:in
export CORPUS OUT TAP
make -s -C "$TOP/pipelines" STATS="$PWD/one" stats > said 2>&1 || cat said
GOAL=stats SHARDS=3 STATS=$PWD/three HOME=$PWD "$TOP/pipelines/cluster/parallel.sh" -j 2 > said 2>&1 || cat said
ls three/parts
for d in one three; do ee-npz cat $d/*/*/*.npz mom2.count; done
