/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/cfi.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "debug/private.h"

/* What a hostile file may cost. A kernel has some 60,000 functions, and none a row of more than a few hundred steps. */
enum { FUNCTION_NR_MAX = 1 << 22, STEP_NR_MAX = 1 << 14, REMEMBERED_NR_MAX = 16 };

/** What the functions that refer to it have in common. */
struct cie {
	uint64_t code_factor;
	int64_t data_factor;
	unsigned int return_register;
	uint8_t encoding; /* DW_EH_PE_… of addresses */
	bool augmented;	  /* an FDE has a length and that many bytes before its instructions */
	struct kd_cursor program;
};

/** One of the two sections, and where its bytes are in memory. */
struct table {
	const uint8_t *bytes;
	size_t len;
	kd_vaddr address;
	enum kd_order order;
	bool eh;
};

int64_t kd_dwarf_sleb(struct kd_cursor *cursor)
{
	uint64_t value = 0;
	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte = kd_cursor_u8(cursor);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return byte & 0x40 && shift + 7 < 64 ? (int64_t)(value | ~0ull << (shift + 7)) : (int64_t)value;
	}
	cursor->overrun = true;
	return 0;
}

/** An address as .eh_frame encodes it. */
static kd_vaddr read_pointer(const struct table *table, struct kd_cursor *cursor, uint8_t encoding)
{
	kd_vaddr here = table->address + (cursor->position - table->bytes), value = 0;
	switch (encoding & 0xf) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = kd_cursor_u64(cursor);
		break;
	case DW_EH_PE_uleb128:
		value = kd_cursor_leb128(cursor);
		break;
	case DW_EH_PE_sleb128:
		value = kd_dwarf_sleb(cursor);
		break;
	case DW_EH_PE_udata2:
		value = kd_cursor_u16(cursor);
		break;
	case DW_EH_PE_sdata2:
		value = (int16_t)kd_cursor_u16(cursor);
		break;
	case DW_EH_PE_udata4:
		value = kd_cursor_u32(cursor);
		break;
	case DW_EH_PE_sdata4:
		value = (int32_t)kd_cursor_u32(cursor);
		break;
	default:
		cursor->overrun = true;
	}
	return (encoding & 0x70) == DW_EH_PE_pcrel ? here + value : value;
}

/** One entry: what is behind its length and its id. False: there is none more. */
static bool next_entry(const struct table *table, size_t *offset, struct kd_cursor *ret, uint64_t *ret_cie,
		       bool *ret_is_cie)
{
	if (*offset >= table->len)
		return false;
	struct kd_cursor cursor = kd_cursor_init(table->bytes + *offset, table->len - *offset, table->order);
	uint64_t length = kd_cursor_u32(&cursor), id;
	bool wide = length == UINT32_MAX;
	if (wide)
		length = kd_cursor_u64(&cursor);
	if (cursor.overrun || length < (wide ? 8 : 4) || length > kd_cursor_left(&cursor))
		return false;
	cursor.end = cursor.position + length;
	size_t id_offset = cursor.position - table->bytes;
	*offset = cursor.end - table->bytes;
	id = wide ? kd_cursor_u64(&cursor) : kd_cursor_u32(&cursor);
	*ret_is_cie = table->eh ? !id : id == (wide ? UINT64_MAX : UINT32_MAX);
	*ret_cie = table->eh ? id_offset - id : id;
	*ret = cursor;
	return true;
}

