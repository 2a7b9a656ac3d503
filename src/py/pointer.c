/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pointer: a pointer to anything but a struct. */
#include "py/pointer.h"

#include "py/cstring.h"
#include "py/element.h"
#include "py/typed.h"
#include "py/value.h"

static PyObject *pointer_subscript(PyObject *self, PyObject *index)
{
	uint64_t steps;
	if (!kd_py_address(index, &steps))
		return NULL;
	if (!kd_py_typed_value(self))
		return PyErr_Format(PyExc_IndexError, "\nNULL pointer %R", self);
	return kd_py_element(self, steps);
}

static PyObject *pointer_deref(PyObject *self, PyObject *unused)
{
	(void)unused;
	KD_PYOBJECT PyObject *zero = PyLong_FromLong(0);
	return pointer_subscript(self, zero);
}

static PyObject *pointer_get_deref(PyObject *self, void *closure)
{
	(void)closure;
	return pointer_deref(self, NULL);
}

static PyObject *pointer_get_level(PyObject *self, void *closure)
{
	(void)closure;
	long level = 0;
	for (const struct kd_type *type = kd_py_typed(Py_TYPE(self))->type; type->kind == KD_POINTER;
	     type = kd_type_strip(type->target))
		level++;
	return PyLong_FromLong(level);
}

/* The text that it points to, whatever its target; None if NULL. For CString(pointer). */
static PyObject *pointer_get_text(PyObject *self, void *closure)
{
	(void)closure;
	kd_vaddr address = kd_py_typed_value(self);
	return address ? kd_py_text_behind(kd_py_typed(Py_TYPE(self))->dump, address, address) : Py_NewRef(Py_None);
}

static PyObject *pointer_repr(PyObject *self)
{
	if (kd_py_has_describe())
		return kd_py_typed_text(self);
	KD_FREE char *type = kd_type_spell(kd_py_typed(Py_TYPE(self))->type);
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)kd_py_typed_value(self));
	return PyUnicode_FromFormat("<tPtr addr=%s ctype='%s'>", address, type ? type : "?");
}

static PyObject *pointer_str(PyObject *self)
{
	PyObject *described = kd_py_described(self);
	return described || PyErr_Occurred() ? described : pointer_repr(self);
}

static PyMethodDef pointer_methods[] = {
	{ "getDeref", pointer_deref, METH_NOARGS, KD_DOC_Pointer_getDeref },
	{},
};

static PyGetSetDef pointer_getset[] = {
	{ "Deref", pointer_get_deref, NULL, KD_DOC_Pointer_Deref, NULL },
	{ "ptrlev", pointer_get_level, NULL, KD_DOC_Pointer_ptrlev, NULL },
	{ "text", pointer_get_text, NULL, KD_DOC_Pointer_text, NULL },
	{ "ti", kd_py_typed_get_info, NULL, KD_DOC_Pointer_ti, NULL },
	{ "ptype", kd_py_typed_get_info, NULL, KD_DOC_Pointer_ptype, NULL },
	{},
};

static PyType_Spec pointer_spec = {
	.name = "pykd.Pointer",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_Pointer },
			{ Py_tp_new, kd_py_typed_tp_new },
			{ Py_tp_traverse, kd_py_typed_traverse },
			{ Py_tp_repr, pointer_repr },
			{ Py_tp_str, pointer_str },
			{ Py_mp_subscript, pointer_subscript },
			{ Py_tp_iter, kd_py_elements },
			{ Py_tp_methods, pointer_methods },
			{ Py_tp_getset, pointer_getset },
			{},
		},
};

int kd_py_pointer_add(PyObject *module)
{
	kd_py_Pointer = kd_py_typed_base(module, &pointer_spec);
	return kd_py_Pointer ? 0 : -1;
}
