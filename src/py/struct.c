/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Struct: objects of the type struct or union. */
#include "py/struct.h"

#include "py/class.h"
#include "py/element.h"
#include "py/path.h"
#include "py/struct_type.h"
#include "py/typed.h"

/* ---- members of an instance ---- */

/* The Field for name; borrowed. NULL without an exception: no such member. */
static FieldObject *find_field(struct kd_typed *typed, PyObject *name)
{
	PyObject *added = PyDict_GetItemWithError(typed->added, name);
	if (added || PyErr_Occurred())
		return (FieldObject *)added;
	const char *text = PyUnicode_AsUTF8(name);
	if (!text)
		return NULL;
	FieldObject *field = kd_py_field_new(typed->dump, typed->type, text, false);
	/* Inside a class body Python turns `object.__state` into `object._Class__state`. */
	const char *dunder = strstr(text, "__");
	if (!field && dunder && dunder != text && PyErr_ExceptionMatches(kd_py_MemberError)) {
		PyErr_Clear();
		field = kd_py_field_new(typed->dump, typed->type, dunder, false);
	}
	if (!field) {
		if (PyErr_ExceptionMatches(kd_py_MemberError))
			PyErr_Clear();
		return NULL;
	}
	int failed = PyDict_SetItem(typed->fields, name, (PyObject *)field);
	Py_DECREF(field); /* the dict holds it */
	return failed ? NULL : field;
}

static PyObject *read_field(PyObject *self, struct kd_typed *typed, FieldObject *field, PyObject *name)
{
	struct kd_place place = { (PyObject *)Py_TYPE(self), field->path.reader.offset, PyUnicode_AsUTF8(name) };
	uint64_t base = PyLong_AsUnsignedLongLongMask(self);
	KD_PYOBJECT PyObject *held = Py_NewRef(field); /* a class attribute set meanwhile must not free it */
	return kd_path_read(typed->dump, &field->path, self, base, &place);
}

/*
 * `object.__getattr__(name)`, written out: programs do so to choose a member at run time. As a method of the class it
 * would have Python route every access through it, so it is made for who asks.
 */
static PyObject *struct_getattro(PyObject *self, PyObject *name);
static PyMethodDef getattr_method = { "__getattr__", struct_getattro, METH_O, NULL };

static PyObject *struct_getattro(PyObject *self, PyObject *name)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (!typed)
		return PyObject_GenericGetAttr(self, name);
	PyObject *cached = PyDict_GetItemWithError(typed->fields, name);
	if (cached && !typed->is_shadowed)
		return read_field(self, typed, (FieldObject *)cached, name);
	if (PyErr_Occurred())
		return NULL;
	PyObject *attribute = _PyObject_GenericGetAttrWithDict(self, name, NULL, 1);
	if (attribute || PyErr_Occurred())
		return attribute;
	if (cached)
		return read_field(self, typed, (FieldObject *)cached, name);
	FieldObject *field = find_field(typed, name);
	if (field)
		return read_field(self, typed, field, name);
	if (!PyErr_Occurred()) {
		if (PyUnicode_EqualToUTF8(name, getattr_method.ml_name))
			return PyCFunction_New(&getattr_method, self);
		KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
		const char *type_name = symbol ? PyUnicode_AsUTF8(symbol) : NULL, *text = PyUnicode_AsUTF8(name);
		if (type_name && text)
			kd_py_raise_no_member(typed->type, type_name, text);
	}
	return NULL;
}

static int struct_setattro(PyObject *self, PyObject *name, PyObject *value)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (typed)
		typed->is_shadowed = true;
	return PyObject_GenericSetAttr(self, name, value);
}

/* ---- making and showing them ---- */

/*
 * A negative number stays negative, although it reads at the same address: programs compute the offset of a member as
 * -container_of(0, "struct foo", "member").
 */
static PyObject *struct_at(PyTypeObject *class, PyObject *number)
{
	uint64_t address;
	if (!kd_py_address(number, &address))
		return NULL;
	int overflow;
	long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
	if (value == -1 && PyErr_Occurred())
		return NULL;
	return value < 0 && !overflow ? kd_py_typed_new_signed(class, value) : kd_py_typed_new(class, address);
}

