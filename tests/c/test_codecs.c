/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page codecs: snappy streams written by hand, what damage must not do, and zlib and zstd behind libkdumpfile's names.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "dump/codecs.h"

#define LEN(bytes) (sizeof(bytes) - 1)

/** Decompress into memory of exactly the size given, so that the sanitizer sees the first byte beyond it. */
static snappy_status unsnap(const char *stream, size_t len, size_t room, char **ret, size_t *ret_len)
{
	char *copy = malloc(len ? len : 1);
	char *out = malloc(room ? room : 1);
	assert(copy && out);
	memcpy(copy, stream, len);
	*ret_len = room;
	snappy_status status = snappy_uncompress(copy, len, out, ret_len);
	free(copy);
	*ret = out;
	return status;
}

static void gives(const char *stream, size_t len, const char *expected, size_t expected_len)
{
	char *out;
	size_t out_len;
	assert(unsnap(stream, len, expected_len, &out, &out_len) == SNAPPY_OK);
	assert(out_len == expected_len && !memcmp(out, expected, out_len));
	free(out);
}

static void fails(const char *stream, size_t len, size_t room, snappy_status expected)
{
	char *out;
	size_t out_len;
	assert(unsnap(stream, len, room, &out, &out_len) == expected);
	free(out);
}

static void test_snappy(void)
{
	gives("\x00", 1, "", 0);
	gives("\x03\x08"
	      "abc",
	      5, "abc", 3);
	/* One-byte offset: length 4 + 1, offset 3 overlaps what it writes. */
	gives("\x08\x08"
	      "abc"
	      "\x05\x03",
	      7, "abcabcab", 8);
	/* Offsets of two and four bytes. */
	gives("\x06\x08"
	      "abc"
	      "\x0a\x03\x00",
	      8, "abcabc", 6);
	gives("\x06\x08"
	      "abc"
	      "\x0b\x03\x00\x00\x00",
	      10, "abcabc", 6);
	/* A run: one byte, repeated. */
	gives("\x0a\x00"
	      "x"
	      "\x22\x01\x00",
	      6, "xxxxxxxxxx", 10);

	/* Literals whose length takes one byte and two bytes, and a length of two bytes in front. */
	static char text[400];
	static char stream[410];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	memcpy(stream, "\x64\xf0\x63", 3);
	memcpy(stream + 3, text, 100);
	gives(stream, 103, text, 100);
	memcpy(stream, "\x90\x03\xf4\x8f\x01", 5);
	memcpy(stream + 5, text, 400);
	gives(stream, 405, text, 400);
}

static void test_snappy_damage(void)
{
	fails("", 0, 16, SNAPPY_INVALID_INPUT);
	fails("\xff\xff\xff\xff\xff\xff", 6, 16, SNAPPY_INVALID_INPUT); /* a length that does not end */
	fails("\xff\xff\xff\xff\x7f", 5, 16, SNAPPY_INVALID_INPUT);	/* more than 32 bits */
	fails("\xff\xff\xff\xff\x0f", 5, 16, SNAPPY_BUFFER_TOO_SMALL);	/* 4 GB */
	fails("\x11\x3c"
	      "0123456789abcdef",
	      18, 16, SNAPPY_BUFFER_TOO_SMALL);	    /* one too many */
	fails("\x03", 1, 16, SNAPPY_INVALID_INPUT); /* ends early */
	fails("\x03\x08"
	      "ab",
	      4, 16, SNAPPY_INVALID_INPUT); /* literal cut off */
	fails("\x02\x08"
	      "abc",
	      5, 16, SNAPPY_INVALID_INPUT); /* more than announced */
	fails("\x04\x08"
	      "abc",
	      5, 16, SNAPPY_INVALID_INPUT);		    /* less than announced */
	fails("\x08\x01\x00", 3, 16, SNAPPY_INVALID_INPUT); /* copy before the start, offset 0 */
	fails("\x08\x08"
	      "abc"
	      "\x05\x04",
	      7, 16, SNAPPY_INVALID_INPUT); /* offset beyond what is there */
	fails("\x08\x08"
	      "abc"
	      "\x05",
	      6, 16, SNAPPY_INVALID_INPUT);				/* offset cut off */
	fails("\x08\xf0", 2, 16, SNAPPY_INVALID_INPUT);			/* length of literal cut off */
	fails("\x08\xfc\xff\xff\xff\xff", 6, 16, SNAPPY_INVALID_INPUT); /* literal of 4 GB */
}

static void test_snappy_noise(void)
{
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char stream[64];
		size_t len = (size_t)rand() % sizeof(stream);
		for (size_t i = 0; i < len; i++)
			stream[i] = (char)rand();
		if (len > 1)
			stream[0] = 48; /* a size that fits, so that the elements are reached */
		char *out;
		size_t out_len;
		unsnap(stream, len, 48, &out, &out_len);
		free(out);
	}
}

static void test_inflate(void)
{
	static uint8_t page[4096], packed[8192], out[4096];
	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i / 13);
	uLongf packed_len = sizeof(packed);
	assert(compress(packed, &packed_len, page, sizeof(page)) == Z_OK);

	for (int again = 0; again < 3; again++) {
		z_stream stream = {
			.next_in = packed, .avail_in = (uInt)packed_len, .next_out = out, .avail_out = 4096
		};
		memset(out, 0, sizeof(out));
		assert(kd_codec_inflateInit(&stream, ZLIB_VERSION, sizeof(stream)) == Z_OK);
		assert(kd_codec_inflate(&stream, Z_FINISH) == Z_STREAM_END);
		assert(stream.avail_out == 0 && stream.avail_in == 0 && stream.total_out == sizeof(page));
		assert(kd_codec_inflateEnd(&stream) == Z_OK);
		assert(!memcmp(out, page, sizeof(page)));
	}

	/* Cut off, damaged, too long for the page. */
	z_stream stream = { .next_in = packed, .avail_in = (uInt)packed_len - 5, .next_out = out, .avail_out = 4096 };
	assert(kd_codec_inflate(&stream, Z_FINISH) == Z_DATA_ERROR);
	stream = (z_stream){ .next_in = packed, .avail_in = (uInt)packed_len, .next_out = out, .avail_out = 4095 };
	assert(kd_codec_inflate(&stream, Z_FINISH) == Z_DATA_ERROR);
	packed[packed_len - 1] ^= 1;
	stream = (z_stream){ .next_in = packed, .avail_in = (uInt)packed_len, .next_out = out, .avail_out = 4096 };
	assert(kd_codec_inflate(&stream, Z_FINISH) == Z_DATA_ERROR);
	assert(kd_codec_inflate(&stream, Z_NO_FLUSH) == Z_STREAM_ERROR);
}

static void test_zstd(void)
{
	/* A frame with one raw block: magic, single segment with a one-byte size, block header (last, raw, 5 bytes). */
	static const char frame[] = "\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00"
				    "hello";
	char out[5];
	for (int again = 0; again < 3; again++) {
		memset(out, 0, sizeof(out));
		assert(kd_codec_zstd_decompress(out, sizeof(out), frame, LEN(frame)) == 5);
		assert(!memcmp(out, "hello", 5));
		/* An error leaves the kept context usable. */
		assert(ZSTD_isError(kd_codec_zstd_decompress(out, sizeof(out), frame, LEN(frame) - 1)));
		assert(ZSTD_isError(kd_codec_zstd_decompress(out, 4, frame, LEN(frame))));
	}
}

int main(void)
{
	test_snappy();
	test_snappy_damage();
	test_snappy_noise();
	test_inflate();
	test_zstd();
	puts("ok codecs");
	return 0;
}
