# SPDX-License-Identifier: GPL-2.0-or-later
./configure --prefix="$SYSROOT" --host="$ARCH-linux-musl" --disable-shared --enable-static
make -j"$JOBS" src/liblzo2.la
make install-libLTLIBRARIES install-pkgincludeHEADERS install-pkgconfigDATA
