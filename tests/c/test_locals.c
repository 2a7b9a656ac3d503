/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locals of frames: this program stops in the middle of calls, and reads its own variables by its own debug info. And
 * expressions and unwind tables as they might be, which no compiler writes. */
#include "code/locals.h"

#include <assert.h>
#include <dwarf.h>
#include <execinfo.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "arch/x86_64/registers.h"
#include "arch/x86_64/unwind.h"
#include "arch/x86_64/x86_64.h"
#include "base/cursor.h"
#include "chance.h"
#include "code/tracing.h"
#include "debug/cfi.h"
#include "debug/expression.h"
#include "debug/images.h"
#include "expect.h"
#include "fake_memory.h"
#include "types/types.h"

/* ---- expressions, byte for byte ---- */

static bool give_register(void *context, uint64_t number, uint64_t *ret, const char **ret_why)
{
	(void)context;
	*ret = number == 7 ? 0x1000 : number == 3 ? UINT64_MAX : 0;
	*ret_why = "not that one";
	return number == 7 || number == 3;
}

static bool give_memory(void *context, kd_vaddr address, void *bytes, size_t len, const char **ret_why)
{
	static const uint8_t memory[16] = { 1, 2, 3, 4, 5, 6, 7, 0x88, 9 };
	(void)context;
	*ret_why = "no memory there";
	if (address < 0x1000 || address + len > 0x1000 + sizeof(memory))
		return false;
	memcpy(bytes, memory + address - 0x1000, len);
	return true;
}

static const struct kd_expression_frame of_nothing = { .order = KD_LITTLE, .reg = give_register, .read = give_memory };

static bool evaluate(const uint8_t *bytes, size_t len, uint64_t *ret)
{
	Dwarf_Op operations[64];
	size_t nr;
	const char *why = NULL;
	if (!kd_expression_decode(bytes, len, KD_LITTLE, operations, KD_ARRAY_NR(operations), &nr))
		return false;
	bool ok = kd_expression_number(&of_nothing, NULL, operations, nr, NULL, ret, &why);
	assert(ok || why);
	return ok;
}

static void check_expressions(void)
{
#define EXPRESSION(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
	const struct {
		const uint8_t *bytes;
		size_t len;
		uint64_t value;
	} right[] = {
		{ EXPRESSION(DW_OP_lit5), 5 },
		{ EXPRESSION(DW_OP_breg7, 0x78), 0xff8 },
		{ EXPRESSION(DW_OP_bregx, 3, 1), 0 },
		{ EXPRESSION(DW_OP_breg7, 0, DW_OP_deref), 0x8807060504030201 },
		{ EXPRESSION(DW_OP_breg7, 0, DW_OP_deref_size, 4), 0x04030201 },
		{ EXPRESSION(DW_OP_const1s, 0xfe, DW_OP_lit2, DW_OP_div), UINT64_MAX },
		{ EXPRESSION(DW_OP_const1s, 0xfe, DW_OP_lit3, DW_OP_mod), (UINT64_MAX - 1) % 3 },
		{ EXPRESSION(DW_OP_const1s, 0xfe, DW_OP_lit1, DW_OP_shra), UINT64_MAX },
		{ EXPRESSION(DW_OP_const1s, 0xfe, DW_OP_lit1, DW_OP_shr), INT64_MAX },
		{ EXPRESSION(DW_OP_lit1, DW_OP_const1u, 64, DW_OP_shl), 0 },
		{ EXPRESSION(DW_OP_const1s, 0xff, DW_OP_lit0, DW_OP_lt), 1 },
		{ EXPRESSION(DW_OP_lit1, DW_OP_lit2, DW_OP_lit3, DW_OP_rot, DW_OP_minus), UINT64_MAX },
		{ EXPRESSION(DW_OP_lit1, DW_OP_lit2, DW_OP_pick, 1, DW_OP_plus), 3 },
		{ EXPRESSION(DW_OP_lit0, DW_OP_bra, 1, 0, DW_OP_lit7, DW_OP_lit9), 9 },
		{ EXPRESSION(DW_OP_lit1, DW_OP_bra, 1, 0, DW_OP_lit7, DW_OP_lit9), 9 },
		{ EXPRESSION(DW_OP_lit7, DW_OP_skip, 1, 0, DW_OP_lit9), 7 },
		{ EXPRESSION(DW_OP_const1u, 0x80, DW_OP_neg, DW_OP_abs, DW_OP_not), ~0x80ull },
		{ EXPRESSION(DW_OP_constu, 0xe5, 0x8e, 0x26, DW_OP_plus_uconst, 1), 624486 },
		{ EXPRESSION(DW_OP_consts, 0x80, 0x7f), (uint64_t)-128 },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(right); i++) {
		uint64_t value;
		bool known = evaluate(right[i].bytes, right[i].len, &value);
		if (!known || value != right[i].value)
			fprintf(stderr, "expression %zu: %d %#llx\n", i, known, (unsigned long long)value);
		assert(known && value == right[i].value);
	}
	/* Without an end, without numbers, of what is not known or not there. */
	const struct {
		const uint8_t *bytes;
		size_t len;
	} wrong[] = {
		{ EXPRESSION(DW_OP_skip, 0xfd, 0xff) },
		{ EXPRESSION(DW_OP_lit1, DW_OP_skip, 0xfc, 0xff) },
		{ EXPRESSION(DW_OP_lit1, DW_OP_skip, 0x44, 0x80) },
		{ EXPRESSION(DW_OP_plus) },
		{ EXPRESSION(DW_OP_lit1, DW_OP_plus) },
		{ EXPRESSION(DW_OP_lit1, DW_OP_lit0, DW_OP_div) },
		{ EXPRESSION(DW_OP_lit1, DW_OP_pick, 200) },
		{ EXPRESSION(DW_OP_breg0, 0) },
		{ EXPRESSION(DW_OP_bregx, 0xff, 0xff, 0xff, 0xff, 0x0f, 0) },
		{ EXPRESSION(DW_OP_lit1, DW_OP_deref) },
		{ EXPRESSION(DW_OP_breg7, 0, DW_OP_deref_size, 200) },
		{ EXPRESSION(DW_OP_const8u, 1) },
		{ EXPRESSION(DW_OP_nop) },
		{ EXPRESSION(DW_OP_call_frame_cfa) },
		{ EXPRESSION(0xf8) },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(wrong); i++) {
		uint64_t value;
		assert(!evaluate(wrong[i].bytes, wrong[i].len, &value));
	}
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[40];
		uint64_t value;
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = chance(round % 2 ? 256 : 0x98);
		evaluate(bytes, 1 + chance(sizeof(bytes)), &value);
	}
}

