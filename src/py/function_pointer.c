/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FunctionPointer: an address of code that knows how it is called. */
#include "py/function_pointer.h"

#include "py/typed.h"

static PyType_Spec function_spec = {
	.name = "pykd.FunctionPointer",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_FunctionPointer },
			{ Py_tp_new, kd_py_typed_tp_new },
			{ Py_tp_traverse, kd_py_typed_traverse },
			{ Py_tp_repr, kd_py_address_repr },
			{ Py_tp_str, kd_py_address_str },
			{},
		},
};

int kd_py_function_pointer_add(PyObject *module)
{
	kd_py_FunctionPointer = kd_py_typed_base(module, &function_spec);
	return kd_py_FunctionPointer ? 0 : -1;
}
