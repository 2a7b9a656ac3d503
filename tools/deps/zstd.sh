# SPDX-License-Identifier: GPL-2.0-or-later
# Decompression of pages, compression is not used: only the files needed to decompress.

flags="ZSTD_LIB_COMPRESSION=0 ZSTD_LIB_DICTBUILDER=0 ZSTD_LIB_DEPRECATED=0 ZSTD_LEGACY_SUPPORT=0"
# shellcheck disable=SC2086
make -j"$JOBS" -C lib $flags CC="$CC" CFLAGS="$CFLAGS" libzstd.a
# shellcheck disable=SC2086
make -C lib $flags CC="$CC" PREFIX="$SYSROOT" install-static install-includes install-pc
