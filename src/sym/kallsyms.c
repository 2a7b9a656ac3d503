/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sym/kallsyms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vector.h"
#include "sym/kallsyms_tables.h"
#include "sym/kallsyms_tokens.h"
#include "sym/lazy.h"

#define BLOCK_NR 256 /* names a marker stands for */
#define ALIAS_MAX 64 /* symbols at one address among which kd_kallsyms_at() chooses */

KD_VECTOR(number_vector, uint32_t);

struct kd_kallsyms {
	struct kd_memory *memory;
	struct kd_kallsyms_tables tables;
	struct kd_kallsyms_tokens tokens;
	struct kd_lazy names, offsets, seqs; /* seqs.len == 0: there are none */
	size_t entry_len;		     /* of offsets: 4 or 8 */

	uint32_t *starts; /* offset in names of each block of 256 */
	uint32_t block_nr;
	bool starts_known; /* there were markers; else starts are filled in by the index pass */
	struct {
		uint32_t n, offset;
	} near; /* where entry n begins: going through the symbols in order is common */
	struct {
		kd_vaddr address;
		uint64_t size;
		bool known;
	} sized; /* the last answer of symbol_size() */

	/* Names to numbers for those without seqs: chains of numbers by hash, each in descending order. */
	uint32_t *heads, *next; /* number + 1; 0: end */
	unsigned int head_bits;
	bool indexed;
	struct kd_error *index_gap; /* the first error that made the index incomplete */
	char *loss;		    /* what to say of it where a name was not found; NULL: nothing is lost */

	char **decoded; /* [nr], NULL until asked for */
	kd_vaddr image_end;
	bool image_end_done;
};

uint32_t kd_kallsyms_nr(const struct kd_kallsyms *kallsyms)
{
	return kallsyms->tables.nr;
}

const char *kd_kallsyms_loss(const struct kd_kallsyms *kallsyms)
{
	return kallsyms->loss ?: "";
}

static struct kd_error *copy_error(const struct kd_error *error)
{
	if (error->code == KD_ERROR_FAULT)
		return kd_error_create_fault_why(error->fault, error->address, error->physical, "%s", error->message);
	return kd_error_create(error->code, "%s", error->message);
}

/* ---- one symbol ---- */

static struct kd_error *symbol_address(struct kd_kallsyms *kallsyms, uint32_t n, kd_vaddr *ret)
{
	size_t len = kallsyms->entry_len;
	struct kd_error *err = kd_lazy_need(&kallsyms->offsets, n * len, len);
	if (err)
		return err;
	int64_t entry;
	int32_t narrow;
	if (len == sizeof(narrow)) {
		memcpy(&narrow, kallsyms->offsets.bytes + n * len, len);
		entry = narrow;
	} else {
		memcpy(&entry, kallsyms->offsets.bytes + n * len, len);
	}
	*ret = kd_kallsyms_entry_address(&kallsyms->tables, n, entry);
	return NULL;
}

/** A compressed name: `codes` are valid as long as the kallsyms. */
struct entry {
	const uint8_t *codes;
	uint32_t len;  /* > 0 */
	uint32_t next; /* offset of the entry after this */
};

/**
 * An entry is a length and as many codes. Lengths of 128 and more take two bytes, low seven bits first (73bbb94466fd
 * "kallsyms: support "big" kernel symbols", Linux 6.1).
 */
static inline struct kd_error *read_header(struct kd_kallsyms *kallsyms, uint32_t offset, struct entry *ret)
{
	struct kd_lazy *names = &kallsyms->names;
	struct kd_error *err = kd_lazy_need(names, offset, 1);
	if (err)
		return err;
	uint32_t len = names->bytes[offset], header = 1;
	if (len & 0x80) {
		err = kd_lazy_need(names, offset + 1, 1);
		if (err)
			return err;
		len = (len & 0x7f) | (uint32_t)(names->bytes[offset + 1] & 0x7f) << 7;
		header = 2;
	}
	if (!len)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms name at %#" PRIx64 " has no length",
				       names->start + offset);
	*ret = (struct entry){ names->bytes + offset + header, len, offset + header + len };
	return NULL;
}

