/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In place of libFuzzer: `fuzz_NAME ROUNDS FILE...` runs each file as an input, and ROUNDS changed copies of it. What
 * is changed is the same each time, so that a test that has passed passes again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static uint64_t state;

static size_t chance(size_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(state >> 33) % below;
}

/** Numbers at their ends, bytes of elsewhere, single bits; now and then the end is missing. */
static size_t change(uint8_t *data, size_t len)
{
	static const uint64_t nasty[] = { 0, 1, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, UINT64_MAX };
	for (size_t changes = 1 + chance(4); changes && len; changes--) {
		size_t at = chance(len), width = (size_t)1 << chance(4);
		width = width < len - at ? width : len - at;
		switch (chance(3)) {
		case 0:
			memcpy(data + at, &nasty[chance(sizeof(nasty) / sizeof(*nasty))], width);
			break;
		case 1:
			memmove(data + at, data + chance(len - width + 1), width);
			break;
		default:
			data[at] ^= (uint8_t)(1u << chance(8));
		}
	}
	return chance(8) ? len : chance(len + 1);
}

/** In memory of exactly this size, so that the sanitizer sees the first byte behind it. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert(copy);
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	for (int i = 2; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		assert(file && !fseek(file, 0, SEEK_END));
		long len = ftell(file);
		assert(len >= 0);
		rewind(file);
		uint8_t *data = malloc((size_t)len + 1), *changed = malloc((size_t)len + 1);
		assert(data && changed && fread(data, 1, (size_t)len, file) == (size_t)len);
		fclose(file);
		run(data, (size_t)len);
		state = (uint64_t)len;
		for (unsigned long round = 0; round < rounds; round++) {
			memcpy(changed, data, (size_t)len);
			run(changed, change(changed, (size_t)len));
		}
		free(data);
		free(changed);
	}
	printf("%lu inputs\n", (argc > 2 ? (unsigned long)argc - 2 : 0) * (rounds + 1));
	return 0;
}
