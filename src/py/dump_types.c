/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods on types, and on objects that have one. */
#include "kernel/namesake.h"
#include "py/class.h"
#include "py/dump_methods.h"
#include "py/type.h"
#include "py/value.h"
#include "types/uses.h"

KD_METHOD_O(type)
{
	const struct kd_type *type = kd_py_type_argument(DUMP(self), argument);
	return type ? kd_py_type_wrap(DUMP(self), type) : NULL;
}

KD_METHOD(find_type)
{
	static char *keywords[] = { "kind", "name", "index", NULL };
	const char *kind_name, *name;
	Py_ssize_t index = 0;
	enum kd_kind kind;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss|n:find_type", keywords, &kind_name, &name, &index) ||
	    !kd_py_kind(kind_name, &kind))
		return NULL;
	struct kd_types *types = kd_py_types(DUMP(self));
	if (!types)
		return NULL;
	const struct kd_type *type;
	size_t nr;
	struct kd_error *err = index ? kd_types_find_nth(types, kind, name, index, &type, &nr)
				     : kd_types_find(types, kind, name, &type);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		Py_RETURN_NONE;
	return err ? kd_py_raise(err) : kd_py_type_wrap(DUMP(self), type);
}

struct type_list {
	DumpObject *dump;
	PyObject *list;
	uint64_t size_min, size_max;
	struct kd_type_uses *uses; /* NULL: all */
};

static struct kd_error *append_type(void *context, const struct kd_type *type)
{
	struct type_list *types = context;
	uint64_t size = kd_type_strip(type)->size;
	if (size < types->size_min || size > types->size_max)
		return NULL;
	if (types->uses) {
		bool found = false;
		struct kd_error *err = kd_type_uses_ask(types->uses, type, &found);
		if (err || !found)
			return err;
	}
	KD_PYOBJECT PyObject *wrapped = kd_py_type_wrap(types->dump, type);
	return wrapped && PyList_Append(types->list, wrapped) == 0 ? NULL : kd_py_callback_error();
}

KD_METHOD(types)
{
	static char *keywords[] = { "kind", "size_min", "size_max", "using", NULL };
	const char *name, *wanted = NULL;
	uint64_t size_min = 0, size_max = UINT64_MAX;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|$O&O&z:types", keywords, &name, kd_py_address, &size_min,
					 kd_py_address, &size_max, &wanted))
		return NULL;
	enum kd_kind kind;
	if (!kd_py_kind(name, &kind))
		return NULL;
	if (wanted && kind != KD_STRUCT && kind != KD_UNION)
		return PyErr_Format(PyExc_ValueError, "a %s has no members", name);
	struct kd_types *types = kd_py_types(DUMP(self));
	KD_PYOBJECT PyObject *list = types ? PyList_New(0) : NULL;
	if (!list)
		return NULL;
	KD_CLEANUP(kd_type_uses_deinit) struct kd_type_uses uses = {};
	if (wanted)
		kd_type_uses_init(&uses, wanted);
	struct type_list chosen = { DUMP(self), list, size_min, size_max, wanted ? &uses : NULL };
	struct kd_error *err = kd_types_each(types, kind, append_type, &chosen);
	return err ? kd_py_raise(err) : kd_move_ptr(list);
}

KD_METHOD_O(declare)
{
	const char *declarations = PyUnicode_AsUTF8(argument);
	struct kd_types *types = declarations ? kd_py_types_of_globals(DUMP(self)) : NULL;
	if (!types)
		return NULL;
	struct kd_error *err = kd_types_declare(types, declarations);
	return err ? kd_py_raise(err) : Py_NewRef(Py_None);
}

KD_METHOD_O(symbol_type)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_types *types = name ? kd_py_types_of_globals(DUMP(self)) : NULL;
	if (!types)
		return NULL;
	const struct kd_type *type;
	struct kd_error *err = kd_types_of_symbol(types, name, &type);
	return err ? kd_py_raise(err) : kd_py_type_wrap(DUMP(self), type);
}

KD_METHOD_O(enumerator)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_types *types = name ? kd_py_types(DUMP(self)) : NULL;
	if (!types)
		return NULL;
	int64_t value;
	const struct kd_type *type = NULL;
	struct kd_error *err = kd_types_enumerator(types, name, &value, &type);
	if (err)
		return kd_py_raise_not_found(err, "enumerator", name);
	return type && !(type->flags & KD_TYPE_SIGNED) ? PyLong_FromUnsignedLongLong(value)
						       : PyLong_FromLongLong(value);
}

KD_METHOD_O(enumerator_type)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_types *types = name ? kd_py_types(DUMP(self)) : NULL;
	if (!types)
		return NULL;
	int64_t value;
	const struct kd_type *type;
	struct kd_error *err = kd_types_enumerator(types, name, &value, &type);
	return err ? kd_py_raise_not_found(err, "enumerator", name) : kd_py_type_wrap(DUMP(self), type);
}

/* ---- objects ---- */

KD_METHOD(object)
{
	static char *keywords[] = { "type", "address", NULL };
	PyObject *type_argument, *address_argument;
	uint64_t address;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:object", keywords, &type_argument, &address_argument))
		return NULL;
	if (PyLong_Check(type_argument) &&
	    (PyUnicode_Check(address_argument) || PyObject_TypeCheck(address_argument, &kd_py_Type)))
		return PyErr_Format(PyExc_TypeError, "object() takes the type first, then the address: object(%R, ...)",
				    address_argument);
	if (!kd_py_address(address_argument, &address))
		return NULL;
	const struct kd_type *type = kd_py_type_argument(DUMP(self), type_argument);
	return type ? kd_py_value(DUMP(self), type, address) : NULL;
}

KD_METHOD_O(variable)
{
	const char *name = PyUnicode_AsUTF8(argument);
	if (!name)
		return NULL;
	struct kd_symbol symbol;
	bool several;
	struct kd_kernel *kernel = DUMP(self)->kernel;
	struct kd_error *err = kd_kernel_symbol(kernel, name, NULL, &symbol, &several);
	if (err)
		return kd_py_raise_not_found(err, "symbol", name);
	struct kd_types *types = kd_py_types_of_globals(DUMP(self));
	if (!types)
		return NULL;
	const struct kd_type *type;
	err = kd_types_of_symbol(types, name, &type);
	const struct kd_namesake_init unknown = {};
	if (!err && (several || kd_namesake_faults(&symbol, type, &unknown) & KD_NAMESAKE_WRONG_KIND))
		err = kd_kernel_variable(kernel, name, type, &symbol);
	return err ? kd_py_raise(err) : kd_py_value(DUMP(self), type, symbol.address);
}

KD_METHOD_O(struct_class)
{
	if (PyUnicode_Check(argument))
		return kd_py_class_named(DUMP(self), argument);
	const struct kd_type *type = kd_py_type_argument(DUMP(self), argument);
	return type ? kd_py_class(DUMP(self), type, NULL) : NULL;
}

PyMethodDef kd_py_dump_types_methods[] = {
	KD_O_ENTRY(type),
	KD_KEYWORDS_ENTRY(find_type),
	KD_KEYWORDS_ENTRY(types),
	KD_O_ENTRY(declare),
	KD_O_ENTRY(symbol_type),
	KD_O_ENTRY(enumerator),
	KD_O_ENTRY(enumerator_type),
	KD_KEYWORDS_ENTRY(object),
	KD_O_ENTRY(variable),
	KD_O_ENTRY(struct_class),
	{},
};
