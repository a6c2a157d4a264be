#!/bin/sh
# parallel.sh - a mass edit whose targets are found by GNU parallel
#
#	MODEL=... N=500 SHARDS=16 pipelines/cluster/parallel.sh [OPTION...]
#
# Variables are those of mass.mk; paths are relative to pipelines/.  Options
# go to parallel: -j 4, or --sshlogin for other machines, which must see the
# same folders.  A run that was stopped goes on where it was.
set -eu
pipelines=$(cd "$(dirname "$0")/.." && pwd)
export SHARDS="${SHARDS:-4}"

make -C "$pipelines" mass-prepare
seq "$SHARDS" | parallel --halt soon,fail=1 "$@" \
	make -C "$pipelines" mass-shard SHARD={}
make -C "$pipelines" mass
