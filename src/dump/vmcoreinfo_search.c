/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/vmcoreinfo_search.h"

#include <string.h>

#include "base/machine.h"
#include "dump/notes.h"

/*
 * Heuristic. The kernel builds the text in a zeroed page (vmcoreinfo_data, since Linux kernel commit 203e9e41219b
 * ("kexec: move vmcoreinfo out of the kernel's .bss section") (in v4.13)), so it starts on a page boundary with
 * "OSRELEASE=". The same text may lie about in the page cache of a file or in the memory of kexec tools, possibly from
 * an earlier boot: a text must be whole, and the kernel it describes must be where the text says it is. `--vmcoreinfo
 * FILE` overrides the search.
 */
#define FIRST_KEY "OSRELEASE="

/* 64 GiB of memory at 4 KiB a page, which takes seconds when all of it is compressed. */
#ifndef SEARCH_PAGES_MAX
#define SEARCH_PAGES_MAX (16u << 20)
#endif

/* Each machine says it by keys of its own. */
static bool image_address(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret)
{
	for (const struct kd_machine *const *machine = kd_machines; *machine; machine++) {
		const struct kd_note_format *notes = (*machine)->notes;
		if (notes && notes->image_address && notes->image_address(info, address, ret))
			return true;
	}
	return false;
}

/* struct uts_namespace has at most a few words before its six strings: sysname, nodename, release, version, machine …
 */
#define UTS_LEN 65
#define UTS_NR 6
struct uts {
	char bytes[64 + UTS_NR * UTS_LEN];
	const char *release; /* in these bytes */
};

/** What is where the text says that init_uts_ns is, and whether it is of the release that the text is of. */
static enum kd_vmcoreinfo_fit find_uts(const struct kd_searched *memory, const struct kd_vmcoreinfo *info,
				       struct uts *uts)
{
	kd_vaddr init_uts_ns;
	kd_paddr address;
	const char *release = kd_vmcoreinfo_get(info, "OSRELEASE");
	if (!release || !*release || !kd_vmcoreinfo_symbol(info, "init_uts_ns", &init_uts_ns) ||
	    !image_address(info, init_uts_ns, &address))
		return KD_VMCOREINFO_SILENT;
	if (!memory->peek(memory->dump, address, uts->bytes, sizeof(uts->bytes)))
		return KD_VMCOREINFO_UNREADABLE;
	uts->release = memmem(uts->bytes, sizeof(uts->bytes), release, strlen(release));
	return uts->release ? KD_VMCOREINFO_FITS : KD_VMCOREINFO_FOREIGN;
}

enum kd_vmcoreinfo_fit kd_vmcoreinfo_fits(const struct kd_searched *memory, const struct kd_vmcoreinfo *info)
{
	struct uts uts;
	return find_uts(memory, info, &uts);
}

const struct kd_machine *kd_vmcoreinfo_machine(const struct kd_searched *memory, const struct kd_vmcoreinfo *info)
{
	struct uts uts;
	if (find_uts(memory, info, &uts) != KD_VMCOREINFO_FITS)
		return NULL;
	/* Two strings on; an empty release would be anywhere. */
	const size_t at = (size_t)(uts.release - uts.bytes) + 2 * UTS_LEN;
	if (at > sizeof(uts.bytes) - UTS_LEN || !memchr(uts.bytes + at, 0, UTS_LEN))
		return NULL;
	return kd_machine_named(uts.bytes + at);
}

static struct kd_error *check(const struct kd_searched *memory, kd_pfn pfn, bool *found, struct kd_vmcoreinfo *ret)
{
	/* VMCOREINFO_BYTES is PAGE_SIZE; 64 KiB is the largest page there is. */
	char text[4096];
	size_t len = kd_min(sizeof(text), memory->page_size);
	if (!memory->peek(memory->dump, pfn * memory->page_size, text, len))
		return NULL;
	struct kd_vmcoreinfo info;
	struct kd_error *err = kd_vmcoreinfo_init(&info, text, len);
	if (err)
		return err;
	kd_vaddr stext;
	uint64_t page_size;
	if (kd_vmcoreinfo_symbol(&info, "_stext", &stext) && kd_vmcoreinfo_value(&info, "PAGESIZE", &page_size) &&
	    (page_size == memory->page_size || (memory->page_size_open && page_size % memory->page_size == 0)) &&
	    kd_vmcoreinfo_fits(memory, &info) != KD_VMCOREINFO_FOREIGN) {
		*ret = info;
		*found = true;
		return NULL;
	}
	kd_vmcoreinfo_deinit(&info);
	return NULL;
}

struct kd_error *kd_vmcoreinfo_search(const struct kd_searched *memory, struct kd_vmcoreinfo *ret)
{
	bool found = false;
	kd_pfn pfn = 0;
	for (unsigned int i = 0; i < SEARCH_PAGES_MAX && !found && memory->next_page(memory->dump, &pfn); i++, pfn++) {
		char start[sizeof(FIRST_KEY) - 1];
		if (!memory->peek(memory->dump, pfn * memory->page_size, start, sizeof(start)) ||
		    memcmp(start, FIRST_KEY, sizeof(start)))
			continue;
		struct kd_error *err = check(memory, pfn, &found, ret);
		if (err)
			return err;
	}
	return NULL;
}
