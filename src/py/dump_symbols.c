/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods on names: symbols and modules. */
#include "py/dump_methods.h"
#include "py/module.h"
#include "py/symbol.h"
#include "py/symbol_text.h"

/* Of several symbols of that name the one that has the type that the name is declared to have, if it is. */
static struct kd_error *find_symbol(PyObject *self, const char *name, const char *module, struct kd_symbol *ret)
{
	bool several;
	struct kd_kernel *kernel = DUMP(self)->kernel;
	struct kd_error *err = kd_kernel_symbol(kernel, name, module, ret, &several);
	if (err || !several)
		return err;
	struct kd_types *types = kd_py_types_of_globals(DUMP(self));
	const struct kd_type *type;
	if (!types && !PyErr_ExceptionMatches(kd_py_Error))
		return kd_py_callback_error();
	if (!types) {
		PyErr_Clear();
		return NULL;
	}
	err = kd_types_of_symbol(types, name, &type);
	if (!err)
		return kd_kernel_variable(kernel, name, type, ret);
	kd_error_destroy(err);
	return NULL;
}

KD_METHOD(symbol)
{
	static char *keywords[] = { "name", "module", NULL };
	const char *name, *module = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|z:symbol", keywords, &name, &module))
		return NULL;
	struct kd_symbol symbol;
	struct kd_error *err = find_symbol(self, name, module, &symbol);
	return err ? kd_py_raise_not_found(err, "symbol", name) : kd_py_symbol_wrap(&symbol);
}

KD_METHOD_O(symbols)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_modules *modules = name ? kd_py_modules(DUMP(self)) : NULL;
	if (!modules)
		return NULL;
	KD_FREE struct kd_symbol *found = NULL;
	size_t nr = 0;
	struct kd_error *err = kd_symbol_find_all(modules, name, &found, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *symbol = kd_py_symbol_wrap(&found[i]);
		if (!symbol)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, symbol);
	}
	return kd_move_ptr(list);
}

KD_METHOD_O(symbol_at)
{
	uint64_t address;
	if (!kd_py_address(argument, &address))
		return NULL;
	struct kd_modules *modules = kd_py_modules(DUMP(self));
	if (!modules)
		return NULL;
	struct kd_symbol symbol;
	struct kd_error *err = kd_symbol_at(modules, address, &symbol);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		Py_RETURN_NONE;
	return err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
}

KD_METHOD(kernel_symbols)
{
	static char *keywords[] = { "containing", NULL };
	const char *text = "";
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|s:kernel_symbols", keywords, &text))
		return NULL;
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(DUMP(self)->kernel, &kallsyms);
	if (err)
		return kd_py_raise(err);
	uint32_t nr = kd_kallsyms_nr(kallsyms);
	KD_PYOBJECT PyObject *list = PyList_New(0);
	for (uint32_t i = 0; list && i < nr; i++) {
		struct kd_symbol symbol;
		char name[KD_KALLSYMS_NAME_MAX + 1];
		err = *text ? kd_kallsyms_peek(kallsyms, i, name, &symbol) : NULL;
		if (*text && !err && !strstr(name, text))
			continue;
		if (!err)
			err = kd_kallsyms_get(kallsyms, i, &symbol);
		if (kd_error_catch(&err, KD_ERROR_FAULT) || kd_error_catch(&err, KD_ERROR_FORMAT))
			continue; /* its bytes are not in the dump, or are damaged */
		KD_PYOBJECT PyObject *wrapped = err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
		if (!wrapped || PyList_Append(list, wrapped) < 0)
			return NULL;
	}
	return list ? PyObject_GetIter(list) : NULL;
}

KD_METHOD(address_of)
{
	static char *keywords[] = { "name", "module", "default", NULL };
	const char *name, *module = NULL;
	PyObject *otherwise = NULL;
	struct kd_symbol symbol = {};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|zO:address_of", keywords, &name, &module, &otherwise))
		return NULL;
	struct kd_error *err = find_symbol(self, name, module, &symbol);
	if (err && otherwise && kd_error_catch(&err, KD_ERROR_LOOKUP))
		return Py_NewRef(otherwise);
	return err ? kd_py_raise_not_found(err, "symbol", name) : PyLong_FromUnsignedLongLong(symbol.address);
}

KD_METHOD_NOARGS(modules)
{
	struct kd_modules *modules = kd_py_modules(DUMP(self));
	if (!modules)
		return NULL;
	struct kd_module *list;
	size_t nr;
	struct kd_error *why = NULL;
	struct kd_error *err = kd_modules_list(modules, &list, &nr, &why);
	if (err)
		return kd_py_raise(err);
	if (why)
		Py_XSETREF(DUMP(self)->modules_error, kd_py_exception(why));
	KD_PYOBJECT PyObject *result = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; result && i < nr; i++) {
		PyObject *module = kd_py_module_wrap(DUMP(self), &list[i]);
		if (!module)
			return NULL;
		PyList_SET_ITEM(result, (Py_ssize_t)i, module);
	}
	return kd_move_ptr(result);
}

KD_METHOD_O(module_at)
{
	uint64_t address;
	struct kd_module *module;
	struct kd_modules *modules = kd_py_address(argument, &address) ? kd_py_modules(DUMP(self)) : NULL;
	if (!modules)
		return NULL;
	struct kd_error *err = kd_modules_at(modules, address, &module);
	if (err)
		return kd_py_raise(err);
	return module ? kd_py_module_wrap(DUMP(self), module) : Py_NewRef(Py_None);
}

KD_METHOD(symbol_text)
{
	return kd_py_kernel_symbol_text(DUMP(self), args, kwargs);
}

PyMethodDef kd_py_dump_symbols_methods[] = {
	KD_KEYWORDS_ENTRY(symbol),
	KD_O_ENTRY(symbols),
	KD_O_ENTRY(symbol_at),
	KD_KEYWORDS_ENTRY(kernel_symbols),
	KD_KEYWORDS_ENTRY(symbol_text),
	KD_KEYWORDS_ENTRY(address_of),
	KD_NOARGS_ENTRY(modules),
	KD_O_ENTRY(module_at),
	{},
};
