/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/orc.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

/*
 * Two parallel tables, sorted by address when the kernel boots or the module loads:
 *
 *     .orc_unwind_ip  s32: the address that an entry starts to hold for, relative to this very word
 *     .orc_unwind     struct orc_entry, packed:
 *                         s16 sp_offset, bp_offset;
 *                         4 bits sp_reg, 4 bits bp_reg;
 *                         until 6.3   2 bits type, (since 6.3) 1 bit signal, 1 bit end
 *                         since 6.4   3 bits type, 1 bit signal
 *
 * fb799447ae29 ("x86,objtool: Split UNWIND_HINT_EMPTY in two", Linux 6.4) made undefined code and the end of the stack
 * types of their own, which moved the others up by two; before, sp_reg 0 meant either and `end` told which. Members say
 * which layout it is, also where it was backported (RHEL 9.6) without the .orc_header that names it upstream.
 *
 * The registers were renumbered in Linux 7.1. No member tells, but .orc_header (b9f174c811e3, Linux 6.4) holds a hash
 * of the definitions; and objtool finds a saved frame pointer relative to the previous stack pointer or nowhere, so
 * that bp_reg is nearly always 0 or PREV_SP: 1 in the old numbers, 8 in the new ones.
 */
#define ORC_HASH_LEN 20

static const uint8_t hash_6_4[ORC_HASH_LEN] = { 0xfe, 0x5d, 0x32, 0xbf, 0x58, 0x1b, 0xd6, 0x3b, 0x2c, 0xa9,
						0xa5, 0xc6, 0x5b, 0xa5, 0xa6, 0x25, 0xea, 0xb3, 0xfe, 0x24 };
static const uint8_t hash_7_1[ORC_HASH_LEN] = { 0x13, 0x7c, 0x36, 0xad, 0x76, 0x27, 0xc4, 0xdd, 0x55, 0x93,
						0x21, 0x76, 0xbb, 0x0e, 0xcd, 0xbd, 0x50, 0x41, 0xfc, 0x82 };

typedef uint8_t register_numbers[16]; /* enum kd_orc_reg */

#define REST_INVALID(first) [first... 15] = KD_ORC_REG_INVALID

static const register_numbers numbers_classic = {
	KD_ORC_REG_UNDEFINED,	KD_ORC_REG_PREV_SP,	KD_ORC_REG_DX,	  KD_ORC_REG_DI,
	KD_ORC_REG_BP,		KD_ORC_REG_SP,		KD_ORC_REG_R10,	  KD_ORC_REG_R13,
	KD_ORC_REG_BP_INDIRECT, KD_ORC_REG_SP_INDIRECT, REST_INVALID(10),
};

static const register_numbers numbers_7_1 = {
	KD_ORC_REG_UNDEFINED, KD_ORC_REG_AX,	      KD_ORC_REG_DX,	      KD_ORC_REG_SP,
	KD_ORC_REG_BP,	      KD_ORC_REG_DI,	      KD_ORC_REG_R10,	      KD_ORC_REG_R13,
	KD_ORC_REG_PREV_SP,   KD_ORC_REG_SP_INDIRECT, KD_ORC_REG_BP_INDIRECT, REST_INVALID(11),
};

#define TABLE_MAX (64u << 20) /* entries; a distribution kernel has 400 thousand */
#define ENTRY_MAX_LEN 8	      /* bytes */
#define CACHE_NR 4096	      /* a power of two; see text.c */
#define SAMPLE_NR 2048

struct orc_field {
	uint8_t shift, bits; /* bits 0: there is no such field */
};

struct orc_table {
	kd_vaddr ip, orc;
	uint32_t nr;
	kd_vaddr start, end; /* of the code that it is for */
};

struct kd_orc {
	struct kd_code_sources sources;
	struct kd_text *text;
	bool loaded;
	char *missing;
	struct orc_table kernel;
	uint8_t entry_len;
	struct orc_field sp_offset, bp_offset, sp_reg, bp_reg, type, signal, end;
	const register_numbers *numbers;
	struct cache_slot {
		kd_vaddr pc; /* 0: free */
		struct kd_orc_entry entry;
	} * cache;
};

struct kd_error *kd_orc_create(const struct kd_code_sources *sources, struct kd_text *text, struct kd_orc **ret)
{
	struct kd_orc *orc = calloc(1, sizeof(*orc));
	if (!orc)
		return &kd_error_nomem;
	orc->sources = *sources;
	orc->text = text;
	orc->cache = calloc(CACHE_NR, sizeof(*orc->cache));
	if (!orc->cache) {
		kd_orc_destroy(orc);
		return &kd_error_nomem;
	}
	*ret = orc;
	return NULL;
}

void kd_orc_destroy(struct kd_orc *orc)
{
	if (!orc)
		return;
	free(orc->missing);
	free(orc->cache);
	free(orc);
}

static uint64_t field(uint64_t raw, struct orc_field where)
{
	return raw >> where.shift & ((1ull << where.bits) - 1);
}

