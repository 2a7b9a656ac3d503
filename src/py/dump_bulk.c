/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods that are loops over many objects, which would be slow in Python. */
#include "base/hash.h"
#include "py/dump_methods.h"
#include "py/path.h"
#include "py/type.h"

/* A set of addresses that were seen, to notice a list that runs in a circle past its start. */
struct seen {
	struct kd_index index;
	const uint64_t *addresses;
};

static bool was_seen(const struct seen *seen, uint64_t address)
{
	uint32_t hash = kd_hash_u64(address), position = hash, n;
	while ((n = kd_index_next(&seen->index, hash, &position)) != KD_INDEX_NONE)
		if (seen->addresses[n] == address)
			return true;
	return false;
}

/* Follow the list into *addresses (realloced); *ret_nr counts. Returns why it ended early: NULL, a constant, or an
 * error. */
static struct kd_error *follow(DumpObject *dump, uint64_t start, uint64_t offset, uint64_t stop, uint64_t limit,
			       uint64_t **addresses, uint64_t *ret_nr, const char **ret_why)
{
	KD_CLEANUP(kd_index_deinit) struct kd_index index = {};
	uint64_t capacity = 0;
	for (uint64_t address = start; address; (*ret_nr)++) {
		if (*ret_nr == limit) {
			*ret_why = "limit";
			return NULL;
		}
		if (*ret_nr == capacity) {
			capacity = capacity ? 2 * capacity : 64;
			uint64_t *bigger = realloc(*addresses, capacity * sizeof(**addresses));
			if (!bigger)
				return &kd_error_nomem;
			*addresses = bigger;
		}
		if (was_seen(&(struct seen){ index, *addresses }, address)) {
			*ret_why = "cycle";
			return NULL;
		}
		(*addresses)[*ret_nr] = address;
		if (!kd_index_add(&index, kd_hash_u64(address), *ret_nr))
			return &kd_error_nomem;
		struct kd_error *err = kd_py_read_u64(dump, address + offset, &address);
		if (err) {
			(*ret_nr)++;
			return err;
		}
		if (address == stop)
			address = 0;
	}
	return NULL;
}

KD_METHOD(follow)
{
	static char *keywords[] = { "start", "offset", "stop", "limit", NULL };
	uint64_t start, offset = 0, stop, limit = 10000, nr = 0;
	PyObject *stop_argument = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|O&$OO&:follow", keywords, kd_py_address, &start,
					 kd_py_address, &offset, &stop_argument, kd_py_address, &limit))
		return NULL;
	stop = start;
	if (stop_argument != Py_None && !kd_py_address(stop_argument, &stop))
		return NULL;

	KD_FREE uint64_t *addresses = NULL;
	const char *why = NULL;
	struct kd_error *err = follow(DUMP(self), start, offset, stop, limit, &addresses, &nr, &why);
	if (err && err->code != KD_ERROR_FAULT)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *end = err	  ? kd_py_exception(err)
				    : why ? PyUnicode_InternFromString(why)
					  : Py_NewRef(Py_None);
	KD_PYOBJECT PyObject *list = end ? PyList_New((Py_ssize_t)nr) : NULL;
	for (uint64_t i = 0; list && i < nr; i++) {
		PyObject *address = PyLong_FromUnsignedLongLong(addresses[i]);
		if (!address)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, address);
	}
	return list ? PyTuple_Pack(2, list, end) : NULL;
}

struct columns {
	struct kd_path *paths;
	Py_ssize_t nr;
};

static void columns_deinit(struct columns *columns)
{
	for (Py_ssize_t i = 0; i < columns->nr; i++)
		kd_path_deinit(&columns->paths[i]);
	PyMem_Free(columns->paths);
}

static bool columns_init(DumpObject *dump, struct columns *columns, const struct kd_type *type, PyObject *members)
{
	columns->paths = PyMem_Calloc(PySequence_Fast_GET_SIZE(members) + 1, sizeof(*columns->paths));
	if (!columns->paths) {
		PyErr_NoMemory();
		return false;
	}
	for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(members); i++) {
		const char *path = PyUnicode_AsUTF8(PySequence_Fast_GET_ITEM(members, i));
		if (!path || !kd_path_init(dump, &columns->paths[i], type, path, true))
			return false;
		columns->nr++;
	}
	return true;
}

/* A value, or the FaultError that reading it raised; NULL for any other exception. */
static PyObject *value_or_fault(DumpObject *dump, struct kd_path *path, uint64_t address)
{
	PyObject *value = kd_path_read(dump, path, NULL, address, NULL);
	if (value || !PyErr_ExceptionMatches(kd_py_FaultError))
		return value;
	return PyErr_GetRaisedException();
}

KD_METHOD(read_columns)
{
	static char *keywords[] = { "addresses", "type", "members", NULL };
	PyObject *addresses_argument, *type_argument, *members_argument;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:read_columns", keywords, &addresses_argument,
					 &type_argument, &members_argument))
		return NULL;
	const struct kd_type *type = kd_py_type_argument(DUMP(self), type_argument);
	KD_PYOBJECT PyObject *addresses =
		type ? PySequence_Fast(addresses_argument, "addresses must be iterable") : NULL;
	KD_PYOBJECT PyObject *members =
		addresses ? PySequence_Fast(members_argument, "members must be iterable") : NULL;
	KD_CLEANUP(columns_deinit) struct columns columns = {};
	if (!members || !columns_init(DUMP(self), &columns, type, members))
		return NULL;

	Py_ssize_t nr = PySequence_Fast_GET_SIZE(addresses);
	KD_PYOBJECT PyObject *rows = PyList_New(nr);
	for (Py_ssize_t i = 0; rows && i < nr; i++) {
		uint64_t address;
		PyObject *row = PyTuple_New(columns.nr);
		if (!row)
			return NULL;
		PyList_SET_ITEM(rows, i, row);
		if (!kd_py_address(PySequence_Fast_GET_ITEM(addresses, i), &address))
			return NULL;
		for (Py_ssize_t c = 0; c < columns.nr; c++) {
			PyObject *value = value_or_fault(DUMP(self), &columns.paths[c], address);
			if (!value)
				return NULL;
			PyTuple_SET_ITEM(row, c, value);
		}
	}
	return kd_move_ptr(rows);
}

PyMethodDef kd_py_dump_bulk_methods[] = {
	KD_KEYWORDS_ENTRY(follow),
	KD_KEYWORDS_ENTRY(read_columns),
	{},
};
