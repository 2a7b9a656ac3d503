/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Which variables and parameters the functions at an address have, and what a call says of those that it passes.
 */
#ifndef KD_DEBUG_VARIABLES_H
#define KD_DEBUG_VARIABLES_H

#include "base/vector.h"
#include "debug/dwarf.h"

/** One name. */
struct kd_debug_variable {
	Dwarf_Die die;
	const char *name; /* valid as long as the kd_dwarf */
	uint32_t level;	  /* whose it is: the number among what kd_dwarf_source() says of the address */
	uint32_t line;	  /* where it is declared; 0: not told */
	bool is_parameter;
};
KD_VECTOR(kd_debug_variable_vector, struct kd_debug_variable);

/** The functions at an address. */
struct kd_debug_function {
	Dwarf_Die die;				   /* the one that is called: of DW_TAG_subprogram */
	kd_vaddr start;				   /* its first address, as linked; 0: not told */
	bool found;				   /* false: the others are not valid; assembler code has none */
	struct kd_debug_variable_vector variables; /* the innermost first; what a name hides is not among them */
};

/**
 * @param address as kd_dwarf_source() takes it. @param[out] ret the caller's to deinit.
 */
struct kd_error *kd_dwarf_function(struct kd_dwarf *dwarf, kd_vaddr address,
				   struct kd_debug_function *ret) KD_RETURNS_ERROR;
static inline void kd_debug_function_deinit(struct kd_debug_function *function)
{
	kd_debug_variable_vector_deinit(&function->variables);
}

/** The operations that say where a variable is at an address: *ret_nr 0: nowhere.
 * @param[out] ret_attribute they are of; for those that refer to more. */
struct kd_error *kd_debug_variable_location(struct kd_dwarf *dwarf, const struct kd_debug_variable *variable,
					    kd_vaddr address, Dwarf_Attribute *ret_attribute, Dwarf_Op **ret,
					    size_t *ret_nr) KD_RETURNS_ERROR;

/** A call, by the debug info of the function that makes it. */
struct kd_call_site {
	Dwarf_Die die;
	Dwarf_Off origin; /* the DIE of the function that is called; 0: it is not told */
	kd_vaddr target;  /* where that function is, as linked; 0: it is not told, or told by an expression */
};

/**
 * The call that goes on at `after`. @param caller whose call it is. @param[out] ret_found false: it is not told.
 */
struct kd_error *kd_dwarf_call_site(struct kd_dwarf *dwarf, Dwarf_Die *caller, kd_vaddr after, struct kd_call_site *ret,
				    bool *ret_found) KD_RETURNS_ERROR;

/** Whether a call is known to be of this function. */
bool kd_call_site_is_of(const struct kd_call_site *site, struct kd_debug_function *function);

/** The operations that compute where a call through a pointer goes. *ret_nr 0: it is none, or it is not told. */
void kd_call_site_target(struct kd_call_site *site, Dwarf_Attribute *ret_attribute, Dwarf_Op **ret, size_t *ret_nr);

/** What a call puts in a register: the operations of its value. *ret_nr 0: it is not told. */
void kd_call_site_parameter(struct kd_call_site *site, uint64_t reg, Dwarf_Attribute *ret_attribute, Dwarf_Op **ret,
			    size_t *ret_nr);

/** Whether a function may have been entered by a jump of its own, so that its caller did not pass what it has: also
 * where that is not told. */
bool kd_dwarf_may_enter_itself(struct kd_dwarf *dwarf, Dwarf_Die *function);

#endif
