/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of machines: one line for each folder here. */
#include <string.h>

#include "arch/aarch64/aarch64.h"
#include "arch/ppc64/ppc64.h"
#include "arch/riscv64/riscv64.h"
#include "arch/s390x/s390x.h"
#include "arch/x86_64/x86_64.h"

const struct kd_machine *const kd_machines[] = { &kd_x86_64,  &kd_aarch64, &kd_riscv64, &kd_s390x,
						 &kd_ppc64le, &kd_ppc64,   NULL };

const struct kd_machine *kd_machine_named(const char *name)
{
	for (const struct kd_machine *const *machine = kd_machines; *machine; machine++)
		if (!strcmp((*machine)->name, name))
			return *machine;
	return NULL;
}
