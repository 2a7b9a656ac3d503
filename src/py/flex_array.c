/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FlexArray: an array that does not say how long it is. */
#include "py/flex_array.h"

#include "py/element.h"
#include "py/typed.h"

static PyObject *flex_subscript(PyObject *self, PyObject *index)
{
	uint64_t steps;
	return kd_py_address(index, &steps) ? kd_py_element(self, steps) : NULL;
}

static PyType_Spec flex_spec = {
	.name = "pykd.FlexArray",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_FlexArray },
			{ Py_tp_new, kd_py_typed_tp_new },
			{ Py_tp_traverse, kd_py_typed_traverse },
			{ Py_tp_repr, kd_py_address_repr },
			{ Py_tp_str, kd_py_address_str },
			{ Py_mp_subscript, flex_subscript },
			{ Py_tp_iter, kd_py_elements },
			{},
		},
};

int kd_py_flex_array_add(PyObject *module)
{
	kd_py_FlexArray = kd_py_typed_base(module, &flex_spec);
	return kd_py_FlexArray ? 0 : -1;
}