static struct kd_error *read_codes(struct kd_kallsyms *kallsyms, const struct entry *entry)
{
	return kd_lazy_need(&kallsyms->names, entry->next - entry->len, entry->len);
}

static struct kd_error *build_index(struct kd_kallsyms *kallsyms);

static struct kd_error *symbol_entry(struct kd_kallsyms *kallsyms, uint32_t n, struct entry *ret)
{
	if (!kallsyms->starts_known && !kallsyms->indexed) {
		struct kd_error *err = build_index(kallsyms);
		if (err)
			return err;
	}
	uint32_t at = n / BLOCK_NR * BLOCK_NR, offset = kallsyms->starts[n / BLOCK_NR];
	if (offset == UINT32_MAX)
		return copy_error(kallsyms->index_gap);
	if (kallsyms->near.n >= at && kallsyms->near.n <= n) {
		at = kallsyms->near.n;
		offset = kallsyms->near.offset;
	}
	struct entry entry;
	for (;; at++, offset = entry.next) {
		struct kd_error *err = read_header(kallsyms, offset, &entry);
		if (err)
			return err;
		if (at == n)
			break;
	}
	struct kd_error *err = read_codes(kallsyms, &entry);
	if (err)
		return err;
	kallsyms->near.n = n;
	kallsyms->near.offset = offset;
	*ret = entry;
	return NULL;
}

static struct kd_error *symbol_name(struct kd_kallsyms *kallsyms, uint32_t n, char ret[KD_KALLSYMS_NAME_MAX + 1])
{
	struct entry entry;
	struct kd_error *err = symbol_entry(kallsyms, n, &entry);
	if (err)
		return err;
	if (kd_kallsyms_tokens_decode(&kallsyms->tokens, entry.codes, entry.len, ret) < 0)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms name %" PRIu32 " is too long", n);
	return NULL;
}

/** Distance to the next symbol at another address; 0 if there is none that could be its neighbour. */
static uint64_t symbol_size(struct kd_kallsyms *kallsyms, uint32_t n, kd_vaddr address)
{
	/* Thousands of symbols may share an address (9,778 in Debian's 5.10): all but one of them are answered here. */
	if (kallsyms->sized.known && kallsyms->sized.address == address)
		return kallsyms->sized.size;
	uint64_t size = 0;
	for (uint32_t i = n + 1; i < kallsyms->tables.nr; i++) {
		kd_vaddr next;
		KD_DROP_ERROR struct kd_error *err = symbol_address(kallsyms, i, &next);
		if (err || next < address)
			break;
		if (next > address) {
			if (!((next ^ address) >> 63)) /* not from the per-CPU offsets to the image */
				size = next - address;
			break;
		}
	}
	kallsyms->sized.address = address;
	kallsyms->sized.size = size;
	kallsyms->sized.known = true;
	return size;
}

struct kd_error *kd_kallsyms_get(struct kd_kallsyms *kallsyms, uint32_t n, struct kd_symbol *ret)
{
	if (n >= kallsyms->tables.nr)
		return kd_error_create(KD_ERROR_VALUE, "no kernel symbol number %" PRIu32 " of %" PRIu32, n,
				       kallsyms->tables.nr);
	kd_vaddr address;
	struct kd_error *err = symbol_address(kallsyms, n, &address);
	if (err)
		return err;
	struct entry entry;
	err = symbol_entry(kallsyms, n, &entry);
	if (err)
		return err;
	if (!kallsyms->decoded[n]) {
		char name[KD_KALLSYMS_NAME_MAX + 1];
		if (kd_kallsyms_tokens_decode(&kallsyms->tokens, entry.codes, entry.len, name) < 0)
			return kd_error_create(KD_ERROR_FORMAT, "kallsyms name %" PRIu32 " is too long", n);
		kallsyms->decoded[n] = strdup(name);
		if (!kallsyms->decoded[n])
			return &kd_error_nomem;
	}
	*ret = (struct kd_symbol){
		.address = address,
		.size = symbol_size(kallsyms, n, address),
		.name = kallsyms->decoded[n],
		.type = kd_kallsyms_tokens_type(&kallsyms->tokens, entry.codes),
	};
	return NULL;
}

