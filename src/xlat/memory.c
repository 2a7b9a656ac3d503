/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xlat/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "xlat/page_tables.h"

/* Translations by table that are remembered, in pages: a stack, a module, a hash table in vmalloc memory. */
#define TLB_NR 1024

struct tlb_entry {
	kd_vaddr page; /* virtual page number + 1; 0: free */
	kd_paddr pgd;
	kd_pfn pfn;
};

struct kd_memory {
	struct kd_dump *dump;
	const struct kd_page_tables *tables;
	struct kd_layout layout;
	kd_vaddr direct_start, direct_len; /* of layout, in the form the hot path needs; len 0: not known */
	kd_pfn direct_pfn;
	unsigned int page_shift;
	uint32_t page_size;
	enum kd_order order, entry_order; /* of memory, and of page tables in it */
	struct tlb_entry tlb[TLB_NR];
};

/** The same fault, told of the virtual address that was asked for. */
static struct kd_error *fault_at(struct kd_error *err, kd_vaddr address, const char *what)
{
	if (err->code != KD_ERROR_FAULT)
		return err;
	struct kd_error *virt =
		kd_error_create_fault_why(err->fault, address, false, "cannot read virtual address %#" PRIx64 "%s: %s",
					  address, what, err->message);
	kd_error_destroy(err);
	return virt;
}

static struct kd_error *unmapped(kd_vaddr address)
{
	return kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address, false);
}

static struct kd_error *read_entry(struct kd_memory *memory, kd_paddr entry, uint64_t *ret)
{
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(memory->dump, entry >> memory->page_shift, &page);
	if (err)
		return err;
	*ret = kd_load_u64(memory->entry_order, page + (entry & (memory->page_size - 1)));
	return NULL;
}

/** The level that a table is at. */
static struct kd_error *find_depth(struct kd_memory *memory, const struct kd_layout *layout, kd_paddr table,
				   unsigned int *ret)
{
	uint64_t first_entry;
	if (!memory->tables->depth_of)
		return NULL;
	struct kd_error *err = read_entry(memory, table, &first_entry);
	if (!err)
		*ret = memory->tables->depth_of(layout, first_entry);
	return err;
}

static struct kd_error *walk(struct kd_memory *memory, const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address,
			     struct kd_walk_step steps[KD_WALK_MAX], size_t *ret_nr, kd_paddr *ret)
{
	kd_paddr table;
	*ret_nr = 0;
	if (!memory->tables->table(layout, pgd, address, &table))
		return kd_error_create_fault_why(KD_FAULT_UNTRANSLATABLE, address, false,
						 "cannot read virtual address %#" PRIx64 ": it is not canonical",
						 address);
	unsigned int first = 0;
	struct kd_error *lost = find_depth(memory, layout, table, &first);
	if (lost)
		return fault_at(lost, address, ", its page tables");
	if (first && (first >= layout->level_nr || address >> layout->levels[first - 1].shift))
		return unmapped(address);
	for (unsigned int i = first; i < layout->level_nr; i++) {
		const struct kd_level *level = &layout->levels[i];
		struct kd_walk_step *step = &steps[i - first];
		*step = (struct kd_walk_step){
			.level = level->name,
			.entry = table + (address >> level->shift & ((1ull << level->bits) - 1)) * sizeof(uint64_t),
		};
		struct kd_error *err = read_entry(memory, step->entry, &step->value);
		if (err)
			return fault_at(err, address, ", its page tables");
		*ret_nr = i - first + 1;
		struct kd_entry entry = memory->tables->decode(layout, level, step->value);
		if (!entry.present)
			return unmapped(address);
		if (entry.leaf) {
			step->page_size = 1ull << (entry.leaf_shift ?: level->shift);
			*ret = entry.target + (address & (step->page_size - 1));
			return NULL;
		}
		table = entry.target;
	}
	/* The last level has leaves only. */
	return unmapped(address);
}

struct kd_error *kd_memory_walk(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address,
				struct kd_walk_step steps[KD_WALK_MAX], size_t *ret_nr, kd_paddr *ret)
{
	return walk(memory, &memory->layout, pgd, address, steps, ret_nr, ret);
}

struct kd_error *kd_memory_walk_by(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr address,
				   struct kd_walk_step steps[KD_WALK_MAX], size_t *ret_nr, kd_paddr *ret)
{
	return walk(memory, layout, 0, address, steps, ret_nr, ret);
}

static bool in_image(const struct kd_layout *layout, kd_vaddr address)
{
	return address >= layout->image_start && address < layout->image_end;
}

