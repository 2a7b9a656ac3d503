/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * For dumps without a VMCOREINFO note, such as QEMU makes without its vmcoreinfo device: the kernel keeps the text of
 * the note in a page of its own, so it is in the dump.
 */
#ifndef KD_DUMP_VMCOREINFO_SEARCH_H
#define KD_DUMP_VMCOREINFO_SEARCH_H

#include "base/error.h"
#include "base/machine.h"
#include "base/types.h"
#include "dump/vmcoreinfo.h"

struct kd_dump;

/** The memory that is searched. */
struct kd_searched {
	struct kd_dump *dump;
	uint32_t page_size;
	bool page_size_open;				      /* it may be a multiple of that */
	bool (*next_page)(struct kd_dump *dump, kd_pfn *pfn); /* see kd_dump_next_page() */
	bool (*peek)(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len); /* see kd_dump_peek() */
};

/** Whether a text describes this memory: whether the release is where it says that init_uts_ns is. The better one is
 *  greater. */
enum kd_vmcoreinfo_fit {
	KD_VMCOREINFO_FOREIGN,	  /* something else is there */
	KD_VMCOREINFO_UNREADABLE, /* nothing is there, as in a dump that was cut off, or the text is of another boot */
	KD_VMCOREINFO_SILENT,	  /* the text does not say where to look */
	KD_VMCOREINFO_FITS,
};
enum kd_vmcoreinfo_fit kd_vmcoreinfo_fits(const struct kd_searched *memory, const struct kd_vmcoreinfo *info);

/** The machine as the kernel names it in its init_uts_ns; NULL: the text does not say where that is, or it says no
 * machine that is known. */
const struct kd_machine *kd_vmcoreinfo_machine(const struct kd_searched *memory, const struct kd_vmcoreinfo *info);

/** Looks at the first bytes of every page in the file, so only where there is no note. *ret is empty if none is
 *  found. */
struct kd_error *kd_vmcoreinfo_search(const struct kd_searched *memory, struct kd_vmcoreinfo *ret) KD_RETURNS_ERROR;

#endif
