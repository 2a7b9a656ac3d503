/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/variables.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "debug/private.h"

/* What a hostile file may cost: no function of a kernel comes near. */
enum { VARIABLE_NR_MAX = 1 << 14, DIE_NR_MAX = 1 << 16, DEPTH_MAX = 64, TAIL_NR_MAX = 64 };

static bool is_hidden(const struct kd_debug_variable_vector *variables, const char *name, uint32_t level)
{
	for (size_t i = 0; i < variables->nr; i++)
		if (variables->data[i].level == level && !strcmp(variables->data[i].name, name))
			return true;
	return false;
}

static struct kd_error *add_variables(Dwarf_Die *scope, uint32_t level, struct kd_debug_variable_vector *ret)
{
	Dwarf_Die die;
	size_t nr = 0;
	for (int more = dwarf_child(scope, &die); !more; more = dwarf_siblingof(&die, &die)) {
		int tag = dwarf_tag(&die);
		if (++nr > DIE_NR_MAX || ret->nr >= VARIABLE_NR_MAX)
			return kd_error_create(KD_ERROR_LIMIT, "a function has more variables than any kernel's");
		if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter)
			continue;
		uint64_t line = 0;
		const char *name = dwarf_diename(&die);
		if (!name || !*name || is_hidden(ret, name, level))
			continue;
		kd_dwarf_number(&die, DW_AT_decl_line, &line);
		struct kd_debug_variable variable = { .die = die,
						      .name = name,
						      .level = level,
						      .line = line,
						      .is_parameter = tag == DW_TAG_formal_parameter };
		if (!kd_debug_variable_vector_append(ret, variable))
			return &kd_error_nomem;
	}
	return NULL;
}

static kd_vaddr entry_of(Dwarf_Die *function)
{
	Dwarf_Addr entry;
	return dwarf_entrypc(function, &entry) ? 0 : entry;
}

struct kd_error *kd_dwarf_function(struct kd_dwarf *dwarf, kd_vaddr address, struct kd_debug_function *ret)
{
	Dwarf_Die unit;
	bool found;
	*ret = (struct kd_debug_function){};
	struct kd_error *err = kd_dwarf_unit_at(dwarf, address, &unit, &found);
	if (err || !found)
		return err;
	KD_FREE Dwarf_Die *scopes = NULL;
	size_t nr = kd_dwarf_scopes_at(&unit, address, &scopes);
	uint32_t level = 0;
	struct kd_debug_function function = {};
	for (size_t i = 0; !err && !function.found && i < nr; i++) {
		switch (dwarf_tag(&scopes[i])) {
		case DW_TAG_subprogram:
			function.die = scopes[i];
			function.start = entry_of(&scopes[i]);
			function.found = true;
			err = add_variables(&scopes[i], level, &function.variables);
			break;
		case DW_TAG_inlined_subroutine:
			err = add_variables(&scopes[i], level++, &function.variables);
			break;
		case DW_TAG_lexical_block:
			err = add_variables(&scopes[i], level, &function.variables);
			break;
		}
	}
	if (err || !function.found) {
		kd_debug_function_deinit(&function);
		return err;
	}
	*ret = function;
	return NULL;
}

static bool is_of_locations(const char *name)
{
	return !strcmp(name, ".debug_loc") || !strcmp(name, ".debug_loclists");
}

/** libdw looks into these where an attribute says that it is a list. */
static struct kd_error *load_locations(struct kd_dwarf *dwarf)
{
	if (dwarf->locations_loaded)
		return NULL;
	struct kd_error *err = kd_debug_file_load(dwarf->file, is_of_locations);
	dwarf->locations_loaded = !err;
	return err;
}

struct kd_error *kd_debug_variable_location(struct kd_dwarf *dwarf, const struct kd_debug_variable *variable,
					    kd_vaddr address, Dwarf_Attribute *ret_attribute, Dwarf_Op **ret,
					    size_t *ret_nr)
{
	Dwarf_Die die = variable->die;
	*ret_nr = 0;
	if (!dwarf_attr_integrate(&die, DW_AT_location, ret_attribute))
		return NULL;
	struct kd_error *err = load_locations(dwarf);
	if (err)
		return err;
	Dwarf_Op *operations = NULL;
	size_t nr = 0;
	int found = dwarf_getlocation_addr(ret_attribute, address, &operations, &nr, 1);
	if (found < 0)
		return kd_dwarf_error(dwarf, "where a variable is");
	if (found) {
		*ret = operations;
		*ret_nr = nr;
	}
	return NULL;
}