/** Physical page of a virtual one, by tables. */
static struct kd_error *translate_page(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, kd_pfn *ret)
{
	kd_vaddr page = address >> memory->page_shift;
	struct tlb_entry *entry = &memory->tlb[(page ^ page >> 18 ^ pgd >> memory->page_shift) % TLB_NR];
	if (entry->page == page + 1 && entry->pgd == pgd) {
		*ret = entry->pfn;
		return NULL;
	}
	struct kd_walk_step steps[KD_WALK_MAX];
	size_t nr;
	kd_paddr physical;
	struct kd_error *err = kd_memory_walk(memory, pgd, address, steps, &nr, &physical);
	if (err && err->code == KD_ERROR_FAULT && err->fault != KD_FAULT_UNTRANSLATABLE &&
	    in_image(&memory->layout, address)) {
		/* Without the tables, as in a truncated dump, the image is still known to lie in one piece. */
		kd_error_destroy(err);
		err = NULL;
		physical = address - memory->layout.image_start + (uint64_t)memory->layout.phys_base;
	}
	if (err)
		return err;
	if (!kd_dump_is_live(memory->dump))
		*entry = (struct tlb_entry){ page + 1, pgd, physical >> memory->page_shift };
	*ret = physical >> memory->page_shift;
	return NULL;
}

static inline struct kd_error *view_space(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, const uint8_t **ret,
					  size_t *ret_len)
{
	kd_vaddr direct = address - memory->direct_start;
	kd_pfn pfn;
	struct kd_error *err;
	if (__builtin_expect(direct < memory->direct_len, 1)) {
		pfn = memory->direct_pfn + (direct >> memory->page_shift);
	} else {
		err = translate_page(memory, pgd, address, &pfn);
		if (err)
			return err;
	}
	const uint8_t *page;
	err = kd_dump_page(memory->dump, pfn, &page);
	if (__builtin_expect(err != NULL, 0))
		return fault_at(err, address, "");
	size_t offset = address & (memory->page_size - 1);
	*ret = page + offset;
	*ret_len = memory->page_size - offset;
	return NULL;
}

struct kd_error *kd_memory_view(struct kd_memory *memory, kd_vaddr address, const uint8_t **ret, size_t *ret_len)
{
	return view_space(memory, 0, address, ret, ret_len);
}

static struct kd_error *read_space_upto(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, void *buffer,
					size_t len, size_t *ret_len, struct kd_error **why)
{
	size_t done = 0;
	while (done < len) {
		const uint8_t *view;
		size_t view_len;
		struct kd_error *err = view_space(memory, pgd, address + done, &view, &view_len);
		if (err && err->code != KD_ERROR_FAULT)
			return err;
		if (err) {
			if (why)
				*why = err;
			else
				kd_error_destroy(err);
			break;
		}
		size_t part = kd_min(view_len, len - done);
		memcpy((char *)buffer + done, view, part);
		done += part;
		/* The last byte of the address space has no successor. */
		if (done < len && address + done < address) {
			if (why)
				*why = unmapped(0);
			break;
		}
	}
	*ret_len = done;
	return NULL;
}

struct kd_error *kd_memory_read(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len)
{
	size_t done;
	struct kd_error *why = NULL;
	struct kd_error *err = read_space_upto(memory, 0, address, buffer, len, &done, &why);
	return err ? err : why;
}

struct kd_error *kd_memory_read_upto(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len,
				     size_t *ret_len, struct kd_error **why)
{
	if (why)
		*why = NULL;
	return read_space_upto(memory, 0, address, buffer, len, ret_len, why);
}

struct kd_error *kd_memory_read_space(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, void *buffer,
				      size_t len, size_t *ret_len)
{
	struct kd_error *why = NULL;
	struct kd_error *err = read_space_upto(memory, pgd, address, buffer, len, ret_len, &why);
	if (err)
		return err;
	/* What could be read counts; the reason is told when that is nothing. */
	if (!why || *ret_len) {
		kd_error_destroy(why);
		return NULL;
	}
	return why;
}

struct kd_error *kd_memory_read_string(struct kd_memory *memory, kd_vaddr address, size_t max_len, char **ret,
				       size_t *ret_len)
{
	KD_FREE char *text = NULL;
	size_t len = 0;
	bool end = false;
	while (!end && len < max_len) {
		const uint8_t *view;
		size_t view_len;
		struct kd_error *err = kd_memory_view(memory, address + len, &view, &view_len);
		if (err && len && err->code == KD_ERROR_FAULT) {
			kd_error_destroy(err);
			break;
		}
		if (err)
			return err;
		view_len = kd_min(view_len, max_len - len);
		const uint8_t *nul = memchr(view, 0, view_len);
		end = nul || address + len + view_len < address;
		if (nul)
			view_len = (size_t)(nul - view);
		char *longer = realloc(text, len + view_len + 1);
		if (!longer)
			return &kd_error_nomem;
		text = longer;
		memcpy(text + len, view, view_len);
		len += view_len;
	}
	if (!text) {
		text = malloc(1);
		if (!text)
			return &kd_error_nomem;
	}
	text[len] = 0;
	*ret = kd_move_ptr(text);
	*ret_len = len;
	return NULL;
}