struct kd_error *kd_kallsyms_peek(struct kd_kallsyms *kallsyms, uint32_t n, char name[KD_KALLSYMS_NAME_MAX + 1],
				  struct kd_symbol *ret)
{
	if (n >= kallsyms->tables.nr)
		return kd_error_create(KD_ERROR_VALUE, "no kernel symbol number %" PRIu32 " of %" PRIu32, n,
				       kallsyms->tables.nr);
	kd_vaddr address;
	struct entry entry;
	struct kd_error *err = symbol_address(kallsyms, n, &address);
	if (!err)
		err = symbol_entry(kallsyms, n, &entry);
	if (err)
		return err;
	if (kd_kallsyms_tokens_decode(&kallsyms->tokens, entry.codes, entry.len, name) < 0)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms name %" PRIu32 " is too long", n);
	char type = kd_kallsyms_tokens_type(&kallsyms->tokens, entry.codes);
	*ret = (struct kd_symbol){ .address = address, .name = name, .type = type };
	return NULL;
}

/* ---- names to numbers: one pass over all names ---- */

static uint32_t head_of(const struct kd_kallsyms *kallsyms, uint64_t hash)
{
	return (hash * 0x9e3779b97f4a7c15u) >> (64 - kallsyms->head_bits);
}

/** Index the names of one block. On error those before the bad one are in. @param[out] ret offset of the next block. */
static struct kd_error *index_block(struct kd_kallsyms *kallsyms, uint32_t block, uint32_t *ret)
{
	uint32_t offset = kallsyms->starts[block], n = block * BLOCK_NR;
	uint32_t end = kd_min(n + BLOCK_NR, kallsyms->tables.nr);
	for (; n < end; n++) {
		struct entry entry;
		struct kd_error *err = read_header(kallsyms, offset, &entry);
		if (!err)
			err = read_codes(kallsyms, &entry);
		if (err)
			return err;
		uint32_t *head = &kallsyms->heads[head_of(
			kallsyms, kd_kallsyms_tokens_hash(&kallsyms->tokens, entry.codes, entry.len))];
		kallsyms->next[n] = *head;
		*head = n + 1;
		offset = entry.next;
	}
	*ret = offset;
	return NULL;
}

static struct kd_error *build_index(struct kd_kallsyms *kallsyms)
{
	unsigned int bits = 10;
	while (1u << bits < kallsyms->tables.nr)
		bits++;
	KD_FREE uint32_t *heads = calloc(1u << bits, sizeof(*heads));
	KD_FREE uint32_t *next = calloc(kallsyms->tables.nr, sizeof(*next));
	if (!heads || !next)
		return &kd_error_nomem;
	kallsyms->heads = kd_move_ptr(heads);
	kallsyms->next = kd_move_ptr(next);
	kallsyms->head_bits = bits;
	kallsyms->indexed = true;

	/* What cannot be read leaves a gap: up to the next marker, or to the end when there are no markers. */
	uint32_t offset = 0, lost_nr = 0;
	for (uint32_t block = 0; block < kallsyms->block_nr; block++) {
		if (!kallsyms->starts_known)
			kallsyms->starts[block] = offset;
		struct kd_error *err = offset == UINT32_MAX ? NULL : index_block(kallsyms, block, &offset);
		lost_nr += err || offset == UINT32_MAX;
		if (err) {
			offset = kallsyms->starts_known ? 0 : UINT32_MAX;
			if (kallsyms->index_gap)
				kd_error_destroy(err);
			else
				kallsyms->index_gap = err;
		}
	}
	if (lost_nr && asprintf(&kallsyms->loss, "; of %" PRIu32 " blocks of names %" PRIu32 " are lost: %s",
				kallsyms->block_nr, lost_nr, kallsyms->index_gap->message) < 0)
		kallsyms->loss = NULL;
	return NULL;
}

