/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frame: one of a trace. */
#include "py/frame.h"

#include <stddef.h>

#include "py/registers.h"
#include "py/unwinder.h"

typedef struct {
	PyObject_HEAD DumpObject *dump;
	struct kd_frame frame;
	PyObject *symbol; /* NULL: not looked up yet */
	struct kd_py_calls *calls;
	size_t index;
} FrameObject;

PyObject *kd_py_frame_wrap(DumpObject *dump, const struct kd_frame *frame, struct kd_py_calls *calls, size_t index)
{
	FrameObject *self = PyObject_GC_New(FrameObject, &kd_py_Frame);
	if (!self)
		return NULL;
	self->dump = (DumpObject *)Py_NewRef(dump);
	self->frame = *frame;
	self->symbol = NULL;
	self->calls = kd_py_calls_share(calls);
	self->index = index;
	PyObject_GC_Track(self);
	return (PyObject *)self;
}

static int frame_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(((FrameObject *)self)->dump);
	return 0;
}

static void frame_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	Py_XDECREF(((FrameObject *)self)->symbol);
	kd_py_calls_release(((FrameObject *)self)->calls);
	Py_DECREF(((FrameObject *)self)->dump);
	PyObject_GC_Del(self);
}

#define FRAME(self) ((FrameObject *)(self))
#define FRAME_GETTER(name) static PyObject *frame_get_##name(PyObject *self, void *closure __attribute__((unused)))

FRAME_GETTER(symbol)
{
	FrameObject *frame = FRAME(self);
	if (!frame->symbol)
		frame->symbol = kd_py_text_symbol(frame->dump, frame->frame.pc, !frame->frame.exact);
	return Py_XNewRef(frame->symbol);
}

static PyObject *symbol_attribute(PyObject *self, const char *name)
{
	KD_PYOBJECT PyObject *symbol = frame_get_symbol(self, NULL);
	if (!symbol || symbol == Py_None)
		return kd_move_ptr(symbol);
	return PyObject_GetAttrString(symbol, name);
}

FRAME_GETTER(name)
{
	return symbol_attribute(self, "name");
}

FRAME_GETTER(module)
{
	return symbol_attribute(self, "module");
}

FRAME_GETTER(offset)
{
	KD_PYOBJECT PyObject *start = symbol_attribute(self, "address");
	if (!start || start == Py_None)
		return kd_move_ptr(start);
	return PyLong_FromUnsignedLongLong(FRAME(self)->frame.pc - PyLong_AsUnsignedLongLongMask(start));
}

FRAME_GETTER(found)
{
	return PyUnicode_InternFromString(kd_found_name(FRAME(self)->frame.found));
}

FRAME_GETTER(stack)
{
	return PyUnicode_InternFromString(kd_stack_kind_name(FRAME(self)->frame.stack));
}

FRAME_GETTER(registers)
{
	FrameObject *frame = FRAME(self);
	struct kd_restored restored;
	if (!frame->calls)
		return kd_py_registers_known(frame->dump, &frame->frame.regs, frame->frame.known);
	if (!kd_py_calls_registers(frame->calls, frame->dump, frame->index, &restored))
		return NULL;
	return kd_py_registers_known(frame->dump, &restored.regs, restored.known);
}

static PyObject *frame_locals(PyObject *self, PyObject *unused __attribute__((unused)))
{
	return kd_py_calls_names(FRAME(self)->calls, FRAME(self)->dump, FRAME(self)->index);
}

static PyObject *frame_variables(PyObject *self, PyObject *unused __attribute__((unused)))
{
	return kd_py_calls_variables(FRAME(self)->calls, FRAME(self)->dump, FRAME(self)->index);
}

static PyObject *frame_subscript(PyObject *self, PyObject *key)
{
	if (!PyUnicode_Check(key))
		return PyErr_Format(PyExc_TypeError, "the name of a variable is expected, not %T", key);
	const char *name = PyUnicode_AsUTF8(key);
	return name ? kd_py_calls_value(FRAME(self)->calls, FRAME(self)->dump, FRAME(self)->index, name) : NULL;
}

static PyMappingMethods frame_mapping = {
	.mp_subscript = frame_subscript,
};

static PyMethodDef frame_methods[] = {
	{ "locals", frame_locals, METH_NOARGS, KD_DOC_Frame_locals },
	{ "variables", frame_variables, METH_NOARGS, KD_DOC_Frame_variables },
	{},
};

static PyObject *frame_repr(PyObject *self)
{
	KD_PYOBJECT PyObject *name = frame_get_name(self, NULL);
	KD_PYOBJECT PyObject *offset = name ? frame_get_offset(self, NULL) : NULL;
	return offset ? PyUnicode_FromFormat("<Frame %S+%S>", name, offset) : NULL;
}

static PyGetSetDef frame_getset[] = {
#define GETTER(name)                                                     \
	{                                                                \
#name, frame_get_##name, NULL, KD_DOC_Frame_##name, NULL \
	}
	GETTER(symbol), GETTER(name),  GETTER(module),	  GETTER(offset),
	GETTER(found),	GETTER(stack), GETTER(registers), {},
#undef GETTER
};

static PyMemberDef frame_members[] = {
#define NUMBER(name)                                                                                       \
	{                                                                                                  \
#name, Py_T_ULONGLONG, offsetof(FrameObject, frame.name), Py_READONLY, KD_DOC_Frame_##name \
	}
	NUMBER(pc),
	NUMBER(sp),
	NUMBER(slot),
	NUMBER(cfa),
	NUMBER(regs_address),
	{ "exact", Py_T_BOOL, offsetof(FrameObject, frame.exact), Py_READONLY, KD_DOC_Frame_exact },
	{ "sure", Py_T_BOOL, offsetof(FrameObject, frame.sure), Py_READONLY, KD_DOC_Frame_sure },
	{},
#undef NUMBER
};

PyTypeObject kd_py_Frame = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Frame",
	.tp_basicsize = sizeof(FrameObject),
	.tp_dealloc = frame_dealloc,
	.tp_traverse = frame_traverse,
	.tp_repr = frame_repr,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Frame,
	.tp_as_mapping = &frame_mapping,
	.tp_methods = frame_methods,
	.tp_getset = frame_getset,
	.tp_members = frame_members,
};
