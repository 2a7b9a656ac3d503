# SPDX-License-Identifier: GPL-2.0-or-later
# CPython as one relocatable object with every extension module built in that can work in a static binary.
#
# Left out: _ctypes (needs a dynamic loader), _ssl and _hashlib (OpenSSL; the hashes have built-in twins), _sqlite3,
# _tkinter, curses and readline (terminal libraries: line editing is pure Python), dbm, bz2, lzma, uuid, and a megabyte of
# tables for the codecs of China, Japan and Korea, interpreters beside the first. Without mimalloc: it reads /proc when it starts, and pymalloc is the
# allocator anyway.

absent="_ctypes _ctypes_test _ssl _hashlib _sqlite3 _tkinter _curses _curses_panel readline _gdbm _dbm _bz2 _lzma _uuid
	nis _testexternalinspection syslog _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw
	_multibytecodec _interpreters _interpchannels _interpqueues"
args=()
for module in $absent; do
	args+=("py_cv_module_$module=n/a")
done

export PKG_CONFIG_LIBDIR=$SYSROOT/lib/pkgconfig PKG_CONFIG_PATH=
# The prefix is not a place: nothing is installed or looked for there. It only must not depend on where this is built.
./configure --prefix=/pykd --build="$ARCH-linux-musl" --host="$ARCH-linux-musl" \
	--disable-shared --disable-test-modules --without-ensurepip --with-pkg-config=no \
	--with-computed-gotos --without-mimalloc --without-readline --with-tzpath= \
	CC="$CC" LDFLAGS=-static LINKFORSHARED=" " MODULE_BUILDTYPE=static ZLIB_CFLAGS=-I"$SYSROOT/include" \
	ZLIB_LIBS="-L$SYSROOT/lib -lz" ac_cv_func_dlopen=no OPT="-DNDEBUG -Wall" "${args[@]}"
# What works seldom, or waits for the system when it does, is built for size: it is 0.7 MB of code less.
small="Parser/%.o Modules/%.o Objects/exceptions.o"
for name in Python-ast assemble ast ast_opt ast_unparse compile crossinterp flowgraph hamt initconfig instrumentation interpconfig \
	optimizer optimizer_analysis preconfig pylifecycle pythonrun symtable sysmodule; do
	small+=" Python/$name.o"
done
fast=
for name in _bisect _codecs _collections _functools _heapq _io/_io gc itertools; do
	fast+=" Modules/${name}module.o"
done
for name in _io/bufferedio _io/bytesio _io/fileio _io/iobase _io/stringio _io/textio _json _operator _sre/sre _struct; do
	fast+=" Modules/$name.o"
done
cat >>Makefile <<EOF
$small: private EXTRA_CFLAGS = -Os
$fast: private EXTRA_CFLAGS =
EOF
make -j"$JOBS" libpython3.13.a python

# The libraries bundled with CPython that its modules use come along; one object, so that it links fast and once.
"$CC" -r -o "$SYSROOT/lib/python.o" -Wl,--whole-archive libpython3.13.a -Wl,--no-whole-archive \
	Modules/_hacl/libHacl_Hash_SHA2.a Modules/expat/libexpat.a Modules/_decimal/libmpdec/libmpdec.a
rm -rf "$SYSROOT/include/python3.13"
cp -R Include "$SYSROOT/include/python3.13"
cp pyconfig.h "$SYSROOT/include/python3.13/"

# The same interpreter as a program, with the library it is to freeze.
rm -rf "$BUILD/python"
mkdir -p "$BUILD/python/lib/python3.13/lib-dynload" # looked for at start
cp python "$BUILD/python/python"
cp -R Lib/. "$BUILD/python/lib/python3.13"
rm -rf "$BUILD/python/lib/python3.13/test" "$BUILD/python/lib/python3.13/idlelib"
find "$BUILD/python/lib" -name __pycache__ -prune -exec rm -rf {} +
cat >"$BUILD/bin/python3" <<EOF
#!/bin/sh
PYTHONHOME=$BUILD/python PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 exec "$BUILD/python/python" -X utf8 -s "\$@"
EOF
chmod +x "$BUILD/bin/python3"
