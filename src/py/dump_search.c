/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods that search memory: words that have a value, and runs of pages that can be read. */
#include "py/dump_methods.h"

#define PATTERN_MAX 64

/* Where the pages of a search come from. */
struct space {
	DumpObject *dump;
	struct kd_memory *memory; /* NULL: physical memory */
	kd_paddr pgd;		  /* 0: the kernel's */
	bool is_user;
	uint64_t direct_start, direct_end; /* the direct map, whose missing pages are known without a try */
	uint64_t direct_offset;		   /* of a virtual address in it from the physical one */
	uint64_t page_size;
};

struct pattern {
	uint64_t value; /* & keep */
	uint64_t keep;	/* bits that must be equal */
};

static bool space_init(DumpObject *dump, struct space *space, int physical, PyObject *pgd)
{
	struct kd_memory *memory = kd_py_memory(dump);
	if (!memory)
		return false;
	const struct kd_layout *layout = kd_memory_layout(memory);
	*space = (struct space){
		.dump = dump,
		.memory = physical ? NULL : memory,
		.direct_start = layout->page_offset,
		.direct_end = layout->page_offset_end,
		.direct_offset = layout->page_offset - layout->direct_physical,
		.page_size = kd_dump_page_size(kd_kernel_dump(dump->kernel)),
	};
	if (pgd != Py_None) {
		space->is_user = true;
		return kd_py_address(pgd, &space->pgd);
	}
	return true;
}

/* The bytes from address to the end of its page, valid until the next read; NULL if they cannot be read. */
static const uint8_t *space_view(struct space *space, uint64_t address)
{
	const uint8_t *view;
	size_t len;
	uint64_t physical = address, offset = address % space->page_size;
	if (space->memory) {
		bool is_direct = !space->is_user && address >= space->direct_start && address < space->direct_end;
		if (is_direct) {
			physical = address - space->direct_offset;
		} else if (space->is_user) {
			struct kd_error *err = kd_memory_translate(space->memory, space->pgd, address, &physical);
			if (err) {
				kd_error_destroy(err);
				return NULL;
			}
		} else {
			struct kd_error *err = kd_memory_view(space->memory, address, &view, &len);
			kd_error_destroy(err);
			return err ? NULL : view;
		}
	}
	kd_pfn pfn = physical / space->page_size;
	if (kd_dump_page_status(kd_kernel_dump(space->dump->kernel), pfn) != KD_FAULT_NONE)
		return NULL;
	struct kd_error *err = kd_dump_page(kd_kernel_dump(space->dump->kernel), pfn, &view);
	kd_error_destroy(err);
	return err ? NULL : view + offset;
}

/*
 * Where to look on when nothing can be read at address: on the next page, or, in physical memory and the direct map,
 * where the dump has one next. At most end.
 */
static uint64_t space_behind_hole(const struct space *space, uint64_t address, uint64_t end)
{
	uint64_t left = space->page_size - address % space->page_size, base = 0, last = end;
	uint64_t next_page = left < end - address ? address + left : end;
	if (space->memory) {
		if (space->is_user || address < space->direct_start || address >= space->direct_end)
			return next_page;
		base = space->direct_offset;
		last = kd_min(end, space->direct_end);
	}
	kd_pfn pfn = (address - base) / space->page_size + 1;
	if (!kd_dump_next_page(kd_kernel_dump(space->dump->kernel), &pfn) || pfn > (last - base) / space->page_size)
		return kd_max(next_page, last);
	return kd_max(next_page, kd_min(last, base + pfn * space->page_size));
}

/* A range may be larger than anybody has the patience for. False with an exception set. */
static bool goes_on(uint64_t *page)
{
	return ++*page % 4096 || PyErr_CheckSignals() == 0;
}

static uint64_t load(enum kd_order order, const uint8_t *bytes, unsigned int size)
{
	switch (size) {
	case 8:
		return kd_load_u64(order, bytes);
	case 4:
		return kd_load_u32(order, bytes);
	default:
		return kd_load_u16(order, bytes);
	}
}

static bool append_match(PyObject *list, uint64_t address, Py_ssize_t pattern, uint64_t word)
{
	KD_PYOBJECT PyObject *match =
		Py_BuildValue("(KnK)", (unsigned long long)address, pattern, (unsigned long long)word);
	return match && PyList_Append(list, match) == 0;
}

