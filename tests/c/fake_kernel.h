/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A stand-in for names, types, modules and notes in unit tests of src/code: link it instead of src/sym, src/types,
 * src/module, src/code/sources.c and the notes of src/dump. One kernel at a time.
 */
#ifndef KD_TESTS_FAKE_KERNEL_H
#define KD_TESTS_FAKE_KERNEL_H

#include "code/sources.h"
#include "dump/notes.h"

/** Forget everything. @param memory of fake_memory.h */
struct kd_code_sources fake_kernel(struct kd_memory *memory);

/** Names are borrowed. A symbol ends where the next one begins. */
void fake_symbol(const char *name, kd_vaddr address);
void fake_member(const char *type, const char *path, uint64_t offset, uint64_t size);
void fake_bits(const char *type, const char *path, uint64_t bit_offset, uint64_t bits);
void fake_size(const char *type, uint64_t size);
/** A module without anything but text. */
void fake_module(const char *name, kd_vaddr address, kd_vaddr text, uint64_t text_len);
/** The dump's notes of CPUs; borrowed. */
void fake_notes(struct kd_cpu_note *notes, size_t nr);

/** struct orc_entry as Linux 6.4 made it, or as it was before. */
void fake_orc_layout(bool since_6_4);

#endif
