/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of a kdump file, compressed: a byte that chooses how, and the stream. */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lzo/lzo1x.h>
#include <zlib.h>
#include <zstd.h>

#include "dump/codecs.h"
#include "fuzz.h"

enum { PAGE = 4096 };

static bool inflate_by(const uint8_t *data, size_t len, uint8_t *out, bool ours)
{
	z_stream stream = {
		.next_in = (uint8_t *)(uintptr_t)data, .avail_in = (uInt)len, .next_out = out, .avail_out = PAGE
	};
	int status = ours ? kd_codec_inflateInit(&stream, ZLIB_VERSION, sizeof(stream)) : inflateInit(&stream);
	FUZZ_CHECK(status == Z_OK);
	status = ours ? kd_codec_inflate(&stream, Z_FINISH) : inflate(&stream, Z_FINISH);
	FUZZ_CHECK((ours ? kd_codec_inflateEnd(&stream) : inflateEnd(&stream)) == Z_OK);
	return status == Z_STREAM_END && stream.avail_out == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	uint8_t *out = malloc(PAGE), *other = malloc(PAGE);
	assert(out && other);
	unsigned int codec = *data++ % 4;
	len--;
	size_t out_len = PAGE;
	if (codec == 0) {
		/* What the faster one takes for a page is the one that zlib would make. */
		if (inflate_by(data, len, out, true))
			FUZZ_CHECK(inflate_by(data, len, other, false) && !memcmp(out, other, PAGE));
	} else if (codec == 1) {
		lzo_uint lzo_len = PAGE;
		FUZZ_CHECK(lzo1x_decompress_safe(data, len, out, &lzo_len, NULL) != LZO_E_OK || lzo_len <= PAGE);
	} else if (codec == 2) {
		if (snappy_uncompress((const char *)data, len, (char *)out, &out_len) == SNAPPY_OK)
			FUZZ_CHECK(out_len <= PAGE);
	} else {
		out_len = kd_codec_zstd_decompress(out, PAGE, data, len);
		FUZZ_CHECK(ZSTD_isError(out_len) || out_len <= PAGE);
	}
	free(out);
	free(other);
	return 0;
}
