#!/bin/sh
#SBATCH --job-name=ee-shard
#SBATCH --cpus-per-task=8
#SBATCH --time=12:00:00
# One shard.  Started by slurm.sh.
exec make -C "$PIPELINES" "$GOAL-shard" SHARD="$SLURM_ARRAY_TASK_ID" \
	THREADS="${SLURM_CPUS_PER_TASK:-}"
