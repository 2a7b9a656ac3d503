/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/s390x.h"

#include <elf.h>

#include "arch/s390x/cpu_layout.h"
#include "arch/s390x/disasm.h"
#include "arch/s390x/notes.h"
#include "arch/s390x/page_tables.h"
#include "arch/s390x/registers.h"
#include "arch/s390x/unwind.h"

static const char *const vmcoreinfo[] = { "SYMBOL(lowcore_ptr)", "KERNELOFFPHYS", "SAMODE31", NULL };

const struct kd_machine kd_s390x = {
	.name = "s390x",
	.elf_machine = EM_S390,
	.order = KD_BIG,
	.vmcoreinfo = vmcoreinfo,
	.notes = &kd_s390x_notes,
	.registers = &kd_s390x_registers,
	.page_tables = &kd_s390x_page_tables,
	.instructions = &kd_s390x_instructions,
	.cpus = &kd_s390x_cpus,
	.unwind = &kd_s390x_unwind,
};
