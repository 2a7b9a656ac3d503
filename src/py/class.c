/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of typed objects. */
#include "py/class.h"

#include "py/type.h"
#include "py/typed.h"

/* "struct foo", the typedef's name of an untagged one, or PARENT:OFFSET/FIELD->struct where it has no name at all. */
static PyObject *symbol_of(const struct kd_type *type, const struct kd_place *place)
{
	const struct kd_type *stripped = kd_type_strip(type);
	bool is_struct = stripped->kind == KD_STRUCT || stripped->kind == KD_UNION;
	if (!is_struct || stripped->name) {
		KD_FREE char *spelled = kd_type_spell(is_struct || stripped->kind == KD_ENUM ? stripped : type);
		return spelled ? kd_py_text(spelled) : PyErr_NoMemory();
	}
	for (; type != stripped; type = type->target)
		if (type->kind == KD_TYPEDEF && type->name)
			return kd_py_text(type->name);

	const char *kind = kd_py_kind_name(stripped->kind);
	if (!place || !place->parent)
		return PyUnicode_FromString(kind);
	KD_PYOBJECT PyObject *parent = PyObject_GetAttrString(place->parent, "PYT_symbol");
	if (!parent)
		return NULL;
	if (!place->field)
		return PyUnicode_FromFormat("%U:%llu->%s", parent, (unsigned long long)place->offset, kind);
	return PyUnicode_FromFormat("%U:%llu/%s->%s", parent, (unsigned long long)place->offset, place->field, kind);
}

static bool set_steal(PyObject *dict, const char *key, PyObject *value)
{
	KD_PYOBJECT PyObject *owned = value;
	return owned && PyDict_SetItemString(dict, key, owned) == 0;
}

static bool init_typed(DumpObject *dump, PyTypeObject *class, const struct kd_type *type)
{
	struct kd_typed *typed = kd_py_own_typed(class);
	typed->type = type;
	typed->fields = PyDict_New();
	typed->added = PyDict_New();
	if (!typed->fields || !typed->added)
		return false;
	typed->dump = (DumpObject *)Py_NewRef(dump);
	typed->stride = type->size;
	if (type->kind != KD_POINTER && type->kind != KD_ARRAY)
		return true;
	typed->stride = type->target->size ? type->target->size : 1;
	typed->has_element = true;
	return kd_reader_init(&typed->element, &(struct kd_member){ .type = type->target });
}

/* dump.pseudo_members[symbol](class), if there is such an entry. */
static bool add_pseudo_members(DumpObject *dump, PyObject *symbol, PyObject *class)
{
	KD_PYOBJECT PyObject *function = Py_XNewRef(PyDict_GetItemWithError(dump->pseudo_members, symbol));
	if (!function)
		return !PyErr_Occurred();
	KD_PYOBJECT PyObject *result = PyObject_CallOneArg(function, class);
	return result != NULL;
}

static PyTypeObject *base_of(const struct kd_type *type)
{
	switch (type->kind) {
	case KD_POINTER:
		return kd_type_strip(type->target)->kind == KD_FUNCTION ? kd_py_FunctionPointer : kd_py_Pointer;
	case KD_ARRAY:
		return kd_py_FlexArray;
	case KD_ENUM:
		return kd_py_Enum;
	default:
		return kd_py_Struct;
	}
}

static PyObject *class_new(DumpObject *dump, const struct kd_type *type, const struct kd_type *spelled,
			   const struct kd_place *place)
{
	KD_PYOBJECT PyObject *symbol = symbol_of(spelled, place);
	KD_PYOBJECT PyObject *dict = symbol ? PyDict_New() : NULL;
	PyTypeObject *base = base_of(type);
	if (!dict || !set_steal(dict, "PYT_symbol", Py_NewRef(symbol)) ||
	    !set_steal(dict, "PYT_size", PyLong_FromUnsignedLongLong(type->size)) ||
	    !set_steal(dict, "PYT_dump", Py_NewRef(dump)) ||
	    !set_steal(dict, "PYT_type", kd_py_type_wrap(dump, type)) ||
	    !set_steal(dict, "__module__", PyUnicode_InternFromString("pykd")) ||
	    (base != kd_py_Struct && !set_steal(dict, "__slots__", PyTuple_New(0))))
		return NULL;
	KD_PYOBJECT PyObject *class = PyObject_CallFunction((PyObject *)kd_py_StructType, "O(O)O", symbol, base, dict);
	if (!class || !init_typed(dump, (PyTypeObject *)class, type))
		return NULL;
	/* Known before its pseudo-members are made: they may lead back to it. */
	KD_PYOBJECT PyObject *key = PyLong_FromVoidPtr((void *)type);
	if (!key || PyDict_SetItem(dump->classes, key, class) < 0)
		return NULL;
	if (add_pseudo_members(dump, symbol, class))
		return kd_move_ptr(class);
	/* Half of a class is none: whoever asks next tries again, or hears the same. */
	KD_PYOBJECT PyObject *raised = PyErr_GetRaisedException();
	if (PyDict_DelItem(dump->classes, key) < 0)
		PyErr_Clear();
	PyErr_SetRaisedException(kd_move_ptr(raised));
	return NULL;
}

/* A struct that one BTF only declares may be whole in another. */
static struct kd_error *completed(DumpObject *dump, const struct kd_type **type)
{
	if (!((*type)->flags & KD_TYPE_INCOMPLETE) || !(*type)->name || (*type)->kind == KD_ARRAY)
		return NULL;
	struct kd_types *types;
	const struct kd_type *whole;
	struct kd_error *err = kd_kernel_types(dump->kernel, &types);
	if (!err)
		err = kd_types_find(types, (*type)->kind, (*type)->name, &whole);
	if (!err)
		*type = whole;
	return kd_error_catch(&err, KD_ERROR_LOOKUP) ? NULL : err;
}

PyObject *kd_py_class(DumpObject *dump, const struct kd_type *spelled, const struct kd_place *place)
{
	const struct kd_type *type = kd_type_strip(spelled);
	struct kd_error *err = completed(dump, &type);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *key = PyLong_FromVoidPtr((void *)type);
	if (!key)
		return NULL;
	PyObject *class = PyDict_GetItemWithError(dump->classes, key);
	if (class || PyErr_Occurred())
		return Py_XNewRef(class);
	switch (type->kind) {
	case KD_STRUCT:
	case KD_UNION:
	case KD_POINTER:
	case KD_ARRAY:
	case KD_ENUM:
		return class_new(dump, type, kd_type_strip(spelled) == type ? spelled : type, place);
	default: {
		KD_FREE char *text = kd_type_spell(spelled);
		return PyErr_Format(kd_py_CTypeError, "%s is not a struct, union, enum, pointer or array",
				    text ? text : "?");
	}
	}
}

PyObject *kd_py_class_named(DumpObject *dump, PyObject *name)
{
	PyObject *class = PyDict_GetItemWithError(dump->class_names, name);
	if (class || PyErr_Occurred())
		return Py_XNewRef(class);
	const struct kd_type *type = kd_py_type_argument(dump, name);
	KD_PYOBJECT PyObject *made = type ? kd_py_class(dump, type, NULL) : NULL;
	if (!made || PyDict_SetItem(dump->class_names, name, made) < 0)
		return NULL;
	return kd_move_ptr(made);
}
