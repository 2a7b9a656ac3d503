/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table from errors of the core to Python exceptions. */
#include "py/error.h"

PyObject *kd_py_Error, *kd_py_NotFoundError, *kd_py_MemberError, *kd_py_CTypeError, *kd_py_RangeError;
PyObject *kd_py_FaultError;
static PyObject *ProgramError, *FormatError, *UnsupportedError, *FileError, *CSyntaxError, *LimitError;

static PyObject **const exceptions[KD_ERROR_CALLBACK + 1] = {
	[KD_ERROR_OS] = &FileError,
	[KD_ERROR_FORMAT] = &FormatError,
	[KD_ERROR_UNSUPPORTED] = &UnsupportedError,
	[KD_ERROR_FAULT] = &kd_py_FaultError,
	[KD_ERROR_LOOKUP] = &kd_py_NotFoundError,
	[KD_ERROR_TYPE] = &kd_py_CTypeError,
	[KD_ERROR_VALUE] = &kd_py_RangeError,
	[KD_ERROR_SYNTAX] = &CSyntaxError,
	[KD_ERROR_LIMIT] = &LimitError,
};

static PyObject *fault_reasons[KD_FAULT_CORRUPT + 1];

/* base2 and base3 may be NULL. */
static PyObject *exception_new(PyObject *module, const char *name, const char *doc, PyObject *base, PyObject *base2,
			       PyObject *base3)
{
	char qualified[64];
	snprintf(qualified, sizeof(qualified), "pykd.%s", name);
	KD_PYOBJECT PyObject *bases = base3   ? PyTuple_Pack(3, base, base2, base3)
				      : base2 ? PyTuple_Pack(2, base, base2)
					      : PyTuple_Pack(1, base);
	if (!bases)
		return NULL;
	PyObject *exception = PyErr_NewExceptionWithDoc(qualified, doc, bases, NULL);
	if (exception && PyModule_AddObjectRef(module, name, exception) < 0)
		Py_CLEAR(exception);
	return exception;
}

int kd_py_error_add(PyObject *module)
{
#define EXCEPTION(variable, name, ...)                                                \
	if (!((variable) = exception_new(module, #name, KD_DOC_##name, __VA_ARGS__))) \
	return -1
	EXCEPTION(kd_py_Error, Error, PyExc_Exception, NULL, NULL);
	EXCEPTION(ProgramError, ProgramError, kd_py_Error, NULL, NULL);
	EXCEPTION(FormatError, FormatError, ProgramError, NULL, NULL);
	EXCEPTION(UnsupportedError, UnsupportedError, FormatError, NULL, NULL);
	EXCEPTION(FileError, FileError, ProgramError, PyExc_OSError, NULL);
	EXCEPTION(kd_py_FaultError, FaultError, ProgramError, NULL, NULL);
	EXCEPTION(kd_py_NotFoundError, NotFoundError, ProgramError, PyExc_LookupError, NULL);
	EXCEPTION(kd_py_MemberError, MemberError, kd_py_Error, PyExc_KeyError, PyExc_AttributeError);
	EXCEPTION(kd_py_CTypeError, CTypeError, ProgramError, PyExc_TypeError, NULL);
	EXCEPTION(CSyntaxError, CSyntaxError, ProgramError, PyExc_ValueError, NULL);
	EXCEPTION(kd_py_RangeError, RangeError, ProgramError, PyExc_ValueError, NULL);
	EXCEPTION(LimitError, LimitError, ProgramError, NULL, NULL);
#undef EXCEPTION
	/* A KeyError's own is the repr() of its key, and this is a sentence. */
	KD_PYOBJECT PyObject *plain = PyObject_GetAttrString(PyExc_BaseException, "__str__");
	if (!plain || PyObject_SetAttrString(kd_py_MemberError, "__str__", plain) < 0)
		return -1;
	if (PyObject_SetAttrString(kd_py_NotFoundError, "kind", Py_None) < 0 ||
	    PyObject_SetAttrString(kd_py_NotFoundError, "name", Py_None) < 0)
		return -1;
	for (size_t i = 0; i < KD_ARRAY_NR(fault_reasons); i++)
		if (!(fault_reasons[i] = PyUnicode_InternFromString(kd_fault_name(i))))
			return -1;
	return 0;
}

/* Steals value; false with an exception set. */
static bool set(PyObject *exception, const char *name, PyObject *value)
{
	KD_PYOBJECT PyObject *owned = value;
	return owned && PyObject_SetAttrString(exception, name, owned) == 0;
}

PyObject *kd_py_exception(struct kd_error *error)
{
	PyObject **class = exceptions[error->code];
	return kd_py_exception_of(class ? *class : NULL, error);
}

PyObject *kd_py_exception_of(PyObject *class, struct kd_error *error)
{
	KD_CLEANUP(kd_cleanup_error) struct kd_error *owned = error;
	if (error->code == KD_ERROR_CALLBACK)
		return NULL;
	if (error->code == KD_ERROR_NOMEM)
		return PyErr_NoMemory();

	/* It may quote a path or a name from the dump, with whatever bytes they have. */
	KD_PYOBJECT PyObject *message = PyUnicode_DecodeFSDefault(error->message);
	if (!message)
		return NULL;
	KD_PYOBJECT PyObject *exception = error->code == KD_ERROR_OS
						  ? PyObject_CallFunction(class, "iO", error->errnum, message)
						  : PyObject_CallFunction(class, "O", message);
	if (!exception)
		return NULL;
	bool ok = true;
	/* What was not found may be lost to a fault. */
	if (error->code == KD_ERROR_FAULT || (error->code == KD_ERROR_LOOKUP && error->fault))
		ok = set(exception, "address", PyLong_FromUnsignedLongLong(error->address)) &&
		     set(exception, "reason", Py_NewRef(fault_reasons[error->fault])) &&
		     set(exception, "physical", PyBool_FromLong(error->physical));
	else if (error->code == KD_ERROR_OS || error->code == KD_ERROR_FORMAT || error->code == KD_ERROR_UNSUPPORTED)
		ok = set(exception, "path", error->path ? PyUnicode_DecodeFSDefault(error->path) : Py_NewRef(Py_None));
	return ok ? kd_move_ptr(exception) : NULL;
}

PyObject *kd_py_raise(struct kd_error *error)
{
	KD_PYOBJECT PyObject *exception = kd_py_exception(error);
	if (exception)
		PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
	return NULL;
}

PyObject *kd_py_raise_not_found(struct kd_error *error, const char *kind, const char *name)
{
	bool is_known = error->code == KD_ERROR_LOOKUP;
	KD_PYOBJECT PyObject *exception = kd_py_exception(error);
	if (exception && (!is_known || (set(exception, "kind", PyUnicode_InternFromString(kind)) &&
					set(exception, "name", kd_py_text(name)))))
		PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
	return NULL;
}

PyObject *kd_py_raise_no_member(const struct kd_type *type, const char *type_name, const char *name)
{
	struct kd_member member;
	struct kd_error *err = kd_type_find_member(type, name, &member);
	if (!err || err->code != KD_ERROR_LOOKUP || !err->fault) {
		kd_error_destroy(err);
		return PyErr_Format(kd_py_MemberError, "<%s> does not have a field <%s>", type_name, name);
	}
	KD_PYOBJECT PyObject *exception = kd_py_exception_of(kd_py_MemberError, err);
	if (exception)
		PyErr_SetObject(kd_py_MemberError, exception);
	return NULL;
}
