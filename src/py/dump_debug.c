/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump: what only debug info knows. */
#include "debug/lines.h"
#include "py/dump_methods.h"

static PyObject *source_frame(const struct kd_source_frame *frame)
{
	KD_PYOBJECT PyObject *function = kd_py_text(frame->function), *file = kd_py_text(frame->file);
	if (!function || !file)
		return NULL;
	return Py_BuildValue("(OOIO)", function, file, frame->line, frame->inlined ? Py_True : Py_False);
}

KD_METHOD_O(source)
{
	uint64_t address;
	if (!kd_py_address(argument, &address))
		return NULL;
	struct kd_source_vector frames = {};
	struct kd_error *err = kd_kernel_source(DUMP(self)->kernel, address, &frames);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)frames.nr);
	for (size_t i = 0; list && i < frames.nr; i++) {
		PyObject *frame = source_frame(&frames.data[i]);
		if (!frame) {
			Py_CLEAR(list);
			break;
		}
		PyList_SET_ITEM(list, (Py_ssize_t)i, frame);
	}
	kd_source_vector_deinit(&frames);
	return kd_move_ptr(list);
}

PyMethodDef kd_py_dump_debug_methods[] = {
	KD_O_ENTRY(source),
	{ NULL },
};
