/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sym/kallsyms.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sym/private.h"

uint32_t kd_kallsyms_nr(const struct kd_kallsyms *kallsyms)
{
	return kallsyms->tables.nr;
}

bool kd_kallsyms_functions_only(struct kd_kallsyms *kallsyms)
{
	if (kallsyms->known_names == KD_NAMES_UNKNOWN) {
		uint32_t n;
		size_t tasks = 1, functions = 0;
		KD_DROP_ERROR struct kd_error *err = kd_kallsyms_find(kallsyms, "init_task", &n, 1, &tasks);
		if (!err && !tasks)
			err = kd_kallsyms_find(kallsyms, "schedule", &n, 1, &functions);
		if (err)
			return false;
		kallsyms->known_names = functions ? KD_NAMES_OF_FUNCTIONS : KD_NAMES_OF_ALL;
	}
	return kallsyms->known_names == KD_NAMES_OF_FUNCTIONS && !kallsyms->loss;
}

struct kd_error *kd_kallsyms_not_found(struct kd_kallsyms *kallsyms, const char *format, ...)
{
	KD_FREE char *message = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&message, format, args);
	va_end(args);
	if (len < 0) {
		message = NULL;
		return &kd_error_nomem;
	}
	const char *why = kallsyms->loss ?: "";
	if (kd_kallsyms_functions_only(kallsyms))
		why = "; the kernel has names of functions only (CONFIG_KALLSYMS_ALL is off): give the others with "
		      "--system-map FILE or --vmlinux FILE";
	return kd_error_create_lookup_why(kallsyms->index_gap, "%s%s", message, why);
}

/** The symbols at the address that vmcoreinfo gives for _stext include it: offsets, names and tokens fit together. */
static struct kd_error *check_stext(struct kd_kallsyms *kallsyms)
{
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(kd_memory_dump(kallsyms->memory));
	kd_vaddr stext, address;
	if (!kd_vmcoreinfo_symbol(info, "_stext", &stext))
		return NULL;
	uint32_t n;
	struct kd_error *err = kd_kallsyms_last_at_or_below(kallsyms, stext, &n);
	bool lost = false;
	for (; !err; n--) {
		char name[KD_KALLSYMS_NAME_MAX + 1];
		err = kd_kallsyms_symbol_address(kallsyms, n, &address);
		if (!err && address != stext)
			break;
		if (!err)
			err = kd_kallsyms_symbol_name(kallsyms, n, name);
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
	for (uint32_t n = 0; n < KD_KALLSYMS_BLOCK_NR; n++) {
		struct kd_kallsyms_entry entry;
		struct kd_error *err = kd_kallsyms_read_header(kallsyms, offset, &entry);
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
		struct kd_error *err = kd_kallsyms_seq_at(kallsyms, places[i], &n);
		if (!err)
			err = kd_kallsyms_symbol_name(kallsyms, n, name);
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
		err = kd_kallsyms_markers_read(kallsyms->memory, tables->markers, tables->wide, tables->nr,
					       &kallsyms->starts);
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
	free(kallsyms->linked);
	free(kallsyms->linked_names);
	kd_index_deinit(&kallsyms->linked_index);
	kd_lazy_deinit(&kallsyms->names);
	kd_lazy_deinit(&kallsyms->offsets);
	kd_lazy_deinit(&kallsyms->seqs);
	kd_kallsyms_tokens_deinit(&kallsyms->tokens);
	free(kallsyms);
}
