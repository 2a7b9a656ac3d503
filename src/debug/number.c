/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/number.h"

#include <dwarf.h>

void kd_number_unary(unsigned int atom, struct kd_number *number)
{
	switch (atom) {
	case DW_OP_abs:
		if ((int64_t)number->value < 0 && (number->is_signed || !number->bits))
			number->value = -number->value;
		break;
	case DW_OP_neg:
		number->value = -number->value;
		break;
	default: /* DW_OP_not */
		number->value = ~number->value;
	}
}

static bool divide(unsigned int atom, struct kd_number *left, const struct kd_number *right)
{
	if (!right->value)
		return false;
	/* Of the generic type quotients have a sign, and remainders have none. */
	bool is_signed = left->bits ? left->is_signed : atom == DW_OP_div;
	if (!is_signed)
		left->value = atom == DW_OP_div ? left->value / right->value : left->value % right->value;
	else if (right->value == UINT64_MAX)
		left->value = atom == DW_OP_div ? -left->value : 0;
	else
		left->value = atom == DW_OP_div ? (int64_t)left->value / (int64_t)right->value
						: (int64_t)left->value % (int64_t)right->value;
	return true;
}

static void compare(unsigned int atom, struct kd_number *left, const struct kd_number *right)
{
	bool is_unsigned = left->bits && !left->is_signed;
	bool less = is_unsigned ? left->value < right->value : (int64_t)left->value < (int64_t)right->value;
	bool equal = left->value == right->value, result = false;
	switch (atom) {
	case DW_OP_eq:
		result = equal;
		break;
	case DW_OP_ne:
		result = !equal;
		break;
	case DW_OP_lt:
		result = less;
		break;
	case DW_OP_le:
		result = less || equal;
		break;
	case DW_OP_gt:
		result = !less && !equal;
		break;
	case DW_OP_ge:
		result = !less;
		break;
	}
	*left = (struct kd_number){ .value = result };
}

bool kd_number_binary(unsigned int atom, struct kd_number *left, const struct kd_number *right)
{
	const unsigned int bits = left->bits ?: 64;
	switch (atom) {
	case DW_OP_plus:
		left->value += right->value;
		return true;
	case DW_OP_minus:
		left->value -= right->value;
		return true;
	case DW_OP_mul:
		left->value *= right->value;
		return true;
	case DW_OP_and:
		left->value &= right->value;
		return true;
	case DW_OP_or:
		left->value |= right->value;
		return true;
	case DW_OP_xor:
		left->value ^= right->value;
		return true;
	case DW_OP_shl:
		left->value = right->value < bits ? left->value << right->value : 0;
		return true;
	case DW_OP_shr:
		/* It sees no sign. */
		left->value = right->value < bits ? (left->value & ~0ull >> (64 - bits)) >> right->value : 0;
		return true;
	case DW_OP_shra:
		left->value = (int64_t)left->value >> kd_min(right->value, 63ull);
		return true;
	case DW_OP_div:
	case DW_OP_mod:
		return divide(atom, left, right);
	default:
		compare(atom, left, right);
		return true;
	}
}
