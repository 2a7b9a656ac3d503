/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers as a dict. */
#include "py/registers.h"

static const struct kd_register_set *set_of(DumpObject *dump)
{
	static const struct kd_register_set none;
	const struct kd_machine *machine = kd_dump_machine(kd_kernel_dump(dump->kernel));
	return machine && machine->registers ? machine->registers : &none;
}

PyObject *kd_py_registers_known(DumpObject *dump, const struct kd_regs *regs, uint64_t mask)
{
	const struct kd_register_set *set = set_of(dump);
	KD_PYOBJECT PyObject *dict = PyDict_New();
	for (size_t i = 0; dict && i < set->nr; i++) {
		if (!(mask & KD_REG_BIT(set->list[i].word)))
			continue;
		KD_PYOBJECT PyObject *value = PyLong_FromUnsignedLongLong(regs->word[set->list[i].word]);
		if (!value || PyDict_SetItemString(dict, set->list[i].name, value) < 0)
			return NULL;
	}
	return kd_move_ptr(dict);
}

PyObject *kd_py_registers(DumpObject *dump, const struct kd_regs *regs)
{
	return kd_py_registers_known(dump, regs, KD_REG_ALL);
}

bool kd_py_registers_argument(DumpObject *dump, PyObject *dict, struct kd_regs *ret)
{
	const struct kd_register_set *set = set_of(dump);
	*ret = (struct kd_regs){};
	for (size_t i = 0; i < set->nr; i++) {
		PyObject *value = PyDict_GetItemString(dict, set->list[i].name);
		if (value && !kd_py_address(value, &ret->word[set->list[i].word]))
			return false;
	}
	return true;
}
