# SPDX-License-Identifier: GPL-2.0-or-later
# libelf and libdw of elfutils: ELF files and DWARF. Of libdw all but what needs a backend for each machine (CFI, which
# pykd interprets itself), the searching for files (libdwfl), and debuginfod.

# Its warnings are errors, and musl's headers have some.
export CFLAGS="$CFLAGS -Wno-error"
# musl has no argp, fts and obstack; only files that are not built here want them.
./configure --prefix="$SYSROOT" --host="$ARCH-linux-musl" --disable-debuginfod --disable-libdebuginfod \
	--disable-demangler --disable-nls --disable-symbol-versioning --without-bzlib --without-lzma --with-zlib \
	--with-zstd CPPFLAGS=-I"$SYSROOT/include" LDFLAGS=-L"$SYSROOT/lib" \
	ac_cv_search_argp_parse="none required" ac_cv_search_fts_close="none required" \
	ac_cv_search__obstack_free="none required"

# objects FOLDER NAME...: compile what make knows under these names, and print the files
objects()
{
	local folder=$1
	shift
	printf 'include Makefile\nobjects: %s\n\t@printf "%s/%%s\\n" $^\n' "$*" "$folder" |
		make -s -j"$JOBS" -C "$folder" -f - objects
}

for part in "libelf:\$(am_libelf_a_OBJECTS)" "libdw:\$(am_libdw_a_OBJECTS)" "libdwelf:\$(am_libdwelf_a_OBJECTS)" \
	"lib:crc32.o eu-search.o error.o next_prime.o" "libebl:eblclosebackend.o"; do
	objects "${part%%:*}" "${part#*:}"
done | grep '^lib.*/.*\.o$' | xargs ar rcsD "$SYSROOT/lib/libdw.a"
mkdir -p "$SYSROOT/include/elfutils"
cp libelf/libelf.h libelf/gelf.h libdw/dwarf.h "$SYSROOT/include/"
cp libdw/libdw.h version.h "$SYSROOT/include/elfutils/"
