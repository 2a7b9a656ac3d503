#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh demo: the main job on the sample dump in the repository.
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit
sample=$(find tests/sample -name 'vmcore*' 2>/dev/null | sort | head -n 1)
[ -n "$sample" ] || die "no sample dump in tests/sample"
echo "$ ./pykd $sample -c 'taskinfo --summ'"
./pykd "$sample" -c 'taskinfo --summ' || exit
cat <<EOF

Next:  ./pykd $sample            asks for commands; \`help\` lists them, Ctrl-D leaves
       ./pykd $sample -c report  what happened, and why
       help tour                            at the prompt, or docs/tour.md: ten minutes with this dump
       ./pykd VMCORE                        the same on a dump of yours; ./pykd can be copied to any machine
EOF
