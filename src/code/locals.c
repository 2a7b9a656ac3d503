/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/locals.h"

#include <dwarf.h>
#include <string.h>

#include "base/cleanup.h"
#include "code/tracing.h"
#include "debug/expression.h"
#include "debug/images.h"
#include "debug/variables.h"

/* Callers that are asked for what they passed, and bytes of a variable that is in no memory. */
enum { DEPTH_MAX = 8, LEN_MAX = 4096 };

/** A frame, and what its expressions are evaluated in. */
struct place {
	struct kd_unwinder *unwinder;
	const struct kd_frame *frames;
	const struct kd_restored *restored;
	size_t nr, index;
	unsigned int depth;
	struct kd_debug_image image;
	kd_vaddr address; /* of the frame's instruction or call, as linked */
	struct kd_debug_function function;
	bool tails_known, may_enter_itself;
	struct kd_expression_frame frame;
};

static bool get_register(void *context, uint64_t number, uint64_t *ret, const char **ret_why)
{
	const struct place *place = context;
	const struct kd_register_set *registers = place->unwinder->sources.machine->registers;
	const struct kd_restored *here = &place->restored[place->index];
	uint8_t word = number < registers->dwarf_nr ? registers->dwarf[number] : KD_REG_NONE;
	*ret_why = "in a register that is not known here";
	if (word == KD_REG_NONE || !(here->known & KD_REG_BIT(word)))
		return false;
	*ret = here->regs.word[word];
	return true;
}

static bool read_memory(void *context, kd_vaddr address, void *bytes, size_t len, const char **ret_why)
{
	const struct place *place = context;
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(place->unwinder->sources.memory, address, bytes, len);
	*ret_why = "memory is not in the dump";
	return !err;
}

static bool get_cfa(void *context, uint64_t *ret, const char **ret_why)
{
	const struct place *place = context;
	*ret_why = "its frame is not known";
	*ret = place->restored[place->index].cfa;
	return place->restored[place->index].has_cfa;
}

static bool get_frame_base(void *context, uint64_t *ret, const char **ret_why)
{
	struct place *place = context;
	struct kd_expression_frame frame = place->frame;
	struct kd_location location;
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	size_t nr;
	frame.frame_base = NULL;
	frame.entry_value = NULL;
	*ret_why = "its frame is not known";
	if (!dwarf_attr_integrate(&place->function.die, DW_AT_frame_base, &attribute) ||
	    dwarf_getlocation_addr(&attribute, place->address, &operations, &nr, 1) != 1)
		return false;
	if (!kd_expression_locate(&frame, &attribute, operations, nr, &location)) {
		*ret_why = location.why;
		return false;
	}
	/* A register is the frame's address, and not where it is. */
	*ret = location.pieces[0].number;
	return location.nr == 1 && !location.pieces[0].bit_size &&
	       (location.pieces[0].kind == KD_PIECE_MEMORY || location.pieces[0].kind == KD_PIECE_VALUE);
}

static bool get_entry_value(void *context, const Dwarf_Op *operations, size_t nr, uint64_t *ret, const char **ret_why);

static struct kd_error *place_init(struct place *place, size_t index, unsigned int depth)
{
	const struct kd_debug_images *images = place->unwinder->sources.debug;
	const struct kd_frame *frame = &place->frames[index];
	kd_vaddr pc = frame->pc - !frame->exact;
	place->index = index;
	place->depth = depth;
	if (!images)
		return kd_error_create(KD_ERROR_LOOKUP, "no vmlinux was given (--vmlinux FILE)");
	struct kd_error *err = images->find(images->context, pc, &place->image);
	if (err)
		return err;
	place->address = pc - place->image.shift;
	place->frame = (struct kd_expression_frame){
		.context = place,
		.order = place->unwinder->order,
		.shift = place->image.shift,
		.reg = get_register,
		.read = read_memory,
		.frame_base = get_frame_base,
		.cfa = get_cfa,
		.entry_value = get_entry_value,
	};
	return kd_dwarf_function(place->image.dwarf, place->address, &place->function);
}

static void place_deinit(struct place *place)
{
	kd_debug_function_deinit(&place->function);
}

/** Whether a call is of the function of a place: told by its name, or by the pointer that it goes through. */
static bool is_called_by(struct place *place, struct kd_call_site *site, struct place *caller)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	size_t nr;
	uint64_t target;
	const char *why;
	if (kd_call_site_is_of(site, &place->function))
		return true;
	kd_call_site_target(site, &attribute, &operations, &nr);
	return nr && place->function.start &&
	       kd_expression_number(&caller->frame, &attribute, operations, nr, NULL, &target, &why) &&
	       target == place->function.start + place->image.shift;
}

