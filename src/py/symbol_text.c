/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text of many symbols at once: a kernel has hundreds of thousands, and an object for each takes far longer.
 */
#include "py/symbol_text.h"

#define LETTER_RANGE_MAX 16
#define MARK_MAX 8
#define ADDRESS_DIGITS 16

/* Symbols of one letter that are shown with another, because of where they lie. */
struct letter_range {
	uint64_t start, end;
	char letter;
	const char *of; /* letters that it is for; borrowed */
};

/* Where a piece is made: memory of the heap would cost page faults each time, for musl gives it back at once. */
#define BUFFER_LEN (96 << 10)

struct text {
	char buffer[BUFFER_LEN];
	char *bytes; /* buffer, or malloced */
	size_t len, capacity;
	size_t line_nr;
	struct letter_range ranges[LETTER_RANGE_MAX];
	Py_ssize_t range_nr;
	const char *marks[MARK_MAX]; /* where names end; borrowed */
	Py_ssize_t mark_nr;
};

static void text_init(struct text *text)
{
	text->bytes = text->buffer;
	text->capacity = sizeof(text->buffer);
	text->len = text->line_nr = 0;
	text->range_nr = text->mark_nr = 0;
}

static void text_deinit(struct text *text)
{
	if (text->bytes != text->buffer)
		free(text->bytes);
}

static bool text_grow(struct text *text, size_t room)
{
	size_t capacity = 2 * text->capacity + room;
	bool is_buffer = text->bytes == text->buffer;
	char *bytes = realloc(is_buffer ? NULL : text->bytes, capacity);
	if (!bytes)
		return PyErr_NoMemory(), false;
	if (is_buffer)
		memcpy(bytes, text->buffer, text->len);
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

static bool parse_letters(PyObject *letters, struct text *text)
{
	text->range_nr = PyTuple_GET_SIZE(letters);
	if (text->range_nr > LETTER_RANGE_MAX)
		return PyErr_SetString(PyExc_ValueError, "too many ranges of letters"), false;
	for (Py_ssize_t i = 0; i < text->range_nr; i++) {
		struct letter_range *range = &text->ranges[i];
		PyObject *item = PyTuple_GET_ITEM(letters, i);
		int letter;
		if (!PyTuple_Check(item))
			return PyErr_SetString(PyExc_TypeError, "a range is a tuple"), false;
		if (!PyArg_ParseTuple(item, "O&O&Cs", kd_py_address, &range->start, kd_py_address, &range->end, &letter,
				      &range->of))
			return false;
		range->letter = (char)letter;
	}
	return true;
}

static bool parse_marks(PyObject *marks, struct text *text)
{
	text->mark_nr = PyTuple_GET_SIZE(marks);
	if (text->mark_nr > MARK_MAX)
		return PyErr_SetString(PyExc_ValueError, "too many marks"), false;
	for (Py_ssize_t i = 0; i < text->mark_nr; i++) {
		text->marks[i] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(marks, i));
		if (!text->marks[i])
			return false;
	}
	return true;
}

static char shown_letter(const struct text *text, const struct kd_symbol *symbol)
{
	char letter = symbol->type;
	for (Py_ssize_t i = 0; i < text->range_nr; i++) {
		const struct letter_range *range = &text->ranges[i];
		if (symbol->address >= range->start && symbol->address < range->end && letter &&
		    strchr(range->of, letter))
			return letter >= 'a' && letter <= 'z' ? (char)(range->letter | 0x20) : range->letter;
	}
	return letter;
}

/* Up to where a name is shown. */
static size_t shown_len(const struct text *text, const char *name, size_t len)
{
	if (!memchr(name, '.', len))
		return len;
	for (Py_ssize_t i = 0; i < text->mark_nr; i++) {
		const char *mark = strstr(name, text->marks[i]);
		if (mark && mark > name)
			return mark - name;
	}
	return len;
}

static bool add_line(struct text *text, const struct kd_symbol *symbol)
{
	size_t name_len = strlen(symbol->name);
	name_len = shown_len(text, symbol->name, name_len);
	size_t room = ADDRESS_DIGITS + sizeof(" (T) \n") + name_len;
	if (text->capacity - text->len < room && !text_grow(text, room))
		return false;
	char *at = text->bytes + text->len;
	unsigned int digits = symbol->address ? (67 - __builtin_clzll(symbol->address)) / 4 : 1;
	for (unsigned int i = digits; i--;)
		*at++ = "0123456789abcdef"[symbol->address >> 4 * i & 15];
	*at++ = ' ';
	*at++ = '(';
	*at++ = shown_letter(text, symbol);
	*at++ = ')';
	*at++ = ' ';
	memcpy(at, symbol->name, name_len);
	at += name_len;
	*at++ = '\n';
	text->len = at - text->bytes;
	text->line_nr++;
	return true;
}

static PyObject *text_result(const struct text *text)
{
	size_t len = text->len ? text->len - 1 : 0; /* without the last end of line, as commands yield lines */
	KD_PYOBJECT PyObject *string = PyUnicode_DecodeUTF8(text->bytes, (Py_ssize_t)len, "backslashreplace");
	return string ? Py_BuildValue("(On)", string, (Py_ssize_t)text->line_nr) : NULL;
}

PyObject *kd_py_kernel_symbol_text(DumpObject *dump, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "first", "count", "letters", "marks", NULL };
	unsigned int first, count;
	PyObject *letters, *marks;
	KD_CLEANUP(text_deinit) struct text text;
	text_init(&text);
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "IIO!O!:symbol_text", keywords, &first, &count, &PyTuple_Type,
					 &letters, &PyTuple_Type, &marks) ||
	    !parse_letters(letters, &text) || !parse_marks(marks, &text))
		return NULL;
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(dump->kernel, &kallsyms);
	if (err)
		return kd_py_raise(err);
	uint32_t nr = kd_kallsyms_nr(kallsyms);
	first = kd_min(first, nr);
	for (uint32_t n = first; n - first < kd_min(count, nr - first); n++) {
		struct kd_symbol symbol;
		char name[KD_KALLSYMS_NAME_MAX + 1];
		err = kd_kallsyms_peek(kallsyms, n, name, &symbol);
		if (kd_error_catch(&err, KD_ERROR_FAULT) || kd_error_catch(&err, KD_ERROR_FORMAT))
			continue; /* its bytes are not in the dump, or are damaged */
		if (err)
			return kd_py_raise(err);
		if (!add_line(&text, &symbol))
			return NULL;
	}
	return text_result(&text);
}

PyObject *kd_py_module_symbol_text(const struct kd_module *module, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "first", "count", "start", "end", "marks", NULL };
	unsigned int first, count;
	uint64_t start, end;
	PyObject *marks;
	KD_CLEANUP(text_deinit) struct text text;
	text_init(&text);
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "IIO&O&O!:symbol_text", keywords, &first, &count, kd_py_address,
					 &start, kd_py_address, &end, &PyTuple_Type, &marks) ||
	    !parse_marks(marks, &text))
		return NULL;
	size_t nr = kd_min((size_t)first + count, module->symbol_nr);
	for (size_t i = first; i < nr; i++) {
		const struct kd_symbol *symbol = &module->symbols[i];
		if (symbol->address >= start && symbol->address < end && !add_line(&text, symbol))
			return NULL;
	}
	return text_result(&text);
}
