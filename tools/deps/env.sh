# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by every script of the build: where things are, and an environment that gives the same bytes everywhere.

set -euo pipefail
unset CFLAGS CXXFLAGS CPPFLAGS LDFLAGS MAKEFLAGS CDPATH PYTHONHOME PYTHONPATH
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1735689600 ZERO_AR_DATE=1
umask 022

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
ARCH=${ARCH:-x86_64}
FLAVOUR=${FLAVOUR:-} # empty: for the binary; "sanitized": this machine's libc and sanitizers, for the C tests
BUILD=$TOP/build/${FLAVOUR:-$ARCH}
SYSROOT=$BUILD/sysroot # musl, the libraries and their headers
CC=$BUILD/bin/cc       # gcc aimed at the sysroot (tools/deps/musl.sh writes it)
PYTHON=$BUILD/bin/python3 # the interpreter that goes into the binary, as a program: runs the freezer
JOBS=${JOBS:-$(nproc)}
export TOP ARCH FLAVOUR BUILD SYSROOT CC PYTHON JOBS

# Optimisation that every library gets. Sections let the final link drop what is not used.
DEP_CFLAGS="-O3 -fno-pie -fno-plt -ffunction-sections -fdata-sections"
export DEP_CFLAGS

say()
{
	printf '== %s\n' "$*" >&2
}

die()
{
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}