/** What the caller put in a register for the call. */
static bool ask_caller(struct place *place, struct place *caller, uint64_t reg, uint64_t *ret, const char **ret_why)
{
	const kd_vaddr after = place->frames[caller->index].pc - caller->image.shift;
	struct kd_call_site site;
	bool found;
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	size_t nr;
	if (caller->image.dwarf != place->image.dwarf || !caller->function.found)
		return false;
	KD_DROP_ERROR struct kd_error *err =
		kd_dwarf_call_site(caller->image.dwarf, &caller->function.die, after, &site, &found);
	if (err || !found || !is_called_by(place, &site, caller))
		return false;
	kd_call_site_parameter(&site, reg, &attribute, &operations, &nr);
	return nr && kd_expression_number(&caller->frame, &attribute, operations, nr, NULL, ret, ret_why);
}

/*
 * What a function was entered with is nowhere in its frame, but its caller may still know what it passed. Not where
 * something else may have entered it: by a jump in the place of a call.
 */
static bool get_entry_value(void *context, const Dwarf_Op *operations, size_t nr, uint64_t *ret, const char **ret_why)
{
	struct place *place = context;
	const size_t index = place->index + 1;
	*ret_why = "overwritten since the function was entered";
	if (nr != 1 || place->depth == DEPTH_MAX || !place->function.found || index >= place->nr ||
	    place->frames[index].exact || !place->restored[place->index].has_caller)
		return false;
	uint64_t reg;
	if (operations->atom >= DW_OP_reg0 && operations->atom <= DW_OP_reg31)
		reg = operations->atom - DW_OP_reg0;
	else if (operations->atom == DW_OP_regx)
		reg = operations->number;
	else
		return false;
	if (!place->tails_known) {
		place->may_enter_itself = kd_dwarf_may_enter_itself(place->image.dwarf, &place->function.die);
		place->tails_known = true;
	}
	if (place->may_enter_itself)
		return false;
	struct place caller = {
		.unwinder = place->unwinder, .frames = place->frames, .restored = place->restored, .nr = place->nr
	};
	KD_DROP_ERROR struct kd_error *err = place_init(&caller, index, place->depth + 1);
	bool ok = !err && ask_caller(place, &caller, reg, ret, ret_why);
	place_deinit(&caller);
	return ok;
}

/** Copy bits as memory has them: from the low end of bytes, or on big-endian machines from the high end. */
static void copy_bits(enum kd_order order, uint8_t *to, uint64_t to_bit, const uint8_t *from, uint64_t from_bit,
		      uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++, to_bit++, from_bit++) {
		unsigned int source = order == KD_BIG ? 7 - from_bit % 8 : from_bit % 8;
		unsigned int target = order == KD_BIG ? 7 - to_bit % 8 : to_bit % 8;
		to[to_bit / 8] |= (from[from_bit / 8] >> source & 1) << target;
	}
}

/** A word as memory has it. */
static void store(enum kd_order order, uint64_t value, uint8_t ret[sizeof(uint64_t)])
{
	for (size_t i = 0; i < sizeof(uint64_t); i++)
		ret[i] = value >> 8 * (order == KD_BIG ? 7 - i : i);
}

/** One piece of a variable to where it belongs in it; false, and why: it is not known. */
static bool add_piece(struct place *place, const struct kd_piece *piece, uint8_t *to, uint64_t bit, uint64_t nr,
		      const char **ret_why)
{
	const enum kd_order order = place->frame.order;
	const uint64_t len = (piece->bit_offset + nr + 7) / 8;
	uint8_t word[sizeof(uint64_t)];
	*ret_why = "its pieces do not make one of its type";
	switch (piece->kind) {
	case KD_PIECE_MEMORY: {
		KD_FREE uint8_t *bytes = malloc(len);
		if (!bytes || !read_memory(place, piece->number, bytes, len, ret_why))
			return false;
		copy_bits(order, to, bit, bytes, piece->bit_offset, nr);
		return true;
	}
	case KD_PIECE_VALUE:
		if (nr > 64 || piece->bit_offset > 64 - nr || (order == KD_BIG && piece->bit_offset))
			return false;
		store(order, piece->number, word);
		copy_bits(order, to, bit, word, order == KD_BIG ? 64 - nr : piece->bit_offset, nr);
		return true;
	case KD_PIECE_BYTES:
		if (len > piece->len)
			return false;
		copy_bits(order, to, bit, piece->bytes, piece->bit_offset, nr);
		return true;
	default:
		return false;
	}
}

/** All pieces together; false, and why: not all is known. */
static bool join(struct place *place, const struct kd_location *location, uint8_t *to, uint64_t len,
		 const char **ret_why)
{
	uint64_t bit = 0;
	for (size_t i = 0; i < location->nr && bit < len * 8; i++) {
		const struct kd_piece *piece = &location->pieces[i];
		uint64_t nr = kd_min(piece->bit_size ?: len * 8, len * 8 - bit);
		*ret_why = location->why;
		if (piece->kind == KD_PIECE_NONE || !add_piece(place, piece, to, bit, nr, ret_why))
			return false;
		bit += nr;
	}
	*ret_why = "its pieces do not make one of its type";
	return bit == len * 8;
}