/** Walks all DIEs within a function; false to go on. */
typedef bool (*visit_fn)(Dwarf_Die *die, void *context);

static bool visit(Dwarf_Die *parent, visit_fn callback, void *context, unsigned int depth, size_t *nr)
{
	Dwarf_Die die;
	if (depth > DEPTH_MAX)
		return false;
	for (int more = dwarf_child(parent, &die); !more; more = dwarf_siblingof(&die, &die)) {
		if (++*nr > DIE_NR_MAX)
			return false;
		int tag = dwarf_tag(&die);
		if (callback(&die, context))
			return true;
		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    visit(&die, callback, context, depth + 1, nr))
			return true;
	}
	return false;
}

static bool is_call_site(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_call_site || dwarf_tag(die) == DW_TAG_GNU_call_site;
}

/** One of two attributes: of DWARF 5, or what GNU had before. */
static bool either(Dwarf_Die *die, unsigned int name, unsigned int older, Dwarf_Attribute *ret)
{
	return dwarf_attr(die, name, ret) || dwarf_attr(die, older, ret);
}

struct wanted_call {
	kd_vaddr after;
	Dwarf_Die die;
};

static bool is_wanted_call(Dwarf_Die *die, void *context)
{
	struct wanted_call *wanted = context;
	Dwarf_Attribute attribute;
	Dwarf_Addr after;
	if (!is_call_site(die) || !either(die, DW_AT_call_return_pc, DW_AT_low_pc, &attribute) ||
	    dwarf_formaddr(&attribute, &after) || after != wanted->after)
		return false;
	wanted->die = *die;
	return true;
}

/** The function that a call is of, which may be only declared where it is called: then by its name, if one has it. */
static struct kd_error *target_of(struct kd_dwarf *dwarf, Dwarf_Die *site, kd_vaddr *ret, Dwarf_Off *ret_origin)
{
	Dwarf_Attribute attribute;
	Dwarf_Die function;
	*ret = *ret_origin = 0;
	if (!either(site, DW_AT_call_origin, DW_AT_abstract_origin, &attribute) ||
	    !dwarf_formref_die(&attribute, &function))
		return NULL;
	*ret_origin = dwarf_dieoffset(&function);
	*ret = entry_of(&function);
	const char *name = dwarf_diename(&function);
	if (*ret || !name)
		return NULL;
	Dwarf_Die definition;
	kd_vaddr only = 0;
	for (uint32_t number = 0;; number++) {
		const struct kd_dwarf_entry *entries;
		uint32_t nr;
		struct kd_error *err = kd_dwarf_find(dwarf, DW_TAG_subprogram, name, &number);
		if (!err && number != KD_INDEX_NONE)
			err = kd_dwarf_entries(dwarf, &entries, &nr);
		if (err)
			return err;
		if (number == KD_INDEX_NONE)
			break;
		kd_vaddr start =
			dwarf_offdie(dwarf->handle, entries[number].die, &definition) ? entry_of(&definition) : 0;
		if (start && only)
			return NULL; /* several have the name */
		only = start ?: only;
	}
	*ret = only;
	return NULL;
}

struct kd_error *kd_dwarf_call_site(struct kd_dwarf *dwarf, Dwarf_Die *caller, kd_vaddr after, struct kd_call_site *ret,
				    bool *ret_found)
{
	struct wanted_call wanted = { .after = after };
	size_t nr = 0;
	*ret_found = visit(caller, is_wanted_call, &wanted, 0, &nr);
	if (!*ret_found)
		return NULL;
	*ret = (struct kd_call_site){ .die = wanted.die };
	return target_of(dwarf, &ret->die, &ret->target, &ret->origin);
}

