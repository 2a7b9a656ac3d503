/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/ppc64.h"

#include <elf.h>

#include "arch/ppc64/cpu_layout.h"
#include "arch/ppc64/disasm.h"
#include "arch/ppc64/notes.h"
#include "arch/ppc64/page_tables.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/unwind.h"

static const char *const vmcoreinfo[] = { "NUMBER(RADIX_MMU)", "SYMBOL(mmu_psize_defs)", "SYMBOL(vmemmap_list)", NULL };

const struct kd_machine kd_ppc64le = {
	.name = "ppc64le",
	.library_name = "ppc64",
	.elf_machine = EM_PPC64,
	.vmcoreinfo = vmcoreinfo,
	.notes = &kd_ppc64_notes,
	.registers = &kd_ppc64_registers,
	.page_tables = &kd_ppc64_page_tables,
	.instructions = &kd_ppc64_instructions,
	.cpus = &kd_ppc64_cpus,
	.unwind = &kd_ppc64_unwind,
};

static const char *const nothing[] = { NULL };

const struct kd_machine kd_ppc64 = {
	.name = "ppc64",
	.elf_machine = EM_PPC64,
	.order = KD_BIG,
	.vmcoreinfo = nothing,
};
