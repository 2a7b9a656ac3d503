/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cpu: what is known of one CPU. */
#include "py/cpu.h"

#include <stddef.h>

#include "py/registers.h"

typedef struct {
	PyObject_HEAD unsigned int nr;
	char online;
	uint64_t percpu, current;
	PyObject *registers, *why_no_registers;
} CpuObject;

static void cpu_dealloc(PyObject *self)
{
	Py_XDECREF(((CpuObject *)self)->registers);
	Py_XDECREF(((CpuObject *)self)->why_no_registers);
	PyObject_Free(self);
}

PyObject *kd_py_cpu_wrap(DumpObject *dump, const struct kd_cpu *cpu)
{
	CpuObject *self = PyObject_New(CpuObject, &kd_py_Cpu);
	if (!self)
		return NULL;
	self->nr = cpu->nr;
	self->online = cpu->online;
	self->percpu = cpu->percpu;
	self->current = cpu->current;
	self->registers = cpu->regs ? kd_py_registers(dump, cpu->regs) : Py_NewRef(Py_None);
	self->why_no_registers = cpu->why_no_regs ? PyUnicode_FromString(cpu->why_no_regs) : Py_NewRef(Py_None);
	if (!self->registers || !self->why_no_registers)
		Py_CLEAR(self);
	return (PyObject *)self;
}

static PyMemberDef cpu_members[] = {
	{ "nr", Py_T_UINT, offsetof(CpuObject, nr), Py_READONLY, KD_DOC_Cpu_nr },
	{ "online", Py_T_BOOL, offsetof(CpuObject, online), Py_READONLY, KD_DOC_Cpu_online },
	{ "percpu", Py_T_ULONGLONG, offsetof(CpuObject, percpu), Py_READONLY, KD_DOC_Cpu_percpu },
	{ "current", Py_T_ULONGLONG, offsetof(CpuObject, current), Py_READONLY, KD_DOC_Cpu_current },
	{ "registers", Py_T_OBJECT_EX, offsetof(CpuObject, registers), Py_READONLY, KD_DOC_Cpu_registers },
	{ "why_no_registers", Py_T_OBJECT_EX, offsetof(CpuObject, why_no_registers), Py_READONLY,
	  KD_DOC_Cpu_why_no_registers },
	{},
};

PyTypeObject kd_py_Cpu = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Cpu",
	.tp_basicsize = sizeof(CpuObject),
	.tp_dealloc = cpu_dealloc,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Cpu,
	.tp_members = cpu_members,
};