static struct kd_error *find_by_index(struct kd_kallsyms *kallsyms, const char *name, struct number_vector *ret)
{
	struct number_vector found = {};
	uint32_t n = kallsyms->heads[head_of(kallsyms, kd_kallsyms_name_hash(name))];
	for (; n; n = kallsyms->next[n - 1]) {
		char candidate[KD_KALLSYMS_NAME_MAX + 1];
		/* What is in the index was read; a name that is too long to decode is not the one looked for. */
		KD_DROP_ERROR struct kd_error *err = symbol_name(kallsyms, n - 1, candidate);
		if (!err && !strcmp(candidate, name) && !number_vector_append(&found, n - 1)) {
			number_vector_deinit(&found);
			return &kd_error_nomem;
		}
	}
	for (size_t i = 0; i < found.nr / 2; i++) {
		uint32_t swap = found.data[i];
		found.data[i] = found.data[found.nr - 1 - i];
		found.data[found.nr - 1 - i] = swap;
	}
	*ret = found;
	return NULL;
}

/* ---- names to numbers: binary search in the numbers sorted by name ---- */

static struct kd_error *seq_at(struct kd_kallsyms *kallsyms, uint32_t i, uint32_t *ret)
{
	struct kd_error *err = kd_lazy_need(&kallsyms->seqs, 3ull * i, 3);
	if (err)
		return err;
	const uint8_t *bytes = kallsyms->seqs.bytes + 3ull * i;
	uint32_t n = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
	if (n >= kallsyms->tables.nr)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms number %" PRIu32 " by name is %" PRIu32, i, n);
	*ret = n;
	return NULL;
}

/** Whether probing place i needs no page of the dump that was not read before. */
static bool is_cheap(struct kd_kallsyms *kallsyms, int64_t i)
{
	if (!kd_lazy_has(&kallsyms->seqs, 3 * i, 3))
		return false;
	const uint8_t *bytes = kallsyms->seqs.bytes + 3 * i;
	uint32_t block = (uint32_t)(bytes[0] << 16 | bytes[1] << 8 | bytes[2]) / BLOCK_NR;
	if (block >= kallsyms->block_nr)
		return false;
	size_t end = block + 1 < kallsyms->block_nr ? kallsyms->starts[block + 1] : kallsyms->names.len;
	return kd_lazy_has(&kallsyms->names, kallsyms->starts[block], end - kallsyms->starts[block]);
}

/**
 * The place to probe between low and high (exclusive). Places next to each other by name have their names on pages far
 * apart, and reading (decompressing) a page costs more than all else, so a place near the middle whose page was already
 * read is as good as the middle: this halves the pages that a run of lookups reads.
 */
static int64_t choose_probe(struct kd_kallsyms *kallsyms, int64_t low, int64_t high)
{
	int64_t middle = low + (high - low) / 2, reach = kd_min((high - low) / 4, 128);
	for (int64_t distance = 0; distance < reach; distance++) {
		if (is_cheap(kallsyms, middle + distance))
			return middle + distance;
		if (is_cheap(kallsyms, middle - distance))
			return middle - distance;
	}
	return middle;
}

/**
 * Order of a name without '.' and another, as scripts/kallsyms.c sorted them. Kernels built with Clang's LTO may sort
 * by what is before the first '.' (010a0aad39fc "kallsyms: Correctly sequence symbols when CONFIG_LTO_CLANG=y"); the
 * full order, used by all others, is the same for these prefixes as long as what follows is not less than '.'.
 */
