/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/expression.h"

#include <dwarf.h>
#include <string.h>

#include "base/cursor.h"
#include "debug/cfi.h"
#include "debug/number.h"

/* What a hostile expression may cost. */
enum { STACK_NR_MAX = 128, STEP_NR_MAX = 10000 };

struct run {
	const struct kd_expression_frame *frame;
	Dwarf_Attribute *attribute;
	const Dwarf_Op *operations;
	size_t nr, at;
	struct kd_number stack[STACK_NR_MAX];
	size_t stack_nr;
	const char *why;
};

static bool fail(struct run *run, const char *why)
{
	run->why = why;
	return false;
}

static bool push_typed(struct run *run, struct kd_number number)
{
	if (run->stack_nr == STACK_NR_MAX)
		return fail(run, "its expression is too deep");
	kd_number_extend(&number);
	run->stack[run->stack_nr++] = number;
	return true;
}

static bool push(struct run *run, uint64_t value)
{
	return push_typed(run, (struct kd_number){ .value = value });
}

/** The one that is depth below the top; NULL: there is none. */
static struct kd_number *peek(struct run *run, uint64_t depth)
{
	if (depth >= run->stack_nr) {
		fail(run, "its expression is damaged");
		return NULL;
	}
	return &run->stack[run->stack_nr - 1 - depth];
}

static bool pop(struct run *run, struct kd_number *ret)
{
	const struct kd_number *top = peek(run, 0);
	if (!top)
		return false;
	*ret = *top;
	run->stack_nr--;
	return true;
}

static bool push_register(struct run *run, uint64_t number, uint64_t offset)
{
	uint64_t value;
	if (!run->frame->reg)
		return fail(run, "registers are not known");
	return run->frame->reg(run->frame->context, number, &value, &run->why) && push(run, value + offset);
}

static bool load(struct run *run, uint64_t address, uint64_t size, uint64_t *ret)
{
	uint8_t bytes[sizeof(uint64_t)];
	if (!size || size > sizeof(bytes))
		return fail(run, "its expression is damaged");
	if (!run->frame->read)
		return fail(run, "memory is not known");
	if (!run->frame->read(run->frame->context, address, bytes, size, &run->why))
		return false;
	switch (size) {
	case 1:
		*ret = bytes[0];
		return true;
	case 2:
		*ret = kd_load_u16(run->frame->order, bytes);
		return true;
	case 4:
		*ret = kd_load_u32(run->frame->order, bytes);
		return true;
	case 8:
		*ret = kd_load_u64(run->frame->order, bytes);
		return true;
	default:
		return fail(run, "its expression is damaged");
	}
}

/** The base type that an operation refers to; false: of none that an integer can have. */
static bool base_type(struct run *run, const Dwarf_Op *operation, struct kd_number *ret)
{
	Dwarf_Die die;
	uint64_t size, encoding;
	*ret = (struct kd_number){};
	/* 0 is the generic type. */
	if ((operation->atom == DW_OP_convert || operation->atom == DW_OP_GNU_convert ||
	     operation->atom == DW_OP_reinterpret || operation->atom == DW_OP_GNU_reinterpret) &&
	    !operation->number)
		return true;
	if (!run->attribute || dwarf_getlocation_die(run->attribute, operation, &die) ||
	    !kd_dwarf_number(&die, DW_AT_byte_size, &size) || !kd_dwarf_number(&die, DW_AT_encoding, &encoding))
		return fail(run, "its expression is damaged");
	if (!size || size > sizeof(uint64_t))
		return fail(run, "it is counted in numbers of more than 64 bits");
	switch (encoding) {
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		ret->is_signed = true;
		break;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_boolean:
	case DW_ATE_address:
	case DW_ATE_UTF:
		break;
	default:
		return fail(run, "it is counted in numbers that are no integers");
	}
	ret->bits = size * 8;
	return true;
}

static bool run_typed(struct run *run, const Dwarf_Op *operation)
{
	struct kd_number type, number;
	Dwarf_Block block;
	Dwarf_Attribute found;
	if (!base_type(run, operation, &type))
		return false;
	switch (operation->atom) {
	case DW_OP_convert:
	case DW_OP_GNU_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret:
		if (!pop(run, &number))
			return false;
		type.value = number.value;
		return push_typed(run, type);
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
		if (!push_register(run, operation->number, 0) || !pop(run, &number))
			return false;
		type.value = number.value;
		return push_typed(run, type);
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type:
		return pop(run, &number) && load(run, number.value, operation->number, &type.value) &&
		       push_typed(run, type);
	default: /* DW_OP_const_type */
		if (dwarf_getlocation_attr(run->attribute, operation, &found) || dwarf_formblock(&found, &block) ||
		    block.length != type.bits / 8u)
			return fail(run, "its expression is damaged");
		switch (block.length) {
		case 1:
			type.value = block.data[0];
			break;
		case 2:
			type.value = kd_load_u16(run->frame->order, block.data);
			break;
		case 4:
			type.value = kd_load_u32(run->frame->order, block.data);
			break;
		case 8:
			type.value = kd_load_u64(run->frame->order, block.data);
			break;
		default:
			return fail(run, "its expression is damaged");
		}
		return push_typed(run, type);
	}
}