static Py_ssize_t patterns_of(PyObject *argument, struct pattern *patterns)
{
	KD_PYOBJECT PyObject *sequence = PySequence_Fast(argument, "patterns must be a sequence");
	if (!sequence)
		return -1;
	Py_ssize_t nr = PySequence_Fast_GET_SIZE(sequence);
	if (nr > PATTERN_MAX) {
		PyErr_Format(PyExc_ValueError, "more than %d patterns", PATTERN_MAX);
		return -1;
	}
	for (Py_ssize_t i = 0; i < nr; i++) {
		PyObject *pair = PySequence_Fast_GET_ITEM(sequence, i);
		if (!PyTuple_Check(pair) || !PyArg_ParseTuple(pair, "O&O&", kd_py_address, &patterns[i].value,
							      kd_py_address, &patterns[i].keep))
			return PyErr_Occurred() ? -1 : (PyErr_SetString(PyExc_TypeError, "a pattern is a pair"), -1);
		patterns[i].value &= patterns[i].keep;
	}
	return nr;
}

KD_METHOD(find_words)
{
	static char *keywords[] = { "start", "end", "patterns", "size", "physical", "pgd", "limit", NULL };
	uint64_t start, end;
	unsigned int size = 8;
	int physical = 0;
	Py_ssize_t limit = 1 << 16;
	PyObject *patterns_argument, *pgd = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&O|I$pOn:find_words", keywords, kd_py_address, &start,
					 kd_py_address, &end, &patterns_argument, &size, &physical, &pgd, &limit))
		return NULL;
	if (size != 2 && size != 4 && size != 8)
		return PyErr_Format(PyExc_ValueError, "words of 2, 4 or 8 bytes, not %u", size);
	struct pattern patterns[PATTERN_MAX];
	Py_ssize_t nr = patterns_of(patterns_argument, patterns);
	struct space space;
	if (nr < 0 || !space_init(DUMP(self), &space, physical, pgd))
		return NULL;
	KD_PYOBJECT PyObject *list = PyList_New(0);
	if (!list)
		return NULL;
	const enum kd_order order = kd_py_order(DUMP(self));
	uint64_t page = 0, address = start > UINT64_MAX - size ? end : (start + size - 1) & ~(uint64_t)(size - 1);
	while (address < end && PyList_GET_SIZE(list) < limit) {
		if (!goes_on(&page))
			return NULL;
		uint64_t left = space.page_size - address % space.page_size;
		const uint8_t *view = space_view(&space, address);
		if (!view) {
			address = space_behind_hole(&space, address, end);
			continue;
		}
		/* a word at the very end of the range counts only if all of it is within */
		uint64_t len = kd_min(left, end - address) & ~(uint64_t)(size - 1);
		for (uint64_t at = 0; at < len; at += size) {
			uint64_t word = load(order, view + at, size);
			for (Py_ssize_t i = 0; i < nr; i++)
				if ((word & patterns[i].keep) == patterns[i].value) {
					if (!append_match(list, address + at, i, word))
						return NULL;
					break;
				}
		}
		address = left < end - address ? address + left : end;
	}
	return Py_BuildValue("(OK)", list, (unsigned long long)kd_min(address, end));
}

/* ---- text ---- */

#define TEXT_MAX 4096		/* bytes of one text */
#define WINDOW_LEN (256u << 10) /* searched at once: fits into a processor's cache */

struct texts {
	const uint8_t *bytes[PATTERN_MAX];
	size_t len[PATTERN_MAX];
	Py_ssize_t nr;
	size_t len_max;
};

static bool texts_of(PyObject *sequence, struct texts *texts)
{
	texts->nr = PySequence_Fast_GET_SIZE(sequence);
	texts->len_max = 0;
	if (texts->nr > PATTERN_MAX)
		return PyErr_Format(PyExc_ValueError, "more than %d texts", PATTERN_MAX), false;
	for (Py_ssize_t i = 0; i < texts->nr; i++) {
		PyObject *bytes = PySequence_Fast_GET_ITEM(sequence, i);
		if (!PyBytes_Check(bytes))
			return PyErr_SetString(PyExc_TypeError, "a text is bytes"), false;
		texts->bytes[i] = (const uint8_t *)PyBytes_AS_STRING(bytes);
		texts->len[i] = PyBytes_GET_SIZE(bytes);
		if (!texts->len[i] || texts->len[i] > TEXT_MAX)
			return PyErr_Format(PyExc_ValueError, "a text has 1 to %d bytes", TEXT_MAX), false;
		texts->len_max = kd_max(texts->len_max, texts->len[i]);
	}
	return true;
}

