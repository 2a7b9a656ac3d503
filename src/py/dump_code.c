/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods on what runs: CPUs, stacks and instructions. */
#include <string.h>

#include "code/cpumask.h"
#include "py/cpu.h"
#include "py/dump_methods.h"
#include "py/instruction.h"
#include "py/registers.h"
#include "py/trace.h"
#include "py/unwinder.h"

/* ---- CPUs ---- */

/* Steals value; false with an exception set. */
static bool put(PyObject *dict, const char *key, PyObject *value)
{
	KD_PYOBJECT PyObject *owned = value;
	return owned && PyDict_SetItemString(dict, key, owned) == 0;
}

static PyObject *note_dict(DumpObject *dump, const struct kd_cpu_note *note)
{
	if (!note->has_regs)
		Py_RETURN_NONE;
	KD_PYOBJECT PyObject *dict = kd_py_registers(dump, &note->regs);
	bool ok = dict && put(dict, "pid", PyLong_FromLong(note->pid));
	if (ok && note->has_controls) {
		const char *const *names = kd_dump_machine(kd_kernel_dump(dump->kernel))->notes->controls;
		for (size_t i = 0; ok && names[i]; i++)
			ok = put(dict, names[i], PyLong_FromUnsignedLongLong(note->controls[i]));
	}
	return ok ? kd_move_ptr(dict) : NULL;
}

KD_METHOD_NOARGS(notes)
{
	const struct kd_notes *notes = kd_dump_notes(CORE(self));
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)notes->nr);
	for (size_t i = 0; list && i < notes->nr; i++) {
		PyObject *note = note_dict(DUMP(self), &notes->cpus[i]);
		if (!note)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, note);
	}
	return kd_move_ptr(list);
}

KD_METHOD_NOARGS(cpus)
{
	struct kd_unwinder *unwinder = kd_py_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	size_t nr;
	const struct kd_cpu *cpus = kd_cpus_list(kd_unwinder_cpus(unwinder), &nr);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *cpu = kd_py_cpu_wrap(DUMP(self), &cpus[i]);
		if (!cpu)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, cpu);
	}
	return kd_move_ptr(list);
}

KD_METHOD_O(cpu_mask)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_code_sources sources;
	if (!name || !kd_py_cpu_sources(DUMP(self), &sources))
		return NULL;
	KD_CLEANUP(kd_cpu_numbers_deinit) struct kd_cpu_numbers numbers = {};
	struct kd_error *err = strcmp(name, KD_CPUMASK_POSSIBLE) == 0 ? kd_cpumask_possible(&sources, &numbers)
								      : kd_cpumask_read(&sources, name, &numbers);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)numbers.nr);
	for (size_t i = 0; list && i < numbers.nr; i++) {
		PyObject *number = PyLong_FromUnsignedLong(numbers.data[i]);
		if (!number)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, number);
	}
	return kd_move_ptr(list);
}

KD_METHOD(cpu_variable)
{
	static char *keywords[] = { "cpu", "name", NULL };
	unsigned int cpu;
	const char *name;
	kd_vaddr address;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Is:cpu_variable", keywords, &cpu, &name))
		return NULL;
	struct kd_unwinder *unwinder = kd_py_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	if (!kd_cpu_variable(kd_unwinder_cpus(unwinder), cpu, name, &address))
		return kd_py_raise(kd_error_create(KD_ERROR_LOOKUP, "no per-CPU variable %s, or no CPU %u", name, cpu));
	return PyLong_FromUnsignedLongLong(address);
}

/* ---- stacks ---- */

KD_METHOD(unwind)
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
	if (dict != Py_None && !kd_py_registers_argument(DUMP(self), dict, &start))
		return NULL;
	struct kd_unwinder *unwinder = kd_py_unwinder(DUMP(self));
	if (!unwinder)
		return NULL;
	KD_CLEANUP(kd_trace_deinit) struct kd_trace trace = {};
	struct kd_error *err = kd_unwind(unwinder, task, dict == Py_None ? NULL : &start, &options, &trace);
	return err ? kd_py_raise(err) : kd_py_trace_wrap(DUMP(self), &trace);
}

