# SPDX-License-Identifier: GPL-2.0-or-later
# libkdumpfile and libaddrxlat, static, without Python bindings, examples and tests.

autoreconf -fi
# Snappy is C++ and there is no C++ library for musl here: pykd brings its own decoder (src/dump/snappy.c) under the
# names of snappy's C interface. These are the declarations that libkdumpfile compiles against.
mkdir -p snappy-c
cat >snappy-c/snappy-c.h <<'EOF'
#include <stddef.h>
typedef enum { SNAPPY_OK = 0, SNAPPY_INVALID_INPUT = 1, SNAPPY_BUFFER_TOO_SMALL = 2 } snappy_status;
snappy_status snappy_uncompress(const char *compressed, size_t compressed_length, char *uncompressed,
				size_t *uncompressed_length);
EOF
export PKG_CONFIG_LIBDIR=$SYSROOT/lib/pkgconfig PKG_CONFIG_PATH=
# Without locks: one thread at a time uses a dump (src/dump/dump.h), and kdump_free() takes a lock that it holds already,
# which glibc detects and musl waits for.
./configure --prefix="$SYSROOT" --host="$ARCH-linux-musl" --disable-shared --enable-static --without-python \
	--without-pthread \
	--with-zlib --with-lzo2 --with-libzstd --with-snappy \
	ZLIB_CFLAGS=-I"$SYSROOT/include" ZLIB_LIBS=-lz LZO_CFLAGS=-I"$SYSROOT/include" LZO_LIBS=-llzo2 \
	ZSTD_CFLAGS=-I"$SYSROOT/include" ZSTD_LIBS=-lzstd SNAPPY_CFLAGS=-I"$PWD/snappy-c" SNAPPY_LIBS=-lc
make -j"$JOBS" -C include
make -j"$JOBS" -C src
make -C include install
make -C src install

# Page decompression goes through pykd's codecs (src/dump/codecs.c): the same interfaces under other names, with contexts
# that are kept and a faster inflate. libkdumpfile 0.5.4 makes and frees a context for every page.
objcopy --redefine-sym inflateInit_=kd_codec_inflateInit --redefine-sym inflate=kd_codec_inflate \
	--redefine-sym inflateEnd=kd_codec_inflateEnd --redefine-sym ZSTD_decompress=kd_codec_zstd_decompress \
	--enable-deterministic-archives "$SYSROOT/lib/libkdumpfile.a"
