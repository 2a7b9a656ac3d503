/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_kernel.h"

#include <assert.h>
#include <string.h>

#include "arch/x86_64/x86_64.h"
#include "base/cleanup.h"

#define MAX 128

static struct {
	struct kd_symbol symbols[MAX]; /* ascending */
	size_t symbol_nr;
	struct {
		const char *type, *path; /* path NULL: size of the type, in bits */
		uint64_t offset, bits;
	} members[MAX];
	size_t member_nr;
	struct kd_module modules[4];
	size_t module_nr;
	struct kd_notes notes;
} kernel;

struct kd_code_sources fake_kernel(struct kd_memory *memory)
{
	memset(&kernel, 0, sizeof(kernel));
	/* The last three are only ever given back to the functions below. */
	return (struct kd_code_sources){ &kd_x86_64, memory, (void *)&kernel, (void *)&kernel, (void *)&kernel };
}

void fake_symbol(const char *name, kd_vaddr address)
{
	assert(kernel.symbol_nr < MAX);
	size_t at = kernel.symbol_nr++;
	for (; at && kernel.symbols[at - 1].address > address; at--)
		kernel.symbols[at] = kernel.symbols[at - 1];
	kernel.symbols[at] = (struct kd_symbol){ .address = address, .name = name, .type = 'T' };
}

void fake_bits(const char *type, const char *path, uint64_t bit_offset, uint64_t bits)
{
	assert(kernel.member_nr < MAX);
	kernel.members[kernel.member_nr].type = type;
	kernel.members[kernel.member_nr].path = path;
	kernel.members[kernel.member_nr].offset = bit_offset;
	kernel.members[kernel.member_nr++].bits = bits;
}

void fake_member(const char *type, const char *path, uint64_t offset, uint64_t size)
{
	fake_bits(type, path, offset * 8, size * 8);
}

void fake_size(const char *type, uint64_t size)
{
	fake_bits(type, NULL, 0, size * 8);
}

void fake_module(const char *name, kd_vaddr address, kd_vaddr text, uint64_t text_len)
{
	assert(kernel.module_nr < KD_ARRAY_NR(kernel.modules));
	struct kd_module *module = &kernel.modules[kernel.module_nr++];
	*module = (struct kd_module){ .address = address, .name = (char *)name };
	module->memory[KD_MODULE_TEXT] = (struct kd_module_range){ text, text_len };
}

void fake_notes(struct kd_cpu_note *notes, size_t nr)
{
	kernel.notes = (struct kd_notes){ notes, nr };
}

void fake_orc_layout(bool since_6_4)
{
	fake_size("orc_entry", 6);
	fake_bits("orc_entry", "sp_offset", 0, 16);
	fake_bits("orc_entry", "bp_offset", 16, 16);
	fake_bits("orc_entry", "sp_reg", 32, 4);
	fake_bits("orc_entry", "bp_reg", 36, 4);
	fake_bits("orc_entry", "type", 40, since_6_4 ? 3 : 2);
	fake_bits("orc_entry", since_6_4 ? "signal" : "end", since_6_4 ? 43 : 42, 1);
}

const struct kd_notes *kd_dump_notes(struct kd_dump *dump __attribute__((unused)))
{
	return &kernel.notes;
}

struct kd_error *kd_sources_symbol(const struct kd_code_sources *sources __attribute__((unused)), const char *name,
				   kd_vaddr *ret)
{
	for (size_t i = 0; i < kernel.symbol_nr; i++)
		if (!strcmp(kernel.symbols[i].name, name)) {
			*ret = kernel.symbols[i].address;
			return NULL;
		}
	return kd_error_create(KD_ERROR_LOOKUP, "no symbol %s", name);
}

bool kd_sources_have_symbol(const struct kd_code_sources *sources, const char *name, kd_vaddr *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_sources_symbol(sources, name, ret);
	return !err;
}