/* Struct("struct foo", address) or CLASS(address). */
static PyObject *struct_new(PyTypeObject *class, PyObject *args, PyObject *kwargs)
{
	PyObject *name, *address;
	if (kwargs && PyDict_GET_SIZE(kwargs))
		return PyErr_Format(PyExc_TypeError, "%s takes no keyword arguments", class->tp_name);
	if (kd_py_typed(class)) {
		if (!PyArg_ParseTuple(args, "O", &address))
			return NULL;
		return struct_at(class, address);
	}
	if (!PyArg_ParseTuple(args, "OO:Struct", &name, &address))
		return NULL;
	if (!PyUnicode_Check(name))
		return PyErr_Format(PyExc_TypeError,
				    "Struct() takes the name of a type and an address: Struct('struct foo', 0x...)");
	DumpObject *dump = kd_py_current_dump();
	KD_PYOBJECT PyObject *found = dump ? kd_py_class_named(dump, name) : NULL;
	if (!found && dump && PyErr_ExceptionMatches(kd_py_NotFoundError))
		PyErr_Format(kd_py_CTypeError, "no type %U", name);
	return found ? struct_at((PyTypeObject *)found, address) : NULL;
}

static PyObject *text_format(PyObject *self, const char *format)
{
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)kd_py_typed_value(self));
	const char *text = symbol ? PyUnicode_AsUTF8(symbol) : NULL;
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	return text ? PyUnicode_FromFormat(format, text, address, (unsigned long long)(typed ? typed->type->size : 0))
		    : NULL;
}

static PyObject *struct_str(PyObject *self)
{
	PyObject *described = kd_py_typed(Py_TYPE(self)) ? kd_py_described(self) : NULL;
	if (described || PyErr_Occurred())
		return described;
	return text_format(self, "<%s %s>");
}

static PyObject *struct_repr(PyObject *self)
{
	return text_format(self, kd_py_has_describe() ? "<%s %s>" : "StructResult <%s %s> \tsize=%llu");
}

static PyObject *struct_short(PyObject *self, PyObject *unused)
{
	(void)unused;
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
	const char *text = symbol ? PyUnicode_AsUTF8(symbol) : NULL;
	if (!text)
		return NULL;
	const char *blank = strchr(text, ' ');
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)kd_py_typed_value(self));
	return PyUnicode_FromFormat("<%s %s>", blank ? blank + 1 : text, address);
}

/* ---- the rest ---- */

static PyObject *element_at(PyObject *self, PyObject *index)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	KD_PYOBJECT PyObject *number = typed ? PyNumber_Index(index) : NULL;
	if (!number)
		return NULL;
	int overflow;
	long long steps = PyLong_AsLongLongAndOverflow(number, &overflow);
	if (steps == -1 && PyErr_Occurred())
		return NULL;
	return kd_py_typed_new(Py_TYPE(self), kd_py_typed_value(self) + (uint64_t)steps * typed->stride);
}

static PyObject *struct_subscript(PyObject *self, PyObject *index)
{
	if (!PyUnicode_Check(index))
		return element_at(self, index);
	KD_PYOBJECT PyObject *info = kd_py_class_info(Py_TYPE(self), "struct_info");
	return info ? PyObject_GetItem(info, index) : NULL;
}

static PyObject *struct_add(PyObject *left, PyObject *right)
{
	bool is_step = PyObject_TypeCheck(left, kd_py_Struct) && kd_py_typed(Py_TYPE(left)) && PyLong_Check(right) &&
		       !PyObject_TypeCheck(right, kd_py_Struct);
	return is_step ? element_at(left, right) : PyLong_Type.tp_as_number->nb_add(left, right);
}

static Py_ssize_t struct_length(PyObject *self)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	return typed ? (Py_ssize_t)typed->type->size : 0;
}

static PyObject *struct_get_self(PyObject *self, void *closure)
{
	(void)closure;
	return Py_NewRef(self);
}

static PyObject *struct_deref(PyObject *self, PyObject *unused)
{
	(void)unused;
	return Py_NewRef(self);
}

static PyObject *struct_has_field(PyObject *self, PyObject *name)
{
	return kd_py_has_member((PyObject *)Py_TYPE(self), name);
}

static PyObject *struct_is_named(PyObject *self, PyObject *name)
{
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
	return symbol ? PyObject_RichCompare(symbol, name, Py_EQ) : NULL;
}

