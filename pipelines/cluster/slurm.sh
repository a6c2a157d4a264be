#!/bin/sh
# slurm.sh - a mass edit as Slurm jobs: prepare, an array of targets, the edit
#
#	MODEL=... N=500 SHARDS=16 pipelines/cluster/slurm.sh [OPTION...]
#
# Variables are those of mass.mk; paths are relative to pipelines/, which all
# nodes must see.  Options go to every sbatch: --partition, --account.  Each
# job starts when the one before has ended well; a shard that failed can be
# started again by itself, and finds in the cache what it had found.
set -eu
PIPELINES=$(cd "$(dirname "$0")/.." && pwd)
SHARDS=${SHARDS:-4}
export PIPELINES SHARDS
jobs=$PIPELINES/cluster

prepare=$(sbatch --parsable "$@" "$jobs/slurm-prepare.sh")
targets=$(sbatch --parsable "$@" --dependency="afterok:${prepare%%;*}" \
	--array="1-$SHARDS" "$jobs/slurm-targets.sh")
edit=$(sbatch --parsable "$@" --dependency="afterok:${targets%%;*}" \
	"$jobs/slurm-edit.sh")
echo "jobs $prepare, $targets, $edit"
