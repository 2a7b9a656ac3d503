/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CString: text in the dump that still knows its bytes and where it lay. */
#include "py/cstring.h"

#include "py/typed.h"

typedef struct {
	PyUnicodeObject text;
	PyObject *bytes;
	kd_vaddr address; /* 0: unknown */
	kd_vaddr pointer;
	bool has_pointer;
} CStringObject;

PyObject *kd_py_decode(const char *bytes, size_t len)
{
	return PyUnicode_DecodeASCII(bytes, strnlen(bytes, len), "backslashreplace");
}

static PyObject *cstring_make(PyTypeObject *type, const char *bytes, size_t len, kd_vaddr address, bool has_pointer,
			      kd_vaddr pointer)
{
	KD_PYOBJECT PyObject *text = kd_py_decode(bytes, len);
	KD_PYOBJECT PyObject *args = text ? PyTuple_Pack(1, text) : NULL;
	if (!args)
		return NULL;
	KD_PYOBJECT PyObject *self = PyUnicode_Type.tp_new(type, args, NULL);
	if (!self)
		return NULL;
	CStringObject *string = (CStringObject *)self;
	string->address = address;
	string->has_pointer = has_pointer;
	string->pointer = pointer;
	string->bytes = PyBytes_FromStringAndSize(bytes, len);
	return string->bytes ? kd_move_ptr(self) : NULL;
}

/* What a member yields is of a class that is called as the member's type. */
static PyTypeObject pointer_text = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.char *",
	.tp_base = &kd_py_CString,
};
static PyTypeObject array_text = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.char []",
	.tp_base = &kd_py_CString,
};

int kd_py_cstring_add(PyObject *module)
{
	(void)module;
	return PyType_Ready(&pointer_text) < 0 || PyType_Ready(&array_text) < 0 ? -1 : 0;
}

PyObject *kd_py_cstring_new(const char *bytes, size_t len, kd_vaddr address, bool has_pointer, kd_vaddr pointer)
{
	return cstring_make(has_pointer ? &pointer_text : &array_text, bytes, len, address, has_pointer, pointer);
}

/* The text that a pointer leads to. */
static PyObject *cstring_from_pointer(PyObject *pointer)
{
	KD_PYOBJECT PyObject *levels = PyObject_GetAttrString(pointer, "ptrlev");
	if (!levels)
		return NULL;
	if (PyLong_AsLong(levels) != 1)
		return PyErr_Format(PyExc_TypeError, "%R does not point to text", pointer);
	KD_PYOBJECT PyObject *text = PyObject_GetAttrString(pointer, "text");
	if (!text)
		return NULL;
	if (text == Py_None)
		return PyErr_Format(PyExc_IndexError, "NULL pointer %R", pointer);
	return kd_move_ptr(text);
}

static PyObject *cstring_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "text", "addr", "ptr", NULL };
	PyObject *text, *addr = Py_None, *ptr = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:CString", keywords, &text, &addr, &ptr))
		return NULL;
	if (PyObject_TypeCheck(text, kd_py_Pointer))
		return cstring_from_pointer(text);
	uint64_t address = 0, pointer = 0;
	if ((addr != Py_None && !kd_py_address(addr, &address)) || (ptr != Py_None && !kd_py_address(ptr, &pointer)))
		return NULL;
	KD_PYOBJECT PyObject *bytes = NULL;
	if (PyUnicode_Check(text))
		bytes = PyUnicode_AsUTF8String(text);
	else if (PyBytes_Check(text))
		bytes = Py_NewRef(text);
	else
		PyErr_Format(PyExc_TypeError, "CString takes bytes or a pointer to char, not %T", text);
	if (!bytes)
		return NULL;
	return cstring_make(type, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), address, ptr != Py_None, pointer);
}

static void cstring_dealloc(PyObject *self)
{
	Py_CLEAR(((CStringObject *)self)->bytes);
	PyUnicode_Type.tp_dealloc(self);
}

static PyObject *cstring_int(PyObject *self)
{
	CStringObject *string = (CStringObject *)self;
	if (!string->has_pointer)
		return PyErr_Format(PyExc_TypeError, "this text is an array, not a pointer");
	return PyLong_FromUnsignedLongLong(string->pointer);
}

/* Indexes reach past the NUL: the whole array counts. */
static PyObject *cstring_subscript(PyObject *self, PyObject *index)
{
	CStringObject *string = (CStringObject *)self;
	KD_PYOBJECT PyObject *whole =
		PyUnicode_DecodeLatin1(PyBytes_AS_STRING(string->bytes), PyBytes_GET_SIZE(string->bytes), NULL);
	return whole ? PyObject_GetItem(whole, index) : NULL;
}

static PyObject *cstring_get_bytes(PyObject *self, void *closure)
{
	(void)closure;
	return Py_NewRef(((CStringObject *)self)->bytes);
}

static PyObject *cstring_get_addr(PyObject *self, void *closure)
{
	(void)closure;
	CStringObject *string = (CStringObject *)self;
	return string->address ? PyLong_FromUnsignedLongLong(string->address) : Py_NewRef(Py_None);
}

static PyObject *cstring_get_ptr(PyObject *self, void *closure)
{
	(void)closure;
	CStringObject *string = (CStringObject *)self;
	return string->has_pointer ? PyLong_FromUnsignedLongLong(string->pointer) : Py_NewRef(Py_None);
}

static PyGetSetDef cstring_getset[] = {
	{ "ByteArray", cstring_get_bytes, NULL, KD_DOC_CString_ByteArray, NULL },
	{ "addr", cstring_get_addr, NULL, KD_DOC_CString_addr, NULL },
	{ "ptr", cstring_get_ptr, NULL, KD_DOC_CString_ptr, NULL },
	{},
};

static PyNumberMethods cstring_as_number = {
	.nb_int = cstring_int,
};

static PyMappingMethods cstring_as_mapping = {
	.mp_subscript = cstring_subscript,
};

PyTypeObject kd_py_CString = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.CString",
	.tp_basicsize = sizeof(CStringObject),
	.tp_base = &PyUnicode_Type,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.tp_doc = KD_DOC_CString,
	.tp_new = cstring_new,
	.tp_dealloc = cstring_dealloc,
	.tp_as_number = &cstring_as_number,
	.tp_as_mapping = &cstring_as_mapping,
	.tp_getset = cstring_getset,
};
