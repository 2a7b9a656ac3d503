# SPDX-License-Identifier: GPL-2.0-or-later
# This machine's compiler and libc with the address sanitizer on (tests.mk adds the one for undefined behaviour, for our files alone).

mkdir -p "$BUILD/bin" "$SYSROOT/lib" "$SYSROOT/include"
cat >"$BUILD/bin/cc" <<EOF
#!/bin/sh
exec gcc -g -no-pie -fsanitize=address -fno-omit-frame-pointer -I"$SYSROOT/include" -L"$SYSROOT/lib" "\$@"
EOF
chmod +x "$BUILD/bin/cc"
