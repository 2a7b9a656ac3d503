/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A stand-in for src/xlat and src/dump in unit tests: virtual memory made of byte segments, and a vmcoreinfo made of
 * text. Implements the functions of xlat/memory.h that the layers above use; link it instead of src/xlat/ and
 * src/dump/dump.c (src/dump/vmcoreinfo.c is the real one).
 */
#ifndef KD_TESTS_FAKE_MEMORY_H
#define KD_TESTS_FAKE_MEMORY_H

#include "xlat/memory.h"

#define FAKE_PAGE 4096u

/** @param vmcoreinfo text of KEY=VALUE lines, may be "". Aborts when memory is exhausted: this is for tests. */
struct kd_memory *fake_memory_create(const char *vmcoreinfo);
void fake_memory_destroy(struct kd_memory *memory);

/** Add a segment (bytes borrowed, must outlive the memory); flags are those of kd_memory_ranges(). */
void fake_memory_add(struct kd_memory *memory, kd_vaddr start, const void *bytes, size_t len, unsigned int flags);

/** Make the page that holds address unreadable: reads of it fail with this fault. */
void fake_memory_break(struct kd_memory *memory, kd_vaddr address, enum kd_fault fault);

/** How many distinct calls have read a page so far (a read across two pages counts two). */
size_t fake_memory_page_reads(const struct kd_memory *memory);

#endif
