/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typed objects: what their classes know, and how instances are made. */
#include "py/typed.h"

#include <cpython/longintrepr.h>

#include "py/type.h"

PyTypeObject *kd_py_StructType, *kd_py_Struct, *kd_py_Pointer, *kd_py_FlexArray, *kd_py_FunctionPointer, *kd_py_Enum;

struct kd_typed *kd_py_own_typed(PyTypeObject *class)
{
	return PyObject_GetTypeData((PyObject *)class, kd_py_StructType);
}

struct kd_typed *kd_py_typed(PyTypeObject *class)
{
	for (; class && PyObject_TypeCheck((PyObject *)class, kd_py_StructType); class = class->tp_base)
		if (kd_py_own_typed(class)->dump)
			return kd_py_own_typed(class);
	return NULL;
}

PyObject *kd_py_class_info(PyTypeObject *class, const char *hook)
{
	struct kd_typed *typed = kd_py_typed(class);
	if (!typed)
		return PyErr_Format(PyExc_AttributeError, "%s has no C type", class->tp_name);
	if (!typed->info) {
		KD_PYOBJECT PyObject *module = PyImport_ImportModule("_pykd");
		KD_PYOBJECT PyObject *function = module ? PyObject_GetAttrString(module, hook) : NULL;
		if (!function)
			return NULL;
		typed->info = function == Py_None ? kd_py_type_wrap(typed->dump, typed->type)
						  : PyObject_CallOneArg(function, (PyObject *)class);
	}
	return Py_XNewRef(typed->info);
}

/* NULL: there is no hook. */
static PyObject *describe_hook(void)
{
	KD_PYOBJECT PyObject *module = PyImport_ImportModule("_pykd");
	KD_PYOBJECT PyObject *function = module ? PyObject_GetAttrString(module, "describe") : NULL;
	if (!function)
		PyErr_Clear();
	return !function || function == Py_None ? NULL : kd_move_ptr(function);
}

bool kd_py_has_describe(void)
{
	KD_PYOBJECT PyObject *function = describe_hook();
	return function != NULL;
}

PyObject *kd_py_described(PyObject *self)
{
	KD_PYOBJECT PyObject *function = describe_hook();
	return function ? PyObject_CallOneArg(function, self) : NULL;
}

PyObject *kd_py_typed_text(PyObject *self)
{
	KD_FREE char *type = kd_type_spell(kd_py_typed(Py_TYPE(self))->type);
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)kd_py_typed_value(self));
	return PyUnicode_FromFormat("(%s)%s", type ? type : "?", address);
}

PyObject *kd_py_address_repr(PyObject *self)
{
	return kd_py_has_describe() ? kd_py_typed_text(self) : PyLong_Type.tp_repr(self);
}

PyObject *kd_py_address_str(PyObject *self)
{
	PyObject *described = kd_py_described(self);
	return described || PyErr_Occurred() ? described : PyLong_Type.tp_repr(self);
}

/* ---- instances ---- */

PyObject *kd_py_typed_new(PyTypeObject *class, uint64_t value)
{
	/* What int.__new__() does for a subclass, without the int in between. */
	Py_ssize_t digits_nr = value >> (2 * PyLong_SHIFT) ? 3 : value >> PyLong_SHIFT ? 2 : value != 0;
	PyLongObject *self = (PyLongObject *)class->tp_alloc(class, digits_nr ? digits_nr : 1);
	if (!self)
		return NULL;
	enum { SIGN_ZERO = 1, NON_SIZE_BITS = 3 }; /* of lv_tag, see longintrepr.h */
	self->long_value.lv_tag = digits_nr ? (uintptr_t)digits_nr << NON_SIZE_BITS : SIGN_ZERO;
	self->long_value.ob_digit[0] = 0;
	for (Py_ssize_t i = 0; i < digits_nr; i++)
		self->long_value.ob_digit[i] = (value >> (i * PyLong_SHIFT)) & PyLong_MASK;
	return (PyObject *)self;
}

PyObject *kd_py_typed_new_signed(PyTypeObject *class, int64_t value)
{
	if (value >= 0)
		return kd_py_typed_new(class, value);
	KD_PYOBJECT PyObject *args = Py_BuildValue("(L)", (long long)value);
	return args ? PyLong_Type.tp_new(class, args, NULL) : NULL;
}

/* ---- base classes ---- */

PyTypeObject *kd_py_typed_base(PyObject *module, PyType_Spec *spec)
{
	PyObject *class = PyType_FromMetaclass(kd_py_StructType, NULL, spec, (PyObject *)&PyLong_Type);
	if (class && PyModule_AddObjectRef(module, strchr(spec->name, '.') + 1, class) < 0)
		Py_CLEAR(class);
	return (PyTypeObject *)class;
}

PyObject *kd_py_typed_tp_new(PyTypeObject *class, PyObject *args, PyObject *kwargs)
{
	uint64_t value;
	(void)kwargs;
	if (!kd_py_typed(class))
		return PyErr_Format(PyExc_TypeError, "%s objects come from a dump", class->tp_name);
	return PyArg_ParseTuple(args, "O&", kd_py_address, &value) ? kd_py_typed_new(class, value) : NULL;
}

int kd_py_typed_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(self));
	return 0;
}

PyObject *kd_py_typed_get_info(PyObject *self, void *closure)
{
	(void)closure;
	return kd_py_class_info(Py_TYPE(self), "type_info");
}