static bool run_unary(struct run *run, unsigned int atom)
{
	struct kd_number number;
	if (!pop(run, &number))
		return false;
	kd_number_unary(atom, &number);
	return push_typed(run, number);
}

static bool run_binary(struct run *run, unsigned int atom)
{
	struct kd_number right, left;
	if (!pop(run, &right) || !pop(run, &left))
		return false;
	if (!kd_number_binary(atom, &left, &right))
		return fail(run, "its expression divides by zero");
	return push_typed(run, left);
}

static bool run_stack(struct run *run, const Dwarf_Op *operation)
{
	struct kd_number top, *other, *third;
	switch (operation->atom) {
	case DW_OP_dup:
		other = peek(run, 0);
		return other && push_typed(run, *other);
	case DW_OP_over:
		other = peek(run, 1);
		return other && push_typed(run, *other);
	case DW_OP_pick:
		other = peek(run, operation->number);
		return other && push_typed(run, *other);
	case DW_OP_drop:
		return pop(run, &top);
	case DW_OP_swap:
		other = peek(run, 1);
		if (!other)
			return false;
		top = *peek(run, 0);
		*peek(run, 0) = *other;
		*other = top;
		return true;
	default: /* DW_OP_rot: the top becomes the third */
		third = peek(run, 2);
		if (!third)
			return false;
		top = *peek(run, 0);
		other = peek(run, 1);
		*peek(run, 0) = *other;
		*other = *third;
		*third = top;
		return true;
	}
}

/** Where a jump leads: to an operation, or behind the last one. */
static bool jump(struct run *run, const Dwarf_Op *operation)
{
	uint64_t target = operation->offset + 3 + operation->number;
	for (size_t i = 0; i < run->nr; i++)
		if (run->operations[i].offset == target) {
			run->at = i;
			return true;
		}
	if (run->nr && (int64_t)target > (int64_t)run->operations[run->nr - 1].offset) {
		run->at = run->nr;
		return true;
	}
	return fail(run, "its expression is damaged");
}

static bool run_address(struct run *run, const Dwarf_Op *operation)
{
	Dwarf_Attribute found;
	Dwarf_Addr address;
	if (operation->atom == DW_OP_addr)
		return push(run, operation->number + run->frame->shift);
	if (!run->attribute || dwarf_getlocation_attr(run->attribute, operation, &found) ||
	    dwarf_formaddr(&found, &address))
		return fail(run, "its expression is damaged");
	bool is_constant = operation->atom == DW_OP_constx || operation->atom == DW_OP_GNU_const_index;
	return push(run, address + (is_constant ? 0 : run->frame->shift));
}

static bool run_entry_value(struct run *run, const Dwarf_Op *operation)
{
	Dwarf_Attribute found;
	Dwarf_Op *inner;
	size_t nr;
	uint64_t value;
	if (!run->frame->entry_value || !run->attribute)
		return fail(run, "what the function was called with is not known");
	if (dwarf_getlocation_attr(run->attribute, operation, &found) || dwarf_getlocation(&found, &inner, &nr))
		return fail(run, "its expression is damaged");
	return run->frame->entry_value(run->frame->context, inner, nr, &value, &run->why) && push(run, value);
}

