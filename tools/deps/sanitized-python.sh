# SPDX-License-Identifier: GPL-2.0-or-later
# In place of python.sh for the tests with sanitizers: CPython's library alone, for this machine's libc, with the same modules. Without its
# allocator, else the sanitizer does not see where an object ends; hardly optimised, as that would take longer than all tests.

eval "$(sed -n '/^absent=/,/^done$/p' "$TOP/tools/deps/python.sh")"
export CFLAGS="$CFLAGS -O1" ASAN_OPTIONS=detect_leaks=0 PKG_CONFIG_LIBDIR=$SYSROOT/lib/pkgconfig PKG_CONFIG_PATH=
./configure --prefix=/pykd --disable-shared --disable-test-modules --without-ensurepip --with-pkg-config=no \
	--with-computed-gotos --without-pymalloc --without-mimalloc --without-readline --with-tzpath= \
	CC="$CC" LINKFORSHARED=" " MODULE_BUILDTYPE=static ZLIB_CFLAGS=-I"$SYSROOT/include" \
	ZLIB_LIBS="-L$SYSROOT/lib -lz" ac_cv_func_dlopen=no OPT="-DNDEBUG -Wall" "${args[@]}"
make -j"$JOBS" libpython3.13.a

"$CC" -r -o "$SYSROOT/lib/python.o" -Wl,--whole-archive libpython3.13.a -Wl,--no-whole-archive \
	Modules/_hacl/libHacl_Hash_SHA2.a Modules/expat/libexpat.a Modules/_decimal/libmpdec/libmpdec.a
rm -rf "$SYSROOT/include/python3.13"
cp -R Include "$SYSROOT/include/python3.13"
cp pyconfig.h "$SYSROOT/include/python3.13/"