/*
 * Offset of the first place in [from, end) where text begins, or end; bytes has len + 8 bytes behind end. Eight places
 * are tried at a time, by the first and the last byte of the text.
 */
static size_t find_text(const uint8_t *bytes, size_t from, size_t end, const uint8_t *text, size_t len)
{
	const uint64_t ones = 0x0101010101010101u, highs = ones << 7;
	const uint64_t first = ones * text[0], last = ones * text[len - 1];
	for (size_t at = from; at < end; at += sizeof(uint64_t)) {
		uint64_t head, tail;
		memcpy(&head, bytes + at, sizeof(head));
		memcpy(&tail, bytes + at + len - 1, sizeof(tail));
		uint64_t differing = (head ^ first) | (tail ^ last); /* a byte of zeros: both are equal */
		if (!((differing - ones) & ~differing & highs))
			continue;
		for (size_t place = at; place < kd_min(at + sizeof(uint64_t), end); place++)
			if (!memcmp(bytes + place, text, len))
				return place;
	}
	return end;
}

/* What was read without a gap and not yet searched to its end. */
struct window {
	uint8_t *bytes;
	uint64_t address; /* of the first byte */
	size_t len;
	size_t from; /* up to here it was searched */
};

/*
 * Find texts that begin in window->from up to end and are all in the window. They do not overlap: the search goes on
 * behind each. Where several begin, the first of them counts.
 */
static bool search_window(struct window *window, size_t end, const struct texts *texts, PyObject *list)
{
	size_t next[PATTERN_MAX], ends[PATTERN_MAX];
	for (Py_ssize_t i = 0; i < texts->nr; i++) {
		ends[i] = window->len >= texts->len[i] ? kd_min(end, window->len - texts->len[i] + 1) : 0;
		next[i] = window->from;
		if (window->from < ends[i])
			next[i] = find_text(window->bytes, window->from, ends[i], texts->bytes[i], texts->len[i]);
	}
	while (true) {
		Py_ssize_t best = -1;
		for (Py_ssize_t i = 0; i < texts->nr; i++)
			if (next[i] < ends[i] && (best < 0 || next[i] < next[best]))
				best = i;
		if (best < 0)
			break;
		KD_PYOBJECT PyObject *match =
			Py_BuildValue("(Kn)", (unsigned long long)(window->address + next[best]), best);
		if (!match || PyList_Append(list, match) < 0)
			return false;
		window->from = next[best] + texts->len[best];
		for (Py_ssize_t i = 0; i < texts->nr; i++)
			if (next[i] < window->from && next[i] < ends[i])
				next[i] = window->from < ends[i] ? find_text(window->bytes, window->from, ends[i],
									     texts->bytes[i], texts->len[i])
								 : ends[i];
	}
	window->from = kd_max(window->from, end);
	return true;
}

/* Search what was read and keep of it what a text may begin in that goes on in the next page. */
static bool search_and_keep(struct window *window, const struct texts *texts, PyObject *list)
{
	size_t done = window->len - kd_min(window->len, texts->len_max - 1);
	if (!search_window(window, done, texts, list))
		return false;
	done = kd_min(window->from, window->len);
	memmove(window->bytes, window->bytes + done, window->len - done);
	window->address += done;
	window->len -= done;
	window->from -= done;
	return true;
}

