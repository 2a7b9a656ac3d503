/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Type: a C type. */
#include "py/type.h"

#include <stddef.h>

#include "py/member.h"

typedef struct {
	PyObject_HEAD DumpObject *dump;
	const struct kd_type *type;
} TypeObject;

static const char *const kind_names[] = {
	[KD_VOID] = "void",	[KD_INT] = "int",	    [KD_FLOAT] = "float",	  [KD_ENUM] = "enum",
	[KD_STRUCT] = "struct", [KD_UNION] = "union",	    [KD_TYPEDEF] = "typedef",	  [KD_POINTER] = "pointer",
	[KD_ARRAY] = "array",	[KD_FUNCTION] = "function", [KD_QUALIFIED] = "qualified",
};

const char *kd_py_kind_name(enum kd_kind kind)
{
	return kind_names[kind];
}

bool kd_py_kind(const char *name, enum kd_kind *ret)
{
	for (size_t i = 0; i < KD_ARRAY_NR(kind_names); i++)
		if (!strcmp(name, kind_names[i])) {
			*ret = i;
			return true;
		}
	PyErr_Format(kd_py_RangeError, "there is no kind of type called %s", name);
	return false;
}

PyObject *kd_py_type_wrap(DumpObject *dump, const struct kd_type *type)
{
	TypeObject *self = PyObject_GC_New(TypeObject, &kd_py_Type);
	if (!self)
		return NULL;
	self->dump = (DumpObject *)Py_NewRef(dump);
	self->type = type;
	PyObject_GC_Track(self);
	return (PyObject *)self;
}

const struct kd_type *kd_py_type_argument(DumpObject *dump, PyObject *argument)
{
	if (PyObject_TypeCheck(argument, &kd_py_Type)) {
		if (((TypeObject *)argument)->dump == dump)
			return ((TypeObject *)argument)->type;
		PyErr_SetString(kd_py_RangeError, "the type belongs to another dump");
		return NULL;
	}
	const char *text = PyUnicode_Check(argument) ? PyUnicode_AsUTF8(argument) : NULL;
	if (!text) {
		if (!PyErr_Occurred())
			PyErr_Format(PyExc_TypeError, "a type is a Type or C text, not %T", argument);
		return NULL;
	}
	struct kd_types *types = kd_py_types(dump);
	if (!types)
		return NULL;
	const struct kd_type *type;
	struct kd_error *err = kd_types_parse(types, text, &type);
	if (err) {
		kd_py_raise_not_found(err, "type", text);
		return NULL;
	}
	return type;
}

static int type_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(((TypeObject *)self)->dump);
	return 0;
}

static void type_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	Py_DECREF(((TypeObject *)self)->dump);
	PyObject_GC_Del(self);
}

/* Takes over a malloced text. */
static PyObject *from_malloced(char *malloced)
{
	KD_FREE char *text = malloced;
	return text ? kd_py_text(text) : PyErr_NoMemory();
}

static PyObject *type_str(PyObject *self)
{
	return from_malloced(kd_type_spell(((TypeObject *)self)->type));
}

static PyObject *type_repr(PyObject *self)
{
	KD_PYOBJECT PyObject *text = type_str(self);
	return text ? PyUnicode_FromFormat("<Type %U>", text) : NULL;
}

static Py_hash_t type_hash(PyObject *self)
{
	return Py_HashPointer(((TypeObject *)self)->type);
}

static PyObject *type_richcompare(PyObject *self, PyObject *other, int operation)
{
	if ((operation != Py_EQ && operation != Py_NE) || !PyObject_TypeCheck(other, &kd_py_Type))
		Py_RETURN_NOTIMPLEMENTED;
	bool equal = ((TypeObject *)self)->type == ((TypeObject *)other)->type;
	return PyBool_FromLong(equal == (operation == Py_EQ));
}

#define TYPE(self) (((TypeObject *)(self))->type)

#define TYPE_GETTER(name) static PyObject *type_get_##name(PyObject *self, void *closure __attribute__((unused)))

TYPE_GETTER(kind)
{
	return PyUnicode_InternFromString(kind_names[TYPE(self)->kind]);
}

