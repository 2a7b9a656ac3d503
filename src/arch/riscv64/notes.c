/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/notes.h"

#include <string.h>

#include "arch/riscv64/registers.h"
#include "dump/vmcoreinfo.h"

/* struct elf_prstatus: signal data, pr_pid, … times, then the registers. */
#define PRSTATUS_PID 32
#define PRSTATUS_REGS 112
#define PRSTATUS_LEN 376

static const char *const controls[] = { NULL };

/* The note does not say which mode the CPU was in; the kernel's half of the addresses does. */
static bool prstatus(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < PRSTATUS_LEN)
		return false;
	ret->has_regs = true;
	memcpy(ret->regs.word, data + PRSTATUS_REGS, KD_RISCV_NOTE_NR * sizeof(uint64_t));
	kd_order_array(order, ret->regs.word, sizeof(uint64_t), KD_RISCV_NOTE_NR);
	if (ret->regs.word[KD_RISCV_EPC] >> 63)
		ret->regs.word[KD_RISCV_STATUS] = KD_RISCV_STATUS_KERNEL;
	ret->pid = (int32_t)kd_load_u32(order, data + PRSTATUS_PID);
	return true;
}

static bool image_address(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret)
{
	int64_t offset;
	if (!kd_vmcoreinfo_number(info, "va_kernel_pa_offset", &offset))
		return false;
	*ret = address - (uint64_t)offset;
	return true;
}

const struct kd_note_format kd_riscv64_notes = {
	.controls = controls,
	.prstatus = prstatus,
	.image_address = image_address,
};
