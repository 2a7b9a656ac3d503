/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cpu, Frame and Trace: the unwinder's answers. Names of frames are looked up when they are asked for. */
#include <stddef.h>

#include "code/unwind.h"
#include "py/py.h"

#define DUMP(self) ((DumpObject *)(self))

/* ---- registers ---- */

static const struct {
	const char *name;
	size_t offset;
} registers[] = {
#define REGISTER(name)                                \
	{                                             \
#name, offsetof(struct kd_regs, name) \
	}
	REGISTER(rip),	    REGISTER(rsp),     REGISTER(rflags),  REGISTER(rax), REGISTER(rbx), REGISTER(rcx),
	REGISTER(rdx),	    REGISTER(rsi),     REGISTER(rdi),	  REGISTER(rbp), REGISTER(r8),	REGISTER(r9),
	REGISTER(r10),	    REGISTER(r11),     REGISTER(r12),	  REGISTER(r13), REGISTER(r14), REGISTER(r15),
	REGISTER(cs),	    REGISTER(ss),      REGISTER(ds),	  REGISTER(es),	 REGISTER(fs),	REGISTER(gs),
	REGISTER(orig_rax), REGISTER(fs_base), REGISTER(gs_base),
#undef REGISTER
};

static uint64_t *register_at(const struct kd_regs *regs, size_t n)
{
	return (uint64_t *)((char *)regs + registers[n].offset);
}

/* Those of the mask (KD_REG_BIT of each). */
static PyObject *registers_dict(const struct kd_regs *regs, uint32_t mask)
{
	KD_PYOBJECT PyObject *dict = PyDict_New();
	for (size_t i = 0; dict && i < KD_ARRAY_NR(registers); i++) {
		if (!(mask & 1u << registers[i].offset / sizeof(uint64_t)))
			continue;
		KD_PYOBJECT PyObject *value = PyLong_FromUnsignedLongLong(*register_at(regs, i));
		if (!value || PyDict_SetItemString(dict, registers[i].name, value) < 0)
			return NULL;
	}
	return kd_move_ptr(dict);
}

PyObject *kd_py_registers(const struct kd_regs *regs)
{
	return registers_dict(regs, KD_REG_ALL);
}

static bool registers_argument(PyObject *dict, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	for (size_t i = 0; i < KD_ARRAY_NR(registers); i++) {
		PyObject *value = PyDict_GetItemString(dict, registers[i].name);
		if (value && !kd_py_address(value, register_at(ret, i)))
			return false;
	}
	return true;
}

/* ---- the unwinder of a dump ---- */

/* Drops the error: the layer is then missing, which those that need it will say. */
static bool dropped(struct kd_error *error)
{
	bool is_error = error;
	kd_error_destroy(error);
	return is_error;
}

static struct kd_unwinder *get_unwinder(DumpObject *dump)
{
	if (dump->unwinder)
		return dump->unwinder;
	struct kd_code_sources sources = { .memory = kd_py_memory(dump) };
	if (!sources.memory)
		return NULL;
	if (dropped(kd_program_kallsyms(dump->program, &sources.kallsyms)))
		sources.kallsyms = NULL;
	if (dropped(kd_program_types(dump->program, &sources.types)))
		sources.types = NULL;
	if (dropped(kd_program_modules(dump->program, &sources.modules)))
		sources.modules = NULL;
	struct kd_error *err = kd_unwinder_create(&sources, &dump->unwinder);
	if (err)
		kd_py_raise(err);
	return dump->unwinder;
}

void kd_py_unwinder_release(DumpObject *dump)
{
	kd_unwinder_destroy(dump->unwinder);
}

/* ---- Cpu ---- */

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

static PyObject *cpu_wrap(const struct kd_cpu *cpu)
{
	CpuObject *self = PyObject_New(CpuObject, &kd_py_Cpu);
	if (!self)
		return NULL;
	self->nr = cpu->nr;
	self->online = cpu->online;
	self->percpu = cpu->percpu;
	self->current = cpu->current;
	self->registers = cpu->regs ? kd_py_registers(cpu->regs) : Py_NewRef(Py_None);
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

PyObject *kd_py_dump_cpus(PyObject *self, PyObject *unused)
{
	(void)unused;
	struct kd_unwinder *unwinder = get_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	size_t nr;
	const struct kd_cpu *cpus = kd_cpus_list(kd_unwinder_cpus(unwinder), &nr);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *cpu = cpu_wrap(&cpus[i]);
		if (!cpu)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, cpu);
	}
	return kd_move_ptr(list);
}

