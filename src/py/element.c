/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements behind an address. */
#include "py/element.h"

#include "py/value.h"

PyObject *kd_py_element(PyObject *self, uint64_t index)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (kd_type_strip(typed->type->target)->kind == KD_VOID)
		return PyErr_Format(kd_py_CTypeError, "cannot dereference %R", self);
	return kd_py_value_read(typed->dump, &typed->element, kd_py_typed_value(self) + index * typed->stride, NULL);
}

/*
 * `for element in object` takes object[0], object[1] and so on. Nothing says how long an array behind a pointer is, so
 * the loop has to end by itself, by a break or a zip(); one that does not ends here.
 */
enum { MAX_STEPS = 1 << 20 };

PyObject *kd_py_elements(PyObject *self)
{
	KD_PYOBJECT PyObject *get = PyObject_GetAttrString(self, "__getitem__");
	KD_PYOBJECT PyObject *numbers = get ? PyObject_CallFunction((PyObject *)&PyRange_Type, "i", MAX_STEPS) : NULL;
	return numbers ? PyObject_CallFunctionObjArgs((PyObject *)&PyMap_Type, get, numbers, NULL) : NULL;
}