/** One that computes; those that say where something is are not among them. */
static bool step(struct run *run, const Dwarf_Op *operation)
{
	const struct kd_expression_frame *frame = run->frame;
	struct kd_number number;
	uint64_t value;
	const unsigned int atom = operation->atom;
	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return push(run, atom - DW_OP_lit0);
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return push_register(run, atom - DW_OP_breg0, operation->number);
	switch (atom) {
	case DW_OP_const1u ... DW_OP_consts:
		return push(run, operation->number);
	case DW_OP_bregx:
		return push_register(run, operation->number, operation->number2);
	case DW_OP_fbreg:
		if (!frame->frame_base)
			return fail(run, "its frame is not known");
		return frame->frame_base(frame->context, &value, &run->why) && push(run, value + operation->number);
	case DW_OP_call_frame_cfa:
		if (!frame->cfa)
			return fail(run, "its frame is not known");
		return frame->cfa(frame->context, &value, &run->why) && push(run, value);
	case DW_OP_addr:
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index:
		return run_address(run, operation);
	case DW_OP_deref:
		return pop(run, &number) && load(run, number.value, sizeof(uint64_t), &value) && push(run, value);
	case DW_OP_deref_size:
		return pop(run, &number) && load(run, number.value, operation->number, &value) && push(run, value);
	case DW_OP_plus_uconst:
		if (!pop(run, &number))
			return false;
		number.value += operation->number;
		return push_typed(run, number);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
		return run_unary(run, atom);
	case DW_OP_plus:
	case DW_OP_minus:
	case DW_OP_mul:
	case DW_OP_div:
	case DW_OP_mod:
	case DW_OP_and:
	case DW_OP_or:
	case DW_OP_xor:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
	case DW_OP_eq:
	case DW_OP_ne:
	case DW_OP_lt:
	case DW_OP_le:
	case DW_OP_gt:
	case DW_OP_ge:
		return run_binary(run, atom);
	case DW_OP_dup ... DW_OP_swap:
	case DW_OP_rot:
		return run_stack(run, operation);
	case DW_OP_skip:
		return jump(run, operation);
	case DW_OP_bra:
		return pop(run, &number) && (!number.value || jump(run, operation));
	case DW_OP_nop:
		return true;
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return run_entry_value(run, operation);
	case DW_OP_const_type:
	case DW_OP_regval_type:
	case DW_OP_deref_type:
	case DW_OP_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_const_type:
	case DW_OP_GNU_regval_type:
	case DW_OP_GNU_deref_type:
	case DW_OP_GNU_convert:
	case DW_OP_GNU_reinterpret:
		return run_typed(run, operation);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return fail(run, "it points to what is nowhere in memory");
	default:
		return fail(run, "its expression has an operation that is not known");
	}
}

/** Those that end a piece. */
static bool is_place(unsigned int atom)
{
	return (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) || atom == DW_OP_regx || atom == DW_OP_implicit_value ||
	       atom == DW_OP_stack_value;
}

static bool place(struct run *run, const Dwarf_Op *operation, struct kd_piece *ret)
{
	struct kd_number number;
	Dwarf_Block block;
	*ret = (struct kd_piece){ .kind = KD_PIECE_VALUE };
	switch (operation->atom) {
	case DW_OP_implicit_value:
		if (!run->attribute || dwarf_getlocation_implicit_value(run->attribute, operation, &block))
			return fail(run, "its expression is damaged");
		*ret = (struct kd_piece){ .kind = KD_PIECE_BYTES, .bytes = block.data, .len = block.length };
		return true;
	case DW_OP_stack_value:
		if (!pop(run, &number))
			return false;
		break;
	case DW_OP_regx:
		if (!push_register(run, operation->number, 0) || !pop(run, &number))
			return false;
		break;
	default:
		if (!push_register(run, operation->atom - DW_OP_reg0, 0) || !pop(run, &number))
			return false;
	}
	ret->number = number.value;
	return true;
}

/** One simple location: operations up to the end, or to what says how much of the variable it is. */
static bool locate_piece(struct run *run, int *steps, struct kd_piece *ret)
{
	struct kd_number number;
	bool placed = false, any = false;
	*ret = (struct kd_piece){ .kind = KD_PIECE_NONE };
	while (run->at < run->nr) {
		const Dwarf_Op *operation = &run->operations[run->at];
		if (operation->atom == DW_OP_piece || operation->atom == DW_OP_bit_piece)
			break;
		if (++*steps > STEP_NR_MAX)
			return fail(run, "its expression does not end");
		run->at++;
		any = true;
		if (placed)
			return fail(run, "its expression is damaged");
		placed = is_place(operation->atom);
		if (!(placed ? place(run, operation, ret) : step(run, operation)))
			return false;
	}
	if (!any)
		return fail(run, "optimised out");
	if (placed)
		return true;
	if (!pop(run, &number))
		return false;
	*ret = (struct kd_piece){ .kind = KD_PIECE_MEMORY, .number = number.value };
	return true;
}

/** What is behind a piece that failed: its end is the next operation that ends one. */
static void skip_piece(struct run *run)
{
	while (run->at < run->nr && run->operations[run->at].atom != DW_OP_piece &&
	       run->operations[run->at].atom != DW_OP_bit_piece)
		run->at++;
}