struct kd_error *kd_memory_translate(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, kd_paddr *ret)
{
	kd_vaddr direct = address - memory->direct_start;
	if (direct < memory->direct_len) {
		*ret = (memory->direct_pfn << memory->page_shift) + direct;
		return NULL;
	}
	kd_pfn pfn;
	struct kd_error *err = translate_page(memory, pgd, address, &pfn);
	if (err)
		return err;
	*ret = (pfn << memory->page_shift) + (address & (memory->page_size - 1));
	return NULL;
}

struct kd_error *kd_memory_direct(struct kd_memory *memory, kd_paddr address, kd_vaddr *ret)
{
	kd_vaddr direct = address - (memory->direct_pfn << memory->page_shift);
	if (direct >= memory->direct_len)
		return kd_error_create(KD_ERROR_VALUE, "physical address %#" PRIx64 " is not in the direct map",
				       address);
	*ret = memory->direct_start + direct;
	return NULL;
}

/* A walk over all of a range. Damaged tables may point back at themselves, but the depth is fixed and the number of
 * tables is bounded. 2^18 last-level tables map 512 GiB in small pages. */
#define TABLES_MAX (1u << 18)

struct sweep {
	struct kd_memory *memory;
	const struct kd_layout *layout;
	unsigned int tables;
	kd_vaddr start, last; /* the range asked for; last is inclusive: it may be the end of the address space */
	kd_range_fn callback;
	void *context;
	bool open; /* a range was begun */
	kd_vaddr open_start, open_last;
	unsigned int open_flags;
};

static struct kd_error *sweep_flush(struct sweep *sweep)
{
	if (!sweep->open)
		return NULL;
	sweep->open = false;
	/* An end of 0 would be that of the address space: the last page is never mapped (it would hold error codes). */
	return sweep->callback(sweep->context, sweep->open_start, sweep->open_last + 1, sweep->open_flags);
}

static struct kd_error *sweep_add(struct sweep *sweep, kd_vaddr start, kd_vaddr last, unsigned int flags)
{
	start = kd_max(start, sweep->start);
	last = kd_min(last, sweep->last);
	if (sweep->open && sweep->open_last + 1 == start && sweep->open_flags == flags) {
		sweep->open_last = last;
		return NULL;
	}
	struct kd_error *err = sweep_flush(sweep);
	if (err)
		return err;
	sweep->open = true;
	sweep->open_start = start;
	sweep->open_last = last;
	sweep->open_flags = flags;
	return NULL;
}

/** A table is missing, of which the entries would be for [start, last]. What it maps cannot be read either, but for the
 *  image, which is known to lie in one piece; nothing is known of what may be done with it. */
static struct kd_error *sweep_hole(struct sweep *sweep, kd_vaddr start, kd_vaddr last)
{
	const struct kd_layout *layout = sweep->layout;
	start = kd_max(start, layout->image_start);
	last = kd_min(last, layout->image_end - 1);
	if (start > last || last < sweep->start || start > sweep->last)
		return NULL;
	return sweep_add(sweep, start, last, 0);
}

static struct kd_error *sweep_table(struct sweep *sweep, unsigned int depth, kd_paddr table, kd_vaddr base,
				    unsigned int flags);

static struct kd_error *sweep_entry(struct sweep *sweep, unsigned int depth, uint64_t value, kd_vaddr start,
				    unsigned int flags)
{
	const struct kd_level *level = &sweep->layout->levels[depth];
	const kd_vaddr last = start + ((1ull << level->shift) - 1);
	if (last < sweep->start || start > sweep->last)
		return NULL;
	struct kd_entry entry = sweep->memory->tables->decode(sweep->layout, level, value);
	if (!entry.present)
		return NULL;
	if (entry.leaf)
		return sweep_add(sweep, start, last, flags & entry.flags);
	return depth + 1 < sweep->layout->level_nr
		       ? sweep_table(sweep, depth + 1, entry.target, start, flags & entry.flags)
		       : NULL;
}

#define SWEEP_ENTRIES 512u /* of a table that are looked at in one go */

