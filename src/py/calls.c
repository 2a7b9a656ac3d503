/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers and variables of the frames of one trace. */
#include "py/calls.h"

#include "code/locals.h"
#include "py/type.h"
#include "py/unwinder.h"
#include "py/value.h"

struct kd_py_calls {
	size_t users;
	struct kd_frame_vector frames;
	struct kd_restored_vector restored; /* empty until it is asked for */
};

struct kd_py_calls *kd_py_calls_create(DumpObject *dump, const struct kd_frame_vector *frames, bool *ret_ok)
{
	*ret_ok = true;
	if (!frames->nr || !kd_kernel_debug_images(dump->kernel))
		return NULL;
	struct kd_py_calls *calls = calloc(1, sizeof(*calls));
	if (!calls || !kd_frame_vector_reserve(&calls->frames, frames->nr)) {
		free(calls);
		PyErr_NoMemory();
		*ret_ok = false;
		return NULL;
	}
	memcpy(calls->frames.data, frames->data, frames->nr * sizeof(*frames->data));
	calls->frames.nr = frames->nr;
	calls->users = 1;
	return calls;
}

struct kd_py_calls *kd_py_calls_share(struct kd_py_calls *calls)
{
	if (calls)
		calls->users++;
	return calls;
}

void kd_py_calls_release(struct kd_py_calls *calls)
{
	if (!calls || --calls->users)
		return;
	kd_frame_vector_deinit(&calls->frames);
	kd_restored_vector_deinit(&calls->restored);
	free(calls);
}

/** The unwinder, with the registers restored; NULL with an exception set. */
static struct kd_unwinder *restore(struct kd_py_calls *calls, DumpObject *dump)
{
	struct kd_unwinder *unwinder = kd_py_unwinder(dump);
	if (!unwinder || calls->restored.nr)
		return unwinder;
	struct kd_error *err = kd_restore(unwinder, calls->frames.data, calls->frames.nr, &calls->restored);
	if (err)
		kd_py_raise(err);
	return err ? NULL : unwinder;
}

bool kd_py_calls_registers(struct kd_py_calls *calls, DumpObject *dump, size_t index, struct kd_restored *ret)
{
	if (!restore(calls, dump))
		return false;
	*ret = calls->restored.data[index];
	return true;
}

static bool locals_of(struct kd_py_calls *calls, DumpObject *dump, size_t index, struct kd_local_vector *ret)
{
	struct kd_dwarf *dwarf;
	struct kd_unwinder *unwinder;
	if (!calls) {
		struct kd_error *none = kd_kernel_dwarf(dump->kernel, &dwarf);
		kd_py_raise(none ?: kd_error_create(KD_ERROR_LOOKUP, "there is no debug info"));
		return false;
	}
	unwinder = restore(calls, dump);
	if (!unwinder)
		return false;
	struct kd_error *err =
		kd_frame_locals(unwinder, calls->frames.data, calls->restored.data, calls->frames.nr, index, ret);
	if (err)
		kd_py_raise(err);
	return !err;
}

static PyObject *place_of(const struct kd_local *local)
{
	switch (local->kind) {
	case KD_LOCAL_AT:
		return PyLong_FromUnsignedLongLong(local->address);
	case KD_LOCAL_IS:
		return PyBytes_FromStringAndSize((const char *)local->bytes, (Py_ssize_t)local->type->size);
	default:
		Py_RETURN_NONE;
	}
}

static PyObject *variable(DumpObject *dump, const struct kd_local *local)
{
	KD_PYOBJECT PyObject *name = kd_py_text(local->name), *type = kd_py_type_wrap(dump, local->type);
	KD_PYOBJECT PyObject *place = place_of(local), *why = kd_py_text(local->why);
	if (!name || !type || !place || !why)
		return NULL;
	return Py_BuildValue("(OIOIOOO)", name, local->level, local->is_parameter ? Py_True : Py_False, local->line,
			     type, place, why);
}

static PyObject *name_of(DumpObject *dump, const struct kd_local *local)
{
	(void)dump;
	return kd_py_text(local->name);
}

static PyObject *list_of(struct kd_py_calls *calls, DumpObject *dump, size_t index,
			 PyObject *(*make)(DumpObject *, const struct kd_local *))
{
	KD_CLEANUP(kd_locals_deinit) struct kd_local_vector locals = {};
	KD_PYOBJECT PyObject *list = locals_of(calls, dump, index, &locals) ? PyList_New((Py_ssize_t)locals.nr) : NULL;
	for (size_t i = 0; list && i < locals.nr; i++) {
		PyObject *one = make(dump, &locals.data[i]);
		if (!one)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, one);
	}
	return kd_move_ptr(list);
}

PyObject *kd_py_calls_variables(struct kd_py_calls *calls, DumpObject *dump, size_t index)
{
	return list_of(calls, dump, index, variable);
}

PyObject *kd_py_calls_names(struct kd_py_calls *calls, DumpObject *dump, size_t index)
{
	KD_PYOBJECT PyObject *names = list_of(calls, dump, index, name_of);
	KD_PYOBJECT PyObject *once = names ? PyDict_New() : NULL;
	for (Py_ssize_t i = 0; once && i < PyList_GET_SIZE(names); i++)
		if (PyDict_SetItem(once, PyList_GET_ITEM(names, i), Py_None) < 0)
			return NULL;
	return once ? PyDict_Keys(once) : NULL;
}

PyObject *kd_py_calls_value(struct kd_py_calls *calls, DumpObject *dump, size_t index, const char *name)
{
	KD_CLEANUP(kd_locals_deinit) struct kd_local_vector locals = {};
	if (!locals_of(calls, dump, index, &locals))
		return NULL;
	for (size_t i = 0; i < locals.nr; i++) {
		const struct kd_local *local = &locals.data[i];
		if (strcmp(local->name, name))
			continue;
		switch (local->kind) {
		case KD_LOCAL_AT:
			return kd_py_value(dump, local->type, local->address);
		case KD_LOCAL_IS:
			return kd_py_value_of_bytes(dump, local->type, local->bytes);
		default:
			return kd_py_raise(kd_error_create(KD_ERROR_LOOKUP, "%s: %s", name, local->why));
		}
	}
	return kd_py_raise(kd_error_create(KD_ERROR_LOOKUP, "no variable %s in this frame", name));
}
