/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/notes.h"

#include <string.h>

#include "arch/aarch64/registers.h"
#include "dump/vmcoreinfo.h"

/* struct elf_prstatus: signal data, pr_pid, … times, then the registers. */
#define PRSTATUS_PID 32
#define PRSTATUS_REGS 112
#define PRSTATUS_LEN 392

static const char *const controls[] = { NULL };

static bool prstatus(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < PRSTATUS_LEN)
		return false;
	ret->has_regs = true;
	memcpy(ret->regs.word, data + PRSTATUS_REGS, KD_ARM64_NOTE_NR * sizeof(uint64_t));
	kd_order_array(order, ret->regs.word, sizeof(uint64_t), KD_ARM64_NOTE_NR);
	ret->regs.word[KD_ARM64_SYSCALL] = UINT32_MAX; /* none */
	ret->pid = (int32_t)kd_load_u32(order, data + PRSTATUS_PID);
	return true;
}

static bool image_address(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret)
{
	int64_t kimage_voffset;
	if (!kd_vmcoreinfo_number(info, "kimage_voffset", &kimage_voffset))
		return false;
	*ret = address - (uint64_t)kimage_voffset;
	return true;
}

const struct kd_note_format kd_aarch64_notes = {
	.controls = controls,
	.prstatus = prstatus,
	.image_address = image_address,
};
