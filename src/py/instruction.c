/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instruction: one of a disassembly. */
#include "py/instruction.h"

#include <stddef.h>

typedef struct {
	PyObject_HEAD struct kd_insn insn;
} InstructionObject;

#define INSN(self) (&((InstructionObject *)(self))->insn)

PyObject *kd_py_instruction_wrap(const struct kd_insn *insn)
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

GETTER(name)
{
	return PyUnicode_FromString(INSN(self)->name ?: "");
}

GETTER(decoded)
{
	static const char *const kinds[] = {
		[KD_OPERAND_OTHER] = "other",
		[KD_OPERAND_REGISTER] = "register",
		[KD_OPERAND_NUMBER] = "number",
		[KD_OPERAND_MEMORY] = "memory",
	};
	KD_PYOBJECT PyObject *operands = PyTuple_New(INSN(self)->operand_nr);
	for (uint8_t i = 0; operands && i < INSN(self)->operand_nr; i++) {
		const struct kd_operand *operand = &INSN(self)->operand[i];
		PyObject *item = Py_BuildValue("(ssLis)", kinds[operand->kind], operand->reg_name ?: "",
					       (long long)operand->number, operand->size, operand->index_name ?: "");
		if (!item)
			return NULL;
		PyTuple_SET_ITEM(operands, i, item);
	}
	return kd_move_ptr(operands);
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
	READ_ONLY(code), READ_ONLY(mnemonic), READ_ONLY(operands), READ_ONLY(text),
	READ_ONLY(flow), READ_ONLY(name),     READ_ONLY(decoded),  {},
#undef READ_ONLY
};

static PyMemberDef insn_members[] = {
	{ "address", Py_T_ULONGLONG, offsetof(InstructionObject, insn.address), Py_READONLY,
	  KD_DOC_Instruction_address },
	{ "size", Py_T_UBYTE, offsetof(InstructionObject, insn.len), Py_READONLY, KD_DOC_Instruction_size },
	{ "target", Py_T_ULONGLONG, offsetof(InstructionObject, insn.target), Py_READONLY, KD_DOC_Instruction_target },
	{ "pc_relative", Py_T_BOOL, offsetof(InstructionObject, insn.pc_relative), Py_READONLY,
	  KD_DOC_Instruction_pc_relative },
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