static struct kd_error *set_bytes(struct kd_local *local, uint8_t **bytes)
{
	local->kind = KD_LOCAL_IS;
	local->bytes = kd_move_ptr(*bytes);
	local->why = NULL;
	return NULL;
}

/** A variable that is a constant, which has no place. */
static struct kd_error *read_constant(struct place *place, Dwarf_Die *die, struct kd_local *local, bool *ret_found)
{
	Dwarf_Attribute attribute;
	Dwarf_Block block = {};
	Dwarf_Word number = 0;
	Dwarf_Sword signed_number;
	const uint64_t len = local->type->size;
	*ret_found = dwarf_attr_integrate(die, DW_AT_const_value, &attribute);
	if (!*ret_found || !len || len > LEN_MAX)
		return NULL;
	struct kd_piece piece = { .kind = KD_PIECE_VALUE };
	if (!dwarf_formblock(&attribute, &block)) {
		piece = (struct kd_piece){ .kind = KD_PIECE_BYTES, .bytes = block.data, .len = block.length };
	} else if (dwarf_whatform(&attribute) == DW_FORM_sdata ||
		   dwarf_whatform(&attribute) == DW_FORM_implicit_const) {
		if (dwarf_formsdata(&attribute, &signed_number))
			return NULL;
		number = signed_number;
	} else if (dwarf_formudata(&attribute, &number)) {
		return NULL;
	}
	piece.number = number;
	KD_FREE uint8_t *bytes = calloc(1, len);
	if (!bytes)
		return &kd_error_nomem;
	return add_piece(place, &piece, bytes, 0, len * 8, &local->why) ? set_bytes(local, &bytes) : NULL;
}

static struct kd_error *read_local(struct place *place, struct kd_debug_variable *variable, struct kd_local *local)
{
	struct kd_types *types = place->unwinder->sources.types;
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	struct kd_location location;
	size_t nr = 0;
	bool found;
	struct kd_error *err = kd_types_of_die(types, place->image.dwarf, &variable->die, &local->type);
	if (!err)
		err = read_constant(place, &variable->die, local, &found);
	if (!err && !found)
		err = kd_debug_variable_location(place->image.dwarf, variable, place->address, &attribute, &operations,
						 &nr);
	if (err || !nr)
		return err;
	if (!kd_expression_locate(&place->frame, &attribute, operations, nr, &location)) {
		local->why = location.why;
		return NULL;
	}
	if (location.nr == 1 && !location.pieces[0].bit_size && location.pieces[0].kind == KD_PIECE_MEMORY) {
		local->kind = KD_LOCAL_AT;
		local->address = location.pieces[0].number;
		local->why = NULL;
		return NULL;
	}
	const uint64_t len = local->type->size;
	if (!len || len > LEN_MAX) {
		local->why = "it is in pieces, and of no or a large size";
		return NULL;
	}
	KD_FREE uint8_t *bytes = calloc(1, len);
	if (!bytes)
		return &kd_error_nomem;
	return join(place, &location, bytes, len, &local->why) ? set_bytes(local, &bytes) : NULL;
}

void kd_locals_deinit(struct kd_local_vector *locals)
{
	for (size_t i = 0; i < locals->nr; i++)
		free(locals->data[i].bytes);
	kd_local_vector_deinit(locals);
}

struct kd_error *kd_frame_locals(struct kd_unwinder *unwinder, const struct kd_frame *frames,
				 const struct kd_restored *restored, size_t nr, size_t index,
				 struct kd_local_vector *ret)
{
	struct place place = { .unwinder = unwinder, .frames = frames, .restored = restored, .nr = nr };
	struct kd_local_vector locals = {};
	if (!unwinder->sources.types)
		return kd_error_create(KD_ERROR_LOOKUP, "there are no types");
	struct kd_error *err = place_init(&place, index, 0);
	for (size_t i = 0; !err && i < place.function.variables.nr; i++) {
		struct kd_debug_variable *variable = &place.function.variables.data[i];
		struct kd_local local = { .name = variable->name,
					  .level = variable->level,
					  .line = variable->line,
					  .is_parameter = variable->is_parameter,
					  .why = "optimised out" };
		err = read_local(&place, variable, &local);
		/* One that is damaged does not cost the others. */
		if (err && err->code != KD_ERROR_NOMEM && local.type) {
			kd_error_destroy(err);
			err = NULL;
			local.why = "its debug info is damaged";
		}
		if (!err && !kd_local_vector_append(&locals, local))
			err = &kd_error_nomem;
		if (err)
			free(local.bytes);
	}
	place_deinit(&place);
	if (err) {
		kd_locals_deinit(&locals);
		return err;
	}
	*ret = locals;
	return NULL;
}
