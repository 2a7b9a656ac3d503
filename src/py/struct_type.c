/* SPDX-License-Identifier: GPL-2.0-or-later */
/* StructType: the class of the classes of typed objects. */
#include "py/struct_type.h"

#include "py/path.h"

static int meta_traverse(PyObject *self, visitproc visit, void *arg)
{
	struct kd_typed *typed = kd_py_own_typed((PyTypeObject *)self);
	Py_VISIT(typed->dump);
	Py_VISIT(typed->info);
	Py_VISIT(typed->fields);
	Py_VISIT(typed->added);
	Py_VISIT(typed->enumerators);
	int found = kd_reader_traverse(&typed->element, visit, arg);
	if (found)
		return found;
	return PyType_Type.tp_traverse(self, visit, arg);
}

static int meta_clear(PyObject *self)
{
	struct kd_typed *typed = kd_py_own_typed((PyTypeObject *)self);
	Py_CLEAR(typed->fields);
	Py_CLEAR(typed->added);
	Py_CLEAR(typed->info);
	Py_CLEAR(typed->enumerators);
	kd_reader_deinit(&typed->element);
	Py_CLEAR(typed->dump);
	return PyType_Type.tp_clear(self);
}

static int meta_setattro(PyObject *self, PyObject *name, PyObject *value)
{
	/* A class attribute may now hide a member. */
	struct kd_typed *typed = kd_py_own_typed((PyTypeObject *)self);
	if (typed->fields)
		PyDict_Clear(typed->fields);
	return PyType_Type.tp_setattro(self, name, value);
}

static PyObject *meta_add_member(PyObject *self, PyObject *args)
{
	PyObject *name;
	const char *path;
	if (!PyArg_ParseTuple(args, "Us:add_member", &name, &path))
		return NULL;
	struct kd_typed *typed = kd_py_own_typed((PyTypeObject *)self);
	if (!typed->dump)
		return PyErr_Format(kd_py_CTypeError, "%s has no C type", ((PyTypeObject *)self)->tp_name);
	KD_PYOBJECT PyObject *field = (PyObject *)kd_py_field_new(typed->dump, typed->type, path, true);
	if (!field) {
		if (!PyErr_ExceptionMatches(kd_py_MemberError))
			return NULL;
		PyErr_Clear();
		Py_RETURN_FALSE;
	}
	PyDict_Clear(typed->fields);
	if (PyDict_SetItem(typed->added, name, field) < 0)
		return NULL;
	Py_RETURN_TRUE;
}

/* 1: *ret is the member's byte offset; 0: it is an attribute that has none (passes a pointer); -1: there is no such
 * member; -2: an exception is set. */
static int member_at(PyTypeObject *class, PyObject *name, uint64_t *ret)
{
	const char *text = PyUnicode_AsUTF8(name);
	if (!text)
		return -2;
	struct kd_typed *typed = kd_py_typed(class);
	if (!typed)
		return -1;
	const struct kd_path *added = PyDict_Contains(typed->added, name) == 1
					      ? &((FieldObject *)PyDict_GetItem(typed->added, name))->path
					      : NULL;
	if (added) {
		*ret = added->reader.offset;
		return added->hop_nr == 0;
	}
	struct kd_member member;
	struct kd_error *err = kd_type_find_member(typed->type, text, &member);
	if (!err) {
		*ret = member.bit_offset / 8;
		return 1;
	}
	if (kd_error_catch(&err, KD_ERROR_LOOKUP) || kd_error_catch(&err, KD_ERROR_TYPE))
		return -1;
	kd_py_raise(err);
	return -2;
}

/* A property that was set on the class: a member that is computed. */
static bool has_property(PyTypeObject *class, PyObject *name)
{
	KD_PYOBJECT PyObject *dict = PyType_GetDict(class);
	PyObject *attribute = dict ? PyDict_GetItemWithError(dict, name) : NULL;
	return attribute && PyObject_TypeCheck(attribute, &PyProperty_Type);
}

PyObject *kd_py_has_member(PyObject *self, PyObject *name)
{
	uint64_t offset;
	int found = member_at((PyTypeObject *)self, name, &offset);
	return found == -2 ? NULL : PyBool_FromLong(found >= 0 || has_property((PyTypeObject *)self, name));
}

PyObject *kd_py_member_offset(PyObject *self, PyObject *name)
{
	uint64_t offset;
	int found = member_at((PyTypeObject *)self, name, &offset);
	if (found == -2)
		return NULL;
	return found == 1 ? PyLong_FromUnsignedLongLong(offset) : Py_NewRef(Py_None);
}

/* Its name is PyKdump's; people see the kernel's. */
static PyObject *meta_repr(PyObject *self)
{
	struct kd_typed *typed = kd_py_own_typed((PyTypeObject *)self);
	if (!typed->dump)
		return PyType_Type.tp_repr(self);
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString(self, "PYT_symbol");
	return symbol ? PyUnicode_FromFormat("<class '%U'>", symbol) : NULL;
}

static PyObject *meta_info(PyObject *self, void *closure)
{
	(void)closure;
	return kd_py_class_info((PyTypeObject *)self, "struct_info");
}

static PyMethodDef meta_methods[] = {
	{ "add_member", meta_add_member, METH_VARARGS, KD_DOC_StructType_add_member },
	{ "has_member", kd_py_has_member, METH_O, KD_DOC_StructType_has_member },
	{ "member_offset", kd_py_member_offset, METH_O, KD_DOC_StructType_member_offset },
	{},
};

static PyGetSetDef meta_getset[] = {
	{ "PYT_sinfo", meta_info, NULL, KD_DOC_StructType_PYT_sinfo, NULL },
	{},
};

static PyType_Spec meta_spec = {
	.name = "pykd.StructType",
	.basicsize = -(int)sizeof(struct kd_typed),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_StructType },
			{ Py_tp_traverse, meta_traverse },
			{ Py_tp_clear, meta_clear },
			{ Py_tp_setattro, meta_setattro },
			{ Py_tp_repr, meta_repr },
			{ Py_tp_methods, meta_methods },
			{ Py_tp_getset, meta_getset },
			{},
		},
};

int kd_py_struct_type_add(PyObject *module)
{
	kd_py_StructType = (PyTypeObject *)PyType_FromSpecWithBases(&meta_spec, (PyObject *)&PyType_Type);
	return kd_py_StructType ? PyModule_AddObjectRef(module, "StructType", (PyObject *)kd_py_StructType) : -1;
}
