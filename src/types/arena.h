/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Memory that is freed all at once: types live as long as their set.
 */
#ifndef KD_TYPES_ARENA_H
#define KD_TYPES_ARENA_H

#include "base/types.h"

struct kd_arena {
	struct kd_arena_block *block; /* the newest; older ones hang behind it */
	size_t used;		      /* bytes of the newest */
};

void kd_arena_deinit(struct kd_arena *arena);

/** Zeroed and aligned for any of our structs; NULL when memory is exhausted. */
void *kd_arena_alloc(struct kd_arena *arena, size_t len);

/** A copy of len bytes and a NUL. */
char *kd_arena_copy(struct kd_arena *arena, const char *text, size_t len);

#endif
