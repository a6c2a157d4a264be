#!/bin/sh
#SBATCH --job-name=ee-edit
#SBATCH --cpus-per-task=8
#SBATCH --time=4:00:00
# The edit, from all shards.  Started by slurm.sh.
exec make -C "$PIPELINES" mass THREADS="${SLURM_CPUS_PER_TASK:-}"