static void check_pieces(void)
{
	/* The lower half is in a register, then 3 bits are nowhere, then a constant. */
	const Dwarf_Op operations[] = {
		{ .atom = DW_OP_reg7 },
		{ .atom = DW_OP_piece, .number = 4 },
		{ .atom = DW_OP_bit_piece, .number = 3 },
		{ .atom = DW_OP_lit9 },
		{ .atom = DW_OP_stack_value },
		{ .atom = DW_OP_bit_piece, .number = 29, .number2 = 1 },
		{ .atom = DW_OP_reg0 },
		{ .atom = DW_OP_piece, .number = 8 },
		{ .atom = DW_OP_breg7, .number = 8 },
		{ .atom = DW_OP_piece, .number = 8 },
	};
	struct kd_location location;
	assert(kd_expression_locate(&of_nothing, NULL, operations, KD_ARRAY_NR(operations), &location));
	assert(location.nr == 5);
	assert(location.pieces[0].kind == KD_PIECE_VALUE && location.pieces[0].number == 0x1000 &&
	       location.pieces[0].bit_size == 32);
	assert(location.pieces[1].kind == KD_PIECE_NONE && location.pieces[1].bit_size == 3);
	assert(location.pieces[2].number == 9 && location.pieces[2].bit_offset == 1);
	assert(location.pieces[3].kind == KD_PIECE_NONE && location.pieces[3].bit_size == 64);
	assert(location.pieces[4].kind == KD_PIECE_MEMORY && location.pieces[4].number == 0x1008);
	/* Nowhere, and none that is known. */
	assert(!kd_expression_locate(&of_nothing, NULL, NULL, 0, &location));
	assert(!kd_expression_locate(&of_nothing, NULL, &operations[6], 1, &location));
	assert(!strcmp(location.why, "not that one"));
	const Dwarf_Op endless[] = { { .atom = DW_OP_skip, .number = -3 } };
	assert(!kd_expression_locate(&of_nothing, NULL, endless, 1, &location));
}

/* ---- this program ---- */

struct pair {
	long left;
	int right;
};

static struct {
	ucontext_t context;
	void *pcs[32];
	int nr;
	kd_vaddr stack;
	uint8_t copy[8192]; /* of what is there and above */
} stopped;

/* As kernels are made: sanitizers move variables. */
#define SUBJECT __attribute__((noinline, optimize("O2"), no_sanitize("address", "undefined")))

static volatile int zero;
static struct pair *volatile somewhere;

