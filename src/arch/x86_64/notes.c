/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/notes.h"

#include <string.h>

#include "arch/x86_64/registers.h"
#include "dump/vmcoreinfo.h"

/* struct elf_prstatus: signal data, pr_pid, … times, then the registers. */
#define PRSTATUS_PID 32
#define PRSTATUS_REGS 112
#define PRSTATUS_LEN 336

/*
 * QEMUCPUState, version 1 (QEMU target/i386/arch_dump.c): version, size, 18 registers, 10 segments of 24 bytes, then
 * CR0 to CR4.
 */
#define QEMU_STATE_CR (8 + 18 * 8 + 10 * 24)
#define QEMU_STATE_LEN (QEMU_STATE_CR + 5 * 8)

static const char *const controls[KD_CONTROLS_MAX + 1] = { [KD_X86_CR3] = "cr3", [KD_X86_CR4] = "cr4" };

static bool prstatus(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < PRSTATUS_LEN)
		return false;
	ret->has_regs = true;
	memcpy(ret->regs.word, data + PRSTATUS_REGS, KD_X86_REGS_NR * sizeof(uint64_t));
	kd_order_array(order, ret->regs.word, sizeof(uint64_t), KD_X86_REGS_NR);
	ret->pid = (int32_t)kd_load_u32(order, data + PRSTATUS_PID);
	return true;
}

static bool monitor(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < QEMU_STATE_LEN)
		return false;
	ret->has_controls = true;
	ret->controls[KD_X86_CR3] = kd_load_u64(order, data + QEMU_STATE_CR + 3 * 8);
	ret->controls[KD_X86_CR4] = kd_load_u64(order, data + QEMU_STATE_CR + 4 * 8);
	return true;
}

static bool image_address(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret)
{
	int64_t phys_base;
	if (!kd_vmcoreinfo_number(info, "phys_base", &phys_base) || address < KD_X86_START_KERNEL_MAP)
		return false;
	*ret = address - KD_X86_START_KERNEL_MAP + (uint64_t)phys_base;
	return true;
}

const struct kd_note_format kd_x86_64_notes = {
	.controls = controls,
	.prstatus = prstatus,
	.monitor_name = "QEMU",
	.monitor = monitor,
	.image_address = image_address,
};