TYPE_GETTER(name)
{
	return kd_py_text(TYPE(self)->name);
}

TYPE_GETTER(size)
{
	return PyLong_FromUnsignedLongLong(TYPE(self)->size);
}

TYPE_GETTER(length)
{
	if (TYPE(self)->kind != KD_ARRAY || TYPE(self)->flags & KD_TYPE_INCOMPLETE)
		Py_RETURN_NONE;
	return PyLong_FromUnsignedLongLong(TYPE(self)->length);
}

TYPE_GETTER(target)
{
	if (!TYPE(self)->target)
		Py_RETURN_NONE;
	return kd_py_type_wrap(((TypeObject *)self)->dump, TYPE(self)->target);
}

TYPE_GETTER(signed)
{
	return PyBool_FromLong(TYPE(self)->flags & KD_TYPE_SIGNED);
}

TYPE_GETTER(complete)
{
	return PyBool_FromLong(!(TYPE(self)->flags & KD_TYPE_INCOMPLETE));
}

TYPE_GETTER(module)
{
	return kd_py_text(kd_type_module(TYPE(self)));
}

TYPE_GETTER(qualifiers)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} all[] = { { KD_TYPE_CONST, "const" }, { KD_TYPE_VOLATILE, "volatile" }, { KD_TYPE_RESTRICT, "restrict" } };
	KD_PYOBJECT PyObject *names = PyList_New(0);
	for (size_t i = 0; names && i < KD_ARRAY_NR(all); i++) {
		if (!(TYPE(self)->flags & all[i].flag))
			continue;
		KD_PYOBJECT PyObject *name = PyUnicode_FromString(all[i].name);
		if (!name || PyList_Append(names, name) < 0)
			return NULL;
	}
	return names ? PyList_AsTuple(names) : NULL;
}

static PyGetSetDef type_getset[] = {
#define GETTER(name)                                                   \
	{                                                              \
#name, type_get_##name, NULL, KD_DOC_Type_##name, NULL \
	}
	GETTER(kind),	GETTER(name),	  GETTER(size),	  GETTER(length),     GETTER(target),
	GETTER(signed), GETTER(complete), GETTER(module), GETTER(qualifiers), {},
#undef GETTER
};

static PyObject *type_declare(PyObject *self, PyObject *name)
{
	const char *text = PyUnicode_AsUTF8(name);
	return text ? from_malloced(kd_type_declare(TYPE(self), text)) : NULL;
}

static PyObject *type_strip(PyObject *self, PyObject *unused)
{
	(void)unused;
	return kd_py_type_wrap(((TypeObject *)self)->dump, kd_type_strip(TYPE(self)));
}

static PyObject *member_wrap(PyObject *self, const struct kd_member *member)
{
	return kd_py_member_wrap(member, kd_py_type_wrap(((TypeObject *)self)->dump, member->type));
}

static PyObject *type_members(PyObject *self, PyObject *unused)
{
	(void)unused;
	const struct kd_member *members;
	size_t nr;
	struct kd_error *err = kd_type_members(kd_type_strip(TYPE(self)), &members, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New(nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *member = member_wrap(self, &members[i]);
		if (!member)
			return NULL;
		PyList_SET_ITEM(list, i, member);
	}
	return kd_move_ptr(list);
}

/* 1: found, 0: there is none, -1: an exception is set. */
static int find_member(PyObject *self, PyObject *path, struct kd_member *ret)
{
	const char *text = PyUnicode_AsUTF8(path);
	if (!text)
		return -1;
	struct kd_error *err = kd_type_find_member(TYPE(self), text, ret);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP) || kd_error_catch(&err, KD_ERROR_TYPE))
		return 0;
	if (!err)
		return 1;
	kd_py_raise(err);
	return -1;
}

static PyObject *type_member(PyObject *self, PyObject *path)
{
	struct kd_member member;
	int found = find_member(self, path, &member);
	return found > 0 ? member_wrap(self, &member) : found ? NULL : Py_NewRef(Py_None);
}

