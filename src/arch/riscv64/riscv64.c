/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/riscv64.h"

#include <elf.h>

#include "arch/riscv64/cpu_layout.h"
#include "arch/riscv64/disasm.h"
#include "arch/riscv64/notes.h"
#include "arch/riscv64/page_tables.h"
#include "arch/riscv64/registers.h"
#include "arch/riscv64/unwind.h"

static const char *const vmcoreinfo[] = { "NUMBER(va_kernel_pa_offset)", "NUMBER(phys_ram_base)", NULL };

const struct kd_machine kd_riscv64 = {
	.name = "riscv64",
	.elf_machine = EM_RISCV,
	.vmcoreinfo = vmcoreinfo,
	.notes = &kd_riscv64_notes,
	.registers = &kd_riscv64_registers,
	.page_tables = &kd_riscv64_page_tables,
	.instructions = &kd_riscv64_instructions,
	.cpus = &kd_riscv64_cpus,
	.unwind = &kd_riscv64_unwind,
};