static __attribute__((noinline, noipa, no_sanitize("address"))) void stop(void)
{
	getcontext(&stopped.context);
	stopped.nr = backtrace(stopped.pcs, KD_ARRAY_NR(stopped.pcs));
	stopped.stack = stopped.context.uc_mcontext.gregs[REG_RSP] & -4096ll;
	for (size_t i = 0; i < sizeof(stopped.copy); i++)
		stopped.copy[i] = ((const volatile uint8_t *)stopped.stack)[i];
}

static inline __attribute__((always_inline, no_sanitize("address", "undefined"))) long within(long number,
											      struct pair *pair)
{
	long product = number * 3;
	somewhere = pair;
	stop();
	return product + pair->left;
}

/** overwritten is not needed behind the call, but the caller still knows what it was. */
static SUBJECT long innermost(long kept, unsigned char overwritten, struct pair *pair)
{
	struct pair own = { kept + zero, overwritten };
	int nowhere = zero + overwritten;
	zero = nowhere - nowhere;
	long sum = within(kept + 1, &own);
	return sum + pair->left + kept;
}

static SUBJECT long outermost(int argument)
{
	struct pair pair = { 1000 + argument, -argument };
	static const int constant = 77;
	long result = innermost(argument + 5, 0xfe, &pair);
	return result + pair.right + argument + constant;
}

static struct {
	struct kd_dwarf *dwarf;
	uint64_t shift;
} own;

static struct kd_error *find_own(void *context, kd_vaddr address, struct kd_debug_image *ret)
{
	(void)context;
	(void)address;
	*ret = (struct kd_debug_image){ own.dwarf, own.shift };
	return NULL;
}

static const struct kd_local *named(const struct kd_local_vector *locals, const char *name, uint32_t level)
{
	for (size_t i = 0; i < locals->nr; i++)
		if (!strcmp(locals->data[i].name, name) && locals->data[i].level == level)
			return &locals->data[i];
	fprintf(stderr, "no %s at level %u\n", name, level);
	abort();
}

/** The value of an integer or pointer, wherever it is. */
static int64_t value_of(const struct kd_local *local)
{
	int64_t value = 0;
	if (local->kind == KD_LOCAL_NONE)
		fprintf(stderr, "%s: %s\n", local->name, local->why);
	assert(local->kind != KD_LOCAL_NONE && local->type->size <= sizeof(value));
	const void *place = local->bytes;
	if (local->kind == KD_LOCAL_AT)
		place = local->address - stopped.stack < sizeof(stopped.copy)
				? (const void *)&stopped.copy[local->address - stopped.stack]
				: (const void *)local->address;
	memcpy(&value, place, local->type->size);
	return local->type->size == sizeof(int) ? (int)value : value;
}

static void check_frames(struct kd_unwinder *unwinder, const struct kd_frame *frames, size_t nr)
{
	struct kd_restored_vector restored = {};
	struct kd_local_vector locals = {};
	ok(kd_restore(unwinder, frames, nr, &restored));
	assert(restored.nr == nr && restored.data[0].has_caller && restored.data[1].has_caller);
	assert(restored.data[1].known & KD_REG_BIT(KD_X86_RBX) && restored.data[1].known & KD_REG_BIT(KD_X86_RSP));
	assert(!(restored.data[1].known & KD_REG_BIT(KD_X86_RAX)));

	/* within(), and below it innermost() that it is inlined in. */
	ok(kd_frame_locals(unwinder, frames, restored.data, nr, 1, &locals));
	assert(named(&locals, "pair", 0)->is_parameter && !named(&locals, "own", 1)->is_parameter);
	assert(value_of(named(&locals, "pair", 0)) == (int64_t)somewhere);
	assert(value_of(named(&locals, "kept", 1)) == 15);
	assert(value_of(named(&locals, "number", 0)) == 16);
	assert(value_of(named(&locals, "overwritten", 1)) == 0xfe); /* by outermost()'s call */
	const struct kd_local *pair = named(&locals, "own", 1);
	assert(pair->kind == KD_LOCAL_AT && pair->address == (kd_vaddr)somewhere &&
	       pair->type->size == sizeof(*somewhere));
	const struct kd_local *product = named(&locals, "product", 0);
	assert(product->kind == KD_LOCAL_NONE || value_of(product) == 48);
	const struct kd_local *nowhere = named(&locals, "nowhere", 1);
	assert(nowhere->kind == KD_LOCAL_NONE || value_of(nowhere) == 0xfe);
	assert((nowhere->kind == KD_LOCAL_NONE) == !!nowhere->why);
	kd_vaddr outer_pair = value_of(named(&locals, "pair", 1));
	kd_locals_deinit(&locals);

	ok(kd_frame_locals(unwinder, frames, restored.data, nr, 2, &locals));
	assert(value_of(named(&locals, "argument", 0)) == 10);
	assert(named(&locals, "pair", 0)->address == outer_pair);
	assert(value_of(named(&locals, "constant", 0)) == 77);
	const struct kd_local *result = named(&locals, "result", 0);
	assert(result->kind == KD_LOCAL_NONE); /* not computed yet */
	kd_locals_deinit(&locals);
	kd_restored_vector_deinit(&restored);

	/* What was guessed has no values but those that need no registers. */
	struct kd_frame guessed[8];
	memcpy(guessed, frames, nr * sizeof(*frames));
	guessed[1].sure = false;
	ok(kd_restore(unwinder, guessed, nr, &restored));
	assert(!restored.data[0].has_caller && !restored.data[1].known);
	ok(kd_frame_locals(unwinder, guessed, restored.data, nr, 1, &locals));
	assert(named(&locals, "own", 1)->kind == KD_LOCAL_NONE && named(&locals, "kept", 1)->kind == KD_LOCAL_NONE);
	kd_locals_deinit(&locals);
	kd_restored_vector_deinit(&restored);

	/* Nor has what lies behind a frame that the tables do not lead to. */
	memcpy(guessed, frames, nr * sizeof(*frames));
	guessed[1].pc = guessed[2].pc;
	ok(kd_restore(unwinder, guessed, nr, &restored));
	assert(!restored.data[0].has_caller && !restored.data[0].has_cfa);
	assert(!(restored.data[1].known & KD_REG_BIT(KD_X86_RBX)));
	kd_restored_vector_deinit(&restored);
}