static int compare_names(const char *name, const char *candidate)
{
	size_t len = strcspn(candidate, ".");
	int order = strncmp(name, candidate, len);
	return order ? order : (name[len] != 0);
}

static struct kd_error *probe(struct kd_kallsyms *kallsyms, uint32_t i, const char *name, uint32_t *ret_n,
			      int *ret_order, bool *ret_equal)
{
	char candidate[KD_KALLSYMS_NAME_MAX + 1];
	struct kd_error *err = seq_at(kallsyms, i, ret_n);
	if (!err)
		err = symbol_name(kallsyms, *ret_n, candidate);
	if (err)
		return err;
	*ret_order = compare_names(name, candidate);
	*ret_equal = !strcmp(name, candidate);
	return NULL;
}

static struct kd_error *find_by_seqs(struct kd_kallsyms *kallsyms, const char *name, bool all,
				     struct number_vector *ret)
{
	uint32_t n;
	int order;
	bool equal;
	int64_t low = -1, high = kallsyms->tables.nr;
	while (high - low > 1) {
		int64_t i = choose_probe(kallsyms, low, high);
		struct kd_error *err = probe(kallsyms, i, name, &n, &order, &equal);
		if (err)
			return err;
		if (order > 0)
			low = i;
		else
			high = i;
	}
	struct number_vector found = {};
	for (; high < kallsyms->tables.nr && (all || !found.nr); high++) {
		struct kd_error *err = probe(kallsyms, high, name, &n, &order, &equal);
		if (!err && order)
			break;
		if (!err && equal && !number_vector_append(&found, n))
			err = &kd_error_nomem;
		if (err) {
			number_vector_deinit(&found);
			return err;
		}
	}
	*ret = found;
	return NULL;
}

