/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/codecs.h"

#include <libdeflate.h>
#include <zstd.h>

/*
 * libkdumpfile 0.5.4 makes a decompression context for every page and frees it again. For zstd that is an mmap/munmap
 * pair, and it takes longer than the decompression.
 *
 * Each codec keeps one spare context instead. It is the one exception to "no mutable globals": libkdumpfile's call has
 * no place for an argument of ours. Whoever takes the spare owns it, so threads never share one; at most one stays.
 */
static struct libdeflate_decompressor *inflate_spare;
static ZSTD_DCtx *zstd_spare;

#define TAKE(spare) __atomic_exchange_n(&(spare), NULL, __ATOMIC_ACQUIRE)
#define GIVE_BACK(spare, context) __atomic_exchange_n(&(spare), context, __ATOMIC_ACQ_REL)

int kd_codec_inflateInit(z_streamp stream, const char *version, int stream_size)
{
	(void)version;
	(void)stream_size;
	stream->msg = NULL;
	stream->total_in = 0;
	stream->total_out = 0;
	return Z_OK;
}

int kd_codec_inflate(z_streamp stream, int flush)
{
	if (flush != Z_FINISH)
		return Z_STREAM_ERROR;

	struct libdeflate_decompressor *context = TAKE(inflate_spare);
	if (!context)
		context = libdeflate_alloc_decompressor();
	if (!context)
		return Z_MEM_ERROR;
	size_t in_len = 0;
	size_t out_len = 0;
	enum libdeflate_result result = libdeflate_zlib_decompress_ex(
		context, stream->next_in, stream->avail_in, stream->next_out, stream->avail_out, &in_len, &out_len);
	libdeflate_free_decompressor(GIVE_BACK(inflate_spare, context));
	if (result != LIBDEFLATE_SUCCESS)
		return Z_DATA_ERROR;

	stream->next_in += in_len;
	stream->avail_in -= (uInt)in_len;
	stream->total_in = in_len;
	stream->next_out += out_len;
	stream->avail_out -= (uInt)out_len;
	stream->total_out = out_len;
	return Z_STREAM_END;
}

int kd_codec_inflateEnd(z_streamp stream)
{
	(void)stream;
	return Z_OK;
}

size_t kd_codec_zstd_decompress(void *target, size_t target_len, const void *source, size_t source_len)
{
	ZSTD_DCtx *context = TAKE(zstd_spare);
	if (!context)
		context = ZSTD_createDCtx();
	if (!context)
		return ZSTD_decompress(target, target_len, source, source_len); /* reports the lack of memory */

	size_t result = ZSTD_decompressDCtx(context, target, target_len, source, source_len);
	ZSTD_freeDCtx(GIVE_BACK(zstd_spare, context));
	return result;
}
