/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * FILE -> PHYSICAL MEMORY. Opens a crash dump (one file, or the parts of a split set) through libkdumpfile and reads
 * physical memory through one bounded page cache. Knows nothing of virtual addresses.
 *
 * Not thread-safe: one thread at a time uses a dump and everything that hangs off it.
 */
#ifndef KD_DUMP_DUMP_H
#define KD_DUMP_DUMP_H

#include <sys/types.h>

#include "base/error.h"
#include "base/machine.h"
#include "base/types.h"
#include "dump/notes.h"
#include "dump/vmcoreinfo.h"

struct kd_dump;

struct kd_dump_options {
	const char *vmcoreinfo; /* text used in place of the dump's own note, or NULL */
	size_t vmcoreinfo_len;
	bool live;	    /* the file is /proc/kcore of the running kernel: nothing of it is kept */
	size_t cache_pages; /* bound of the page cache; 0: the default */
};

/** How much of what the dump's header promises is in the file. */
enum kd_completeness {
	KD_COMPLETE,
	KD_TRUNCATED, /* the file ends early, or makedumpfile marked the dump incomplete */
};

/**
 * Open a dump.
 * @param paths copied; more than one: the parts of a makedumpfile --split set in any order.
 * Errors: KD_ERROR_OS (cannot open), KD_ERROR_FORMAT (not a dump, empty, a directory, damaged header),
 * KD_ERROR_UNSUPPORTED (recognised by name, the message says what to do). All carry the path.
 */
struct kd_error *kd_dump_open(const char *const *paths, size_t path_nr, const struct kd_dump_options *options,
			      struct kd_dump **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_dump_close(struct kd_dump *dump);

/** Close its files and free its pages before the dump itself is freed: what is known of it stays, and all that reads
 *  fails from now on (KD_ERROR_OS, EBADF). */
void kd_dump_shut(struct kd_dump *dump);

/** All strings below are valid until kd_dump_close(). */
const char *kd_dump_path(const struct kd_dump *dump);	/* the first path given */
const char *kd_dump_format(const struct kd_dump *dump); /* e.g. "kdump-compressed, zstd, flattened" */
const char *
kd_dump_arch(const struct kd_dump *dump); /* "x86_64"; taken from vmcoreinfo or notes if the header is silent */
enum kd_order kd_dump_order(const struct kd_dump *dump);	      /* of its memory: the machine's */
const struct kd_machine *kd_dump_machine(const struct kd_dump *dump); /* NULL: not one that is known */
uint32_t kd_dump_page_size(const struct kd_dump *dump);		      /* bytes, a power of two */
kd_pfn kd_dump_max_pfn(const struct kd_dump *dump); /* one more than the highest page number that the dump may hold */
/** Whether the dump is open and this is one of its files. */
bool kd_dump_is_file(const struct kd_dump *dump, dev_t device, ino_t inode);
enum kd_completeness kd_dump_completeness(const struct kd_dump *dump);
bool kd_dump_is_live(const struct kd_dump *dump);
const struct kd_vmcoreinfo *kd_dump_vmcoreinfo(const struct kd_dump *dump); /* never NULL; may be empty */
const struct kd_notes *kd_dump_notes(struct kd_dump *dump);		    /* never NULL; registers per CPU */

/** A libkdumpfile attribute as text, e.g. "file.format" or "linux.uts.release"; NULL if it has no value. Caller frees.
 */
char *kd_dump_attribute(struct kd_dump *dump, const char *key);

/**
 * One page of physical memory.
 * @param[out] ret page-size bytes, valid until the next call that reads from this dump.
 * Errors: KD_ERROR_FAULT with the reason (excluded, absent, truncated, corrupt), address = pfn * page size, physical.
 */
struct kd_error *kd_dump_page(struct kd_dump *dump, kd_pfn pfn, const uint8_t **ret) KD_RETURNS_ERROR;

/** Read len bytes of physical memory; on error the contents of buffer are undefined. */
struct kd_error *kd_dump_read(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len) KD_RETURNS_ERROR;

/** The first page at or after *pfn that the file carries; false if there is none. */
bool kd_dump_next_page(struct kd_dump *dump, kd_pfn *pfn);
/** Read physical memory past the page cache; false if it cannot be read. */
bool kd_dump_peek(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len);

/** Whether a page could be read, without reading it: KD_FAULT_NONE, or why not (never KD_FAULT_CORRUPT). */
enum kd_fault kd_dump_page_status(struct kd_dump *dump, kd_pfn pfn);

#endif
