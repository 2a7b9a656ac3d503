/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Scope-bound cleanup instead of goto ladders: `KD_FREE char *text = …;` is freed when it leaves scope unless its
 * value was moved out by kd_move_ptr().
 */
#ifndef KD_BASE_CLEANUP_H
#define KD_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

#define KD_CLEANUP(function) __attribute__((cleanup(function)))

static inline void kd_cleanup_free(void *where)
{
	free(*(void **)where);
}
#define KD_FREE KD_CLEANUP(kd_cleanup_free)

static inline void kd_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define KD_CLOSE KD_CLEANUP(kd_cleanup_close)

static inline void kd_cleanup_error(struct kd_error **error)
{
	kd_error_destroy(*error);
}
/** For an error that is looked at and then dropped. */
#define KD_DROP_ERROR KD_CLEANUP(kd_cleanup_error)

/** Take the value out of a variable that has a cleanup attribute. */
#define kd_move_ptr(pointer)                        \
	({                                          \
		__auto_type kd_where_ = &(pointer); \
		__auto_type kd_value_ = *kd_where_; \
		*kd_where_ = NULL;                  \
		kd_value_;                          \
	})

#endif
