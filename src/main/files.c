/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "main/files.h"

#include <stdbool.h>
#include <string.h>

#include <marshal.h>
#define ZSTD_STATIC_LINKING_ONLY /* dictionaries that stay where they are */
#include <zstd.h>

#include "main/seal.h"

/** What unpacking needs, made when something is unpacked for the first time. */
struct unpacker {
	ZSTD_DCtx *context;
	ZSTD_DDict *code_dictionary;
	const struct kd_block *block; /* the last one that was unpacked, or NULL */
	char *block_data;
};

/** The index of the first file whose path is not less than the first len bytes of path. */
static size_t lower_bound(const char *path, size_t len)
{
	size_t low = 0;
	size_t high = kd_file_nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strncmp(kd_files[middle].path, path, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct kd_file *find(const char *path)
{
	size_t i = lower_bound(path, strlen(path) + 1);
	return i < kd_file_nr && !strcmp(kd_files[i].path, path) ? &kd_files[i] : NULL;
}

static PyObject *is_file(PyObject *self, PyObject *arg)
{
	(void)self;
	const char *path = PyUnicode_AsUTF8(arg);
	return path ? PyBool_FromLong(find(path) != NULL) : NULL;
}

/**
 * Whether packed becomes exactly len bytes at ret; with an exception set if not.
 * @param dictionary NULL: it was packed without one
 */
static bool unpack(struct unpacker *unpacker, const ZSTD_DDict *dictionary, const char *path, const uint8_t *packed,
		   size_t packed_len, size_t len, void *ret)
{
	if (!unpacker->context)
		unpacker->context = ZSTD_createDCtx();
	if (!unpacker->context) {
		PyErr_NoMemory();
		return false;
	}
	if (ZSTD_decompress_usingDDict(unpacker->context, ret, len, packed, packed_len, dictionary) != len) {
		PyErr_Format(PyExc_OSError, "%s is damaged in this executable", path);
		return false;
	}
	return true;
}

/** The file of that name; NULL and an exception if there is none. */
static const struct kd_file *require(PyObject *name)
{
	const char *path = PyUnicode_AsUTF8(name);
	const struct kd_file *file = path ? find(path) : NULL;
	if (path && !file)
		PyErr_SetObject(PyExc_FileNotFoundError, name);
	return file;
}

/** The contents of a block, until the next one is asked for; NULL and an exception if it is damaged. */
static const char *unpack_block(struct unpacker *unpacker, const struct kd_block *block, const char *path)
{
	if (unpacker->block == block)
		return unpacker->block_data;
	char *data = PyMem_Malloc(block->len);
	if (!data) {
		PyErr_NoMemory();
		return NULL;
	}
	if (!unpack(unpacker, NULL, path, block->packed, block->packed_len, block->len, data)) {
		PyMem_Free(data);
		return NULL;
	}
	PyMem_Free(unpacker->block_data);
	unpacker->block = block;
	unpacker->block_data = data;
	return data;
}

static PyObject *read_file(PyObject *self, PyObject *arg)
{
	const struct kd_file *file = require(arg);
	const char *data = file ? unpack_block(PyModule_GetState(self), &kd_blocks[file->block], file->path) : NULL;
	return data ? PyBytes_FromStringAndSize(data + file->offset, file->len) : NULL;
}

static PyObject *code_of(PyObject *self, PyObject *arg)
{
	struct unpacker *unpacker = PyModule_GetState(self);
	const struct kd_file *file = require(arg);
	if (!file)
		return NULL;
	if (!file->code)
		Py_RETURN_NONE;
	if (file->code_packed_len == file->code_len)
		return PyMarshal_ReadObjectFromString((const char *)file->code, file->code_len);
	if (!unpacker->code_dictionary) /* one without contents makes no difference */
		unpacker->code_dictionary =
			ZSTD_createDDict_byReference(kd_code_dictionary.data, kd_code_dictionary.len);
	char *data = unpacker->code_dictionary ? PyMem_Malloc(file->code_len) : NULL;
	if (!data)
		return PyErr_NoMemory();
	PyObject *result = NULL;
	if (unpack(unpacker, unpacker->code_dictionary, file->path, file->code, file->code_packed_len, file->code_len,
		   data))
		result = PyMarshal_ReadObjectFromString(data, file->code_len);
	PyMem_Free(data);
	return result;
}

/* Files below a folder are neighbours in the table, and so are those of one subfolder. */
static PyObject *list_folder(PyObject *self, PyObject *arg)
{
	(void)self;
	Py_ssize_t len;
	const char *folder = PyUnicode_AsUTF8AndSize(arg, &len);
	PyObject *result = folder ? PyList_New(0) : NULL;
	if (!result)
		return NULL;

	size_t last_len = 0;
	const char *last = NULL;
	for (size_t i = lower_bound(folder, (size_t)len); i < kd_file_nr; i++) {
		const char *path = kd_files[i].path;
		if (strncmp(path, folder, (size_t)len) != 0)
			break;
		const char *name = path + len;
		if (len) {
			if (*name != '/')
				continue; /* a neighbour such as "folder.py" */
			name++;
		}
		size_t name_len = strcspn(name, "/");
		if (last && name_len == last_len && !strncmp(name, last, name_len))
			continue;
		last = name;
		last_len = name_len;
		PyObject *item = PyUnicode_FromStringAndSize(name, (Py_ssize_t)name_len);
		if (!item || PyList_Append(result, item) < 0) {
			Py_XDECREF(item);
			Py_DECREF(result);
			return NULL;
		}
		Py_DECREF(item);
	}
	return result;
}

static PyMethodDef methods[] = {
	{ "is_file", is_file, METH_O, "is_file(path) -> bool: whether the virtual tree has this file." },
	{ "read", read_file, METH_O, "read(path) -> bytes of a file. Raises FileNotFoundError." },
	{ "code", code_of, METH_O,
	  "code(path) -> the code object of a module; its file name is path. None: kept as source alone. Raises "
	  "FileNotFoundError." },
	{ "listdir", list_folder, METH_O, "listdir(path) -> names in a folder, '' is the top; [] if there is none." },
	{ "seal", kd_seal_get, METH_NOARGS,
	  "seal() -> (magic, hash of the file, hash of the image, address of the hashes)." },
	{ "image", kd_seal_image, METH_NOARGS,
	  "image() -> [(address, memoryview)] of what is loaded and never written." },
	{ NULL },
};

static void free_unpacker(void *module)
{
	struct unpacker *unpacker = PyModule_GetState(module);
	ZSTD_freeDCtx(unpacker->context);
	ZSTD_freeDDict(unpacker->code_dictionary);
	PyMem_Free(unpacker->block_data);
}

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_pykd_files",
	.m_doc = "The files in this executable. Paths are relative to it.",
	.m_size = sizeof(struct unpacker),
	.m_methods = methods,
	.m_free = free_unpacker,
};

PyMODINIT_FUNC PyInit__pykd_files(void)
{
	return PyModuleDef_Init(&definition);
}