PyObject *kd_py_dump_cpu_variable(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "cpu", "name", NULL };
	unsigned int cpu;
	const char *name;
	kd_vaddr address;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Is:cpu_variable", keywords, &cpu, &name))
		return NULL;
	struct kd_unwinder *unwinder = get_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	if (!kd_cpu_variable(kd_unwinder_cpus(unwinder), cpu, name, &address))
		return kd_py_raise(kd_error_create(KD_ERROR_LOOKUP, "no per-CPU variable %s, or no CPU %u", name, cpu));
	return PyLong_FromUnsignedLongLong(address);
}

/* ---- Frame ---- */

typedef struct {
	PyObject_HEAD DumpObject *dump;
	struct kd_frame frame;
	PyObject *symbol; /* NULL: not looked up yet */
} FrameObject;

static PyObject *frame_wrap(DumpObject *dump, const struct kd_frame *frame)
{
	FrameObject *self = PyObject_New(FrameObject, &kd_py_Frame);
	if (!self)
		return NULL;
	self->dump = DUMP(Py_NewRef(dump));
	self->frame = *frame;
	self->symbol = NULL;
	return (PyObject *)self;
}

static void frame_dealloc(PyObject *self)
{
	Py_XDECREF(((FrameObject *)self)->symbol);
	Py_DECREF(((FrameObject *)self)->dump);
	PyObject_Free(self);
}

static PyObject *text_symbol(DumpObject *dump, kd_vaddr pc, bool is_return)
{
	struct kd_unwinder *unwinder = get_unwinder(dump);
	if (!unwinder)
		return NULL;
	struct kd_symbol symbol;
	struct kd_error *err = kd_text_symbol(kd_unwinder_text(unwinder), pc, is_return, &symbol);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		Py_RETURN_NONE;
	return err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
}

#define FRAME(self) ((FrameObject *)(self))
#define FRAME_GETTER(name) static PyObject *frame_get_##name(PyObject *self, void *closure __attribute__((unused)))

FRAME_GETTER(symbol)
{
	FrameObject *frame = FRAME(self);
	if (!frame->symbol)
		frame->symbol = text_symbol(frame->dump, frame->frame.pc, !frame->frame.exact);
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
	return registers_dict(&FRAME(self)->frame.regs, FRAME(self)->frame.known);
}

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
	.tp_repr = frame_repr,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Frame,
	.tp_getset = frame_getset,
	.tp_members = frame_members,
};

/* ---- Trace ---- */

typedef struct {
	PyObject_HEAD PyObject *frames, *user_registers;
	struct kd_trace trace; /* without its frames */
} TraceObject;

#define TRACE(self) (&((TraceObject *)(self))->trace)

static PyObject *trace_wrap(DumpObject *dump, const struct kd_trace *trace)
{
	TraceObject *self = PyObject_New(TraceObject, &kd_py_Trace);
	if (!self)
		return NULL;
	self->trace = *trace;
	self->trace.frames = (struct kd_frame_vector){};
	self->user_registers = trace->has_user_regs ? kd_py_registers(&trace->user_regs) : Py_NewRef(Py_None);
	self->frames = PyTuple_New((Py_ssize_t)trace->frames.nr);
	for (size_t i = 0; self->frames && i < trace->frames.nr; i++) {
		PyObject *frame = frame_wrap(dump, &trace->frames.data[i]);
		if (!frame) {
			Py_DECREF(self);
			return NULL;
		}
		PyTuple_SET_ITEM(self->frames, (Py_ssize_t)i, frame);
	}
	if (!self->frames || !self->user_registers)
		Py_CLEAR(self);
	return (PyObject *)self;
}

static void trace_dealloc(PyObject *self)
{
	Py_XDECREF(((TraceObject *)self)->frames);
	Py_XDECREF(((TraceObject *)self)->user_registers);
	PyObject_Free(self);
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
	return PyUnicode_FromString(TRACE(self)->why);
}

TRACE_GETTER(guessed)
{
	return PyUnicode_FromString(TRACE(self)->guessed);
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
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Trace,
	.tp_getset = trace_getset,
	.tp_members = trace_members,
};

PyObject *kd_py_dump_unwind(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "task", "registers", "crash", "scan", "max_frames", NULL };
	uint64_t task = 0;
	PyObject *dict = Py_None;
	int crash = 0, scan = 1;
	struct kd_unwind_options options = {};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O&$OppI:unwind", keywords, kd_py_address, &task, &dict, &crash,
					 &scan, &options.max_frames))
		return NULL;
	options.flags = (crash ? KD_UNWIND_CRASH : 0) | (scan ? 0 : KD_UNWIND_NO_SCAN);
	struct kd_regs start;
	if (dict != Py_None && !PyDict_Check(dict))
		return PyErr_Format(PyExc_TypeError, "registers is a dict, not %T", dict);
	if (dict != Py_None && !registers_argument(dict, &start))
		return NULL;
	struct kd_unwinder *unwinder = get_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	KD_CLEANUP(kd_trace_deinit) struct kd_trace trace = {};
	struct kd_error *err = kd_unwind(unwinder, task, dict == Py_None ? NULL : &start, &options, &trace);
	return err ? kd_py_raise(err) : trace_wrap(DUMP(self), &trace);
}

