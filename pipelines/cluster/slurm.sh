#!/bin/sh
# slurm.sh - a job in shards as Slurm jobs: prepare, an array, finish
#
#	MODEL=... N=500 SHARDS=16 pipelines/cluster/slurm.sh [OPTION...]
#	GOAL=stats MODEL=... CORPUS=... SHARDS=16 pipelines/cluster/slurm.sh
#
# GOAL is mass (a mass edit, the default) or stats (layer statistics).
# Variables are those of its .mk; paths are relative to pipelines/, which all
# nodes must see.  Options go to every sbatch: --partition, --account.  Each
# job starts when the one before has ended well; a shard that failed can be
# started again by itself, and finds again what it had found.
set -eu
PIPELINES=$(cd "$(dirname "$0")/.." && pwd)
: "${GOAL:=mass}" "${SHARDS:=4}"
STATS_SHARDS=$SHARDS
export PIPELINES GOAL SHARDS STATS_SHARDS
jobs=$PIPELINES/cluster

prepare=$(sbatch --parsable "$@" "$jobs/slurm-prepare.sh")
shards=$(sbatch --parsable "$@" --dependency="afterok:${prepare%%;*}" \
	--array="1-$SHARDS" "$jobs/slurm-shard.sh")
finish=$(sbatch --parsable "$@" --dependency="afterok:${shards%%;*}" \
	"$jobs/slurm-finish.sh")
echo "jobs $prepare, $shards, $finish"
