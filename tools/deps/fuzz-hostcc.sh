# SPDX-License-Identifier: GPL-2.0-or-later
# clang with what libFuzzer needs to see, and the address sanitizer (fuzz.mk adds the one for undefined behaviour, for our files alone).
# FUZZ_CC and FUZZ_CFLAGS: the compiler of somebody else's fuzzing service and its flags (tools/oss-fuzz/build.sh).

mkdir -p "$BUILD/bin" "$SYSROOT/lib" "$SYSROOT/include"
cat >"$BUILD/bin/cc" <<EOT
#!/bin/sh
exec ${FUZZ_CC:-clang} -Qunused-arguments -g -no-pie -O1 ${FUZZ_CFLAGS:--fsanitize=address,fuzzer-no-link} -fno-omit-frame-pointer -I"$SYSROOT/include" -L"$SYSROOT/lib" "\$@"
EOT
chmod +x "$BUILD/bin/cc"
