/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decompressors of pages, to be tried without a dump: what libkdumpfile calls, called the same way. */
#include "py/codec.h"

#include <string.h>

#include <lzo/lzo1x.h>
#include <zstd.h>

#include "dump/codecs.h"

/** Each decompresses all of source to exactly target_len bytes, or says that it cannot. */
static bool use_zlib(const uint8_t *source, size_t len, uint8_t *target, size_t target_len)
{
	z_stream stream = {
		.next_in = (uint8_t *)source, .avail_in = len, .next_out = target, .avail_out = target_len
	};
	return kd_codec_inflateInit(&stream, ZLIB_VERSION, sizeof(stream)) == Z_OK &&
	       kd_codec_inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out == target_len;
}

static bool use_lzo(const uint8_t *source, size_t len, uint8_t *target, size_t target_len)
{
	lzo_uint out_len = target_len;
	return lzo1x_decompress_safe(source, len, target, &out_len, NULL) == LZO_E_OK && out_len == target_len;
}

static bool use_snappy(const uint8_t *source, size_t len, uint8_t *target, size_t target_len)
{
	size_t out_len = target_len;
	return snappy_uncompress((const char *)source, len, (char *)target, &out_len) == SNAPPY_OK &&
	       out_len == target_len;
}

static bool use_zstd(const uint8_t *source, size_t len, uint8_t *target, size_t target_len)
{
	return kd_codec_zstd_decompress(target, target_len, source, len) == target_len;
}

static const struct codec {
	const char *name;
	bool (*decompress)(const uint8_t *source, size_t len, uint8_t *target, size_t target_len);
} codecs[] = {
	{ "zlib", use_zlib },
	{ "lzo", use_lzo },
	{ "snappy", use_snappy },
	{ "zstd", use_zstd },
};

static PyObject *decompress(PyObject *self, PyObject *args)
{
	(void)self;
	const char *name;
	Py_buffer source;
	Py_ssize_t size;
	if (!PyArg_ParseTuple(args, "sy*n:decompress", &name, &source, &size))
		return NULL;
	const struct codec *codec = NULL;
	for (size_t i = 0; i < KD_ARRAY_NR(codecs); i++) {
		if (!strcmp(codecs[i].name, name))
			codec = &codecs[i];
	}
	PyObject *result = NULL;
	if (!codec)
		PyErr_Format(PyExc_ValueError, "no codec %s", name);
	else if (size < 0)
		PyErr_Format(PyExc_ValueError, "a size of %zd", size);
	else
		result = PyBytes_FromStringAndSize(NULL, size);
	if (result &&
	    !codec->decompress(source.buf, (size_t)source.len, (uint8_t *)PyBytes_AS_STRING(result), (size_t)size)) {
		Py_CLEAR(result);
		PyErr_Format(PyExc_ValueError, "not %zd bytes compressed by %s", size, name);
	}
	PyBuffer_Release(&source);
	return result;
}

PyMethodDef kd_py_codec_functions[] = {
	{ "decompress", decompress, METH_VARARGS, KD_DOC_decompress },
	{ NULL },
};