static struct kd_error *sweep_table(struct sweep *sweep, unsigned int depth, kd_paddr table, kd_vaddr base,
				    unsigned int flags)
{
	struct kd_memory *memory = sweep->memory;
	const struct kd_level *level = &sweep->layout->levels[depth];
	if (sweep->tables++ >= TABLES_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "more than %u page tables: they are damaged", TABLES_MAX);
	for (uint64_t first = 0; first < 1ull << level->bits; first += SWEEP_ENTRIES) {
		/* A copy: the tables below come through the same cache. */
		uint64_t entries[SWEEP_ENTRIES];
		const uint64_t nr = kd_min(SWEEP_ENTRIES, (1ull << level->bits) - first);
		struct kd_error *err =
			kd_dump_read(memory->dump, table + first * sizeof(*entries), entries, nr * sizeof(*entries));
		if (kd_error_catch(&err, KD_ERROR_FAULT)) {
			kd_vaddr start = base + (first << level->shift);
			err = depth ? sweep_hole(sweep, start, start + (nr << level->shift) - 1)
				    : sweep_hole(sweep, 0, UINT64_MAX);
			if (err || !depth)
				return err;
			continue;
		}
		if (err)
			return err;
		kd_order_array(memory->entry_order, entries, sizeof(*entries), nr);
		for (uint64_t i = 0; i < nr && !err; i++) {
			kd_vaddr start = base + ((first + i) << level->shift);
			err = sweep_entry(sweep, depth, entries[i],
					  depth ? start : memory->tables->canonical(sweep->layout, start), flags);
		}
		if (err)
			return err;
	}
	return NULL;
}

struct kd_error *kd_memory_ranges_by(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr start,
				     kd_vaddr end, kd_range_fn callback, void *context)
{
	if (start >= end)
		return NULL;
	struct sweep sweep = {
		.memory = memory,
		.layout = layout,
		.start = start,
		.last = end - 1,
		.callback = callback,
		.context = context,
	};
	unsigned int depth = 0;
	struct kd_error *err = find_depth(memory, layout, layout->pgd, &depth);
	if (kd_error_catch(&err, KD_ERROR_FAULT))
		err = sweep_hole(&sweep, 0, UINT64_MAX);
	else if (!err && depth < layout->level_nr)
		err = sweep_table(&sweep, depth, layout->pgd, 0, KD_RANGE_WRITABLE | KD_RANGE_EXECUTABLE);
	return err ? err : sweep_flush(&sweep);
}

struct kd_error *kd_memory_ranges(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_range_fn callback,
				  void *context)
{
	return kd_memory_ranges_by(memory, &memory->layout, start, end, callback, context);
}

struct kd_error *kd_memory_create(struct kd_dump *dump, struct kd_memory **ret)
{
	struct kd_memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return &kd_error_nomem;
	memory->dump = dump;
	memory->page_size = kd_dump_page_size(dump);
	memory->page_shift = (unsigned int)__builtin_ctz(memory->page_size);
	const struct kd_machine *machine = kd_dump_machine(dump);
	memory->tables = machine ? machine->page_tables : NULL;
	memory->order = machine ? machine->order : KD_LITTLE;
	memory->entry_order = memory->tables && memory->tables->entries_are_big_endian ? KD_BIG : memory->order;
	struct kd_error *err;
	if (!memory->tables)
		err = kd_error_create_file(KD_ERROR_UNSUPPORTED, kd_dump_path(dump),
					   "%s is of a machine that pykd does not read: %s", kd_dump_path(dump),
					   kd_dump_arch(dump));
	else if (!(memory->page_size & memory->tables->page_sizes))
		err = kd_error_create_file(KD_ERROR_UNSUPPORTED, kd_dump_path(dump),
					   "%s has pages of %u bytes, which %s does not have", kd_dump_path(dump),
					   memory->page_size, machine->name);
	else
		err = memory->tables->find_layout(memory, &memory->layout);
	if (err) {
		kd_memory_destroy(memory);
		return err;
	}
	memory->direct_start = memory->layout.page_offset;
	memory->direct_len =
		memory->layout.page_offset_end ? memory->layout.page_offset_end - memory->layout.page_offset : 0;
	memory->direct_pfn = memory->layout.direct_physical >> memory->page_shift;
	*ret = memory;
	return NULL;
}

void kd_memory_destroy(struct kd_memory *memory)
{
	free(memory);
}

struct kd_dump *kd_memory_dump(struct kd_memory *memory)
{
	return memory->dump;
}

const struct kd_layout *kd_memory_layout(struct kd_memory *memory)
{
	return &memory->layout;
}

enum kd_order kd_memory_order(const struct kd_memory *memory)
{
	return memory->order;
}

bool kd_memory_is_kernel(const struct kd_memory *memory, kd_vaddr address)
{
	/* Below the first page is what a NULL pointer leads to. */
	return address >> 63 || (memory->tables->kernel_apart && address >= KD_PAGE_LEN_MIN);
}
