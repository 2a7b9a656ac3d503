# SPDX-License-Identifier: GPL-2.0-or-later
# configure tries thread-local variables in a shared library without undefined names, which clang's sanitizers do not link.

export ac_cv_tls=yes
. "$TOP/tools/deps/elfutils.sh"
