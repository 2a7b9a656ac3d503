/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Module: a kernel module. */
#include "py/module.h"

#include <stddef.h>

#include "py/symbol.h"
#include "py/symbol_text.h"

typedef struct {
	PyObject_HEAD DumpObject *dump;
	PyObject *name, *memory, *percpu;
	uint64_t address, size;
	char has_btf;
} ModuleObject;

static const char *const memory_names[] = {
	[KD_MODULE_TEXT] = "text",
	[KD_MODULE_DATA] = "data",
	[KD_MODULE_RODATA] = "rodata",
	[KD_MODULE_RO_AFTER_INIT] = "ro_after_init",
	[KD_MODULE_INIT_TEXT] = "init_text",
	[KD_MODULE_INIT_DATA] = "init_data",
	[KD_MODULE_INIT_RODATA] = "init_rodata",
};

static PyObject *range_tuple(uint64_t start, uint64_t size)
{
	return Py_BuildValue("(KK)", (unsigned long long)start, (unsigned long long)size);
}

static PyObject *memory_dict(const struct kd_module *module)
{
	KD_PYOBJECT PyObject *memory = PyDict_New();
	for (size_t i = 0; memory && i < KD_MODULE_MEMORY_NR; i++) {
		if (!module->memory[i].size)
			continue;
		KD_PYOBJECT PyObject *range = range_tuple(module->memory[i].start, module->memory[i].size);
		if (!range || PyDict_SetItemString(memory, memory_names[i], range) < 0)
			return NULL;
	}
	return kd_move_ptr(memory);
}

PyObject *kd_py_module_wrap(DumpObject *dump, const struct kd_module *module)
{
	ModuleObject *self = PyObject_GC_New(ModuleObject, &kd_py_Module);
	if (!self)
		return NULL;
	self->dump = (DumpObject *)Py_NewRef(dump);
	self->name = kd_py_text(module->name);
	self->memory = memory_dict(module);
	self->percpu = range_tuple(module->percpu, module->percpu_size);
	self->address = module->address;
	self->size = module->size;
	self->has_btf = module->btf_start != 0;
	PyObject_GC_Track(self);
	if (!self->name || !self->memory || !self->percpu)
		Py_CLEAR(self);
	return (PyObject *)self;
}

static int module_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(((ModuleObject *)self)->dump);
	return 0;
}

static void module_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	ModuleObject *module = (ModuleObject *)self;
	Py_DECREF(module->dump);
	Py_XDECREF(module->name);
	Py_XDECREF(module->memory);
	Py_XDECREF(module->percpu);
	PyObject_GC_Del(self);
}

static PyObject *module_repr(PyObject *self)
{
	return PyUnicode_FromFormat("<Module %U>", ((ModuleObject *)self)->name);
}

/* The module with its symbols; NULL with an exception set. */
static const struct kd_module *with_symbols(ModuleObject *object)
{
	struct kd_modules *modules;
	struct kd_module *list;
	size_t nr;
	struct kd_error *err = kd_kernel_modules(object->dump->kernel, &modules);
	if (!err)
		err = kd_modules_list(modules, &list, &nr, NULL);
	for (size_t i = 0; !err && i < nr; i++) {
		if (list[i].address != object->address)
			continue;
		err = kd_modules_symbols(modules, &list[i]);
		if (!err)
			return &list[i];
	}
	if (!err)
		err = kd_error_create(KD_ERROR_LOOKUP, "no module at %#llx", (unsigned long long)object->address);
	kd_py_raise(err);
	return NULL;
}

static PyObject *module_symbols(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "containing", NULL };
	const char *text = "";
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|s:symbols", keywords, &text))
		return NULL;
	const struct kd_module *module = with_symbols((ModuleObject *)self);
	KD_PYOBJECT PyObject *symbols = module ? PyList_New(0) : NULL;
	for (size_t i = 0; symbols && i < module->symbol_nr; i++) {
		if (*text && !strstr(module->symbols[i].name, text))
			continue;
		KD_PYOBJECT PyObject *symbol = kd_py_symbol_wrap(&module->symbols[i]);
		if (!symbol || PyList_Append(symbols, symbol) < 0)
			return NULL;
	}
	return kd_move_ptr(symbols);
}

static PyObject *module_symbol_text(PyObject *self, PyObject *args, PyObject *kwargs)
{
	const struct kd_module *module = with_symbols((ModuleObject *)self);
	return module ? kd_py_module_symbol_text(module, args, kwargs) : NULL;
}

static PyMemberDef module_members[] = {
	{ "name", Py_T_OBJECT_EX, offsetof(ModuleObject, name), Py_READONLY, KD_DOC_Module_name },
	{ "address", Py_T_ULONGLONG, offsetof(ModuleObject, address), Py_READONLY, KD_DOC_Module_address },
	{ "size", Py_T_ULONGLONG, offsetof(ModuleObject, size), Py_READONLY, KD_DOC_Module_size },
	{ "memory", Py_T_OBJECT_EX, offsetof(ModuleObject, memory), Py_READONLY, KD_DOC_Module_memory },
	{ "has_btf", Py_T_BOOL, offsetof(ModuleObject, has_btf), Py_READONLY, KD_DOC_Module_has_btf },
	{ "percpu", Py_T_OBJECT_EX, offsetof(ModuleObject, percpu), Py_READONLY, KD_DOC_Module_percpu },
	{},
};

static PyObject *get_symbol_nr(PyObject *self, void *closure)
{
	(void)closure;
	const struct kd_module *module = with_symbols((ModuleObject *)self);
	return module ? PyLong_FromSize_t(module->symbol_nr) : NULL;
}

static PyGetSetDef module_getset[] = {
	{ "symbol_nr", get_symbol_nr, NULL, KD_DOC_Module_symbol_nr, NULL },
	{},
};

static PyMethodDef module_methods[] = {
	{ "symbols", (PyCFunction)(void (*)(void))module_symbols, METH_VARARGS | METH_KEYWORDS, KD_DOC_Module_symbols },
	{ "symbol_text", (PyCFunction)(void (*)(void))module_symbol_text, METH_VARARGS | METH_KEYWORDS,
	  KD_DOC_Module_symbol_text },
	{},
};

PyTypeObject kd_py_Module = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Module",
	.tp_basicsize = sizeof(ModuleObject),
	.tp_dealloc = module_dealloc,
	.tp_traverse = module_traverse,
	.tp_repr = module_repr,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Module,
	.tp_members = module_members,
	.tp_getset = module_getset,
	.tp_methods = module_methods,
};