KD_METHOD(find_texts)
{
	static char *keywords[] = { "start", "end", "texts", "beyond", "physical", "pgd", "limit", NULL };
	uint64_t start, end;
	unsigned int beyond = 0;
	Py_ssize_t limit = 1 << 16;
	int physical = 0;
	PyObject *texts_argument, *pgd = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&O|$IpOn:find_texts", keywords, kd_py_address, &start,
					 kd_py_address, &end, &texts_argument, &beyond, &physical, &pgd, &limit))
		return NULL;
	KD_PYOBJECT PyObject *sequence = PySequence_Fast(texts_argument, "texts must be a sequence");
	struct texts texts;
	struct space space;
	if (!sequence || !texts_of(sequence, &texts) || !space_init(DUMP(self), &space, physical, pgd))
		return NULL;
	/* Behind what is searched there is room for eight bytes more at the end of the longest text. */
	if (!DUMP(self)->window)
		DUMP(self)->window = PyMem_Calloc(1, WINDOW_LEN + space.page_size + 2 * TEXT_MAX + sizeof(uint64_t));
	uint8_t *bytes = DUMP(self)->window;
	if (!bytes)
		return PyErr_NoMemory();
	KD_PYOBJECT PyObject *list = PyList_New(0);
	struct window window = { .bytes = bytes, .address = start };
	uint64_t last = end + kd_min(kd_min(beyond, UINT64_MAX - end), TEXT_MAX);
	uint64_t page = 0;
	for (uint64_t address = start; list && address < last;) {
		if (!goes_on(&page))
			return NULL;
		if (PyList_GET_SIZE(list) >= limit)
			return Py_BuildValue("(OK)", list,
					     (unsigned long long)kd_min(window.address + window.from, end));
		uint64_t piece = kd_min(space.page_size - address % space.page_size, last - address);
		const uint8_t *view = space_view(&space, address);
		if (view) {
			memcpy(window.bytes + window.len, view, piece);
			window.len += piece;
		}
		address = view ? address + piece : space_behind_hole(&space, address, last);
		if (view && window.len < WINDOW_LEN && address < last)
			continue;
		if (!view || address >= last) {
			uint64_t left = end > window.address ? end - window.address : 0;
			if (!search_window(&window, kd_min(window.len, left), &texts, list))
				return NULL;
			window = (struct window){ .bytes = bytes, .address = address };
		} else if (!search_and_keep(&window, &texts, list)) {
			return NULL;
		}
	}
	return list ? Py_BuildValue("(OK)", list, (unsigned long long)end) : NULL;
}

static bool append_run(PyObject *list, uint64_t start, const char *bytes, size_t len)
{
	if (!len)
		return true;
	KD_PYOBJECT PyObject *run = Py_BuildValue("(Ky#)", (unsigned long long)start, bytes, (Py_ssize_t)len);
	return run && PyList_Append(list, run) == 0;
}

KD_METHOD(readable)
{
	static char *keywords[] = { "start", "end", "physical", "pgd", NULL };
	uint64_t start, end;
	int physical = 0;
	PyObject *pgd = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&|$pO:readable", keywords, kd_py_address, &start,
					 kd_py_address, &end, &physical, &pgd))
		return NULL;
	struct space space;
	if (!space_init(DUMP(self), &space, physical, pgd))
		return NULL;
	if (end < start || end - start > (uint64_t)1 << 30)
		return PyErr_Format(PyExc_ValueError, "more than 1 GB at once");
	KD_FREE char *bytes = malloc(kd_max(end - start, (uint64_t)1));
	if (!bytes)
		return PyErr_NoMemory();
	KD_PYOBJECT PyObject *list = PyList_New(0);
	size_t len = 0;
	uint64_t run_start = start;
	uint64_t page = 0;
	for (uint64_t address = start; list && address < end;) {
		if (!goes_on(&page))
			return NULL;
		uint64_t piece = kd_min(space.page_size - address % space.page_size, end - address);
		const uint8_t *view = space_view(&space, address);
		if (view) {
			memcpy(bytes + len, view, piece);
			len += piece;
			address += piece;
		} else {
			if (!append_run(list, run_start, bytes, len))
				return NULL;
			len = 0;
			address = run_start = space_behind_hole(&space, address, end);
		}
	}
	if (!list || !append_run(list, run_start, bytes, len))
		return NULL;
	return kd_move_ptr(list);
}

PyMethodDef kd_py_dump_search_methods[] = {
	KD_KEYWORDS_ENTRY(find_words),
	KD_KEYWORDS_ENTRY(find_texts),
	KD_KEYWORDS_ENTRY(readable),
	{},
};