static bool read_cie(const struct table *table, uint64_t offset, struct cie *ret)
{
	struct kd_cursor cursor;
	uint64_t ignored;
	bool is_cie;
	size_t at = offset;
	if (offset >= table->len || !next_entry(table, &at, &cursor, &ignored, &is_cie) || !is_cie)
		return false;
	uint8_t version = kd_cursor_u8(&cursor);
	const char *letters = (const char *)cursor.position;
	const uint8_t *end = memchr(letters, 0, kd_cursor_left(&cursor));
	if (!end || (*letters && *letters != 'z'))
		return false;
	cursor.position = end + 1;
	*ret = (struct cie){ .augmented = *letters == 'z' };
	if (version >= 4) {
		if (kd_cursor_u8(&cursor) != sizeof(uint64_t) || kd_cursor_u8(&cursor))
			return false;
	}
	ret->code_factor = kd_cursor_leb128(&cursor);
	ret->data_factor = kd_dwarf_sleb(&cursor);
	ret->return_register = version == 1 ? kd_cursor_u8(&cursor) : kd_cursor_leb128(&cursor);
	if (ret->augmented) {
		uint64_t len = kd_cursor_leb128(&cursor);
		const uint8_t *behind = cursor.position + kd_min(len, kd_cursor_left(&cursor));
		for (letters++; *letters && *letters != 'S' && *letters != 'B'; letters++) {
			if (*letters == 'R')
				ret->encoding = kd_cursor_u8(&cursor);
			else if (*letters == 'P')
				read_pointer(table, &cursor, kd_cursor_u8(&cursor) & 0xf);
			else
				kd_cursor_u8(&cursor);
		}
		cursor.position = behind;
	}
	ret->program = cursor;
	return !cursor.overrun && ret->return_register < KD_CFI_REGISTER_NR;
}

static struct kd_error *open_table(struct kd_dwarf *dwarf, bool eh, struct table *ret)
{
	const char *name = eh ? ".eh_frame" : ".debug_frame";
	*ret = (struct table){ .order = kd_debug_file_order(dwarf->file), .eh = eh };
	ret->address = kd_debug_file_section_address(dwarf->file, name);
	return kd_debug_file_section(dwarf->file, name, &ret->bytes, &ret->len);
}

static int by_start(const void *a, const void *b)
{
	const struct kd_cfi_function *left = a, *right = b;
	return (left->start > right->start) - (left->start < right->start);
}

static struct kd_error *index_table(struct kd_dwarf *dwarf, bool eh)
{
	struct table table;
	struct kd_error *err = open_table(dwarf, eh, &table);
	if (err)
		return err;
	struct kd_cursor cursor;
	struct cie cie = {};
	uint64_t of = 0, read = UINT64_MAX;
	bool is_cie, valid = false;
	for (size_t offset = 0, here = 0; next_entry(&table, &offset, &cursor, &of, &is_cie); here = offset) {
		if (is_cie)
			continue;
		if (of != read)
			valid = read_cie(&table, read = of, &cie);
		kd_vaddr start = valid ? read_pointer(&table, &cursor, cie.encoding) : 0;
		kd_vaddr len = valid ? read_pointer(&table, &cursor, cie.encoding & 0xf) : 0;
		/* What the linker has thrown away is left at 0. */
		if (!valid || cursor.overrun || !start || !len || start + len < start)
			continue;
		struct kd_cfi_function function = { start, start + len, here, eh };
		if (dwarf->functions.nr >= FUNCTION_NR_MAX)
			return kd_error_create_file(KD_ERROR_LIMIT, kd_debug_file_path(dwarf->file),
						    "%s has unwind tables of more functions than any kernel",
						    kd_debug_file_path(dwarf->file));
		if (!kd_cfi_function_vector_append(&dwarf->functions, function))
			return &kd_error_nomem;
	}
	return NULL;
}

static struct kd_error *make_index(struct kd_dwarf *dwarf)
{
	if (dwarf->functions_known)
		return NULL;
	struct kd_error *err = index_table(dwarf, false);
	if (!err && !dwarf->functions.nr)
		err = index_table(dwarf, true);
	if (err) {
		kd_cfi_function_vector_deinit(&dwarf->functions);
		return err;
	}
	if (dwarf->functions.nr)
		qsort(dwarf->functions.data, dwarf->functions.nr, sizeof(*dwarf->functions.data), by_start);
	dwarf->functions_known = true;
	return NULL;
}

/** Runs the instructions of one function as far as an address. */
struct program {
	const struct cie *cie;
	const struct table *table;
	struct kd_cfi_row *row, *initial; /* initial: as the CIE has left it */
	struct kd_cfi_row *remembered;	  /* REMEMBERED_NR_MAX of them */
	size_t remembered_nr;
};

static void set(struct kd_cfi_row *row, uint64_t number, struct kd_cfi_rule rule)
{
	if (number < KD_CFI_REGISTER_NR)
		row->registers[number] = rule;
}

