/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Notes of ppc64, and where VMCOREINFO says that its kernel lies. */
#ifndef KD_ARCH_PPC64_NOTES_H
#define KD_ARCH_PPC64_NOTES_H

#include "dump/notes.h"

/* All of memory, with the kernel's image in it, is mapped from here on. */
#define KD_PPC64_PAGE_OFFSET 0xc000000000000000ull
#define KD_PPC64_PHYSICAL 0x0fffffffffffffffull

extern const struct kd_note_format kd_ppc64_notes;

#endif
