/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * FUZZ TARGETS. Each fuzz_NAME.c is a program: with libFuzzer it looks for inputs (tools/fuzz), with main.c it runs the
 * inputs that it is given and a few that are made of them (tests/python/test_fuzz_targets.py). What an input is, the
 * target says.
 */
#ifndef KD_TESTS_FUZZ_H
#define KD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** Of libFuzzer's interface. Returns 0; what is wrong ends the process: a sanitizer, or abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/** Fakes of tests/c are there beside what they stand for. A length that an input makes up may be refused by malloc().
 */
__attribute__((weak, used)) const char *__asan_default_options(void)
{
	return "detect_odr_violation=0:allocator_may_return_null=1:malloc_context_size=4:quarantine_size_mb=8";
}

/** Ends the process with a report, in all builds; assert() for what is wrong with the target itself. */
#define FUZZ_CHECK(condition)             \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

#endif