static int16_t signed_field(uint64_t raw, struct orc_field where)
{
	return (int16_t)field(raw, where);
}

static struct kd_error *read_raw(struct kd_orc *orc, kd_vaddr address, uint64_t *ret)
{
	uint64_t raw = 0;
	struct kd_error *err = kd_memory_read(orc->sources.memory, address, &raw, orc->entry_len);
	if (!err)
		*ret = raw;
	return err;
}

/* false: no such member, or not one of these tables. */
static bool find_field(struct kd_orc *orc, const char *name, struct orc_field *ret)
{
	uint64_t offset, bits;
	if (!kd_sources_have_bits(&orc->sources, "orc_entry", name, &offset, &bits) || !bits || bits > 16 ||
	    offset + bits > ENTRY_MAX_LEN * 8)
		return false;
	*ret = (struct orc_field){ offset, bits };
	return true;
}

static struct kd_error *load_layout(struct kd_orc *orc)
{
	uint64_t len = kd_sources_sizeof(&orc->sources, "orc_entry", 0);
	if (!len)
		return kd_error_create(KD_ERROR_LOOKUP, "the layout of struct orc_entry is not known without BTF");
	if (!find_field(orc, "sp_offset", &orc->sp_offset) || !find_field(orc, "bp_offset", &orc->bp_offset) ||
	    !find_field(orc, "sp_reg", &orc->sp_reg) || !find_field(orc, "bp_reg", &orc->bp_reg) ||
	    !find_field(orc, "type", &orc->type) || orc->sp_reg.bits > 4 || orc->bp_reg.bits > 4 || len > ENTRY_MAX_LEN)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "struct orc_entry has a layout that is not known");
	find_field(orc, "signal", &orc->signal);
	find_field(orc, "end", &orc->end);
	orc->entry_len = len;
	return NULL;
}

static struct kd_error *load_numbers(struct kd_orc *orc)
{
	kd_vaddr header;
	uint8_t hash[ORC_HASH_LEN];
	if (kd_sources_have_symbol(&orc->sources, "orc_header", &header)) {
		KD_DROP_ERROR struct kd_error *err = kd_memory_read(orc->sources.memory, header, hash, sizeof(hash));
		if (!err && !memcmp(hash, hash_7_1, sizeof(hash)))
			orc->numbers = &numbers_7_1;
		else if (!err && !memcmp(hash, hash_6_4, sizeof(hash)))
			orc->numbers = &numbers_classic;
		if (orc->numbers)
			return NULL;
	}
	uint32_t nr = kd_min(orc->kernel.nr, SAMPLE_NR), seen[16] = {};
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t raw;
		uint64_t n = (uint64_t)orc->kernel.nr * i / nr;
		KD_DROP_ERROR struct kd_error *err = read_raw(orc, orc->kernel.orc + n * orc->entry_len, &raw);
		if (!err)
			seen[field(raw, orc->bp_reg)]++;
	}
	/* A tie (of two noughts, say) decides nothing. */
	if (seen[1] > 2 * seen[8])
		orc->numbers = &numbers_classic;
	else if (seen[8] > 2 * seen[1])
		orc->numbers = &numbers_7_1;
	else
		return kd_error_create(KD_ERROR_FORMAT, "the ORC table is damaged: its registers make no sense");
	return NULL;
}

static struct kd_error *load_kernel_table(struct kd_orc *orc)
{
	kd_vaddr ip, ip_end, start, end, init_end;
	if (!kd_sources_have_symbol(&orc->sources, "__start_orc_unwind_ip", &ip) ||
	    !kd_sources_have_symbol(&orc->sources, "__stop_orc_unwind_ip", &ip_end) ||
	    !kd_sources_have_symbol(&orc->sources, "__start_orc_unwind", &orc->kernel.orc))
		return kd_error_create(KD_ERROR_LOOKUP, "this kernel has no ORC tables (CONFIG_UNWINDER_ORC)");
	if (ip_end <= ip || (ip_end - ip) / 4 > TABLE_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "the kernel's ORC table has an impossible size");
	struct kd_error *err =
		kd_sources_symbol(&orc->sources, "_text", &start) ?: kd_sources_symbol(&orc->sources, "_etext", &end);
	if (err)
		return err;
	if (kd_sources_have_symbol(&orc->sources, "_einittext", &init_end))
		end = kd_max(end, init_end);
	orc->kernel.ip = ip;
	orc->kernel.nr = (ip_end - ip) / 4;
	orc->kernel.start = start;
	orc->kernel.end = end;
	return NULL;
}

static void load(struct kd_orc *orc)
{
	orc->loaded = true;
	KD_DROP_ERROR struct kd_error *err = load_kernel_table(orc) ?: load_layout(orc) ?: load_numbers(orc);
	if (err) {
		orc->missing = strdup(err->message);
		orc->kernel.nr = 0;
	}
}

const char *kd_orc_missing(struct kd_orc *orc)
{
	if (!orc->loaded)
		load(orc);
	return orc->kernel.nr ? NULL : orc->missing ?: "out of memory";
}

