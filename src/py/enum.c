/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enum: a number with a name. */
#include "py/enum.h"

#include "py/typed.h"

static PyObject *enumerator_names(struct kd_typed *typed)
{
	const struct kd_enumerator *enumerators;
	size_t nr;
	struct kd_error *err = kd_type_enumerators(typed->type, &enumerators, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *names = PyDict_New();
	for (size_t i = 0; names && i < nr; i++) {
		KD_PYOBJECT PyObject *value = typed->type->flags & KD_TYPE_SIGNED
						      ? PyLong_FromLongLong(enumerators[i].value)
						      : PyLong_FromUnsignedLongLong(enumerators[i].value);
		KD_PYOBJECT PyObject *name = kd_py_text(enumerators[i].name);
		/* Of several names for one value the first counts. */
		if (!value || !name || !PyDict_SetDefault(names, value, name))
			return NULL;
	}
	return kd_move_ptr(names);
}

/* An int that is nothing but that, whatever its size. */
static PyObject *plain_number(PyObject *self)
{
	return PyLong_Type.tp_as_number->nb_positive(self);
}

static PyObject *enum_str(PyObject *self)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (!typed->enumerators && !(typed->enumerators = enumerator_names(typed)))
		return NULL;
	PyObject *name = PyDict_GetItemWithError(typed->enumerators, self);
	if (name || PyErr_Occurred())
		return Py_XNewRef(name);
	KD_FREE char *type = kd_type_spell(typed->type);
	KD_PYOBJECT PyObject *number = plain_number(self);
	return number ? PyUnicode_FromFormat("<%s, bad value %S>", type ? type : "enum", number) : NULL;
}

/* "{}", "{:s}", "{:>20}" mean the name, "{:d}" and "{:x}" the number. */
static PyObject *enum_format(PyObject *self, PyObject *spec)
{
	Py_ssize_t len = PyUnicode_Check(spec) ? PyUnicode_GET_LENGTH(spec) : 0;
	Py_UCS4 last = len ? PyUnicode_READ_CHAR(spec, len - 1) : 's';
	KD_PYOBJECT PyObject *value = NULL;
	if (last < 128 && strchr("bcdoxXneEfFgG%", (int)last))
		value = plain_number(self);
	else
		value = enum_str(self);
	return value ? PyObject_Format(value, spec) : NULL;
}

static PyMethodDef enum_methods[] = {
	{ "__format__", enum_format, METH_O, NULL },
	{},
};

static PyGetSetDef enum_getset[] = {
	{ "einfo", kd_py_typed_get_info, NULL, KD_DOC_Enum_einfo, NULL },
	{},
};

static PyType_Spec enum_spec = {
	.name = "pykd.Enum",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_Enum },
			{ Py_tp_new, kd_py_typed_tp_new },
			{ Py_tp_traverse, kd_py_typed_traverse },
			{ Py_tp_str, enum_str },
			{ Py_tp_repr, enum_str },
			{ Py_tp_methods, enum_methods },
			{ Py_tp_getset, enum_getset },
			{},
		},
};

int kd_py_enum_add(PyObject *module)
{
	kd_py_Enum = kd_py_typed_base(module, &enum_spec);
	return kd_py_Enum ? 0 : -1;
}