KD_METHOD_O(stack_of_task)
{
	uint64_t task;
	struct kd_unwinder *unwinder = kd_py_address(argument, &task) ? kd_py_unwinder(DUMP(self)) : NULL;
	if (!unwinder)
		return NULL;
	struct kd_stack stack;
	struct kd_error *err = kd_stack_of_task(kd_unwinder_stacks(unwinder), task, &stack);
	if (err)
		return kd_py_raise(err);
	return Py_BuildValue("(KK)", (unsigned long long)stack.start, (unsigned long long)stack.end);
}

KD_METHOD_O(stacks_of_cpu)
{
	unsigned long cpu = PyLong_AsUnsignedLong(argument);
	struct kd_unwinder *unwinder = PyErr_Occurred() ? NULL : kd_py_unwinder(DUMP(self));
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

/* start, end: where two methods look for addresses of code; false with an exception set. */
static bool scan_text(PyObject *self, PyObject *args, PyObject *kwargs, const char *format,
		      struct kd_stack_text_vector *ret, size_t *ret_missing)
{
	uint64_t start, end;
	struct kd_unwinder *unwinder =
		range_arguments(args, kwargs, format, &start, &end) ? kd_py_unwinder(DUMP(self)) : NULL;
	if (!unwinder)
		return false;
	struct kd_error *err = kd_stack_scan_text(kd_unwinder_stacks(unwinder), kd_unwinder_text(unwinder), start, end,
						  ret, ret_missing);
	if (err)
		kd_py_raise(err);
	return !err;
}

KD_METHOD(stack_code)
{
	KD_CLEANUP(kd_stack_text_vector_deinit) struct kd_stack_text_vector found = {};
	size_t missing;
	KD_PYOBJECT PyObject *tuple = scan_text(self, args, kwargs, "O&O&:stack_code", &found, &missing)
					      ? PyTuple_New((Py_ssize_t)found.nr)
					      : NULL;
	for (size_t i = 0; tuple && i < found.nr; i++) {
		PyObject *pc = PyLong_FromUnsignedLongLong(found.data[i].pc);
		if (!pc)
			return NULL;
		PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, pc);
	}
	return kd_move_ptr(tuple);
}

KD_METHOD(stack_text)
{
	KD_CLEANUP(kd_stack_text_vector_deinit) struct kd_stack_text_vector found = {};
	size_t missing = 0;
	if (!scan_text(self, args, kwargs, "O&O&:stack_text", &found, &missing))
		return NULL;
	struct kd_text *text = kd_unwinder_text(kd_py_unwinder(DUMP(self)));
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)found.nr);
	for (size_t i = 0; list && i < found.nr; i++) {
		PyObject *item = Py_BuildValue("(KKN)", (unsigned long long)found.data[i].slot,
					       (unsigned long long)found.data[i].pc,
					       PyBool_FromLong(kd_text_after_call(text, found.data[i].pc)));
		if (!item)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, item);
	}
	return list ? Py_BuildValue("(On)", list, (Py_ssize_t)missing) : NULL;
}

KD_METHOD(stack_registers)
{
	uint64_t start, end;
	struct kd_unwinder *unwinder =
		range_arguments(args, kwargs, "O&O&:stack_registers", &start, &end) ? kd_py_unwinder(DUMP(self)) : NULL;
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
		KD_PYOBJECT PyObject *regs = kd_py_registers(DUMP(self), &found.data[i].regs);
		PyObject *item = regs ? Py_BuildValue("(KNO)", (unsigned long long)found.data[i].address,
						      PyBool_FromLong(found.data[i].user), regs)
				      : NULL;
		if (!item)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, item);
	}
	return list ? Py_BuildValue("(On)", list, (Py_ssize_t)missing) : NULL;
}

KD_METHOD(text_symbol)
{
	static char *keywords[] = { "pc", "is_return", NULL };
	uint64_t pc;
	int is_return = 0;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|p:text_symbol", keywords, kd_py_address, &pc, &is_return))
		return NULL;
	return kd_py_text_symbol(DUMP(self), pc, is_return);
}

/* ---- disassembly ---- */

/* More than any function, and less than what would exhaust memory. */
#define SIZE_MAX_BYTES (16u << 20)

