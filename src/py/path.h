/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Member paths ("mm.pgd", "se.sum_exec_runtime"): resolved once by type, then read without looking at names.
 */
#ifndef KD_PY_PATH_H
#define KD_PY_PATH_H

#include "py/class.h"
#include "py/reader.h"

/** A member path resolved once: zero or more pointers to follow, then a reader. */
struct kd_path {
	size_t hop_nr;
	uint64_t *hops; /* byte offset of each pointer from where the last one led */
	struct kd_reader reader;
	bool self; /* "": the object itself */
};
/** false with an exception set (MemberError if it does not resolve). @param pointers may pass struct pointers. */
bool kd_path_init(DumpObject *dump, struct kd_path *path, const struct kd_type *type, const char *text, bool pointers);
void kd_path_deinit(struct kd_path *path);
PyObject *kd_path_read(DumpObject *dump, struct kd_path *path, PyObject *self, kd_vaddr base,
		       const struct kd_place *place);

/** A path as a Python object: what the dicts of struct kd_typed hold. */
typedef struct {
	PyObject_HEAD struct kd_path path;
} FieldObject;

int kd_py_field_add(PyObject *module);
/** NULL with an exception set: see kd_path_init(). */
FieldObject *kd_py_field_new(DumpObject *dump, const struct kd_type *type, const char *path, bool pointers);
/** The path of a member added under that name to a class; NULL if none. */
const struct kd_path *kd_py_added_path(PyTypeObject *class, const char *name);

#endif
