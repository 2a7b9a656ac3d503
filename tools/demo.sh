#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh demo: the main job on the sample dump in the repository.
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit
sample=$(find tests/sample -name 'vmcore*' 2>/dev/null | sort | head -n 1)
[ -n "$sample" ] || die "no sample dump in tests/sample"
echo "$ ./pykd $sample -c 'taskinfo --summ'"
exec ./pykd "$sample" -c 'taskinfo --summ'
