#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the tests in the interpreter that is tested; the programs are built already (build.sh test).
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit
exec env -u PYKDUMPPATH "$TOP/pykd" --trust-cwd --run tests/run.py "$@"
