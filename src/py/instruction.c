/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instruction, and the disassembly of memory. */
#include <stddef.h>

#include "code/disasm.h"
#include "py/py.h"

typedef struct {
	PyObject_HEAD struct kd_insn insn;
} InstructionObject;

#define INSN(self) (&((InstructionObject *)(self))->insn)

/* More than any function, and less than what would exhaust memory. */
#define SIZE_MAX_BYTES (16u << 20)

static PyObject *insn_wrap(const struct kd_insn *insn)
{
	InstructionObject *self = PyObject_New(InstructionObject, &kd_py_Instruction);
	if (self)
		self->insn = *insn;
	return (PyObject *)self;
}

static void insn_dealloc(PyObject *self)
{
	PyObject_Free(self);
}

#define GETTER(name) static PyObject *insn_get_##name(PyObject *self, void *closure __attribute__((unused)))

GETTER(code)
{
	return PyBytes_FromStringAndSize((const char *)INSN(self)->bytes, INSN(self)->len);
}

GETTER(mnemonic)
{
	return PyUnicode_FromString(INSN(self)->mnemonic);
}

GETTER(operands)
{
	return PyUnicode_FromString(INSN(self)->operands);
}

GETTER(text)
{
	char text[256];
	kd_insn_format(INSN(self), text, sizeof(text));
	return PyUnicode_FromString(text);
}

GETTER(flow)
{
	static const char *const names[] = {
		[KD_FLOW_NEXT] = "next",     [KD_FLOW_CALL] = "call",	  [KD_FLOW_JUMP] = "jump",
		[KD_FLOW_BRANCH] = "branch", [KD_FLOW_RETURN] = "return", [KD_FLOW_STOP] = "stop",
	};
	return PyUnicode_InternFromString(names[INSN(self)->flow]);
}

static PyObject *insn_repr(PyObject *self)
{
	KD_PYOBJECT PyObject *text = insn_get_text(self, NULL);
	char address[24];
	snprintf(address, sizeof(address), "%#llx", (unsigned long long)INSN(self)->address);
	return text ? PyUnicode_FromFormat("<Instruction %s: %U>", address, text) : NULL;
}

static PyGetSetDef insn_getset[] = {
#define READ_ONLY(name)                                                       \
	{                                                                     \
#name, insn_get_##name, NULL, KD_DOC_Instruction_##name, NULL \
	}
	READ_ONLY(code), READ_ONLY(mnemonic), READ_ONLY(operands), READ_ONLY(text), READ_ONLY(flow), {},
#undef READ_ONLY
};

static PyMemberDef insn_members[] = {
	{ "address", Py_T_ULONGLONG, offsetof(InstructionObject, insn.address), Py_READONLY,
	  KD_DOC_Instruction_address },
	{ "size", Py_T_UBYTE, offsetof(InstructionObject, insn.len), Py_READONLY, KD_DOC_Instruction_size },
	{ "target", Py_T_ULONGLONG, offsetof(InstructionObject, insn.target), Py_READONLY, KD_DOC_Instruction_target },
	{ "rip_relative", Py_T_BOOL, offsetof(InstructionObject, insn.rip_relative), Py_READONLY,
	  KD_DOC_Instruction_rip_relative },
	{},
};

PyTypeObject kd_py_Instruction = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Instruction",
	.tp_basicsize = sizeof(InstructionObject),
	.tp_dealloc = insn_dealloc,
	.tp_repr = insn_repr,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Instruction,
	.tp_getset = insn_getset,
	.tp_members = insn_members,
};

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
	struct kd_error *err = kd_py_read((DumpObject *)self, address, &byte, 1);
	return kd_py_raise(err ? err : kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address, false));
}

static uint64_t size_of_symbol(DumpObject *dump, uint64_t address)
{
	struct kd_modules *modules;
	struct kd_symbol symbol;
	struct kd_error *err = kd_program_modules(dump->program, &modules);
	if (!err)
		err = kd_symbol_at(modules, address, &symbol);
	KD_CLEANUP(kd_cleanup_error) struct kd_error *dropped = err;
	if (dropped || !symbol.size || symbol.address + symbol.size <= address)
		return 64;
	return symbol.address + symbol.size - address;
}

PyObject *kd_py_dump_disassemble(PyObject *self, PyObject *args, PyObject *kwargs)
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
		size = count_argument == Py_None ? size_of_symbol((DumpObject *)self, address)
						 : kd_min(count, SIZE_MAX_BYTES) * KD_INSN_MAX_LEN;
	KD_PYOBJECT PyObject *bytes =
		code != Py_None ? Py_NewRef(code) : read_code(self, address, kd_min(size, SIZE_MAX_BYTES), pgd);
	if (bytes && !PyBytes_Check(bytes))
		return PyErr_Format(PyExc_TypeError, "code is bytes, not %T", bytes);
	if (!bytes)
		return NULL;

	struct kd_disasm *disasm;
	struct kd_error *err = kd_disasm_create(strcmp(syntax, "att") ? KD_SYNTAX_INTEL : KD_SYNTAX_ATT, &disasm);
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
		PyObject *insn = insn_wrap(&insns.data[i]);
		if (!insn)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, insn);
	}
	return kd_move_ptr(list);
}
