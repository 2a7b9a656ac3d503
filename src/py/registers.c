/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers as a dict. */
#include "py/registers.h"

#include <stddef.h>

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

PyObject *kd_py_registers_known(const struct kd_regs *regs, uint32_t mask)
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
	return kd_py_registers_known(regs, KD_REG_ALL);
}

bool kd_py_registers_argument(PyObject *dict, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	for (size_t i = 0; i < KD_ARRAY_NR(registers); i++) {
		PyObject *value = PyDict_GetItemString(dict, registers[i].name);
		if (value && !kd_py_address(value, register_at(ret, i)))
			return false;
	}
	return true;
}
