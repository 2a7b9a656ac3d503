/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kd_error kd_error_nomem = {
	.code = KD_ERROR_NOMEM,
	.message = (char *)"out of memory",
};

struct kd_error kd_error_callback = {
	.code = KD_ERROR_CALLBACK,
	.message = (char *)"a callback failed",
};

static struct kd_error *error_new(enum kd_error_code code, const char *path, const char *format, va_list args)
{
	struct kd_error *error = calloc(1, sizeof(*error));
	if (!error)
		return &kd_error_nomem;
	error->code = code;
	if (vasprintf(&error->message, format, args) < 0) {
		free(error);
		return &kd_error_nomem;
	}
	if (path) {
		error->path = strdup(path);
		if (!error->path) {
			kd_error_destroy(error);
			return &kd_error_nomem;
		}
	}
	return error;
}

struct kd_error *kd_error_create(enum kd_error_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct kd_error *error = error_new(code, NULL, format, args);
	va_end(args);
	return error;
}

struct kd_error *kd_error_create_file(enum kd_error_code code, const char *path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct kd_error *error = error_new(code, path, format, args);
	va_end(args);
	return error;
}

struct kd_error *kd_error_create_os(int errnum, const char *path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct kd_error *error = error_new(KD_ERROR_OS, path, format, args);
	va_end(args);
	if (error != &kd_error_nomem)
		error->errnum = errnum;
	return error;
}

static const char *const fault_names[] = {
	[KD_FAULT_NONE] = "none",
	[KD_FAULT_EXCLUDED] = "excluded",
	[KD_FAULT_ABSENT] = "absent",
	[KD_FAULT_TRUNCATED] = "truncated",
	[KD_FAULT_UNTRANSLATABLE] = "untranslatable",
	[KD_FAULT_CORRUPT] = "corrupt",
};

static const char *const fault_sentences[] = {
	[KD_FAULT_NONE] = "unreadable",
	[KD_FAULT_EXCLUDED] = "page was excluded when the dump was made",
	[KD_FAULT_ABSENT] = "page is not in the dump",
	[KD_FAULT_TRUNCATED] = "page lies beyond the end of the truncated dump file",
	[KD_FAULT_UNTRANSLATABLE] = "address is not mapped by the page tables",
	[KD_FAULT_CORRUPT] = "page data in the dump file are corrupt",
};

const char *kd_fault_name(enum kd_fault fault)
{
	return fault_names[fault];
}

struct kd_error *kd_error_create_fault_why(enum kd_fault fault, uint64_t address, _Bool physical, const char *format,
					   ...)
{
	va_list args;
	va_start(args, format);
	struct kd_error *error = error_new(KD_ERROR_FAULT, NULL, format, args);
	va_end(args);
	if (error != &kd_error_nomem) {
		error->fault = fault;
		error->address = address;
		error->physical = physical;
	}
	return error;
}

struct kd_error *kd_error_create_lookup_why(const struct kd_error *why, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct kd_error *error = error_new(KD_ERROR_LOOKUP, NULL, format, args);
	va_end(args);
	if (error != &kd_error_nomem && why && why->code == KD_ERROR_FAULT) {
		error->fault = why->fault;
		error->address = why->address;
		error->physical = why->physical;
	}
	return error;
}

struct kd_error *kd_error_create_fault(enum kd_fault fault, uint64_t address, _Bool physical)
{
	return kd_error_create_fault_why(fault, address, physical, "cannot read %s address %#" PRIx64 ": %s",
					 physical ? "physical" : "virtual", address, fault_sentences[fault]);
}

void kd_error_destroy(struct kd_error *error)
{
	if (!error || error == &kd_error_nomem || error == &kd_error_callback)
		return;
	free(error->path);
	free(error->message);
	free(error);
}

_Bool kd_error_catch(struct kd_error **error, enum kd_error_code code)
{
	if (!*error || (*error)->code != code)
		return 0;
	kd_error_destroy(*error);
	*error = NULL;
	return 1;
}