bool kd_sources_have_bits(const struct kd_code_sources *sources __attribute__((unused)), const char *type_name,
			  const char *path, uint64_t *ret_offset, uint64_t *ret_bits)
{
	for (size_t i = 0; i < kernel.member_nr; i++)
		if (!strcmp(kernel.members[i].type, type_name) &&
		    (path && kernel.members[i].path ? !strcmp(kernel.members[i].path, path)
						    : path == kernel.members[i].path)) {
			*ret_offset = kernel.members[i].offset;
			*ret_bits = kernel.members[i].bits;
			return true;
		}
	return false;
}

bool kd_sources_have_member(const struct kd_code_sources *sources, const char *type_name, const char *path,
			    uint64_t *ret, uint64_t *ret_size)
{
	uint64_t offset, bits;
	if (!kd_sources_have_bits(sources, type_name, path, &offset, &bits))
		return false;
	*ret = offset / 8;
	if (ret_size)
		*ret_size = bits / 8;
	return true;
}

struct kd_error *kd_sources_offset(const struct kd_code_sources *sources, const char *type_name, const char *path,
				   uint64_t *ret)
{
	if (kd_sources_have_member(sources, type_name, path, ret, NULL))
		return NULL;
	return kd_error_create(KD_ERROR_LOOKUP, "struct %s has no member %s", type_name, path);
}

uint64_t kd_sources_sizeof(const struct kd_code_sources *sources, const char *type_name, uint64_t fallback)
{
	uint64_t offset, bits;
	return kd_sources_have_bits(sources, type_name, NULL, &offset, &bits) ? bits / 8 : fallback;
}

bool kd_sources_peek_u64(const struct kd_code_sources *sources, kd_vaddr address, uint64_t *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_u64(sources->memory, address, ret);
	return !err;
}

bool kd_sources_peek_u32(const struct kd_code_sources *sources, kd_vaddr address, uint32_t *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_u32(sources->memory, address, ret);
	return !err;
}

uint32_t kd_kallsyms_nr(const struct kd_kallsyms *kallsyms __attribute__((unused)))
{
	return kernel.symbol_nr;
}

struct kd_error *kd_kallsyms_get(struct kd_kallsyms *kallsyms __attribute__((unused)), uint32_t n,
				 struct kd_symbol *ret)
{
	assert(n < kernel.symbol_nr);
	*ret = kernel.symbols[n];
	return NULL;
}

struct kd_error *kd_kallsyms_at(struct kd_kallsyms *kallsyms __attribute__((unused)), kd_vaddr address, uint32_t *ret)
{
	for (size_t i = kernel.symbol_nr; i--;)
		if (kernel.symbols[i].address <= address) {
			*ret = i;
			return NULL;
		}
	return kd_error_create(KD_ERROR_LOOKUP, "no symbol there");
}

struct kd_error *kd_symbol_at(struct kd_modules *modules __attribute__((unused)), kd_vaddr address,
			      struct kd_symbol *ret)
{
	for (size_t i = 0; i < kernel.module_nr; i++) {
		const struct kd_module_range *text = &kernel.modules[i].memory[KD_MODULE_TEXT];
		if (address >= text->start && address < text->start + text->size) {
			*ret = (struct kd_symbol){ text->start, text->size, "in_module", kernel.modules[i].name, 't' };
			return NULL;
		}
	}
	return kd_error_create(KD_ERROR_LOOKUP, "no symbol there");
}

struct kd_error *kd_modules_list(struct kd_modules *modules __attribute__((unused)), struct kd_module **ret,
				 size_t *ret_nr, struct kd_error **why)
{
	*ret = kernel.modules;
	*ret_nr = kernel.module_nr;
	if (why)
		*why = NULL;
	return NULL;
}

struct kd_error *kd_types_enumerator(struct kd_types *types __attribute__((unused)), const char *name, int64_t *ret,
				     const struct kd_type **ret_type __attribute__((unused)))
{
	if (strcmp(name, "FTRACE_OPS_FL_SAVE_REGS") != 0)
		return kd_error_create(KD_ERROR_LOOKUP, "no enumerator %s", name);
	*ret = 4;
	return NULL;
}