static void restore(struct program *program, uint64_t number)
{
	if (number < KD_CFI_REGISTER_NR)
		program->row->registers[number] = program->initial->registers[number];
}

static struct kd_cfi_rule expression(struct kd_cursor *code, enum kd_cfi_how how)
{
	struct kd_cfi_rule rule = { .how = how, .expression_len = kd_cursor_leb128(code) };
	rule.expression = kd_cursor_take(code, rule.expression_len);
	return rule;
}

/** False: it cannot be. */
static bool run_cfa(struct program *program, uint8_t instruction, struct kd_cursor *code)
{
	struct kd_cfi_row *row = program->row;
	const int64_t factor = program->cie->data_factor;
	switch (instruction) {
	case DW_CFA_def_cfa:
		row->cfa = (struct kd_cfi_rule){ KD_CFI_REGISTER, kd_cursor_leb128(code) };
		row->cfa_offset = kd_cursor_leb128(code);
		return true;
	case DW_CFA_def_cfa_sf:
		row->cfa = (struct kd_cfi_rule){ KD_CFI_REGISTER, kd_cursor_leb128(code) };
		row->cfa_offset = (uint64_t)kd_dwarf_sleb(code) * factor;
		return true;
	case DW_CFA_def_cfa_register:
		row->cfa.number = kd_cursor_leb128(code);
		return row->cfa.how == KD_CFI_REGISTER;
	case DW_CFA_def_cfa_offset:
		row->cfa_offset = kd_cursor_leb128(code);
		return row->cfa.how == KD_CFI_REGISTER;
	case DW_CFA_def_cfa_offset_sf:
		row->cfa_offset = (uint64_t)kd_dwarf_sleb(code) * factor;
		return row->cfa.how == KD_CFI_REGISTER;
	default: /* DW_CFA_def_cfa_expression */
		row->cfa = expression(code, KD_CFI_IS_EXPRESSION);
		return true;
	}
}

static bool run_state(struct program *program, uint8_t instruction)
{
	if (instruction == DW_CFA_remember_state) {
		if (program->remembered_nr == REMEMBERED_NR_MAX)
			return false;
		program->remembered[program->remembered_nr++] = *program->row;
		return true;
	}
	if (!program->remembered_nr)
		return false;
	*program->row = program->remembered[--program->remembered_nr];
	return true;
}

/** Those that have a byte of their own and do not move. False: it is unknown, or cannot be. */
static bool run_other(struct program *program, uint8_t instruction, struct kd_cursor *code)
{
	struct kd_cfi_row *row = program->row;
	const int64_t factor = program->cie->data_factor;
	uint64_t number;
	switch (instruction) {
	case DW_CFA_nop:
	case DW_CFA_GNU_window_save: /* of arm64: whether the return address is signed, which its reader sees */
		return true;
	case DW_CFA_GNU_args_size:
		kd_cursor_leb128(code);
		return true;
	case DW_CFA_offset_extended:
	case DW_CFA_offset_extended_sf:
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		number = kd_cursor_leb128(code);
		bool is_signed = instruction == DW_CFA_offset_extended_sf || instruction == DW_CFA_val_offset_sf;
		uint64_t offset = is_signed ? (uint64_t)kd_dwarf_sleb(code) : kd_cursor_leb128(code);
		bool is_value = instruction == DW_CFA_val_offset || instruction == DW_CFA_val_offset_sf;
		set(row, number,
		    (struct kd_cfi_rule){ is_value ? KD_CFI_IS_CFA : KD_CFI_AT_CFA, (int64_t)(offset * factor) });
		return true;
	case DW_CFA_restore_extended:
		restore(program, kd_cursor_leb128(code));
		return true;
	case DW_CFA_undefined:
		set(row, kd_cursor_leb128(code), (struct kd_cfi_rule){ KD_CFI_UNDEFINED });
		return true;
	case DW_CFA_same_value:
		set(row, kd_cursor_leb128(code), (struct kd_cfi_rule){ KD_CFI_SAME });
		return true;
	case DW_CFA_register:
		number = kd_cursor_leb128(code);
		set(row, number, (struct kd_cfi_rule){ KD_CFI_REGISTER, kd_cursor_leb128(code) });
		return true;
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		number = kd_cursor_leb128(code);
		set(row, number,
		    expression(code, instruction == DW_CFA_expression ? KD_CFI_AT_EXPRESSION : KD_CFI_IS_EXPRESSION));
		return true;
	case DW_CFA_remember_state:
	case DW_CFA_restore_state:
		return run_state(program, instruction);
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
	case DW_CFA_def_cfa_register:
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
	case DW_CFA_def_cfa_expression:
		return run_cfa(program, instruction, code);
	default:
		return false;
	}
}

