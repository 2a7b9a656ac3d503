#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-or-later
# As OSS-Fuzz and ClusterFuzzLite run it, in the root of the sources: with CC, CFLAGS and LIB_FUZZING_ENGINE of theirs, to OUT. Elsewhere:
#
#     OUT=/tmp/out CC=clang CFLAGS=-fsanitize=address,fuzzer-no-link LIB_FUZZING_ENGINE=-fsanitize=fuzzer tools/oss-fuzz/build.sh
export FUZZ_CC=$CC FUZZ_CFLAGS="$CFLAGS" FLAVOUR=fuzz
. tools/deps/env.sh
make -s -j2 -f tools/deps/Makefile libraries
make -s -j"$JOBS" -f tools/tests.mk targets
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	cp "build/fuzz/obj/$name" "$OUT/"
	python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" "tests/fuzz/corpus/${name#fuzz_}"/*
	printf '[libfuzzer]\nmax_len = %d\ntimeout = 10\nrss_limit_mb = 1000\n' "$([ "$name" = fuzz_dump ] && echo 65536 || echo 8192)" >"$OUT/$name.options"
done
