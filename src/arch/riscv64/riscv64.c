/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/riscv64.h"

#include <elf.h>

static const char *const vmcoreinfo[] = { "NUMBER(va_kernel_pa_offset)", NULL };

const struct kd_machine kd_riscv64 = {
	.name = "riscv64",
	.elf_machine = EM_RISCV,
	.vmcoreinfo = vmcoreinfo,
};
