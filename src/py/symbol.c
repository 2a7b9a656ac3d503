/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbol: a name in the kernel or in a module. */
#include "py/symbol.h"

#include <stddef.h>

typedef struct {
	PyObject_HEAD PyObject *name, *module, *type;
	uint64_t address, size;
} SymbolObject;

PyObject *kd_py_symbol_wrap(const struct kd_symbol *symbol)
{
	SymbolObject *self = PyObject_New(SymbolObject, &kd_py_Symbol);
	if (!self)
		return NULL;
	self->name = kd_py_text(symbol->name);
	self->module = kd_py_text(symbol->module);
	self->type = PyUnicode_DecodeUTF8(&symbol->type, 1, "backslashreplace");
	self->address = symbol->address;
	self->size = symbol->size;
	if (!self->name || !self->module || !self->type)
		Py_CLEAR(self);
	return (PyObject *)self;
}

static void symbol_dealloc(PyObject *self)
{
	SymbolObject *symbol = (SymbolObject *)self;
	Py_XDECREF(symbol->name);
	Py_XDECREF(symbol->module);
	Py_XDECREF(symbol->type);
	PyObject_Free(self);
}

static PyObject *symbol_repr(PyObject *self)
{
	SymbolObject *symbol = (SymbolObject *)self;
	char address[24];
	snprintf(address, sizeof(address), "%#llx", (unsigned long long)symbol->address);
	if (symbol->module == Py_None)
		return PyUnicode_FromFormat("<Symbol %U (%U) %s>", symbol->name, symbol->type, address);
	return PyUnicode_FromFormat("<Symbol %U (%U) %s [%U]>", symbol->name, symbol->type, address, symbol->module);
}

static PyMemberDef symbol_members[] = {
	{ "name", Py_T_OBJECT_EX, offsetof(SymbolObject, name), Py_READONLY, KD_DOC_Symbol_name },
	{ "address", Py_T_ULONGLONG, offsetof(SymbolObject, address), Py_READONLY, KD_DOC_Symbol_address },
	{ "size", Py_T_ULONGLONG, offsetof(SymbolObject, size), Py_READONLY, KD_DOC_Symbol_size },
	{ "module", Py_T_OBJECT_EX, offsetof(SymbolObject, module), Py_READONLY, KD_DOC_Symbol_module },
	{ "type", Py_T_OBJECT_EX, offsetof(SymbolObject, type), Py_READONLY, KD_DOC_Symbol_type },
	{},
};

PyTypeObject kd_py_Symbol = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Symbol",
	.tp_basicsize = sizeof(SymbolObject),
	.tp_dealloc = symbol_dealloc,
	.tp_repr = symbol_repr,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Symbol,
	.tp_members = symbol_members,
};
