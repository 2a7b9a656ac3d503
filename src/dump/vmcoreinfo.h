/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The VMCOREINFO note: lines of KEY=VALUE that the kernel wrote about itself (kernel/vmcore_info.c).
 */
#ifndef KD_DUMP_VMCOREINFO_H
#define KD_DUMP_VMCOREINFO_H

#include "base/error.h"
#include "base/types.h"

struct kd_vmcoreinfo_line {
	const char *key, *value; /* NUL-terminated, point into the owner's text */
};

struct kd_vmcoreinfo {
	char *text; /* owned; the lines cut apart by NULs */
	size_t text_len;
	struct kd_vmcoreinfo_line *lines;
	size_t nr;
	bool doubtful; /* the dump's memory is not that of the kernel and boot that it describes */
};

/** Parse (a copy of) raw text; lines without '=' and bytes after a NUL are ignored. */
struct kd_error *kd_vmcoreinfo_init(struct kd_vmcoreinfo *info, const char *raw, size_t raw_len) KD_RETURNS_ERROR;
void kd_vmcoreinfo_deinit(struct kd_vmcoreinfo *info);

/** The value of a key as written, e.g. "OSRELEASE" or "SYMBOL(_stext)"; NULL if absent. First of several wins. */
const char *kd_vmcoreinfo_get(const struct kd_vmcoreinfo *info, const char *key);

/** SYMBOL(name)=hex */
bool kd_vmcoreinfo_symbol(const struct kd_vmcoreinfo *info, const char *name, kd_vaddr *ret);
/** NUMBER(name)=decimal, sign-extended */
bool kd_vmcoreinfo_number(const struct kd_vmcoreinfo *info, const char *name, int64_t *ret);
/** SIZE(name), LENGTH(name), OFFSET(struct.member): the whole key is given. Decimal. */
bool kd_vmcoreinfo_value(const struct kd_vmcoreinfo *info, const char *key, uint64_t *ret);
/** KEY=hex without 0x, e.g. KERNELOFFSET. */
bool kd_vmcoreinfo_hex(const struct kd_vmcoreinfo *info, const char *key, uint64_t *ret);

#endif
