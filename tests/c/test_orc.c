/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ORC tables: every layout and numbering that kernels have had, and tables that are damaged or missing. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arch/x86_64/orc.h"
#include "fake_kernel.h"
#include "fake_memory.h"

#define TEXT 0xffffffff81000000u
#define TEXT_END 0xffffffff81010000u
#define IPS 0xffffffff82000000u
#define ORCS 0xffffffff82001000u
#define HEADER 0xffffffff82002000u

enum { NR = 6 };

struct raw_entry {
	int16_t sp_offset, bp_offset;
	uint8_t registers, rest;
} __attribute__((packed));

static int32_t ips[NR];
static struct raw_entry entries[NR];
static struct kd_memory *memory;
static struct kd_text *text;
static struct kd_orc *orc;

static const uint8_t hash_6_4[] = { 0xfe, 0x5d, 0x32, 0xbf, 0x58, 0x1b, 0xd6, 0x3b, 0x2c, 0xa9,
				    0xa5, 0xc6, 0x5b, 0xa5, 0xa6, 0x25, 0xea, 0xb3, 0xfe, 0x24 };
static const uint8_t hash_7_1[] = { 0x13, 0x7c, 0x36, 0xad, 0x76, 0x27, 0xc4, 0xdd, 0x55, 0x93,
				    0x21, 0x76, 0xbb, 0x0e, 0xcd, 0xbd, 0x50, 0x41, 0xfc, 0x82 };

static void entry(unsigned int n, uint32_t offset, int sp_reg, int sp_offset, int bp_reg, int bp_offset, int rest)
{
	ips[n] = TEXT + offset - (IPS + n * 4);
	entries[n] = (struct raw_entry){ sp_offset, bp_offset, sp_reg | bp_reg << 4, rest };
}

static void open_kernel(bool since_6_4, const uint8_t *hash)
{
	memory = fake_memory_create("");
	fake_memory_add(memory, IPS, ips, sizeof(ips), 0);
	fake_memory_add(memory, ORCS, entries, sizeof(entries), 0);
	struct kd_code_sources sources = fake_kernel(memory);
	if (hash) {
		fake_memory_add(memory, HEADER, hash, sizeof(hash_6_4), 0);
		fake_symbol("orc_header", HEADER);
	}
	fake_symbol("_text", TEXT);
	fake_symbol("_etext", TEXT_END);
	fake_symbol("__start_orc_unwind_ip", IPS);
	fake_symbol("__stop_orc_unwind_ip", IPS + sizeof(ips));
	fake_symbol("__start_orc_unwind", ORCS);
	fake_orc_layout(since_6_4);
	assert(!kd_text_create(&sources, &text));
	assert(!kd_orc_create(&sources, text, &orc));
}

static void close_kernel(void)
{
	kd_orc_destroy(orc);
	kd_text_destroy(text);
	fake_memory_destroy(memory);
}

static struct kd_orc_entry find(uint32_t offset)
{
	struct kd_orc_entry found;
	assert(!kd_orc_find(orc, TEXT + offset, &found));
	return found;
}

static enum kd_error_code failure(kd_vaddr pc)
{
	struct kd_orc_entry found;
	struct kd_error *err = kd_orc_find(orc, pc, &found);
	assert(err);
	enum kd_error_code code = err->code;
	kd_error_destroy(err);
	return code;
}

static void check(const char *what, bool with_signal)
{
	struct kd_orc_entry e = find(0x100);
	assert(e.type == KD_ORC_CALL && e.sp_reg == KD_ORC_REG_SP && e.sp_offset == 8 && !e.signal);
	assert(e.bp_reg == KD_ORC_REG_UNDEFINED);
	e = find(0x1ff);
	assert(e.sp_offset == 8);
	e = find(0x200);
	assert(e.type == KD_ORC_CALL && e.sp_reg == KD_ORC_REG_BP && e.sp_offset == 16);
	assert(e.bp_reg == KD_ORC_REG_PREV_SP && e.bp_offset == -16);
	/* Two entries at one address: the first only ends what is before. */
	e = find(0x300);
	assert(e.type == KD_ORC_REGS && e.sp_reg == KD_ORC_REG_SP && e.sp_offset == 0 && e.signal);
	e = find(0x400);
	assert(e.type == KD_ORC_REGS_PARTIAL && e.signal == with_signal);
	assert(failure(TEXT + 0x50) == KD_ERROR_LOOKUP);
	assert(failure(TEXT_END) == KD_ERROR_LOOKUP);
	assert(!kd_orc_missing(orc));
	printf("ok orc %s\n", what);
}

static void fill_classic(void)
{
	entry(0, 0x100, 5, 8, 0, 0, 0);
	entry(1, 0x200, 4, 16, 1, -16, 0);
	entry(2, 0x300, 0, 0, 0, 0, 0);
	entry(3, 0x300, 5, 0, 0, 0, 1);
	entry(4, 0x400, 5, 0, 1, -16, 2);
	entry(5, 0x500, 0, 0, 0, 0, 4);
}

