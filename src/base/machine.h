/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * MACHINES. All that differs between the architectures of dumps, a part for each concern. The layer that uses a part
 * declares it; src/arch/NAME/ has those of one architecture, so that another one is a folder beside it, and nothing
 * else in src/ asks which architecture it is. A part that is NULL is not known: who needs it says so in an error.
 */
#ifndef KD_BASE_MACHINE_H
#define KD_BASE_MACHINE_H

#include "base/order.h"
#include "base/types.h"

struct kd_machine {
	const char *name;			  /* of utsname */
	const char *library_name;		  /* libkdumpfile's arch.name; NULL: the same */
	uint16_t elf_machine;			  /* EM_… */
	enum kd_order order;			  /* of its memory */
	const char *const *vmcoreinfo;		  /* keys that only this machine's kernels write, NULL-terminated */
	const struct kd_note_format *notes;	  /* dump/notes.h */
	const struct kd_register_set *registers;  /* dump/registers.h */
	const struct kd_page_tables *page_tables; /* xlat/page_tables.h */
	const struct kd_instruction_set *instructions; /* code/instruction_set.h */
	const struct kd_cpu_layout *cpus;	       /* code/cpu_layout.h */
	const struct kd_unwind_method *unwind;	       /* code/unwind_method.h */
};

/** All of them, NULL-terminated; in arch/machines.c. */
extern const struct kd_machine *const kd_machines[];

/** The machine of that name; NULL if it is not known. */
const struct kd_machine *kd_machine_named(const char *name);

#endif
