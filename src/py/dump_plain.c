/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods that read members of very many structs as plain numbers and texts, by columns. */
#include "kernel/kept.h"
#include "py/cstring.h"
#include "py/dump_methods.h"
#include "py/path.h"
#include "py/type.h"
#include "py/value.h"

#define PLAIN_LEN_MAX 64u

struct column {
	struct kd_path path;
	uint32_t len;		      /* bytes of a plain value; 0: it is none */
	uint32_t number;	      /* of what is kept of the struct, where the path begins */
	PyObject *list;		      /* borrowed */
	PyObject *last;		      /* of a plain value: borrowed from the list, or NULL */
	uint8_t bytes[PLAIN_LEN_MAX]; /* of last */
};

struct columns {
	struct column *columns;
	Py_ssize_t nr;
};

static void columns_deinit(struct columns *columns)
{
	for (Py_ssize_t i = 0; i < columns->nr; i++)
		kd_path_deinit(&columns->columns[i].path);
	PyMem_Free(columns->columns);
}

/* How many bytes of a struct are a number, a pointer or a short text; 0: they are something else. */
static uint32_t plain_len(const struct kd_reader *reader)
{
	switch (reader->kind) {
	case KD_READ_INTEGER:
		return reader->size <= sizeof(uint64_t) ? reader->size : 0;
	case KD_READ_STRUCT_POINTER:
	case KD_READ_POINTER:
		return sizeof(uint64_t);
	case KD_READ_CHAR_ARRAY:
		return reader->length <= PLAIN_LEN_MAX ? (uint32_t)reader->length : 0;
	default:
		return 0;
	}
}

/* What of the struct itself a path reads: the value, or the pointer that leads on to it; .len is 0 if that is not
 * plain. */
static struct kd_kept_span own_part(const struct kd_path *path)
{
	if (path->hop_nr)
		return (struct kd_kept_span){ path->hops[0], sizeof(uint64_t) };
	return (struct kd_kept_span){ path->reader.offset, path->self ? 0 : plain_len(&path->reader) };
}

/* type, members: what both methods are about. */
static bool columns_init(DumpObject *dump, struct columns *columns, const struct kd_type *type, PyObject *members)
{
	columns->columns = PyMem_Calloc(PySequence_Fast_GET_SIZE(members) + 1, sizeof(*columns->columns));
	if (!columns->columns) {
		PyErr_NoMemory();
		return false;
	}
	for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(members); i++) {
		struct column *column = &columns->columns[i];
		const char *path = PyUnicode_AsUTF8(PySequence_Fast_GET_ITEM(members, i));
		if (!path || !kd_path_init(dump, &column->path, type, path, true))
			return false;
		columns->nr++;
		column->len = column->path.self ? 0 : plain_len(&column->path.reader);
	}
	return true;
}

static struct kd_error *read_own(DumpObject *dump, const struct column *column, kd_vaddr address, uint64_t offset,
				 void *buffer, size_t len)
{
	return column->number != KD_KEPT_NONE && dump->kept
		       ? kd_kept_read(dump->kept, address, column->number, offset, buffer, len)
		       : kd_py_read(dump, address + offset, buffer, len);
}

static struct kd_error *read_bytes(DumpObject *dump, const struct column *column, kd_vaddr address, uint8_t *bytes)
{
	const struct kd_path *path = &column->path;
	if (!path->hop_nr)
		return read_own(dump, column, address, path->reader.offset, bytes, column->len);
	struct kd_error *err = read_own(dump, column, address, path->hops[0], &address, sizeof(address));
	if (err)
		return err;
	address = kd_order_64(kd_py_order(dump), address);
	for (size_t i = 1; i < path->hop_nr; i++) {
		err = kd_py_read_u64(dump, address + path->hops[i], &address);
		if (err)
			return err;
	}
	return kd_py_read(dump, address + path->reader.offset, bytes, column->len);
}

static PyObject *value_of(DumpObject *dump, const struct kd_reader *reader, const uint8_t *bytes)
{
	switch (reader->kind) {
	case KD_READ_INTEGER:
		return kd_py_integer(kd_py_order(dump), reader, bytes);
	case KD_READ_CHAR_ARRAY:
		return kd_py_decode((const char *)bytes, reader->length);
	default:
		return PyLong_FromUnsignedLongLong(kd_load_padded(kd_py_order(dump), bytes, sizeof(uint64_t)));
	}
}

