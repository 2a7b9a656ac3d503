# SPDX-License-Identifier: GPL-2.0-or-later
# zlib for Python's zlib module (dump pages are inflated by libdeflate).

CHOST=$ARCH-linux-musl ./configure --static --prefix="$SYSROOT"
make -j"$JOBS" libz.a
make install
