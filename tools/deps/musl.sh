# SPDX-License-Identifier: GPL-2.0-or-later
# musl, and the compiler wrapper that aims the machine's gcc at it.

./configure --prefix="$SYSROOT" --syslibdir="$SYSROOT/lib" --disable-shared --disable-wrapper CC=gcc
make -j"$JOBS"
make install

# The kernel's own headers (linux/, asm/) are not part of a libc; any recent set will do.
multiarch=$(gcc -print-multiarch)
for dir in linux asm-generic; do
	ln -sfn "/usr/include/$dir" "$SYSROOT/include/$dir"
done
if [ -d "/usr/include/$multiarch/asm" ]; then
	ln -sfn "/usr/include/$multiarch/asm" "$SYSROOT/include/asm"
else
	ln -sfn /usr/include/asm "$SYSROOT/include/asm"
fi

mkdir -p "$BUILD/bin"
cat >"$BUILD/musl.specs" <<EOF
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem $SYSROOT/include -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem $SYSROOT/include -isystem include%s

*link_libgcc:
-L$SYSROOT/lib -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*startfile:
$SYSROOT/lib/crt1.o $SYSROOT/lib/crti.o crtbeginT.o%s

*endfile:
crtend.o%s $SYSROOT/lib/crtn.o

*link:
-nostdlib -static -z noexecstack

*esp_link:


*esp_options:


*esp_cpp_options:


EOF
cat >"$BUILD/bin/cc" <<EOF
#!/bin/sh
# gcc for static programs on musl. CPython's configure asks for the multiarch name to label the platform.
case " \$* " in
*" --print-multiarch "*|*" -print-multiarch "*) echo $ARCH-linux-musl; exit ;;
esac
exec gcc -specs "$BUILD/musl.specs" -static -no-pie "\$@"
EOF
chmod +x "$BUILD/bin/cc"
