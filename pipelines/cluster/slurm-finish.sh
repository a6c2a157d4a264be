#!/bin/sh
#SBATCH --job-name=ee-finish
#SBATCH --cpus-per-task=8
#SBATCH --time=4:00:00
# The edit, or the merged statistics, from all shards.  Started by slurm.sh.
exec make -C "$PIPELINES" "$GOAL" THREADS="${SLURM_CPUS_PER_TASK:-}"
