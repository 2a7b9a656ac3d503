/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file A SYMBOL: a name of the kernel or of a module, and where it is. */
#ifndef KD_SYM_SYMBOL_H
#define KD_SYM_SYMBOL_H

#include "base/types.h"

/** A symbol. Strings are valid as long as the table that it came from. */
struct kd_symbol {
	kd_vaddr address;
	uint64_t size; /* distance to the next symbol in its section, or st_size; 0 if unknown */
	const char *name;
	const char *module; /* NULL: the kernel proper */
	char type;	    /* as `nm` prints it: T t D d B b R r A V W … */
};

/** Longest name without NUL that is accepted; the kernel's own KSYM_NAME_LEN is 128, since 6.1 512 bytes. */
#define KD_KALLSYMS_NAME_MAX 1023

#endif