/** @param all false: one will do. */
static struct kd_error *find(struct kd_kallsyms *kallsyms, const char *name, bool all, struct number_vector *ret)
{
	/* Once half of the names have been read, reading the rest costs less than more searches. The place of a name
	 * with a '.' depends on the compiler: see compare_names(). */
	if (!kallsyms->indexed && kallsyms->seqs.len && !strchr(name, '.') &&
	    kallsyms->names.present_nr < kallsyms->names.page_nr / 2) {
		struct kd_error *err = find_by_seqs(kallsyms, name, all, ret);
		if (!err || err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(err); /* what is in the way of the search may not be in that of the index */
	}
	if (!kallsyms->indexed) {
		struct kd_error *err = build_index(kallsyms);
		if (err)
			return err;
	}
	return find_by_index(kallsyms, name, ret);
}

struct kd_error *kd_kallsyms_find(struct kd_kallsyms *kallsyms, const char *name, uint32_t *ret, size_t max,
				  size_t *ret_nr)
{
	struct number_vector found = {};
	struct kd_error *err = find(kallsyms, name, true, &found);
	if (err)
		return err;
	for (size_t i = 0; i < found.nr && i < max; i++)
		ret[i] = found.data[i];
	*ret_nr = found.nr;
	number_vector_deinit(&found);
	return NULL;
}

struct kd_error *kd_kallsyms_first(struct kd_kallsyms *kallsyms, const char *name, uint32_t *ret)
{
	struct number_vector found = {};
	struct kd_error *err = find(kallsyms, name, false, &found);
	if (err)
		return err;
	if (!found.nr)
		return kd_error_create(KD_ERROR_LOOKUP, "no kernel symbol %s%s", name, kd_kallsyms_loss(kallsyms));
	*ret = found.data[0];
	number_vector_deinit(&found);
	return NULL;
}

struct kd_error *kd_kallsyms_address(struct kd_kallsyms *kallsyms, const char *name, kd_vaddr *ret)
{
	uint32_t n;
	struct kd_error *err = kd_kallsyms_first(kallsyms, name, &n);
	return err ? err : symbol_address(kallsyms, n, ret);
}

/* ---- addresses to numbers ---- */

/** The last symbol at or below address; KD_ERROR_LOOKUP if none. */
static struct kd_error *last_at_or_below(struct kd_kallsyms *kallsyms, kd_vaddr address, uint32_t *ret)
{
	uint32_t low = 0, high = kallsyms->tables.nr; /* the answer + 1 lies in [low, high] */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		kd_vaddr value;
		struct kd_error *err = symbol_address(kallsyms, middle, &value);
		if (err)
			return err;
		if (value <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return kd_error_create(KD_ERROR_LOOKUP, "no kernel symbol at %#" PRIx64, address);
	*ret = low - 1;
	return NULL;
}

/** Where the kernel image ends: as the kernel itself tells its addresses from others', else its last symbol. */
static struct kd_error *image_end(struct kd_kallsyms *kallsyms, kd_vaddr *ret)
{
	/* _end is only there with CONFIG_KALLSYMS_ALL. */
	static const char *const names[] = { "_end", "_einittext", "_etext" };
	for (size_t i = 0; !kallsyms->image_end_done && i < KD_ARRAY_NR(names); i++) {
		struct kd_error *err = kd_kallsyms_address(kallsyms, names[i], &kallsyms->image_end);
		kallsyms->image_end_done = !err;
		if (err && err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(err);
	}
	if (!kallsyms->image_end_done) {
		struct kd_error *err = symbol_address(kallsyms, kallsyms->tables.nr - 1, &kallsyms->image_end);
		if (err)
			return err;
		kallsyms->image_end_done = true;
	}
	*ret = kallsyms->image_end;
	return NULL;
}

static char symbol_type(struct kd_kallsyms *kallsyms, uint32_t n)
{
	struct entry entry;
	KD_DROP_ERROR struct kd_error *err = symbol_entry(kallsyms, n, &entry);
	return err ? 0 : kd_kallsyms_tokens_type(&kallsyms->tokens, entry.codes);
}

struct kd_error *kd_kallsyms_at(struct kd_kallsyms *kallsyms, kd_vaddr address, uint32_t *ret)
{
	kd_vaddr end = 0, start = 0;
	uint32_t last = 0;
	struct kd_error *err = last_at_or_below(kallsyms, address, &last);
	if (!err)
		err = symbol_address(kallsyms, last, &start);
	if (!err)
		err = image_end(kallsyms, &end);
	if (err)
		return err;
	/* The image lies in the upper half of the address space, per-CPU offsets in the lower. */
	if (address >= end || !(start >> 63))
		return kd_error_create(KD_ERROR_LOOKUP, "no kernel symbol at %#" PRIx64, address);

