#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the tests in the interpreter that is tested; the programs are built already (build.sh test).
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit
status=0
env -u PYKDUMPPATH "$TOP/pykd" --trust-cwd --run tests/run.py "$@" || status=1
# The sample dump, and what build.sh test-kernels has left in its cache, against what the guests said.
if [ $# -eq 0 ] && command -v python3 >/dev/null; then
	python3 tools/vmtest --sample --cached --first || status=1
fi
exit $status
