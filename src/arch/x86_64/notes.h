/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Register notes of x86-64. */
#ifndef KD_ARCH_X86_64_NOTES_H
#define KD_ARCH_X86_64_NOTES_H

#include "dump/notes.h"

/** __START_KERNEL_map: where the kernel's image is mapped, from physical address phys_base on. */
#define KD_X86_START_KERNEL_MAP 0xffffffff80000000u

/** kd_cpu_note.controls: the control registers that say where the page tables are and how deep. */
enum { KD_X86_CR3, KD_X86_CR4 };

extern const struct kd_note_format kd_x86_64_notes;

#endif
