/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What a call is expected to return; what it returned, where it is something else.
 */
#ifndef KD_TESTS_EXPECT_H
#define KD_TESTS_EXPECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static inline void ok(struct kd_error *err)
{
	if (!err)
		return;
	fprintf(stderr, "error %d: %s\n", err->code, err->message);
	abort();
}

/** It has that code, and *part* in its message. */
static inline void fails(struct kd_error *err, enum kd_error_code code, const char *part)
{
	if (!err || err->code != code || !strstr(err->message, part)) {
		fprintf(stderr, "expected \"%s\" (%d), got \"%s\" (%d)\n", part, code, err ? err->message : "success",
			err ? (int)err->code : -1);
		abort();
	}
	kd_error_destroy(err);
}

#endif
