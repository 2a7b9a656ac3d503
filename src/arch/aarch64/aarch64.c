/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/aarch64.h"

#include <elf.h>

static const char *const vmcoreinfo[] = { "NUMBER(kimage_voffset)", NULL };

const struct kd_machine kd_aarch64 = {
	.name = "aarch64",
	.elf_machine = EM_AARCH64,
	.vmcoreinfo = vmcoreinfo,
};
