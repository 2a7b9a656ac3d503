/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Register notes of riscv64. */
#ifndef KD_ARCH_RISCV64_NOTES_H
#define KD_ARCH_RISCV64_NOTES_H

#include "dump/notes.h"

extern const struct kd_note_format kd_riscv64_notes;

#endif
