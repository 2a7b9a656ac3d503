/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * NAMES of the kernel proper, decoded from the kallsyms tables in the dump. Nothing is read at creation but what is
 * needed to find the tables; lookups read what they need (since Linux 6.2 by binary search), a whole index is only
 * built when it pays.
 */
#ifndef KD_SYM_KALLSYMS_H
#define KD_SYM_KALLSYMS_H

#include "base/error.h"
#include "base/types.h"
#include "sym/symbol.h"
#include "xlat/memory.h"

struct kd_kallsyms;

/** Errors: KD_ERROR_LOOKUP when there are no tables (CONFIG_KALLSYMS off, or not found); faults. */
struct kd_error *kd_kallsyms_create(struct kd_memory *memory, struct kd_kallsyms **ret) KD_RETURNS_ERROR;
void kd_kallsyms_destroy(struct kd_kallsyms *kallsyms);

/** Whether it was made without CONFIG_KALLSYMS_ALL: no variable has a name, nor do the borders of sections. */
bool kd_kallsyms_functions_only(struct kd_kallsyms *kallsyms);

uint32_t kd_kallsyms_nr(const struct kd_kallsyms *kallsyms);

/** The n-th symbol in address order (as /proc/kallsyms prints them). */
struct kd_error *kd_kallsyms_get(struct kd_kallsyms *kallsyms, uint32_t n, struct kd_symbol *ret) KD_RETURNS_ERROR;

/**
 * As kd_kallsyms_get(), for those that only look: the name is decoded into the caller's memory and not kept, the size
 * is not looked for.
 */
struct kd_error *kd_kallsyms_peek(struct kd_kallsyms *kallsyms, uint32_t n, char name[KD_KALLSYMS_NAME_MAX + 1],
				  struct kd_symbol *ret) KD_RETURNS_ERROR;

/**
 * Numbers (for kd_kallsyms_get) of all symbols of this name in address order.
 * @param[out] ret up to max numbers; @param[out] ret_nr how many there are in all (may exceed max; 0: none, no error).
 */
struct kd_error *kd_kallsyms_find(struct kd_kallsyms *kallsyms, const char *name, uint32_t *ret, size_t max,
				  size_t *ret_nr) KD_RETURNS_ERROR;

/**
 * KD_ERROR_LOOKUP about a name that was not found, with a message of the caller's. Where pages with names are missing,
 * it goes on to say how many blocks of 256 names are as if they were not there, and has the fault that cost the first;
 * where there are names of functions only, it says so.
 */
struct kd_error *kd_kallsyms_not_found(struct kd_kallsyms *kallsyms, const char *format, ...) KD_PRINTF(2, 3)
	__attribute__((returns_nonnull));

/** Number of the first symbol of this name: cheaper than finding all. KD_ERROR_LOOKUP if none. */
struct kd_error *kd_kallsyms_first(struct kd_kallsyms *kallsyms, const char *name, uint32_t *ret) KD_RETURNS_ERROR;

/** The address of what has no name in the tables of a kernel with names of functions only; KD_ERROR_LOOKUP if there is
 * no way to it. */
typedef struct kd_error *(*kd_kallsyms_more_fn)(void *context, const char *name, kd_vaddr *ret);
/** Whom kd_kallsyms_address() asks in such a kernel. */
void kd_kallsyms_set_more(struct kd_kallsyms *kallsyms, kd_kallsyms_more_fn more, void *context);

/** Its address, found in another way perhaps: see kd_kallsyms_set_more(). KD_ERROR_LOOKUP if none. */
struct kd_error *kd_kallsyms_address(struct kd_kallsyms *kallsyms, const char *name, kd_vaddr *ret) KD_RETURNS_ERROR;

/**
 * Number of the symbol whose range holds address: the last symbol at or below it (of several at one address the first
 * global one, as the kernel's own lookup prefers), when the address is inside the kernel image; KD_ERROR_LOOKUP if
 * none.
 */
struct kd_error *kd_kallsyms_at(struct kd_kallsyms *kallsyms, kd_vaddr address, uint32_t *ret) KD_RETURNS_ERROR;

#endif
