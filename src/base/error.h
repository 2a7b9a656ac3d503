/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Errors. A fallible function returns `struct kd_error *`; NULL is success. The caller owns the error and either
 * returns it to its own caller or ends it with kd_error_destroy(). Context (path, address, reason) travels inside.
 */
#ifndef KD_BASE_ERROR_H
#define KD_BASE_ERROR_H

#include <stdint.h>

/** What kind of thing went wrong; src/py/error.c maps each to one Python exception. */
enum kd_error_code {
	KD_ERROR_NOMEM,	      /* memory is exhausted */
	KD_ERROR_OS,	      /* a system call failed; errnum is valid */
	KD_ERROR_FORMAT,      /* the file is not a dump, or its structure is damaged */
	KD_ERROR_UNSUPPORTED, /* recognised, but not something pykd reads */
	KD_ERROR_FAULT,	      /* memory could not be read; reason and address are valid */
	KD_ERROR_LOOKUP,      /* no such symbol, type, member, thread…; with a fault where it may be lost to that */
	KD_ERROR_TYPE,	      /* the type does not allow this */
	KD_ERROR_VALUE,	      /* an argument is out of range */
	KD_ERROR_SYNTAX,      /* C text that does not parse */
	KD_ERROR_LIMIT,	      /* a bound against hostile input was hit (cycle, depth, count) */
	KD_ERROR_CALLBACK,    /* a callback failed, and keeps its own account of how: &kd_error_callback */
};

/** Why memory could not be read. */
enum kd_fault {
	KD_FAULT_NONE,
	KD_FAULT_EXCLUDED,	 /* makedumpfile left the page out on purpose (-d LEVEL) */
	KD_FAULT_ABSENT,	 /* no such physical memory in the dump */
	KD_FAULT_TRUNCATED,	 /* the page belongs to the dump but the file ends before it */
	KD_FAULT_UNTRANSLATABLE, /* the page tables do not map this virtual address */
	KD_FAULT_CORRUPT,	 /* the page is there but its contents do not decode */
};

struct kd_error {
	enum kd_error_code code;
	enum kd_fault fault;
	int errnum;
	uint64_t address; /* of the fault: physical if `physical`, else virtual */
	_Bool physical;
	char *path;    /* file concerned, or NULL */
	char *message; /* one sentence, no final period */
};

#define KD_RETURNS_ERROR __attribute__((warn_unused_result))
#define KD_PRINTF(f, a) __attribute__((format(printf, f, a)))

/** The one error that needs no memory; destroying it is a no-op. */
extern struct kd_error kd_error_nomem;

/** What a callback returns to end the walk that called it when its error is not one of these. It is handed through to
 *  whoever gave the callback, and to nobody else. Destroying it is a no-op. */
extern struct kd_error kd_error_callback;

/** Never returns NULL: falls back to &kd_error_nomem. */
struct kd_error *kd_error_create(enum kd_error_code code, const char *format, ...) KD_PRINTF(2, 3)
	__attribute__((returns_nonnull));

/** @param path may be NULL; copied. */
struct kd_error *kd_error_create_os(int errnum, const char *path, const char *format, ...) KD_PRINTF(3, 4)
	__attribute__((returns_nonnull));

struct kd_error *kd_error_create_file(enum kd_error_code code, const char *path, const char *format, ...)
	KD_PRINTF(3, 4) __attribute__((returns_nonnull));

/** The message is made from fault and address. */
struct kd_error *kd_error_create_fault(enum kd_fault fault, uint64_t address, _Bool physical)
	__attribute__((returns_nonnull));

/** As above, with a sentence of the caller's own instead of the standard one. */
struct kd_error *kd_error_create_fault_why(enum kd_fault fault, uint64_t address, _Bool physical, const char *format,
					   ...) KD_PRINTF(4, 5) __attribute__((returns_nonnull));

/** KD_ERROR_LOOKUP with the fault of why, which may have cost what was looked for. @param why NULL or without a
 * fault: none did. */
struct kd_error *kd_error_create_lookup_why(const struct kd_error *why, const char *format, ...) KD_PRINTF(2, 3)
	__attribute__((returns_nonnull));

/** NULL is legal. */
void kd_error_destroy(struct kd_error *error);

/** "excluded", "absent", … */
const char *kd_fault_name(enum kd_fault fault);

/** True, and the error is destroyed, if it has this code. For `if (kd_error_catch(&err, KD_ERROR_LOOKUP))`. */
_Bool kd_error_catch(struct kd_error **error, enum kd_error_code code);

#endif
