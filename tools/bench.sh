#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh bench [--against FILE] [DUMP...]: where the time goes, from the start of the interpreter to the main job. FILE: another pykd.
# build.sh bench --scale [DUMP]: dumps of 100,000 threads and of 16 TiB, made of DUMP, against what is asked of them.
# Without DUMP: the sample in the repository and the dumps beside it.
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit
exec ./pykd --trust-cwd --run tools/bench.py "$@"
