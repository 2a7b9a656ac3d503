/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What every file of the built-in module _pykd uses. frozen/_pykd.pyi is the contract; docstrings are generated from
 * it. Each Python type has a file pair; Dump's methods stand in dump_*.c, by what they are about; builtin.c puts all
 * together.
 */
#ifndef KD_PY_PY_H
#define KD_PY_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "base/cleanup.h"
#include "base/types.h"
#include "docstrings.h" /* generated: KD_DOC_… */

static inline void kd_cleanup_pyobject(PyObject **object)
{
	Py_XDECREF(*object);
}
#define KD_PYOBJECT KD_CLEANUP(kd_cleanup_pyobject)

/** O& converter for addresses: int or a subclass, negative values wrap as in C. */
static inline int kd_py_address(PyObject *object, void *ret_u64)
{
	KD_PYOBJECT PyObject *number = PyNumber_Index(object);
	if (!number) {
		if (PyErr_ExceptionMatches(PyExc_TypeError))
			PyErr_Format(PyExc_TypeError,
				     "a number or an object with an address is expected, not %T %.100R", object,
				     object);
		return 0;
	}
	uint64_t value = PyLong_AsUnsignedLongLongMask(number);
	*(uint64_t *)ret_u64 = value;
	return value != UINT64_MAX || !PyErr_Occurred();
}

/** Text of a dump, whatever its bytes are; None if NULL. */
static inline PyObject *kd_py_text(const char *bytes)
{
	return bytes ? PyUnicode_DecodeUTF8(bytes, strlen(bytes), "backslashreplace") : Py_NewRef(Py_None);
}

#endif
