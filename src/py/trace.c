/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trace: what the unwinder says of one stack. */
#include "py/trace.h"

#include <stddef.h>

#include "py/frame.h"
#include "py/registers.h"

typedef struct {
	PyObject_HEAD PyObject *frames, *user_registers;
	struct kd_trace trace; /* without its frames */
} TraceObject;

#define TRACE(self) (&((TraceObject *)(self))->trace)

PyObject *kd_py_trace_wrap(DumpObject *dump, const struct kd_trace *trace)
{
	TraceObject *self = PyObject_GC_New(TraceObject, &kd_py_Trace);
	if (!self)
		return NULL;
	self->trace = *trace;
	self->trace.frames = (struct kd_frame_vector){};
	self->user_registers = trace->has_user_regs ? kd_py_registers(dump, &trace->user_regs) : Py_NewRef(Py_None);
	self->frames = PyTuple_New((Py_ssize_t)trace->frames.nr);
	PyObject_GC_Track(self);
	bool ok;
	struct kd_py_calls *calls = kd_py_calls_create(dump, &trace->frames, &ok);
	for (size_t i = 0; ok && self->frames && i < trace->frames.nr; i++) {
		PyObject *frame = kd_py_frame_wrap(dump, &trace->frames.data[i], calls, i);
		ok = frame;
		if (ok)
			PyTuple_SET_ITEM(self->frames, (Py_ssize_t)i, frame);
	}
	kd_py_calls_release(calls);
	if (!ok) {
		Py_DECREF(self);
		return NULL;
	}
	if (!self->frames || !self->user_registers)
		Py_CLEAR(self);
	return (PyObject *)self;
}

static int trace_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(((TraceObject *)self)->frames);
	Py_VISIT(((TraceObject *)self)->user_registers);
	return 0;
}

static void trace_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	Py_XDECREF(((TraceObject *)self)->frames);
	Py_XDECREF(((TraceObject *)self)->user_registers);
	PyObject_GC_Del(self);
}

#define TRACE_GETTER(name) static PyObject *trace_get_##name(PyObject *self, void *closure __attribute__((unused)))

TRACE_GETTER(start)
{
	return PyUnicode_InternFromString(kd_trace_start_name(TRACE(self)->start));
}

TRACE_GETTER(end)
{
	return PyUnicode_InternFromString(kd_trace_end_name(TRACE(self)->end));
}

TRACE_GETTER(why)
{
	return kd_py_text(TRACE(self)->why);
}

TRACE_GETTER(guessed)
{
	return kd_py_text(TRACE(self)->guessed);
}

TRACE_GETTER(reason)
{
	if (TRACE(self)->fault == KD_FAULT_NONE)
		Py_RETURN_NONE;
	return PyUnicode_InternFromString(kd_fault_name(TRACE(self)->fault));
}

TRACE_GETTER(stack)
{
	return Py_BuildValue("(KK)", (unsigned long long)TRACE(self)->stack.start,
			     (unsigned long long)TRACE(self)->stack.end);
}

static PyGetSetDef trace_getset[] = {
#define GETTER(name)                                                     \
	{                                                                \
#name, trace_get_##name, NULL, KD_DOC_Trace_##name, NULL \
	}
	GETTER(start), GETTER(end), GETTER(why), GETTER(guessed), GETTER(reason), GETTER(stack), {},
#undef GETTER
};

static PyMemberDef trace_members[] = {
	{ "frames", Py_T_OBJECT_EX, offsetof(TraceObject, frames), Py_READONLY, KD_DOC_Trace_frames },
	{ "user_registers", Py_T_OBJECT_EX, offsetof(TraceObject, user_registers), Py_READONLY,
	  KD_DOC_Trace_user_registers },
	{ "task", Py_T_ULONGLONG, offsetof(TraceObject, trace.task), Py_READONLY, KD_DOC_Trace_task },
	{ "cpu", Py_T_INT, offsetof(TraceObject, trace.cpu), Py_READONLY, KD_DOC_Trace_cpu },
	{ "running", Py_T_BOOL, offsetof(TraceObject, trace.running), Py_READONLY, KD_DOC_Trace_running },
	{ "address", Py_T_ULONGLONG, offsetof(TraceObject, trace.address), Py_READONLY, KD_DOC_Trace_address },
	{ "user_registers_address", Py_T_ULONGLONG, offsetof(TraceObject, trace.user_regs_address), Py_READONLY,
	  KD_DOC_Trace_user_registers_address },
	{},
};

PyTypeObject kd_py_Trace = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Trace",
	.tp_basicsize = sizeof(TraceObject),
	.tp_dealloc = trace_dealloc,
	.tp_traverse = trace_traverse,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Trace,
	.tp_getset = trace_getset,
	.tp_members = trace_members,
};
