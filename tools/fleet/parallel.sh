#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# parallel.sh OUT JOBS PATH...: records of the dumps below PATH..., by GNU parallel, JOBS at a time; into OUT, a file for each part.
# Run it again after an interruption: what has a record is not done again. It runs on several machines that see the same folders with
#   PARALLEL='--sshlogin host1,host2' parallel.sh OUT 16 PATH...
# Then: pykd group OUT/*.ndjson
set -eu
out=$1 jobs=$2
shift 2
parts=${PARTS:-$((jobs * 4))}
mkdir -p "$out"
# Status 1 says that some dumps could not be read, which their records say too.
status=0
seq 0 $((parts - 1)) | parallel --jobs "$jobs" --quote "${PYKD:-pykd}" batch --jobs 1 --shard "{}/$parts" -o "$out/{}.ndjson" "$@" || status=$?
# parallel's own: how many have failed.
[ "$status" -le "$parts" ]
