/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ORC tables: a byte that chooses their layout, and addresses and rules in turn. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/orc.h"
#include "fake_kernel.h"
#include "fake_memory.h"
#include "fuzz.h"

#define TEXT 0xffffffff81000000u
#define TEXT_END 0xffffffff81010000u
#define IPS 0xffffffff82000000u
#define ORCS 0xffffffff82010000u
#define HEADER 0xffffffff82020000u

enum { IP = 4, RULE = 6, NR_MAX = 512 };

static const uint8_t hashes[2][20] = { { 0xfe, 0x5d, 0x32, 0xbf, 0x58, 0x1b, 0xd6, 0x3b, 0x2c, 0xa9,
					 0xa5, 0xc6, 0x5b, 0xa5, 0xa6, 0x25, 0xea, 0xb3, 0xfe, 0x24 },
				       { 0x13, 0x7c, 0x36, 0xad, 0x76, 0x27, 0xc4, 0xdd, 0x55, 0x93,
					 0x21, 0x76, 0xbb, 0x0e, 0xcd, 0xbd, 0x50, 0x41, 0xfc, 0x82 } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	const uint8_t flags = *data++;
	const size_t nr = kd_min((len - 1) / (IP + RULE), (size_t)NR_MAX);
	uint8_t *ips = malloc(nr * IP + 1), *rules = malloc(nr * RULE + 1);
	assert(ips && rules);
	for (size_t i = 0; i < nr; i++) {
		memcpy(ips + i * IP, data + i * (IP + RULE), IP);
		memcpy(rules + i * RULE, data + i * (IP + RULE) + IP, RULE);
	}
	struct kd_memory *memory = fake_memory_create("");
	fake_memory_add(memory, IPS, ips, nr * IP, 0);
	fake_memory_add(memory, ORCS, rules, nr * RULE, 0);
	struct kd_code_sources sources = fake_kernel(memory);
	if (flags & 2) {
		fake_memory_add(memory, HEADER, hashes[flags >> 2 & 1], sizeof(hashes[0]), 0);
		fake_symbol("orc_header", HEADER);
	}
	if (flags & 8)
		fake_memory_break(memory, IPS + nr * IP / 2, KD_FAULT_EXCLUDED);
	fake_symbol("_text", TEXT);
	fake_symbol("_etext", TEXT_END);
	fake_symbol("__start_orc_unwind_ip", IPS);
	fake_symbol("__stop_orc_unwind_ip", IPS + nr * IP);
	fake_symbol("__start_orc_unwind", ORCS);
	fake_orc_layout(flags & 1);
	struct kd_text *text;
	struct kd_orc *orc;
	if (kd_text_create(&sources, &text) || kd_orc_create(&sources, text, &orc))
		abort();
	for (kd_vaddr pc = TEXT - 0x100; pc < TEXT + 0x800; pc += 0x71) {
		struct kd_orc_entry entry;
		struct kd_error *err = kd_orc_find(orc, pc, &entry);
		FUZZ_CHECK(err || (entry.type <= KD_ORC_INVALID && entry.sp_reg <= KD_ORC_REG_INVALID &&
				   entry.bp_reg <= KD_ORC_REG_INVALID));
		kd_error_destroy(err);
	}
	const char *missing = kd_orc_missing(orc);
	FUZZ_CHECK(!missing || *missing);
	kd_orc_destroy(orc);
	kd_text_destroy(text);
	fake_memory_destroy(memory);
	free(ips);
	free(rules);
	return 0;
}