	/* The first of its aliases; of the next few, rather one that is global. */
	uint32_t first = 0;
	err = last_at_or_below(kallsyms, start - 1, &first);
	if (!err)
		first++;
	else if (!kd_error_catch(&err, KD_ERROR_LOOKUP))
		return err;
	for (uint32_t n = first; first < last && n <= last && n - first < ALIAS_MAX; n++) {
		char type = symbol_type(kallsyms, n);
		if (type >= 'A' && type <= 'Z' && type != 'W' && type != 'V') {
			first = n;
			break;
		}
	}
	*ret = first;
	return NULL;
}

/* ---- creation and self-checks ---- */

/** The symbols at the address that vmcoreinfo gives for _stext include it: offsets, names and tokens fit together. */
static struct kd_error *check_stext(struct kd_kallsyms *kallsyms)
{
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(kd_memory_dump(kallsyms->memory));
	kd_vaddr stext, address;
	if (!kd_vmcoreinfo_symbol(info, "_stext", &stext))
		return NULL;
	uint32_t n;
	struct kd_error *err = last_at_or_below(kallsyms, stext, &n);
	bool lost = false;
	for (; !err; n--) {
		char name[KD_KALLSYMS_NAME_MAX + 1];
		err = symbol_address(kallsyms, n, &address);
		if (!err && address != stext)
			break;
		if (!err)
			err = symbol_name(kallsyms, n, name);
		/* A page that is missing says nothing against what the others say. */
		if (err && err->code == KD_ERROR_FAULT) {
			lost = true;
			kd_error_destroy(err);
			err = NULL;
		} else if (err || !strcmp(name, "_stext")) {
			return err;
		}
		if (!n)
			break;
	}
	if (lost || kd_error_catch(&err, KD_ERROR_FAULT))
		return NULL;
	if (err)
		return err;
	return kd_error_create(KD_ERROR_FORMAT, "kallsyms does not give _stext the address %#" PRIx64, stext);
}

/** Where a block of names ends. */
static struct kd_error *block_end(struct kd_kallsyms *kallsyms, uint32_t block, uint32_t *ret)
{
	uint32_t offset = kallsyms->starts[block];
	for (uint32_t n = 0; n < BLOCK_NR; n++) {
		struct entry entry;
		struct kd_error *err = read_header(kallsyms, offset, &entry);
		if (err)
			return err;
		offset = entry.next;
	}
	*ret = offset;
	return NULL;
}

/** The first block of names that can be read ends where the next marker says. */
static struct kd_error *check_first_block(struct kd_kallsyms *kallsyms)
{
	if (kallsyms->block_nr < 2)
		return NULL;
	struct kd_error *err = NULL;
	uint32_t block = 0, end = 0;
	do {
		kd_error_destroy(err);
		err = block_end(kallsyms, block++, &end);
	} while (err && err->code == KD_ERROR_FAULT && block + 1 < kallsyms->block_nr);
	if (err || end == kallsyms->starts[block])
		return err;
	return kd_error_create(KD_ERROR_FORMAT, "kallsyms names at %#" PRIx64 " do not fit their markers",
			       kallsyms->names.start);
}

/** A heuristic found the numbers by name (see kd_kallsyms_tables_find_neighbours()): are some of them in order? The
 *  places are those that lookups probe first. */
static bool check_seqs(struct kd_kallsyms *kallsyms)
{
	char previous[KD_KALLSYMS_NAME_MAX + 1] = "";
	uint32_t nr = kallsyms->tables.nr;
	int64_t places[] = { nr / 8, nr / 4, (nr - 1) / 2, nr / 2 + nr / 4, nr - nr / 8 - 1 };
	for (size_t i = 0; i < KD_ARRAY_NR(places); i++) {
		char name[KD_KALLSYMS_NAME_MAX + 1];
		uint32_t n;
		struct kd_error *err = seq_at(kallsyms, places[i], &n);
		if (!err)
			err = symbol_name(kallsyms, n, name);
		if (err) {
			/* An unreadable page says nothing about the order. */
			bool fault = err->code == KD_ERROR_FAULT;
			kd_error_destroy(err);
			if (fault)
				continue;
			return false;
		}
		if (strcmp(previous, name) > 0)
			return false;
		memcpy(previous, name, sizeof(previous));
	}
	return true;
}

static struct kd_error *kallsyms_init(struct kd_kallsyms *kallsyms)
{
	const struct kd_kallsyms_tables *tables = &kallsyms->tables;
	struct kd_error *err =
		kd_kallsyms_tokens_init(&kallsyms->tokens, kallsyms->memory, tables->token_table, tables->token_index);
	if (err)
		return err;

	kallsyms->block_nr = kd_kallsyms_block_nr(tables->nr);
	if (tables->markers) {
		err = kd_kallsyms_markers_read(kallsyms->memory, tables->markers, tables->nr, &kallsyms->starts);
		if (err)
			return err;
		kallsyms->starts_known = true;
	} else {
		kallsyms->starts = malloc(kallsyms->block_nr * sizeof(*kallsyms->starts));
		if (!kallsyms->starts)
			return &kd_error_nomem;
		memset(kallsyms->starts, 0xff, kallsyms->block_nr * sizeof(*kallsyms->starts));
	}
	kallsyms->decoded = calloc(tables->nr, sizeof(*kallsyms->decoded));
	if (!kallsyms->decoded)
		return &kd_error_nomem;