static PyObject *type_offset_of(PyObject *self, PyObject *path)
{
	struct kd_member member;
	int found = find_member(self, path, &member);
	if (found < 0)
		return NULL;
	if (!found) {
		KD_FREE char *spelled = kd_type_spell(TYPE(self));
		return kd_py_raise_no_member(TYPE(self), spelled ? spelled : "?", PyUnicode_AsUTF8(path));
	}
	return PyLong_FromUnsignedLongLong(member.bit_offset / 8);
}

static PyObject *type_enumerators(PyObject *self, PyObject *unused)
{
	(void)unused;
	const struct kd_type *type = kd_type_strip(TYPE(self));
	const struct kd_enumerator *enumerators;
	size_t nr;
	struct kd_error *err = kd_type_enumerators(type, &enumerators, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New(nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *pair = type->flags & KD_TYPE_SIGNED ? Py_BuildValue("NL", kd_py_text(enumerators[i].name),
									      (long long)enumerators[i].value)
							      : Py_BuildValue("NK", kd_py_text(enumerators[i].name),
									      (unsigned long long)enumerators[i].value);
		if (!pair)
			return NULL;
		PyList_SET_ITEM(list, i, pair);
	}
	return kd_move_ptr(list);
}

static PyObject *type_parameters(PyObject *self, PyObject *unused)
{
	(void)unused;
	const struct kd_parameter *parameters;
	size_t nr;
	struct kd_error *err = kd_type_parameters(kd_type_strip(TYPE(self)), &parameters, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New(nr);
	for (size_t i = 0; list && i < nr; i++) {
		KD_PYOBJECT PyObject *type = kd_py_type_wrap(((TypeObject *)self)->dump, parameters[i].type);
		PyObject *pair = type ? Py_BuildValue("NO", kd_py_text(parameters[i].name), type) : NULL;
		if (!pair)
			return NULL;
		PyList_SET_ITEM(list, i, pair);
	}
	return kd_move_ptr(list);
}

static PyObject *type_variadic(PyObject *self, PyObject *unused)
{
	(void)unused;
	return PyBool_FromLong(kd_type_strip(TYPE(self))->flags & KD_TYPE_VARIADIC);
}

static PyObject *type_pointer(PyObject *self, PyObject *unused)
{
	(void)unused;
	DumpObject *dump = ((TypeObject *)self)->dump;
	struct kd_types *types = kd_py_types(dump);
	const struct kd_type *pointer;
	if (!types)
		return NULL;
	struct kd_error *err = kd_types_pointer_to(types, TYPE(self), &pointer);
	return err ? kd_py_raise(err) : kd_py_type_wrap(dump, pointer);
}

static PyObject *type_array(PyObject *self, PyObject *length)
{
	DumpObject *dump = ((TypeObject *)self)->dump;
	struct kd_types *types = kd_py_types(dump);
	const struct kd_type *array;
	uint64_t nr;
	if (!types || !kd_py_address(length, &nr))
		return NULL;
	struct kd_error *err = kd_types_array_of(types, TYPE(self), nr, &array);
	return err ? kd_py_raise(err) : kd_py_type_wrap(dump, array);
}

static PyMethodDef type_methods[] = {
#define METHOD(name, flags)                                   \
	{                                                     \
#name, type_##name, flags, KD_DOC_Type_##name \
	}
	METHOD(declare, METH_O),
	METHOD(strip, METH_NOARGS),
	METHOD(members, METH_NOARGS),
	METHOD(member, METH_O),
	METHOD(offset_of, METH_O),
	METHOD(enumerators, METH_NOARGS),
	METHOD(parameters, METH_NOARGS),
	METHOD(variadic, METH_NOARGS),
	METHOD(pointer, METH_NOARGS),
	METHOD(array, METH_O),
	{},
#undef METHOD
};

PyTypeObject kd_py_Type = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Type",
	.tp_basicsize = sizeof(TypeObject),
	.tp_dealloc = type_dealloc,
	.tp_traverse = type_traverse,
	.tp_repr = type_repr,
	.tp_str = type_str,
	.tp_hash = type_hash,
	.tp_richcompare = type_richcompare,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Type,
	.tp_getset = type_getset,
	.tp_methods = type_methods,
};