static __attribute__((noinline)) void check_own(void)
{
	struct kd_debug_file *file;
	struct kd_debug_symbol *symbols;
	size_t nr;
	ok(kd_debug_file_open("/proc/self/exe", &file));
	ok(kd_dwarf_create(file, &own.dwarf));
	ok(kd_debug_file_symbols(file, &symbols, &nr));
	const struct kd_debug_symbol *symbol = kd_debug_symbol_named(symbols, nr, "check_own");
	assert(symbol);
	own.shift = (kd_vaddr)check_own - symbol->address;
	free(symbols);

	long sum = outermost(10);
	assert(sum == 48 + 15 + 1010 + 15 - 10 + 10 + 77);

	struct kd_memory *memory = fake_memory_create("");
	fake_memory_add(memory, stopped.stack, stopped.copy, sizeof(stopped.copy), 0);
	struct kd_types *types;
	ok(kd_types_create(memory, &types));
	ok(kd_types_add_dwarf(types, own.dwarf));
	const struct kd_debug_images images = { .find = find_own };
	struct kd_unwinder unwinder = {
		.sources = { .machine = &kd_x86_64, .memory = memory, .types = types, .debug = &images },
		.method = &kd_x86_64_unwind,
	};
	ok(kd_text_create(&unwinder.sources, &unwinder.text));

	const greg_t *registers = stopped.context.uc_mcontext.gregs;
	struct kd_frame frames[3] = { { .pc = registers[REG_RIP], .sure = true, .known = KD_REG_ALL } };
	uint64_t *words = frames[0].regs.word;
	words[KD_X86_RBX] = registers[REG_RBX];
	words[KD_X86_RBP] = registers[REG_RBP];
	words[KD_X86_R12] = registers[REG_R12];
	words[KD_X86_R13] = registers[REG_R13];
	words[KD_X86_R14] = registers[REG_R14];
	words[KD_X86_R15] = registers[REG_R15];
	words[KD_X86_RSP] = registers[REG_RSP];
	words[KD_X86_RIP] = registers[REG_RIP];
	int first = 0;
	while (first < stopped.nr && labs((long)stopped.pcs[first] - (long)registers[REG_RIP]) > 64)
		first++;
	assert(first + 2 < stopped.nr);
	for (int i = 1; i < 3; i++) {
		frames[i] = (struct kd_frame){ .pc = (kd_vaddr)stopped.pcs[first + i],
					       .sure = true,
					       .found = KD_FOUND_ORC,
					       .known = KD_REG_BIT(KD_X86_RIP) };
		frames[i].regs.word[KD_X86_RIP] = frames[i].pc;
	}
	check_frames(&unwinder, frames, 3);
	kd_text_destroy(unwinder.text);
	kd_types_destroy(types);
	fake_memory_destroy(memory);
	kd_dwarf_destroy(own.dwarf);
	kd_debug_file_close(file);
}

int main(void)
{
	check_expressions();
	check_pieces();
	check_own();
	return 0;
}
