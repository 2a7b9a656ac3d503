/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The built-in module itself. */
#include "py/builtin.h"

#include "py/codec.h"
#include "py/cpu.h"
#include "py/cstring.h"
#include "py/debug_info.h"
#include "py/dump_methods.h"
#include "py/enum.h"
#include "py/error.h"
#include "py/flex_array.h"
#include "py/frame.h"
#include "py/function_pointer.h"
#include "py/instruction.h"
#include "py/member.h"
#include "py/module.h"
#include "py/path.h"
#include "py/plain.h"
#include "py/pointer.h"
#include "py/struct.h"
#include "py/struct_type.h"
#include "py/symbol.h"
#include "py/trace.h"
#include "py/type.h"

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_pykd",
	.m_doc = "The C core of pykd; see frozen/_pykd.pyi.",
	.m_size = -1,
};

static PyMethodDef *const functions[] = { kd_py_codec_functions, kd_py_dump_functions, kd_py_plain_functions,
					  kd_py_debug_info_functions };

static PyTypeObject *const types[] = {
	&kd_py_Dump,	&kd_py_Symbol, &kd_py_Module, &kd_py_Type,  &kd_py_Member,
	&kd_py_CString, &kd_py_Cpu,    &kd_py_Frame,  &kd_py_Trace, &kd_py_Instruction,
};

/* What makes its types or exceptions when the module is; each may need those before it. */
static int (*const makers[])(PyObject *module) = {
	kd_py_error_add,   kd_py_field_add,	 kd_py_struct_type_add,	     kd_py_struct_add,
	kd_py_pointer_add, kd_py_flex_array_add, kd_py_function_pointer_add, kd_py_enum_add,
	kd_py_cstring_add,
};

static PyMethodDef *const dump_methods[] = {
	kd_py_dump_memory_methods, kd_py_dump_symbols_methods, kd_py_dump_types_methods,
	kd_py_dump_life_methods,   kd_py_dump_bulk_methods,    kd_py_dump_search_methods,
	kd_py_dump_code_methods,   kd_py_dump_debug_methods,   kd_py_dump_plain_methods,
};

static bool add_dump_methods(void)
{
	KD_PYOBJECT PyObject *dict = PyType_GetDict(&kd_py_Dump);
	for (size_t i = 0; i < KD_ARRAY_NR(dump_methods); i++) {
		for (PyMethodDef *method = dump_methods[i]; method->ml_name; method++) {
			KD_PYOBJECT PyObject *descriptor = PyDescr_NewMethod(&kd_py_Dump, method);
			if (!descriptor || PyDict_SetItemString(dict, method->ml_name, descriptor) < 0)
				return false;
		}
	}
	PyType_Modified(&kd_py_Dump);
	return true;
}

PyMODINIT_FUNC PyInit__pykd(void)
{
	KD_PYOBJECT PyObject *module = PyModule_Create(&definition);
	if (!module)
		return NULL;
	for (size_t i = 0; i < KD_ARRAY_NR(functions); i++)
		if (PyModule_AddFunctions(module, functions[i]) < 0)
			return NULL;
	for (size_t i = 0; i < KD_ARRAY_NR(makers); i++)
		if (makers[i](module) < 0)
			return NULL;
	for (size_t i = 0; i < KD_ARRAY_NR(types); i++)
		if (PyModule_AddType(module, types[i]) < 0)
			return NULL;
	if (!add_dump_methods() || PyModule_AddObjectRef(module, "struct_info", Py_None) < 0 ||
	    PyModule_AddObjectRef(module, "type_info", Py_None) < 0 ||
	    PyModule_AddObjectRef(module, "describe", Py_None) < 0)
		return NULL;
	return kd_move_ptr(module);
}