static bool run(struct program *program, struct kd_cursor code, kd_vaddr location, kd_vaddr address)
{
	const uint64_t factor = program->cie->code_factor;
	for (int steps = 0; kd_cursor_left(&code); steps++) {
		uint8_t instruction = kd_cursor_u8(&code), low = instruction & 0x3f;
		if (steps == STEP_NR_MAX)
			return false;
		switch (instruction & 0xc0) {
		case DW_CFA_advance_loc:
			location += low * factor;
			break;
		case DW_CFA_offset:
			set(program->row, low,
			    (struct kd_cfi_rule){ KD_CFI_AT_CFA,
						  (int64_t)(kd_cursor_leb128(&code) * program->cie->data_factor) });
			break;
		case DW_CFA_restore:
			restore(program, low);
			break;
		default:
			if (instruction == DW_CFA_set_loc)
				location = read_pointer(program->table, &code, program->cie->encoding);
			else if (instruction == DW_CFA_advance_loc1)
				location += kd_cursor_u8(&code) * factor;
			else if (instruction == DW_CFA_advance_loc2)
				location += kd_cursor_u16(&code) * factor;
			else if (instruction == DW_CFA_advance_loc4)
				location += kd_cursor_u32(&code) * factor;
			else if (!run_other(program, instruction, &code))
				return false;
		}
		if (code.overrun)
			return false;
		if (location > address)
			return true;
	}
	return true;
}

static bool read_rules(const struct table *table, const struct kd_cfi_function *function, kd_vaddr address,
		       struct kd_cfi_row *ret)
{
	struct kd_cursor cursor;
	struct cie cie;
	uint64_t of;
	bool is_cie;
	size_t offset = function->offset;
	if (!next_entry(table, &offset, &cursor, &of, &is_cie) || is_cie || !read_cie(table, of, &cie))
		return false;
	read_pointer(table, &cursor, cie.encoding);
	read_pointer(table, &cursor, cie.encoding & 0xf);
	if (cie.augmented)
		kd_cursor_skip(&cursor, kd_cursor_leb128(&cursor));
	struct kd_cfi_row *rows = calloc(REMEMBERED_NR_MAX + 1, sizeof(*rows));
	if (!rows)
		return false;
	*ret = (struct kd_cfi_row){ .return_register = cie.return_register };
	struct program program = {
		.cie = &cie, .table = table, .row = ret, .initial = &rows[0], .remembered = &rows[1]
	};
	bool ok = run(&program, cie.program, 0, UINT64_MAX);
	rows[0] = *ret;
	ok = ok && run(&program, cursor, function->start, address) && ret->cfa.how != KD_CFI_DEFAULT;
	free(rows);
	return ok;
}

struct kd_error *kd_cfi_find(struct kd_dwarf *dwarf, kd_vaddr address, struct kd_cfi_row *ret, bool *ret_found)
{
	struct table table;
	*ret_found = false;
	struct kd_error *err = make_index(dwarf);
	if (err)
		return err;
	const struct kd_cfi_function_vector *functions = &dwarf->functions;
	size_t low = 0, high = functions->nr; /* the first that begins behind the address lies in [low, high] */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (functions->data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= functions->data[low - 1].end)
		return NULL;
	err = open_table(dwarf, functions->data[low - 1].eh, &table);
	if (err)
		return err;
	if (!read_rules(&table, &functions->data[low - 1], address, ret))
		return kd_error_create_file(KD_ERROR_FORMAT, kd_debug_file_path(dwarf->file),
					    "%s: the unwind table of a function is damaged",
					    kd_debug_file_path(dwarf->file));
	*ret_found = true;
	return NULL;
}
