/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Notes of s390x, and where VMCOREINFO says that its kernel lies. */
#ifndef KD_ARCH_S390X_NOTES_H
#define KD_ARCH_S390X_NOTES_H

#include "dump/notes.h"

/** kd_cpu_note.controls */
enum {
	KD_S390X_CR1, /* the primary address space: since Linux 5.5 the kernel's while its code runs */
	KD_S390X_CR13,
};

/** Virtual and physical start of the kernel's image; false where it is not that of s390x. */
bool kd_s390x_image(const struct kd_vmcoreinfo *info, kd_vaddr *ret_virtual, kd_paddr *ret_physical);

extern const struct kd_note_format kd_s390x_notes;

#endif
