/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_LEN ((size_t)32 << 10)

struct kd_arena_block {
	struct kd_arena_block *older;
	size_t len;
	_Alignas(16) uint8_t bytes[];
};

void kd_arena_deinit(struct kd_arena *arena)
{
	while (arena->block) {
		struct kd_arena_block *older = arena->block->older;
		free(arena->block);
		arena->block = older;
	}
	*arena = (struct kd_arena){};
}

void *kd_arena_alloc(struct kd_arena *arena, size_t len)
{
	if (len > SIZE_MAX / 2)
		return NULL;
	len = (len + 15) & ~(size_t)15;
	if (!arena->block || arena->block->len - arena->used < len) {
		size_t block_len = len > BLOCK_LEN ? len : BLOCK_LEN;
		struct kd_arena_block *block = calloc(1, sizeof(*block) + block_len);
		if (!block)
			return NULL;
		block->older = arena->block;
		block->len = block_len;
		arena->block = block;
		arena->used = 0;
	}
	void *memory = arena->block->bytes + arena->used;
	arena->used += len;
	return memory;
}

char *kd_arena_copy(struct kd_arena *arena, const char *text, size_t len)
{
	char *copy = kd_arena_alloc(arena, len + 1);
	if (copy)
		memcpy(copy, text, len);
	return copy;
}
