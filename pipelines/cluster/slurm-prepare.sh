#!/bin/sh
#SBATCH --job-name=ee-prepare
#SBATCH --cpus-per-task=8
#SBATCH --time=4:00:00
# Statistics and templates.  Started by slurm.sh.
exec make -C "$PIPELINES" mass-prepare THREADS="${SLURM_CPUS_PER_TASK:-}"