	/* The names are followed by the markers in every version. */
	kd_vaddr names_end = tables->markers ? tables->markers : tables->token_table;
	uint64_t names_len = names_end > tables->names ? names_end - tables->names : KD_KALLSYMS_NAMES_LEN_MAX;
	if (names_len > KD_KALLSYMS_NAMES_LEN_MAX ||
	    (kallsyms->starts_known && kallsyms->starts[kallsyms->block_nr - 1] >= names_len))
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms names at %#" PRIx64 " have no plausible end",
				       tables->names);
	kallsyms->entry_len = tables->encoding == KD_KALLSYMS_ABSOLUTE ? 8 : 4;
	err = kd_lazy_init(&kallsyms->names, kallsyms->memory, tables->names, names_len);
	if (!err)
		err = kd_lazy_init(&kallsyms->offsets, kallsyms->memory, tables->offsets,
				   tables->nr * kallsyms->entry_len);
	if (!err && kallsyms->starts_known && tables->seqs)
		err = kd_lazy_init(&kallsyms->seqs, kallsyms->memory, tables->seqs, 3ull * tables->nr);
	if (!err && kallsyms->starts_known)
		err = check_first_block(kallsyms);
	if (!err)
		err = check_stext(kallsyms);
	if (!err && kallsyms->seqs.len && !check_seqs(kallsyms))
		kd_lazy_deinit(&kallsyms->seqs);
	return err;
}

static struct kd_error *create_from(struct kd_memory *memory,
				    struct kd_error *(*locate)(struct kd_memory *, struct kd_kallsyms_tables *),
				    struct kd_kallsyms **ret)
{
	struct kd_kallsyms *kallsyms = calloc(1, sizeof(*kallsyms));
	if (!kallsyms)
		return &kd_error_nomem;
	kallsyms->memory = memory;
	struct kd_error *err = locate(memory, &kallsyms->tables);
	if (!err)
		err = kallsyms_init(kallsyms);
	if (err) {
		kd_kallsyms_destroy(kallsyms);
		return err;
	}
	*ret = kallsyms;
	return NULL;
}

struct kd_error *kd_kallsyms_create(struct kd_memory *memory, struct kd_kallsyms **ret)
{
	struct kd_error *noted = create_from(memory, kd_kallsyms_tables_noted, ret);
	if (!noted || noted->code == KD_ERROR_NOMEM)
		return noted;
	struct kd_error *err = create_from(memory, kd_kallsyms_tables_search, ret);
	/* Where vmcoreinfo says where to look, what went wrong there is the better story. */
	if (err && noted->code != KD_ERROR_LOOKUP) {
		struct kd_error *swap = err;
		err = noted;
		noted = swap;
	}
	kd_error_destroy(noted);
	return err;
}

void kd_kallsyms_destroy(struct kd_kallsyms *kallsyms)
{
	if (!kallsyms)
		return;
	for (uint32_t n = 0; kallsyms->decoded && n < kallsyms->tables.nr; n++)
		free(kallsyms->decoded[n]);
	free(kallsyms->decoded);
	free(kallsyms->starts);
	free(kallsyms->heads);
	free(kallsyms->next);
	kd_error_destroy(kallsyms->index_gap);
	free(kallsyms->loss);
	kd_lazy_deinit(&kallsyms->names);
	kd_lazy_deinit(&kallsyms->offsets);
	kd_lazy_deinit(&kallsyms->seqs);
	kd_kallsyms_tokens_deinit(&kallsyms->tokens);
	free(kallsyms);
}
