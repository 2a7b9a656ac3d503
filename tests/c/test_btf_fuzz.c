/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged BTF is an error or a smaller answer; it never costs more than that. Run under the sanitizers. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "make_btf.h"
#include "use_types.h"

#define ROUNDS 4000

/** Some of everything, of which ids refer to each other at random. */
static uint8_t *make_random(size_t *ret_len)
{
	static const uint8_t kinds[] = { 1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19 };
	enum { NR = 60 };
	struct make_btf btf = { .with_layout = chance(2), .layout_kind = 30, .layout_element_len = 4 };
	for (int i = 0; i < NR; i++) {
		char name[16];
		uint32_t kind = kinds[chance(sizeof(kinds))], nr = chance(5), id = chance(NR + 2);
		bool derived = kind == 2 || kind == 3 || (kind >= 9 && kind <= 11) || kind == 13;
		snprintf(name, sizeof(name), "n%u", chance(20));
		bool elements = kind == 4 || kind == 5 || kind == 6 || kind == 13 || kind == 19;
		make_btf_record(&btf, derived ? NULL : name, kind, elements ? nr : 0, chance(2), id);
		if (kind == 1)
			make_btf_words(&btf, 1, chance(8) << 24 | chance(8) << 16 | chance(65));
		else if (kind == 3)
			make_btf_words(&btf, 3, id, 1, chance(9));
		else if (kind == 14 || kind == 17)
			make_btf_words(&btf, 1, chance(3));
		for (uint32_t element = 0; elements && element < nr; element++) {
			snprintf(name, sizeof(name), "m%u", chance(10));
			uint32_t named = chance(3) ? make_btf_string(&btf, name) : 0;
			if (kind == 6 || kind == 13)
				make_btf_words(&btf, 2, named, chance(NR));
			else
				make_btf_words(&btf, 3, named, chance(NR), chance(256));
		}
	}
	return make_btf_bytes(&btf, ret_len);
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		size_t len;
		uint8_t *bytes = make_random(&len);
		for (uint32_t damage = chance(4) ? chance(8) : 0; damage; damage--)
			bytes[chance(3) ? chance(len) : chance(32)] = chance(2) ? chance(256) : chance(8);
		if (!chance(8)) {
			/* exactly as long as it says, so that the sanitizer sees every byte too many */
			len = chance(len);
			bytes = realloc(bytes, len ? len : 1);
		}
		use_types(bytes, len);
		free(bytes);
	}
	return 0;
}