/* size bytes at address, or fewer where memory ends: bytes, or NULL with an exception set. */
static PyObject *read_code(PyObject *self, uint64_t address, uint64_t size, PyObject *pgd)
{
	KD_PYOBJECT PyObject *method = PyObject_GetAttrString(self, "read_upto");
	KD_PYOBJECT PyObject *args = Py_BuildValue("(KK)", (unsigned long long)address, (unsigned long long)size);
	KD_PYOBJECT PyObject *kwargs = Py_BuildValue("{sO}", "pgd", pgd);
	KD_PYOBJECT PyObject *bytes = method && args && kwargs ? PyObject_Call(method, args, kwargs) : NULL;
	if (!bytes || PyBytes_GET_SIZE(bytes))
		return kd_move_ptr(bytes);
	/* Nothing could be read: let it say why. */
	uint8_t byte;
	struct kd_error *err = kd_py_read(DUMP(self), address, &byte, 1);
	return kd_py_raise(err ? err : kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address, false));
}

static uint64_t size_of_symbol(DumpObject *dump, uint64_t address)
{
	struct kd_modules *modules;
	struct kd_symbol symbol;
	struct kd_error *err = kd_kernel_modules(dump->kernel, &modules);
	if (!err)
		err = kd_symbol_at(modules, address, &symbol);
	KD_CLEANUP(kd_cleanup_error) struct kd_error *dropped = err;
	if (dropped || !symbol.size || symbol.address + symbol.size <= address)
		return 64;
	return symbol.address + symbol.size - address;
}

KD_METHOD(disassemble)
{
	static char *keywords[] = { "address", "size", "count", "syntax", "code", "pgd", NULL };
	uint64_t address, size = 0, count = SIZE_MAX;
	PyObject *size_argument = Py_None, *count_argument = Py_None, *code = Py_None, *pgd = Py_None;
	const char *syntax = "att";
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|O$OsOO:disassemble", keywords, kd_py_address, &address,
					 &size_argument, &count_argument, &syntax, &code, &pgd) ||
	    (size_argument != Py_None && !kd_py_address(size_argument, &size)) ||
	    (count_argument != Py_None && !kd_py_address(count_argument, &count)))
		return NULL;
	if (strcmp(syntax, "att") && strcmp(syntax, "intel"))
		return PyErr_Format(kd_py_RangeError, "syntax is att or intel, not %s", syntax);
	if (size_argument == Py_None)
		size = count_argument == Py_None ? size_of_symbol(DUMP(self), address)
						 : kd_min(count, SIZE_MAX_BYTES) * KD_INSN_MAX_LEN;
	KD_PYOBJECT PyObject *bytes =
		code != Py_None ? Py_NewRef(code) : read_code(self, address, kd_min(size, SIZE_MAX_BYTES), pgd);
	if (bytes && !PyBytes_Check(bytes))
		return PyErr_Format(PyExc_TypeError, "code is bytes, not %T", bytes);
	if (!bytes)
		return NULL;

	struct kd_disasm *disasm;
	struct kd_error *err = kd_disasm_create(kd_dump_machine(CORE(self)),
						strcmp(syntax, "att") ? KD_SYNTAX_INTEL : KD_SYNTAX_ATT, &disasm);
	if (err)
		return kd_py_raise(err);
	KD_CLEANUP(kd_insn_vector_deinit) struct kd_insn_vector insns = {};
	err = kd_disasm_all(disasm, address, (const uint8_t *)PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), count,
			    &insns);
	kd_disasm_destroy(disasm);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)insns.nr);
	for (size_t i = 0; list && i < insns.nr; i++) {
		PyObject *insn = kd_py_instruction_wrap(&insns.data[i]);
		if (!insn)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, insn);
	}
	return kd_move_ptr(list);
}

PyMethodDef kd_py_dump_code_methods[] = {
	KD_NOARGS_ENTRY(notes),
	KD_NOARGS_ENTRY(cpus),
	KD_O_ENTRY(cpu_mask),
	KD_KEYWORDS_ENTRY(cpu_variable),
	KD_KEYWORDS_ENTRY(unwind),
	KD_O_ENTRY(stack_of_task),
	KD_O_ENTRY(stacks_of_cpu),
	KD_KEYWORDS_ENTRY(stack_text),
	KD_KEYWORDS_ENTRY(stack_code),
	KD_KEYWORDS_ENTRY(stack_registers),
	KD_KEYWORDS_ENTRY(text_symbol),
	KD_KEYWORDS_ENTRY(disassemble),
	{},
};
