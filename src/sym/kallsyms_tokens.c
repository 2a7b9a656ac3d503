/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sym/kallsyms_tokens.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define HASH_BASE 0x9e3779b97f4a7c15u

static uint64_t hash_bytes(const char *bytes, size_t len)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < len; i++)
		hash = hash * HASH_BASE + (uint8_t)bytes[i];
	return hash;
}

uint64_t kd_kallsyms_name_hash(const char *name)
{
	return hash_bytes(name, strlen(name));
}

struct kd_error *kd_kallsyms_tokens_init(struct kd_kallsyms_tokens *tokens, struct kd_memory *memory, kd_vaddr table,
					 kd_vaddr index)
{
	uint16_t offsets[KD_KALLSYMS_TOKEN_NR];
	struct kd_error *err = kd_memory_read_array(memory, index, offsets, sizeof(*offsets), KD_KALLSYMS_TOKEN_NR);
	if (err)
		return err;

	/* The last token's end is not in the index. */
	size_t last = offsets[KD_KALLSYMS_TOKEN_NR - 1], len;
	size_t max = last + KD_KALLSYMS_NAME_MAX + 1;
	KD_FREE char *text = malloc(max + 1);
	if (!text)
		return &kd_error_nomem;
	struct kd_error *why = NULL;
	err = kd_memory_read_upto(memory, table, text, max, &len, &why);
	if (err)
		return err;
	if (len <= last)
		return why;
	kd_error_destroy(why);
	text[len] = 0; /* so that whatever the index says, strlen() below ends */
	if (offsets[0] || !memchr(text + last, 0, len - last))
		return kd_error_create(KD_ERROR_FORMAT, "no kallsyms token table at %#" PRIx64, table);

	for (size_t i = 0; i < KD_KALLSYMS_TOKEN_NR; i++) {
		/* All offsets up to here were found to be those of NUL-terminated strings one after the other, none of
		 * them behind the last, whose end was read. */
		const char *token = text + offsets[i];
		size_t token_len = strlen(token);
		if (i + 1 < KD_KALLSYMS_TOKEN_NR &&
		    (offsets[i + 1] != offsets[i] + token_len + 1 || offsets[i + 1] > last))
			return kd_error_create(KD_ERROR_FORMAT,
					       "kallsyms token table at %#" PRIx64
					       " does not fit its index at %#" PRIx64,
					       table, index);
		uint64_t power = 1;
		for (size_t j = 0; j < token_len; j++)
			power *= HASH_BASE;
		tokens->token[i].offset = offsets[i];
		tokens->token[i].len = token_len;
		tokens->token[i].hash = hash_bytes(token, token_len);
		tokens->token[i].tail_hash = token_len ? hash_bytes(token + 1, token_len - 1) : 0;
		tokens->token[i].power = power;
	}
	tokens->text = kd_move_ptr(text);
	return NULL;
}

void kd_kallsyms_tokens_deinit(struct kd_kallsyms_tokens *tokens)
{
	free(tokens->text);
	*tokens = (struct kd_kallsyms_tokens){};
}

int kd_kallsyms_tokens_decode(const struct kd_kallsyms_tokens *tokens, const uint8_t *codes, size_t len,
			      char ret[KD_KALLSYMS_NAME_MAX + 1])
{
	size_t total = 0;
	for (size_t i = 0; i < len; i++) {
		const char *text = tokens->text + tokens->token[codes[i]].offset;
		size_t token_len = tokens->token[codes[i]].len;
		if (!i && token_len) {
			text++; /* the type */
			token_len--;
		}
		if (token_len > KD_KALLSYMS_NAME_MAX - total)
			return -1;
		memcpy(ret + total, text, token_len);
		total += token_len;
	}
	ret[total] = 0;
	return total;
}