bool kd_call_site_is_of(const struct kd_call_site *site, struct kd_debug_function *function)
{
	Dwarf_Attribute attribute;
	Dwarf_Die origin;
	if (!site->origin)
		return false;
	if ((site->target && site->target == function->start) || site->origin == dwarf_dieoffset(&function->die))
		return true;
	return dwarf_attr(&function->die, DW_AT_abstract_origin, &attribute) &&
	       dwarf_formref_die(&attribute, &origin) && dwarf_dieoffset(&origin) == site->origin;
}

void kd_call_site_target(struct kd_call_site *site, Dwarf_Attribute *ret_attribute, Dwarf_Op **ret, size_t *ret_nr)
{
	*ret_nr = 0;
	if (!site->origin && either(&site->die, DW_AT_call_target, DW_AT_GNU_call_site_target, ret_attribute) &&
	    dwarf_getlocation(ret_attribute, ret, ret_nr))
		*ret_nr = 0;
}

void kd_call_site_parameter(struct kd_call_site *site, uint64_t reg, Dwarf_Attribute *ret_attribute, Dwarf_Op **ret,
			    size_t *ret_nr)
{
	Dwarf_Die die;
	size_t nr = 0;
	*ret_nr = 0;
	for (int more = dwarf_child(&site->die, &die); !more && nr < DIE_NR_MAX;
	     more = dwarf_siblingof(&die, &die), nr++) {
		Dwarf_Attribute location;
		Dwarf_Op *where;
		size_t where_nr;
		int tag = dwarf_tag(&die);
		if ((tag != DW_TAG_call_site_parameter && tag != DW_TAG_GNU_call_site_parameter) ||
		    !dwarf_attr(&die, DW_AT_location, &location) || dwarf_getlocation(&location, &where, &where_nr) ||
		    where_nr != 1)
			continue;
		bool is_it =
			where->atom == DW_OP_regx ? where->number == reg : reg < 32 && where->atom == DW_OP_reg0 + reg;
		if (is_it && either(&die, DW_AT_call_value, DW_AT_GNU_call_site_value, ret_attribute) &&
		    !dwarf_getlocation(ret_attribute, ret, ret_nr))
			return;
	}
	*ret_nr = 0;
}

/** Functions that one ends in, by jumps in the place of calls. */
struct tails {
	struct kd_dwarf *dwarf;
	kd_vaddr targets[TAIL_NR_MAX];
	size_t nr;
	bool unknown;
};

static bool is_tail(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	bool flag;
	return either(die, DW_AT_call_tail_call, DW_AT_GNU_tail_call, &attribute) &&
	       !dwarf_formflag(&attribute, &flag) && flag;
}

static bool add_tail(Dwarf_Die *die, void *context)
{
	struct tails *tails = context;
	kd_vaddr target;
	Dwarf_Off origin;
	if (!is_call_site(die) || !is_tail(die))
		return false;
	KD_DROP_ERROR struct kd_error *err = target_of(tails->dwarf, die, &target, &origin);
	tails->unknown = err || !target || tails->nr == TAIL_NR_MAX;
	for (size_t i = 0; !tails->unknown && i < tails->nr; i++)
		if (tails->targets[i] == target)
			return false;
	if (!tails->unknown)
		tails->targets[tails->nr++] = target;
	return tails->unknown;
}

bool kd_dwarf_may_enter_itself(struct kd_dwarf *dwarf, Dwarf_Die *function)
{
	struct tails tails = { .dwarf = dwarf };
	size_t nr = 0;
	kd_vaddr start = entry_of(function);
	visit(function, add_tail, &tails, 0, &nr);
	for (size_t i = 0; !tails.unknown && nr <= DIE_NR_MAX && i < tails.nr; i++) {
		struct kd_debug_function next;
		if (tails.targets[i] == start)
			return true;
		KD_DROP_ERROR struct kd_error *err = kd_dwarf_function(dwarf, tails.targets[i], &next);
		if (err || !next.found)
			return true;
		visit(&next.die, add_tail, &tails, 0, &nr);
		kd_debug_function_deinit(&next);
	}
	return tails.unknown || nr > DIE_NR_MAX || !start;
}
