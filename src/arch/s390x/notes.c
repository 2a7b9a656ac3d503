/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/notes.h"

#include <elf.h>

#include "arch/s390x/registers.h"
#include "dump/vmcoreinfo.h"

/* struct elf_prstatus: pr_pid, …, then struct s390_regs: the PSW, 16 general registers, 16 access registers of 32 bits,
 * orig_gpr2. QEMU writes the pid in its own machine's byte order, so it is not asked for more than it is worth. */
#define PRSTATUS_PID 32
#define PRSTATUS_REGS 112
#define PRSTATUS_ORIG_GPR2 (PRSTATUS_REGS + 18 * 8 + 16 * 4)
#define PRSTATUS_LEN (PRSTATUS_ORIG_GPR2 + 8)

#define CONTROL_REGISTERS 16

static const char *const controls[KD_CONTROLS_MAX + 1] = { [KD_S390X_CR1] = "cr1", [KD_S390X_CR13] = "cr13" };

static bool prstatus(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < PRSTATUS_LEN)
		return false;
	ret->has_regs = true;
	for (size_t i = 0; i < KD_S390X_ORIG_GPR2; i++)
		ret->regs.word[i] = kd_load_u64(order, data + PRSTATUS_REGS + i * sizeof(uint64_t));
	ret->regs.word[KD_S390X_ORIG_GPR2] = kd_load_u64(order, data + PRSTATUS_ORIG_GPR2);
	ret->pid = (int32_t)kd_load_u32(order, data + PRSTATUS_PID);
	return true;
}

static bool monitor(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < CONTROL_REGISTERS * sizeof(uint64_t))
		return false;
	ret->has_controls = true;
	ret->controls[KD_S390X_CR1] = kd_load_u64(order, data + 1 * sizeof(uint64_t));
	ret->controls[KD_S390X_CR13] = kd_load_u64(order, data + 13 * sizeof(uint64_t));
	return true;
}

/*
 * Since c98d2ecae08f ("s390/mm: Uncouple physical vs virtual address spaces") (in v6.10) the image has addresses of its
 * own, and KERNELOFFSET is where it begins. Before, virtual addresses were physical ones.
 */
bool kd_s390x_image(const struct kd_vmcoreinfo *info, kd_vaddr *ret_virtual, kd_paddr *ret_physical)
{
	kd_vaddr lowcores, start = 0;
	kd_paddr physical = 0;
	if (!kd_vmcoreinfo_symbol(info, "lowcore_ptr", &lowcores))
		return false;
	if (kd_vmcoreinfo_hex(info, "KERNELOFFPHYS", &physical) && !kd_vmcoreinfo_hex(info, "KERNELOFFSET", &start))
		return false;
	*ret_virtual = start;
	*ret_physical = physical;
	return true;
}

static bool image_address(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret)
{
	kd_vaddr start;
	kd_paddr physical;
	if (!kd_s390x_image(info, &start, &physical) || address < start)
		return false;
	*ret = address - start + physical;
	return true;
}

const struct kd_note_format kd_s390x_notes = {
	.controls = controls,
	.prstatus = prstatus,
	.monitor_name = "LINUX",
	.monitor_type = NT_S390_CTRS,
	.monitor = monitor,
	.image_address = image_address,
};
