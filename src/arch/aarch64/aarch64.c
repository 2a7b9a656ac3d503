/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/aarch64.h"

#include <elf.h>

#include "arch/aarch64/cpu_layout.h"
#include "arch/aarch64/disasm.h"
#include "arch/aarch64/notes.h"
#include "arch/aarch64/page_tables.h"
#include "arch/aarch64/registers.h"
#include "arch/aarch64/unwind.h"

static const char *const vmcoreinfo[] = { "NUMBER(kimage_voffset)", NULL };

const struct kd_machine kd_aarch64 = {
	.name = "aarch64",
	.elf_machine = EM_AARCH64,
	.vmcoreinfo = vmcoreinfo,
	.notes = &kd_aarch64_notes,
	.registers = &kd_aarch64_registers,
	.page_tables = &kd_aarch64_page_tables,
	.instructions = &kd_aarch64_instructions,
	.cpus = &kd_aarch64_cpus,
	.unwind = &kd_aarch64_unwind,
};