/* Equal neighbours are one object: threads of a process share most of what is asked of them. */
static PyObject *read_value(DumpObject *dump, struct column *column, kd_vaddr address)
{
	PyObject *value;
	if (!column->len) {
		value = kd_path_read(dump, &column->path, NULL, address, NULL);
	} else {
		uint8_t bytes[PLAIN_LEN_MAX] = {};
		struct kd_error *err = read_bytes(dump, column, address, bytes);
		if (!err && column->last && !memcmp(bytes, column->bytes, column->len))
			return Py_NewRef(column->last);
		value = err ? kd_py_raise(err) : value_of(dump, &column->path.reader, bytes);
		if (value) {
			memcpy(column->bytes, bytes, column->len);
			column->last = value;
		}
	}
	if (value || !PyErr_ExceptionMatches(kd_py_FaultError))
		return value;
	return PyErr_GetRaisedException();
}

static PyObject *lists_of(struct columns *columns, Py_ssize_t nr)
{
	KD_PYOBJECT PyObject *lists = PyList_New(columns->nr);
	for (Py_ssize_t i = 0; lists && i < columns->nr; i++) {
		PyObject *list = PyList_New(nr);
		if (!list)
			return NULL;
		columns->columns[i].list = list;
		PyList_SET_ITEM(lists, i, list);
	}
	return kd_move_ptr(lists);
}

KD_METHOD(read_plain)
{
	static char *keywords[] = { "addresses", "type", "members", NULL };
	PyObject *addresses_argument, *type_argument, *members_argument;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:read_plain", keywords, &addresses_argument, &type_argument,
					 &members_argument))
		return NULL;
	DumpObject *dump = DUMP(self);
	const struct kd_type *type = kd_py_type_argument(dump, type_argument);
	KD_PYOBJECT PyObject *addresses =
		type ? PySequence_Fast(addresses_argument, "addresses must be iterable") : NULL;
	KD_PYOBJECT PyObject *members =
		addresses ? PySequence_Fast(members_argument, "members must be iterable") : NULL;
	KD_CLEANUP(columns_deinit) struct columns columns = {};
	if (!members || !columns_init(dump, &columns, type, members))
		return NULL;
	const bool are_kept = dump->kept && !dump->pgd && dump->kept_type == kd_type_strip(type);
	for (Py_ssize_t i = 0; i < columns.nr; i++) {
		struct kd_kept_span own = own_part(&columns.columns[i].path);
		columns.columns[i].number =
			are_kept && own.len ? kd_kept_find(dump->kept, own.offset, own.len) : KD_KEPT_NONE;
	}

	Py_ssize_t nr = PySequence_Fast_GET_SIZE(addresses);
	KD_PYOBJECT PyObject *lists = lists_of(&columns, nr);
	for (Py_ssize_t i = 0; lists && i < nr; i++) {
		uint64_t address;
		if (!kd_py_address(PySequence_Fast_GET_ITEM(addresses, i), &address))
			return NULL;
		for (Py_ssize_t c = 0; c < columns.nr; c++) {
			PyObject *value = read_value(dump, &columns.columns[c], address);
			if (!value)
				return NULL;
			PyList_SET_ITEM(columns.columns[c].list, i, value);
		}
	}
	return kd_move_ptr(lists);
}

KD_METHOD(keep)
{
	static char *keywords[] = { "type", "members", NULL };
	PyObject *type_argument, *members_argument;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:keep", keywords, &type_argument, &members_argument))
		return NULL;
	DumpObject *dump = DUMP(self);
	const struct kd_type *type = kd_py_type_argument(dump, type_argument);
	KD_PYOBJECT PyObject *members = type ? PySequence_Fast(members_argument, "members must be iterable") : NULL;
	KD_CLEANUP(columns_deinit) struct columns columns = {};
	if (!members || !columns_init(dump, &columns, type, members))
		return NULL;
	struct kd_kept_span spans[KD_KEPT_SPANS_MAX];
	size_t nr = 0;
	for (Py_ssize_t i = 0; i < columns.nr && nr < KD_KEPT_SPANS_MAX; i++) {
		spans[nr] = own_part(&columns.columns[i].path);
		nr += spans[nr].len != 0;
	}
	if (kd_dump_is_live(CORE(self)) || dump->closed || dump->kept)
		Py_RETURN_NONE;
	struct kd_error *err = kd_kept_create(dump->kernel, spans, nr, &dump->kept);
	if (err)
		return kd_py_raise(err);
	dump->kept_type = kd_type_strip(type);
	Py_RETURN_NONE;
}

PyMethodDef kd_py_dump_plain_methods[] = {
	KD_KEYWORDS_ENTRY(read_plain),
	KD_KEYWORDS_ENTRY(keep),
	{},
};
