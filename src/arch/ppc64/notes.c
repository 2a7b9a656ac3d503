/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/notes.h"

#include "arch/ppc64/registers.h"
#include "dump/vmcoreinfo.h"

/* struct elf_prstatus: pr_pid, …, then 48 words, of which the first 44 are struct pt_regs. */
#define PRSTATUS_PID 32
#define PRSTATUS_REGS 112
#define PRSTATUS_LEN (PRSTATUS_REGS + 48 * 8)

static const char *const controls[KD_CONTROLS_MAX + 1] = {};

static bool prstatus(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret)
{
	if (len < PRSTATUS_LEN)
		return false;
	ret->has_regs = true;
	for (size_t i = 0; i < KD_PPC64_REGS_NR; i++)
		ret->regs.word[i] = kd_load_u64(order, data + PRSTATUS_REGS + i * sizeof(uint64_t));
	ret->pid = (int32_t)kd_load_u32(order, data + PRSTATUS_PID);
	return true;
}

static bool image_address(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret)
{
	kd_vaddr sizes;
	if (!kd_vmcoreinfo_symbol(info, "mmu_psize_defs", &sizes) &&
	    !kd_vmcoreinfo_symbol(info, "vmemmap_list", &sizes))
		return false;
	*ret = address & KD_PPC64_PHYSICAL;
	return address >= KD_PPC64_PAGE_OFFSET;
}

const struct kd_note_format kd_ppc64_notes = {
	.controls = controls,
	.prstatus = prstatus,
	.image_address = image_address,
};
