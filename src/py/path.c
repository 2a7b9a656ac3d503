/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Member paths ("mm.pgd", "se.sum_exec_runtime"): resolved once by type, then read without looking at names. */
#include "py/path.h"

#include "py/typed.h"
#include "py/value.h"

static bool not_found(const struct kd_type *type, const char *name)
{
	KD_FREE char *spelled = kd_type_spell(type);
	return kd_py_raise_no_member(type, spelled ? spelled : "?", name);
}

static bool add_hop(struct kd_path *path, uint64_t offset)
{
	uint64_t *hops = PyMem_Realloc(path->hops, (path->hop_nr + 1) * sizeof(*hops));
	if (!hops) {
		PyErr_NoMemory();
		return false;
	}
	hops[path->hop_nr++] = offset;
	path->hops = hops;
	return true;
}

const struct kd_path *kd_py_added_path(PyTypeObject *class, const char *name)
{
	PyObject *field = PyDict_GetItemString(kd_py_own_typed(class)->added, name);
	return field ? &((FieldObject *)field)->path : NULL;
}

/* A member that was added to the type's class leads on by its own path: append that. */
static bool step_added(struct kd_path *path, uint64_t *offset, const struct kd_path *added, struct kd_member *member)
{
	for (size_t i = 0; i < added->hop_nr; i++) {
		if (!add_hop(path, *offset + added->hops[i]))
			return false;
		*offset = 0;
	}
	const struct kd_reader *reader = &added->reader;
	*member = (struct kd_member){ .type = reader->type };
	member->bit_offset = 8 * reader->offset;
	if (reader->kind == KD_READ_BITS) {
		member->bit_offset += reader->bit_shift;
		member->bit_size = reader->bit_size;
	}
	return true;
}

/* The member called name of type, whether the compiler's or added. */
static bool step(DumpObject *dump, struct kd_path *path, const struct kd_type *type, const char *name, uint64_t *offset,
		 struct kd_member *member)
{
	struct kd_error *err = kd_type_find_member(type, name, member);
	if (!err)
		return true;
	if (!kd_error_catch(&err, KD_ERROR_LOOKUP) && !kd_error_catch(&err, KD_ERROR_TYPE)) {
		kd_py_raise(err);
		return false;
	}
	const struct kd_type *stripped = kd_type_strip(type);
	if (stripped->kind != KD_STRUCT && stripped->kind != KD_UNION)
		return not_found(type, name);
	KD_PYOBJECT PyObject *class = kd_py_class(dump, type, NULL);
	if (!class)
		return false;
	const struct kd_path *added = kd_py_added_path((PyTypeObject *)class, name);
	return added ? step_added(path, offset, added, member) : not_found(type, name);
}

bool kd_path_init(DumpObject *dump, struct kd_path *path, const struct kd_type *type, const char *text, bool pointers)
{
	*path = (struct kd_path){ .self = !*text };
	if (path->self)
		return kd_reader_init(&path->reader, &(struct kd_member){ .type = type });

	KD_FREE char *parts = strdup(text);
	if (!parts) {
		PyErr_NoMemory();
		return false;
	}
	uint64_t offset = 0;
	char *rest = parts, *name;
	struct kd_member member = {};
	bool ok = true;
	while (ok && (name = strsep(&rest, "."))) {
		const struct kd_type *inside = kd_type_strip(type);
		if (inside->kind == KD_POINTER && pointers) {
			ok = add_hop(path, offset);
			offset = 0;
			type = inside->target;
		}
		ok = ok && step(dump, path, type, name, &offset, &member);
		if (ok && rest) {
			offset += member.bit_offset / 8;
			type = member.type;
		}
	}
	member.bit_offset += 8 * offset;
	ok = ok && kd_reader_init(&path->reader, &member);
	if (!ok)
		kd_path_deinit(path);
	return ok;
}

void kd_path_deinit(struct kd_path *path)
{
	kd_reader_deinit(&path->reader);
	PyMem_Free(path->hops);
	path->hops = NULL;
}

PyObject *kd_path_read(DumpObject *dump, struct kd_path *path, PyObject *self, kd_vaddr base,
		       const struct kd_place *place)
{
	if (path->self && self)
		return Py_NewRef(self);
	for (size_t i = 0; i < path->hop_nr; i++) {
		struct kd_error *err = kd_py_read_u64(dump, base + path->hops[i], &base);
		if (err)
			return kd_py_raise(err);
	}
	return kd_py_value_read(dump, &path->reader, base, place);
}

/* ---- Field ---- */

/* A class holds its fields, and these the classes of what they read: they are found by their circles, as the rest of a
 * dump that nobody has any more. */
static int field_traverse(PyObject *self, visitproc visit, void *arg)
{
	return kd_reader_traverse(&((FieldObject *)self)->path.reader, visit, arg);
}

static void field_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	kd_path_deinit(&((FieldObject *)self)->path);
	PyObject_GC_Del(self);
}

static PyTypeObject Field = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Field",
	.tp_basicsize = sizeof(FieldObject),
	.tp_dealloc = field_dealloc,
	.tp_traverse = field_traverse,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

FieldObject *kd_py_field_new(DumpObject *dump, const struct kd_type *type, const char *path, bool pointers)
{
	FieldObject *field = PyObject_GC_New(FieldObject, &Field);
	if (!field)
		return NULL;
	field->path = (struct kd_path){};
	if (kd_path_init(dump, &field->path, type, path, pointers))
		PyObject_GC_Track(field);
	else
		Py_CLEAR(field);
	return field;
}

int kd_py_field_add(PyObject *module __attribute__((unused)))
{
	return PyType_Ready(&Field);
}
