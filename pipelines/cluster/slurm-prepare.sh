#!/bin/sh
#SBATCH --job-name=ee-prepare
#SBATCH --cpus-per-task=8
#SBATCH --time=4:00:00
# What all shards need.  Started by slurm.sh.
exec make -C "$PIPELINES" "$GOAL-prepare" THREADS="${SLURM_CPUS_PER_TASK:-}"
