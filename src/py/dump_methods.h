/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Dump's methods: how the files that hold them are written, and the table of each. A method called name is the function
 * dump_name(), introduced by KD_METHOD… and listed by the macro that follows it here.
 */
#ifndef KD_PY_DUMP_METHODS_H
#define KD_PY_DUMP_METHODS_H

#include "py/dump.h"

#define KD_METHOD(name) static PyObject *dump_##name(PyObject *self, PyObject *args, PyObject *kwargs)
#define KD_KEYWORDS_ENTRY(name)                                                                                   \
	{                                                                                                         \
#name, (PyCFunction)(void (*)(void))dump_##name, METH_VARARGS | METH_KEYWORDS, KD_DOC_Dump_##name \
	}

#define KD_METHOD_O(name) static PyObject *dump_##name(PyObject *self, PyObject *argument)
#define KD_O_ENTRY(name)                                       \
	{                                                      \
#name, dump_##name, METH_O, KD_DOC_Dump_##name \
	}

#define KD_METHOD_NOARGS(name) static PyObject *dump_##name(PyObject *self, PyObject *unused __attribute__((unused)))
#define KD_NOARGS_ENTRY(name)                                       \
	{                                                           \
#name, dump_##name, METH_NOARGS, KD_DOC_Dump_##name \
	}

#define DUMP(self) ((DumpObject *)(self))
#define CORE(self) (kd_kernel_dump(DUMP(self)->kernel))

extern PyMethodDef kd_py_dump_life_methods[];
extern PyMethodDef kd_py_dump_memory_methods[], kd_py_dump_symbols_methods[], kd_py_dump_types_methods[];
extern PyMethodDef kd_py_dump_bulk_methods[], kd_py_dump_search_methods[], kd_py_dump_code_methods[];
extern PyMethodDef kd_py_dump_debug_methods[], kd_py_dump_plain_methods[];

#endif