bool kd_expression_locate(const struct kd_expression_frame *frame, Dwarf_Attribute *attribute,
			  const Dwarf_Op *operations, size_t nr, struct kd_location *ret)
{
	struct run run = { .frame = frame, .attribute = attribute, .operations = operations, .nr = nr };
	int steps = 0;
	bool any = false;
	ret->nr = 0;
	ret->why = "optimised out";
	while (run.at < run.nr) {
		struct kd_piece piece;
		run.stack_nr = 0;
		bool known = locate_piece(&run, &steps, &piece);
		if (!known) {
			if (!ret->nr || any)
				ret->why = run.why;
			piece = (struct kd_piece){ .kind = KD_PIECE_NONE };
			skip_piece(&run);
		}
		any = any || known;
		if (ret->nr == KD_PIECE_NR_MAX) {
			ret->why = "it has more pieces than any variable";
			return false;
		}
		if (run.at < run.nr) {
			const Dwarf_Op *end = &run.operations[run.at++];
			piece.bit_size = end->atom == DW_OP_piece ? end->number * 8 : end->number;
			piece.bit_offset = end->atom == DW_OP_piece ? 0 : end->number2;
			if (!piece.bit_size || piece.bit_size > UINT32_MAX || piece.bit_offset > UINT32_MAX) {
				ret->why = "its expression is damaged";
				return false;
			}
		}
		ret->pieces[ret->nr++] = piece;
	}
	return any;
}

bool kd_expression_number(const struct kd_expression_frame *frame, Dwarf_Attribute *attribute,
			  const Dwarf_Op *operations, size_t nr, const uint64_t *first, uint64_t *ret,
			  const char **ret_why)
{
	struct run run = { .frame = frame, .attribute = attribute, .operations = operations, .nr = nr };
	struct kd_number number;
	bool ok = !first || push(&run, *first);
	for (int steps = 0; ok && run.at < run.nr; steps++) {
		const Dwarf_Op *operation = &run.operations[run.at++];
		ok = steps < STEP_NR_MAX ? step(&run, operation) : fail(&run, "its expression does not end");
	}
	if (!ok || !pop(&run, &number)) {
		*ret_why = run.why;
		return false;
	}
	*ret = number.value;
	return true;
}

/** The operands of one operation, those that unwind tables use. */
static bool decode_operands(struct kd_cursor *cursor, Dwarf_Op *operation)
{
	const unsigned int atom = operation->atom;
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
		operation->number = kd_dwarf_sleb(cursor);
		return true;
	}
	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return true;
	switch (atom) {
	case DW_OP_const1u:
	case DW_OP_pick:
	case DW_OP_deref_size:
		operation->number = kd_cursor_u8(cursor);
		return true;
	case DW_OP_const1s:
		operation->number = (int8_t)kd_cursor_u8(cursor);
		return true;
	case DW_OP_const2u:
		operation->number = kd_cursor_u16(cursor);
		return true;
	case DW_OP_const2s:
	case DW_OP_bra:
	case DW_OP_skip:
		operation->number = (int16_t)kd_cursor_u16(cursor);
		return true;
	case DW_OP_const4u:
		operation->number = kd_cursor_u32(cursor);
		return true;
	case DW_OP_const4s:
		operation->number = (int32_t)kd_cursor_u32(cursor);
		return true;
	case DW_OP_addr:
	case DW_OP_const8u:
	case DW_OP_const8s:
		operation->number = kd_cursor_u64(cursor);
		return true;
	case DW_OP_constu:
	case DW_OP_plus_uconst:
		operation->number = kd_cursor_leb128(cursor);
		return true;
	case DW_OP_consts:
		operation->number = kd_dwarf_sleb(cursor);
		return true;
	case DW_OP_bregx:
		operation->number = kd_cursor_leb128(cursor);
		operation->number2 = kd_dwarf_sleb(cursor);
		return true;
	case DW_OP_deref:
	case DW_OP_dup ... DW_OP_over:
	case DW_OP_swap:
	case DW_OP_rot:
	case DW_OP_abs ... DW_OP_plus:
	case DW_OP_shl ... DW_OP_xor:
	case DW_OP_eq ... DW_OP_ne:
	case DW_OP_nop:
		return true;
	default:
		return false;
	}
}

bool kd_expression_decode(const uint8_t *bytes, size_t len, enum kd_order order, Dwarf_Op *ret, size_t max,
			  size_t *ret_nr)
{
	struct kd_cursor cursor = kd_cursor_init(bytes, len, order);
	*ret_nr = 0;
	while (kd_cursor_left(&cursor)) {
		if (*ret_nr == max)
			return false;
		Dwarf_Op *operation = &ret[(*ret_nr)++];
		*operation = (Dwarf_Op){ .offset = cursor.position - bytes };
		operation->atom = kd_cursor_u8(&cursor);
		if (!decode_operands(&cursor, operation) || cursor.overrun)
			return false;
	}
	return true;
}
