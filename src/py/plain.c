/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at a row of an answer. In C, since it is at every value that is printed. */
#include "py/plain.h"

static bool printable(PyObject *text)
{
	int kind = PyUnicode_KIND(text);
	const void *data = PyUnicode_DATA(text);
	for (Py_ssize_t i = 0, nr = PyUnicode_GET_LENGTH(text); i < nr; i++)
		if (!Py_UNICODE_ISPRINTABLE(PyUnicode_READ(kind, data, i)))
			return false;
	return true;
}

static int look(PyObject *value);

static int look_at_dict(PyObject *dict)
{
	PyObject *key, *value;
	Py_ssize_t position = 0;
	int found = PyDict_ContainsString(dict, "reason");
	if (found)
		return found < 0 ? -1 : 0;
	int plain = 1;
	while (plain == 1 && PyDict_Next(dict, &position, &key, &value))
		plain = look(value);
	return plain;
}

static int look_at_items(PyObject *items)
{
	int plain = 1;
	for (Py_ssize_t i = 0; plain == 1 && i < PySequence_Fast_GET_SIZE(items); i++)
		plain = look(PySequence_Fast_GET_ITEM(items, i));
	return plain;
}

/** 1: plain, 0: not, -1: an exception is set. */
static int look(PyObject *value)
{
	if (PyUnicode_Check(value))
		return printable(value);
	bool dict = PyDict_CheckExact(value);
	if (!dict && !PyList_CheckExact(value) && !PyTuple_CheckExact(value))
		return 1;
	if (Py_EnterRecursiveCall(" while a row is looked at"))
		return -1;
	int plain = dict ? look_at_dict(value) : look_at_items(value);
	Py_LeaveRecursiveCall();
	return plain;
}

static PyObject *is_plain(PyObject *self, PyObject *row)
{
	(void)self;
	int plain = look(row);
	return plain < 0 ? NULL : PyBool_FromLong(plain);
}

PyMethodDef kd_py_plain_functions[] = {
	{ "is_plain", is_plain, METH_O, KD_DOC_is_plain },
	{ NULL },
};
