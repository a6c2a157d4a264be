#!/bin/sh
#SBATCH --job-name=ee-targets
#SBATCH --cpus-per-task=8
#SBATCH --time=12:00:00
# One shard of the targets.  Started by slurm.sh.
exec make -C "$PIPELINES" mass-shard SHARD="$SLURM_ARRAY_TASK_ID" \
	THREADS="${SLURM_CPUS_PER_TASK:-}"
