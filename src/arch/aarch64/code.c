/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/code.h"

#include <string.h>

#include "base/cleanup.h"

#define INSN_LEN 4
#define PROLOGUE_MAX 64 /* instructions, of one that saves every register and guards the stack */
#define EPILOGUE_MAX 4	/* instructions behind the one that gives the record up */

static bool read_insn(const struct kd_code_sources *sources, kd_vaddr address, uint32_t *ret)
{
	return kd_sources_peek_u32(sources, address, ret);
}

/* "mov x29, sp", "add x29, sp, #n" */
static bool sets_frame_pointer(uint32_t insn)
{
	return (insn & 0xffc003ff) == 0x910003fd;
}

/* "ldp x29, x30, [sp], #n" and "ldp x29, x30, [sp, #n]" */
static bool restores_frame_pointer(uint32_t insn)
{
	return (insn & 0xffc07fff) == 0xa8c07bfd || (insn & 0xffc07fff) == 0xa9407bfd;
}

bool kd_aarch64_has_record(const struct kd_code_sources *sources, kd_vaddr start, kd_vaddr pc)
{
	uint32_t insn;
	bool made = false;
	for (kd_vaddr at = start; at < pc && at - start < PROLOGUE_MAX * INSN_LEN && !made; at += INSN_LEN) {
		if (!read_insn(sources, at, &insn))
			return true;
		made = sets_frame_pointer(insn);
	}
	for (unsigned int i = 1; made && i <= EPILOGUE_MAX && pc - start >= i * INSN_LEN; i++) {
		if (!read_insn(sources, pc - i * INSN_LEN, &insn))
			return true;
		if ((insn & 0xfc000000) == 0x14000000 || (insn & 0xfffffc1f) == 0xd65f0000)
			break; /* a jump, a return: what is before belongs to another path */
		made = !restores_frame_pointer(insn);
	}
	return made;
}

bool kd_aarch64_ends_in_call(const uint8_t *bytes)
{
	uint32_t insn;
	memcpy(&insn, bytes, sizeof(insn));
	return (insn & 0xfc000000) == 0x94000000 || /* bl */
	       (insn & 0xfffffc1f) == 0xd63f0000 || /* blr */
	       (insn & 0xfefff800) == 0xd63f0800;   /* blraa, blrab and those with a modifier of zero */
}

bool kd_aarch64_is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start)
{
	uint32_t insn;
	if (!read_insn(sources, return_address - INSN_LEN, &insn) || (insn & 0xfc000000) != 0x94000000)
		return false;
	const int64_t words = (int64_t)((uint64_t)insn << 38) >> 38;
	return return_address - INSN_LEN + (uint64_t)words * INSN_LEN == start;
}

/* A signed return address has its code in the bits above those of an address, but for bit 55: KERNELPACMASK, which is
 * what the tables do not look at. */
kd_vaddr kd_aarch64_code_address(struct kd_memory *memory, uint64_t word)
{
	const struct kd_layout *layout = kd_memory_layout(memory);
	int64_t mask;
	if (!(word >> 55 & 1) || !layout->level_nr)
		return word;
	word |= ~0ull << (layout->levels[0].shift + layout->levels[0].bits);
	/* More bits, where the tables are larger than the hardware's addresses. */
	if (kd_vmcoreinfo_number(kd_dump_vmcoreinfo(kd_memory_dump(memory)), "KERNELPACMASK", &mask))
		word |= (uint64_t)mask;
	return word;
}
