/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The built-in module itself. */
#include "py/module.h"

#include "py/py.h"

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_pykd",
	.m_doc = "The C core of pykd; see frozen/_pykd.pyi.",
	.m_size = -1,
};

static bool add_type(PyObject *module, PyTypeObject *type)
{
	return PyModule_AddType(module, type) == 0;
}

PyMODINIT_FUNC PyInit__pykd(void)
{
	KD_PYOBJECT PyObject *module = PyModule_Create(&definition);
	if (!module || PyModule_AddFunctions(module, kd_py_codec_methods) < 0 ||
	    PyModule_AddFunctions(module, kd_py_dump_functions) < 0 || kd_py_error_add(module) < 0 ||
	    kd_py_typed_add(module) < 0 || !add_type(module, &kd_py_Dump) || !add_type(module, &kd_py_Symbol) ||
	    !add_type(module, &kd_py_Module) || !add_type(module, &kd_py_Type) || !add_type(module, &kd_py_Member) ||
	    !add_type(module, &kd_py_CString) || !add_type(module, &kd_py_Cpu) || !add_type(module, &kd_py_Frame) ||
	    !add_type(module, &kd_py_Trace) || !add_type(module, &kd_py_Instruction) ||
	    PyModule_AddObjectRef(module, "struct_info", Py_None) < 0 ||
	    PyModule_AddObjectRef(module, "type_info", Py_None) < 0)
		return NULL;
	return kd_move_ptr(module);
}
