# A mass edit whose shards GNU parallel runs: the same as make alone.
need make parallel
head -n 200 "$TOP/pipelines/atlas/corpus.txt" > corpus.txt
CORPUS=$PWD/corpus.txt OUT=$PWD/out N=3
export CORPUS OUT N
make -s -C "$TOP/pipelines" SHARDS=1 MASS="$PWD/out/one" mass 2> said || cat said
SHARDS=2 MASS=$PWD/out/two HOME=$PWD "$TOP/pipelines/cluster/parallel.sh" -j 2 > said 2>&1 || cat said
ls out/two/targets-*
near 1e-5 out/one/edit.ee out/two/edit.ee
