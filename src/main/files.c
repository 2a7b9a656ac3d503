/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "main/files.h"

#include <string.h>

#include <libdeflate.h>

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

static PyObject *read_file(PyObject *self, PyObject *arg)
{
	(void)self;
	const char *path = PyUnicode_AsUTF8(arg);
	if (!path)
		return NULL;
	const struct kd_file *file = find(path);
	if (!file) {
		PyErr_SetObject(PyExc_FileNotFoundError, arg);
		return NULL;
	}
	PyObject *result = PyBytes_FromStringAndSize(NULL, file->len);
	struct libdeflate_decompressor *context = result ? libdeflate_alloc_decompressor() : NULL;
	if (!context) {
		Py_XDECREF(result);
		return PyErr_NoMemory();
	}
	enum libdeflate_result status = libdeflate_deflate_decompress(context, file->packed, file->packed_len,
								      PyBytes_AS_STRING(result), file->len, NULL);
	libdeflate_free_decompressor(context);
	if (status != LIBDEFLATE_SUCCESS) {
		Py_DECREF(result);
		PyErr_Format(PyExc_OSError, "%s is damaged in this executable", path);
		return NULL;
	}
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
	{ "listdir", list_folder, METH_O, "listdir(path) -> names in a folder, '' is the top; [] if there is none." },
	{ NULL },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_pykd_files",
	.m_doc = "The files in this executable. Paths are relative to it.",
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit__pykd_files(void)
{
	return PyModuleDef_Init(&definition);
}
