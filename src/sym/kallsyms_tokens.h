/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The tokens that kallsyms names are compressed with: each byte of a compressed name stands for one of 256 strings. The
 * first character of a decoded name is the symbol's type. Private to sym/.
 */
#ifndef KD_SYM_KALLSYMS_TOKENS_H
#define KD_SYM_KALLSYMS_TOKENS_H

#include "base/error.h"
#include "base/types.h"
#include "sym/kallsyms_tables.h"
#include "sym/symbol.h"

struct kd_kallsyms_tokens {
	char *text;
	struct {
		uint16_t offset, len;
		/* Hash of the token, and what to multiply the hash of all that stands before it with. */
		uint64_t hash, tail_hash, power;
	} token[KD_KALLSYMS_TOKEN_NR];
};

/** Errors: KD_ERROR_FORMAT if the index does not fit the table; faults. */
struct kd_error *kd_kallsyms_tokens_init(struct kd_kallsyms_tokens *tokens, struct kd_memory *memory, kd_vaddr table,
					 kd_vaddr index) KD_RETURNS_ERROR;
void kd_kallsyms_tokens_deinit(struct kd_kallsyms_tokens *tokens);

/** 0 if the first token is empty, which no kernel writes. */
static inline char kd_kallsyms_tokens_type(const struct kd_kallsyms_tokens *tokens, const uint8_t *codes)
{
	return tokens->text[tokens->token[codes[0]].offset];
}

/** Decode the name after the type. @param[out] ret NUL-terminated. Returns its length, or -1 if it is too long. */
int kd_kallsyms_tokens_decode(const struct kd_kallsyms_tokens *tokens, const uint8_t *codes, size_t len,
			      char ret[KD_KALLSYMS_NAME_MAX + 1]);

/**
 * Hash of the name after the type, without decoding it: the hash is a polynomial, so that of a concatenation follows
 * from those of its parts. Equal to kd_kallsyms_name_hash() of the decoded name.
 */
static inline uint64_t kd_kallsyms_tokens_hash(const struct kd_kallsyms_tokens *tokens, const uint8_t *codes,
					       size_t len)
{
	uint64_t hash = tokens->token[codes[0]].tail_hash;
	for (size_t i = 1; i < len; i++)
		hash = hash * tokens->token[codes[i]].power + tokens->token[codes[i]].hash;
	return hash;
}

uint64_t kd_kallsyms_name_hash(const char *name);

#endif
