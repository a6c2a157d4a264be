#!/bin/sh
# parallel.sh - a job in shards, which GNU parallel runs
#
#	MODEL=... N=500 SHARDS=16 pipelines/cluster/parallel.sh [OPTION...]
#	GOAL=stats MODEL=... CORPUS=... SHARDS=16 pipelines/cluster/parallel.sh
#
# GOAL is mass, a mass edit whose targets are found in shards (the default:
# mass.mk), or stats, layer statistics (stats.mk).  Variables are those of
# its .mk; paths are relative to pipelines/.  Options go to parallel: -j 4, or
# --sshlogin for other machines, which must see the same folders.  A run that
# was stopped goes on where it was.
set -eu
pipelines=$(cd "$(dirname "$0")/.." && pwd)
: "${GOAL:=mass}" "${SHARDS:=4}"
STATS_SHARDS=$SHARDS
export SHARDS STATS_SHARDS

make -C "$pipelines" "$GOAL-prepare"
seq "$SHARDS" | parallel --halt soon,fail=1 "$@" \
	make -C "$pipelines" "$GOAL-shard" SHARD={}
make -C "$pipelines" "$GOAL"