static void fill_6_4(void)
{
	entry(0, 0x100, 5, 8, 0, 0, 2);
	entry(1, 0x200, 4, 16, 1, -16, 2);
	entry(2, 0x300, 0, 0, 0, 0, 0);
	entry(3, 0x300, 5, 0, 0, 0, 3 | 8);
	entry(4, 0x400, 5, 0, 1, -16, 4);
	entry(5, 0x500, 0, 0, 0, 0, 1);
}

static void fill_7_1(void)
{
	fill_6_4();
	entry(0, 0x100, 3, 8, 0, 0, 2);
	entry(1, 0x200, 4, 16, 8, -16, 2);
	entry(3, 0x300, 3, 0, 0, 0, 3 | 8);
	entry(4, 0x400, 3, 0, 8, -16, 4);
}

/* A module has tables of its own, and before Linux 6.4 its data behind its code. */
static void check_module(void)
{
	const kd_vaddr at = 0xffffffffc0000000, module_ips = at + 0x3000, module_orcs = at + 0x3800;
	static int32_t relative[2];
	static uint64_t module[8];
	static struct raw_entry rules[2];
	fill_6_4();
	open_kernel(true, hash_6_4);
	for (unsigned int i = 0; i < 2; i++) {
		relative[i] = at + i * 0x100 - (module_ips + i * 4);
		rules[i] = entries[i];
	}
	module[0] = module_ips;
	module[1] = module_orcs;
	module[2] = 2;
	module[3] = 0x1000;
	fake_memory_add(memory, module_ips, relative, sizeof(relative), 0);
	fake_memory_add(memory, module_orcs, rules, sizeof(rules), 0);
	fake_memory_add(memory, at + 0x4000, module, sizeof(module), 0);
	fake_module("a_module", at + 0x4000, at, 0x5000);
	fake_member("module", "arch.orc_unwind_ip", 0, 8);
	fake_member("module", "arch.orc_unwind", 8, 8);
	fake_member("module", "arch.num_orcs", 16, 4);
	fake_member("module", "core_layout.text_size", 24, 4);
	struct kd_orc_entry found;
	assert(!kd_orc_find(orc, at + 0x10, &found) && found.sp_reg == KD_ORC_REG_SP);
	assert(!kd_orc_find(orc, at + 0x110, &found) && found.sp_reg == KD_ORC_REG_BP);
	assert(failure(at + 0x1000) == KD_ERROR_LOOKUP);
	const struct kd_text_module *which;
	assert(kd_text_kind(text, at + 0xfff, &which, NULL) == KD_TEXT_MODULE);
	assert(!strcmp(which->module->name, "a_module"));
	close_kernel();
	puts("ok orc module");
}

int main(void)
{
	fill_classic();
	open_kernel(false, NULL);
	check("until 6.3", true);
	assert(find(0x500).type == KD_ORC_END_OF_STACK);
	close_kernel();
	entries[5].rest = 0;
	open_kernel(false, NULL);
	assert(find(0x500).type == KD_ORC_UNDEFINED);
	close_kernel();

	/* RHEL 9.6 has the layout of 6.4 without the header. */
	for (unsigned int i = 0; i < 2; i++) {
		fill_6_4();
		open_kernel(true, i ? hash_6_4 : NULL);
		check(i ? "6.4" : "6.4 by its contents", false);
		assert(find(0x500).type == KD_ORC_END_OF_STACK);
		close_kernel();
		fill_7_1();
		open_kernel(true, i ? hash_7_1 : NULL);
		check(i ? "7.1" : "7.1 by its contents", false);
		close_kernel();
	}

	/* The hash wins over contents that say nothing. */
	memset(entries, 0, sizeof(entries));
	open_kernel(true, hash_7_1);
	assert(find(0x100).type == KD_ORC_UNDEFINED);
	close_kernel();
	open_kernel(true, NULL);
	assert(kd_orc_missing(orc) && strstr(kd_orc_missing(orc), "damaged"));
	assert(failure(TEXT + 0x100) == KD_ERROR_LOOKUP);
	close_kernel();

	/* Out of order, or no address of code at all. */
	fill_6_4();
	ips[3] = 0x1000;
	open_kernel(true, hash_6_4);
	assert(failure(TEXT + 0x100) == KD_ERROR_FORMAT);
	close_kernel();

	fill_6_4();
	open_kernel(true, hash_6_4);
	fake_memory_break(memory, IPS, KD_FAULT_EXCLUDED);
	assert(failure(TEXT + 0x100) == KD_ERROR_FAULT);
	close_kernel();

	memory = fake_memory_create("");
	struct kd_code_sources sources = fake_kernel(memory);
	assert(!kd_text_create(&sources, &text));
	assert(!kd_orc_create(&sources, text, &orc));
	assert(strstr(kd_orc_missing(orc), "CONFIG_UNWINDER_ORC"));
	close_kernel();
	puts("ok orc damaged");
	check_module();
	return 0;
}