static PyObject *struct_field_offset(PyObject *self, PyObject *name)
{
	KD_PYOBJECT PyObject *offset = kd_py_member_offset((PyObject *)Py_TYPE(self), name);
	if (offset != Py_None)
		return kd_move_ptr(offset);
	const char *text = PyUnicode_AsUTF8(name);
	return text ? kd_py_raise_no_member(kd_py_typed(Py_TYPE(self))->type, Py_TYPE(self)->tp_name, text) : NULL;
}

static PyObject *struct_cast(PyObject *self, PyObject *name)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	KD_PYOBJECT PyObject *class = typed ? kd_py_class_named(typed->dump, name) : NULL;
	if (!class && PyErr_ExceptionMatches(kd_py_NotFoundError))
		PyErr_Format(kd_py_CTypeError, "no type %S", name);
	return class ? kd_py_typed_new((PyTypeObject *)class, kd_py_typed_value(self)) : NULL;
}

/* Python attributes on the way: one name at a time. */
static PyObject *eval_slowly(PyObject *self, PyObject *path)
{
	KD_PYOBJECT PyObject *dot = PyUnicode_FromString(".");
	KD_PYOBJECT PyObject *names = dot ? PyUnicode_Split(path, dot, -1) : NULL;
	KD_PYOBJECT PyObject *value = names ? Py_NewRef(self) : NULL;
	for (Py_ssize_t i = 0; value && i < PyList_GET_SIZE(names); i++)
		Py_SETREF(value, PyObject_GetAttr(value, PyList_GET_ITEM(names, i)));
	if (!value && PyErr_ExceptionMatches(kd_py_MemberError))
		PyErr_Format(kd_py_CTypeError, "%R does not resolve %U", self, path);
	return kd_move_ptr(value);
}

static PyObject *struct_eval(PyObject *self, PyObject *path)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	const char *text = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : NULL;
	if (!typed || !text)
		return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "Eval takes a path, not %T", path);
	PyObject *field = PyDict_GetItemWithError(typed->fields, path);
	if (!field) {
		KD_PYOBJECT PyObject *made = (PyObject *)kd_py_field_new(typed->dump, typed->type, text, true);
		if (!made) {
			if (!PyErr_ExceptionMatches(kd_py_MemberError))
				return NULL;
			PyErr_Clear();
			return eval_slowly(self, path);
		}
		if (PyDict_SetItem(typed->fields, path, made) < 0)
			return NULL;
		field = made;
	}
	return read_field(self, typed, (FieldObject *)field, path);
}

static PyObject *struct_info(PyObject *self, void *closure)
{
	(void)closure;
	return kd_py_class_info(Py_TYPE(self), "struct_info");
}

static PyMethodDef struct_methods[] = {
	{ "getDeref", struct_deref, METH_NOARGS, KD_DOC_Struct_getDeref },
	{ "hasField", struct_has_field, METH_O, KD_DOC_Struct_hasField },
	{ "isNamed", struct_is_named, METH_O, KD_DOC_Struct_isNamed },
	{ "fieldOffset", struct_field_offset, METH_O, KD_DOC_Struct_fieldOffset },
	{ "castTo", struct_cast, METH_O, KD_DOC_Struct_castTo },
	{ "Eval", struct_eval, METH_O, KD_DOC_Struct_Eval },
	{ "shortStr", struct_short, METH_NOARGS, KD_DOC_Struct_shortStr },
	{},
};

static PyGetSetDef struct_getset[] = {
	{ "Deref", struct_get_self, NULL, KD_DOC_Struct_Deref, NULL },
	{ "PYT_sinfo", struct_info, NULL, KD_DOC_StructType_PYT_sinfo, NULL },
	{},
};

static PyType_Spec struct_spec = {
	.name = "pykd.Struct",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_Struct },
			{ Py_tp_new, struct_new },
			{ Py_tp_getattro, struct_getattro },
			{ Py_tp_setattro, struct_setattro },
			{ Py_tp_str, struct_str },
			{ Py_tp_repr, struct_repr },
			{ Py_nb_add, struct_add },
			{ Py_mp_subscript, struct_subscript },
			{ Py_tp_iter, kd_py_elements },
			{ Py_mp_length, struct_length },
			{ Py_tp_methods, struct_methods },
			{ Py_tp_getset, struct_getset },
			{},
		},
};

int kd_py_struct_add(PyObject *module)
{
	kd_py_Struct = kd_py_typed_base(module, &struct_spec);
	return kd_py_Struct ? 0 : -1;
}
