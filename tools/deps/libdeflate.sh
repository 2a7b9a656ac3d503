# SPDX-License-Identifier: GPL-2.0-or-later
# Inflates zlib pages about twice as fast as zlib (src/dump/codecs.c puts it in zlib's place). Only the decompressor.

for source in lib/utils.c lib/deflate_decompress.c lib/zlib_decompress.c lib/adler32.c lib/crc32.c \
	lib/x86/cpu_features.c lib/arm/cpu_features.c; do
	# shellcheck disable=SC2086
	"$CC" $CFLAGS -std=gnu11 -I. -c "$source" -o "$(echo "$source" | tr / _).o"
done
ar rcsD "$SYSROOT/lib/libdeflate.a" ./*.o
cp libdeflate.h "$SYSROOT/include/"
