/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * From errors of the core to Python exceptions.
 */
#ifndef KD_PY_ERROR_H
#define KD_PY_ERROR_H

#include "base/error.h"
#include "py/py.h"
#include "types/type.h"

extern PyObject *kd_py_Error, *kd_py_NotFoundError, *kd_py_MemberError, *kd_py_CTypeError, *kd_py_RangeError;
extern PyObject *kd_py_FaultError;

int kd_py_error_add(PyObject *module);
/**
 * What a function that the core calls back, or that otherwise returns an error of the core, makes of a Python exception
 * that is set: it stays set, and kd_py_raise() at the other end leaves it as it is. Never of one that is not set.
 */
static inline struct kd_error *kd_py_callback_error(void)
{
	return &kd_error_callback;
}

/** Sets the Python exception for error and destroys it; always returns NULL. */
PyObject *kd_py_raise(struct kd_error *error);
/** The exception instance instead of raising it; destroys error. NULL with a Python error set on failure, and for what
 *  kd_py_callback_error() gave. */
PyObject *kd_py_exception(struct kd_error *error);
/** The same of another class than the one for errors of its kind. */
PyObject *kd_py_exception_of(PyObject *class, struct kd_error *error);

/** Of an error of kind KD_ERROR_LOOKUP what was looked for is told too: NotFoundError's kind and name. Always NULL. */
PyObject *kd_py_raise_not_found(struct kd_error *error, const char *kind, const char *name);

/** MemberError, which says it where the member may be lost, with the fault that cost its name. Always NULL. */
PyObject *kd_py_raise_no_member(const struct kd_type *type, const char *type_name, const char *name);

#endif
