/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * For dumps without a VMCOREINFO note, such as QEMU makes without its vmcoreinfo device: the kernel keeps the text of
 * the note in a page of its own, so it is in the dump.
 */
#ifndef KD_DUMP_VMCOREINFO_SEARCH_H
#define KD_DUMP_VMCOREINFO_SEARCH_H

#include "dump/dump.h"

/** Looks at the first bytes of every page in the file, so only where there is no note. *ret is empty if none is
 *  found. */
struct kd_error *kd_vmcoreinfo_search(struct kd_dump *dump, struct kd_vmcoreinfo *ret) KD_RETURNS_ERROR;

/* Of dump.c, for the search: */

/** The first page at or after *pfn that the file carries; false if there is none. */
bool kd_dump_next_page(struct kd_dump *dump, kd_pfn *pfn);
/** Read physical memory past the page cache; false if it cannot be read. */
bool kd_dump_peek(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len);

#endif
