# SPDX-License-Identifier: GPL-2.0-or-later
# The program zstd, of the pinned sources of the library, to run on this machine: the freezer packs with it. Without
# threads, so that a dictionary is the same whatever the machine.

tar -xf "$("$TOP/tools/deps/fetch.sh" zstd)" --strip-components=1 --no-same-owner
make -j"$JOBS" -C programs CC=gcc AR=ar CFLAGS=-O2 LDFLAGS= HAVE_THREAD=0 HAVE_ZLIB=0 HAVE_LZMA=0 HAVE_LZ4=0 \
	ZSTD_LEGACY_SUPPORT=0 ZSTD_NO_UNUSED_FUNCTIONS=1 zstd
mkdir -p "$BUILD/bin"
cp programs/zstd "$BUILD/bin/zstd"