static struct kd_error *damaged(kd_vaddr where)
{
	return kd_error_create(KD_ERROR_FORMAT, "the ORC table is damaged: entry at %#" PRIx64 " is out of order",
			       where);
}

/* The last entry at or below pc. */
static struct kd_error *search(struct kd_orc *orc, const struct orc_table *table, kd_vaddr pc, uint32_t *ret)
{
	/* Of equal addresses the last counts: the earlier ones mark the end of what came before. The addresses met on
	 * the way must rise and be addresses of the code; that is all that can be known of a table without reading it
	 * whole. */
	uint32_t first = 0, last = table->nr;
	kd_vaddr low = table->start, high = table->end;
	while (first < last) {
		uint32_t middle = first + (last - first) / 2, relative;
		kd_vaddr where = table->ip + middle * 4ul;
		struct kd_error *err = kd_memory_read_u32(orc->sources.memory, where, &relative);
		if (err)
			return err;
		kd_vaddr ip = where + (int32_t)relative;
		if (ip < low || ip > high)
			return damaged(where);
		if (ip <= pc) {
			first = middle + 1;
			low = ip;
		} else {
			last = middle;
			high = ip;
		}
	}
	if (!first)
		return kd_error_create(KD_ERROR_LOOKUP, "no ORC entry covers %#" PRIx64, pc);
	*ret = first - 1;
	return NULL;
}

static struct kd_orc_entry decode(const struct kd_orc *orc, uint64_t raw)
{
	static const uint8_t types_classic[] = { KD_ORC_CALL, KD_ORC_REGS, KD_ORC_REGS_PARTIAL, KD_ORC_INVALID };
	static const uint8_t types_6_4[] = { KD_ORC_UNDEFINED, KD_ORC_END_OF_STACK, KD_ORC_CALL, KD_ORC_REGS,
					     KD_ORC_REGS_PARTIAL };
	struct kd_orc_entry entry = {
		.sp_offset = signed_field(raw, orc->sp_offset),
		.bp_offset = signed_field(raw, orc->bp_offset),
		.sp_reg = (*orc->numbers)[field(raw, orc->sp_reg)],
		.bp_reg = (*orc->numbers)[field(raw, orc->bp_reg)],
	};
	uint64_t type = field(raw, orc->type);
	if (orc->type.bits > 2) {
		entry.type = type < KD_ARRAY_NR(types_6_4) ? types_6_4[type] : KD_ORC_INVALID;
	} else if (entry.sp_reg == KD_ORC_REG_UNDEFINED) {
		/* Before there was `end` (Linux 5.1), nothing told the end of the stack from a hole in the table. */
		entry.type = !orc->end.bits || field(raw, orc->end) ? KD_ORC_END_OF_STACK : KD_ORC_UNDEFINED;
	} else {
		entry.type = types_classic[type & 3];
	}
	/* Before ffb1b4a41016 (Linux 6.3) exactly those with registers were taken as interrupted. */
	entry.signal = orc->signal.bits ? field(raw, orc->signal)
					: entry.type == KD_ORC_REGS || entry.type == KD_ORC_REGS_PARTIAL;
	return entry;
}

struct kd_error *kd_orc_find(struct kd_orc *orc, kd_vaddr pc, struct kd_orc_entry *ret)
{
	struct cache_slot *slot = &orc->cache[kd_hash_u64(pc) & (CACHE_NR - 1)];
	if (pc && slot->pc == pc) {
		*ret = slot->entry;
		return NULL;
	}
	const char *missing = kd_orc_missing(orc);
	if (missing)
		return kd_error_create(KD_ERROR_LOOKUP, "%s", missing);

	const struct kd_text_module *module = NULL;
	kd_vaddr original = 0;
	struct orc_table table = orc->kernel;
	switch (kd_text_kind(orc->text, pc, &module, &original)) {
	case KD_TEXT_KERNEL:
		break;
	case KD_TEXT_FTRACE:
		if (original < table.start || original >= table.end)
			return kd_error_create(KD_ERROR_LOOKUP, "no ORC entry covers %#" PRIx64, pc);
		break;
	case KD_TEXT_MODULE:
		if (!module->orc_ip || !module->orc || !module->orc_nr || module->orc_nr > TABLE_MAX)
			return kd_error_create(KD_ERROR_LOOKUP, "module %s has no ORC tables", module->module->name);
		/* Its table covers its init code as well, which may be anywhere near. */
		table = (struct orc_table){ module->orc_ip, module->orc, module->orc_nr, 0, UINT64_MAX };
		break;
	default:
		return kd_error_create(KD_ERROR_LOOKUP, "no ORC entry covers %#" PRIx64, pc);
	}
	uint32_t n;
	uint64_t raw;
	struct kd_error *err = search(orc, &table, original ?: pc, &n)
				       ?: read_raw(orc, table.orc + (uint64_t)n * orc->entry_len, &raw);
	if (err)
		return err;
	*ret = decode(orc, raw);
	*slot = (struct cache_slot){ pc, *ret };
	return NULL;
}