/* ---- raw stacks ---- */

PyObject *kd_py_dump_stack_of_task(PyObject *self, PyObject *argument)
{
	uint64_t task;
	struct kd_unwinder *unwinder = kd_py_address(argument, &task) ? get_unwinder(DUMP(self)) : NULL;
	if (!unwinder)
		return NULL;
	struct kd_stack stack;
	struct kd_error *err = kd_stack_of_task(kd_unwinder_stacks(unwinder), task, &stack);
	if (err)
		return kd_py_raise(err);
	return Py_BuildValue("(KK)", (unsigned long long)stack.start, (unsigned long long)stack.end);
}

PyObject *kd_py_dump_stacks_of_cpu(PyObject *self, PyObject *argument)
{
	unsigned long cpu = PyLong_AsUnsignedLong(argument);
	struct kd_unwinder *unwinder = PyErr_Occurred() ? NULL : get_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	size_t nr;
	const struct kd_stack *stacks = kd_stacks_of_cpu(kd_unwinder_stacks(unwinder), cpu, &nr);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *stack = Py_BuildValue("(sKK)", kd_stack_kind_name(stacks[i].kind),
						(unsigned long long)stacks[i].start, (unsigned long long)stacks[i].end);
		if (!stack)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, stack);
	}
	return kd_move_ptr(list);
}

static bool range_arguments(PyObject *args, PyObject *kwargs, const char *format, uint64_t *start, uint64_t *end)
{
	static char *keywords[] = { "start", "end", NULL };
	return PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, kd_py_address, start, kd_py_address, end);
}

PyObject *kd_py_dump_stack_text(PyObject *self, PyObject *args, PyObject *kwargs)
{
	uint64_t start, end;
	struct kd_unwinder *unwinder =
		range_arguments(args, kwargs, "O&O&:stack_text", &start, &end) ? get_unwinder(DUMP(self)) : NULL;
	if (!unwinder)
		return NULL;
	KD_CLEANUP(kd_stack_text_vector_deinit) struct kd_stack_text_vector found = {};
	size_t missing = 0;
	struct kd_error *err = kd_stack_scan_text(kd_unwinder_stacks(unwinder), kd_unwinder_text(unwinder), start, end,
						  &found, &missing);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)found.nr);
	for (size_t i = 0; list && i < found.nr; i++) {
		PyObject *item =
			Py_BuildValue("(KKN)", (unsigned long long)found.data[i].slot,
				      (unsigned long long)found.data[i].pc, PyBool_FromLong(found.data[i].call));
		if (!item)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, item);
	}
	return list ? Py_BuildValue("(On)", list, (Py_ssize_t)missing) : NULL;
}

PyObject *kd_py_dump_stack_registers(PyObject *self, PyObject *args, PyObject *kwargs)
{
	uint64_t start, end;
	struct kd_unwinder *unwinder =
		range_arguments(args, kwargs, "O&O&:stack_registers", &start, &end) ? get_unwinder(DUMP(self)) : NULL;
	if (!unwinder)
		return NULL;
	KD_CLEANUP(kd_stack_regs_vector_deinit) struct kd_stack_regs_vector found = {};
	size_t missing = 0;
	struct kd_error *err = kd_stack_scan_regs(kd_unwinder_stacks(unwinder), kd_unwinder_text(unwinder), start, end,
						  &found, &missing);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)found.nr);
	for (size_t i = 0; list && i < found.nr; i++) {
		KD_PYOBJECT PyObject *regs = kd_py_registers(&found.data[i].regs);
		PyObject *item = regs ? Py_BuildValue("(KNO)", (unsigned long long)found.data[i].address,
						      PyBool_FromLong(found.data[i].user), regs)
				      : NULL;
		if (!item)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, item);
	}
	return list ? Py_BuildValue("(On)", list, (Py_ssize_t)missing) : NULL;
}

PyObject *kd_py_dump_text_symbol(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "pc", "is_return", NULL };
	uint64_t pc;
	int is_return = 0;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|p:text_symbol", keywords, kd_py_address, &pc, &is_return))
		return NULL;
	return text_symbol(DUMP(self), pc, is_return);
}
