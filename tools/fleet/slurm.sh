#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A job array of Slurm: records of the dumps below PATH..., a part for each task of the array; into OUT, a file for each.
#
#   sbatch --array=0-99 slurm.sh OUT PATH...
#
# A task whose node is lost is queued again by Slurm and goes on where its file of records ends. Then: pykd group OUT/*.ndjson
#SBATCH --job-name=pykd-batch
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
out=$1
shift
mkdir -p "$out"
status=0
"${PYKD:-pykd}" batch --jobs "${SLURM_CPUS_PER_TASK:-1}" --shard "$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN))/$SLURM_ARRAY_TASK_COUNT" \
	-o "$out/$SLURM_ARRAY_TASK_ID.ndjson" "$@" || status=$?
# 1: some dumps could not be read, which their records say.
[ "$status" -le 1 ]
