# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced after env.sh when the binary is for another machine than this one: aims everything at that machine.
#
# The recipes and the makefiles call gcc, ar, objcopy, strip; here these names come to mean Debian's cross tools, so that
# one recipe serves every machine. Python code is frozen by the interpreter of this machine: the same bytes everywhere.

CROSS=$ARCH-linux-gnu
CROSS_TOOLS=$BUILD/tools
PYTHON=$TOP/build/$HOST_ARCH/bin/python3
export CROSS CROSS_TOOLS PYTHON

mkdir -p "$CROSS_TOOLS"
for tool in gcc ar ranlib nm strip objcopy objdump ld as strings readelf; do
	printf '#!/bin/sh\nexec /usr/bin/%s-%s "$@"\n' "$CROSS" "$tool" >"$CROSS_TOOLS/.$tool"
	chmod +x "$CROSS_TOOLS/.$tool"
	mv "$CROSS_TOOLS/.$tool" "$CROSS_TOOLS/$tool"
done
export PATH=$CROSS_TOOLS:$PATH

# What configure scripts cannot find out, since they cannot run a program of the other machine. The last ones are what
# Python's finds on a machine that can; a guess would even change how strings are hashed.
cat >"$CROSS_TOOLS/config.site" <<EOF
cross_compiling=yes
build_alias=$HOST_ARCH-linux-musl
with_build_python=$PYTHON
ac_cv_file__dev_ptmx=yes
ac_cv_file__dev_ptc=no
ac_cv_buggy_getaddrinfo=no
ac_cv_aligned_required=no
ac_cv_broken_sem_getvalue=no
ac_cv_working_tzset=yes
ac_cv_pthread_system_supported=yes
EOF
export CONFIG_SITE=$CROSS_TOOLS/config.site
