/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Page decompression for libkdumpfile: the interfaces of zlib, zstd and snappy that it calls, with contexts that are
 * kept from page to page. tools/deps/libkdumpfile.sh renames its calls of inflate*() and ZSTD_decompress() to these.
 * What we decompress ourselves goes through them as well: the frames of images, and what Python asks for.
 *
 * Safe in any thread.
 */
#ifndef KD_DUMP_CODECS_H
#define KD_DUMP_CODECS_H

#include <stddef.h>

#include <zlib.h>

/**
 * As zlib's inflateInit_(), inflate() with Z_FINISH, and inflateEnd(): the whole stream is decompressed by one call
 * into one buffer. A stream that is damaged or longer than the output is Z_DATA_ERROR.
 */
int kd_codec_inflateInit(z_streamp stream, const char *version, int stream_size);
int kd_codec_inflate(z_streamp stream, int flush);
int kd_codec_inflateEnd(z_streamp stream);

/** As ZSTD_decompress(). */
size_t kd_codec_zstd_decompress(void *target, size_t target_len, const void *source, size_t source_len);

/** As snappy-c.h has them. */
typedef enum { SNAPPY_OK = 0, SNAPPY_INVALID_INPUT = 1, SNAPPY_BUFFER_TOO_SMALL = 2 } snappy_status;

/** The length that a raw snappy stream, of which the start will do, says it decompresses to. */
snappy_status snappy_uncompressed_length(const char *source, size_t source_len, size_t *ret);

/**
 * Decompress one raw snappy stream.
 * @param[in,out] target_len in: bytes at target; out: bytes decompressed. Nothing beyond target_len is ever written.
 */
snappy_status snappy_uncompress(const char *source, size_t source_len, char *target, size_t *target_len);

#endif
