/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The set of all types of one dump: sources are added, types are found by name or parsed from C text.
 */
#ifndef KD_TYPES_TYPES_H
#define KD_TYPES_TYPES_H

#include "base/error.h"
#include "base/types.h"
#include "types/type.h"
#include "xlat/memory.h"

/** @param memory borrowed; the built-in base types (void, int, unsigned long, …) exist at once, without any source. */
struct kd_error *kd_types_create(struct kd_memory *memory, struct kd_types **ret) KD_RETURNS_ERROR;
void kd_types_destroy(struct kd_types *types);

/**
 * Where the kernel's own BTF lies in [start, end), of a kernel whose symbols do not say. Reads all up to it.
 * KD_ERROR_LOOKUP if there is none.
 */
struct kd_error *kd_btf_search(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_vaddr *ret_start,
			       kd_vaddr *ret_end) KD_RETURNS_ERROR;

/**
 * Add BTF that lies at [start, end) in the dump. Nothing but the header is read until a type is asked for.
 * @param module NULL: the base (vmlinux), must come first; else copied: split BTF on top of the base. Adding a module
 * twice is an error (KD_ERROR_VALUE). @param base for split BTF with its own .BTF.base (Linux 6.11): range, or 0, 0.
 * @param table the kernel's `struct btf` of this BTF, or 0: with it, types are reached by number without reading all
 * those before them, and also behind pages that are not in the dump. Checked against the BTF, and ignored if it does
 * not fit: then everything works, only slower.
 */
struct kd_error *kd_types_add_btf(struct kd_types *types, const char *module, kd_vaddr start, kd_vaddr end,
				  kd_vaddr base_start, kd_vaddr base_end, kd_vaddr table) KD_RETURNS_ERROR;
/** The same from bytes of the caller's (copied): tests, a file. */
struct kd_error *kd_types_add_btf_bytes(struct kd_types *types, const char *module, const void *bytes,
					size_t len) KD_RETURNS_ERROR;

/**
 * Add DWARF, which is asked for what BTF does not have, or for everything where there is no BTF.
 * @param dwarf borrowed. At most one (KD_ERROR_VALUE).
 */
struct kd_dwarf;
struct kd_error *kd_types_add_dwarf(struct kd_types *types, struct kd_dwarf *dwarf) KD_RETURNS_ERROR;

/** The type that a DIE (a Dwarf_Die *) has, of the debug info that was added or of a module's (borrowed, too): of a
 * variable or parameter its type, of a function its prototype. */
struct kd_error *kd_types_of_die(struct kd_types *types, struct kd_dwarf *dwarf, void *die,
				 const struct kd_type **ret) KD_RETURNS_ERROR;

/** All that the debug info says of types, variables and functions, as BTF. @param[out] ret malloced. */
struct kd_error *kd_types_write_btf(struct kd_types *types, enum kd_order order, uint8_t **ret,
				    size_t *ret_len) KD_RETURNS_ERROR;

/**
 * Add BTF that kd_types_write_btf() made, which is asked for what the kernel's own does not have. It comes after that,
 * and before any module's. @param bytes copied.
 */
struct kd_error *kd_types_add_aside(struct kd_types *types, const void *bytes, size_t len) KD_RETURNS_ERROR;

/**
 * Called once, when a name was not found in the base: must add the modules' BTF (see module/). Returns an error only
 * for KD_ERROR_NOMEM-like trouble; a module without BTF is not an error. The search then goes on in the modules.
 */
typedef struct kd_error *(*kd_types_more_fn)(void *context);
void kd_types_set_more(struct kd_types *types, kd_types_more_fn more, void *context);

/**
 * Find a named type. kind: KD_STRUCT, KD_UNION, KD_ENUM, KD_TYPEDEF, KD_INT (also KD_FLOAT by KD_INT: base types, in
 * any order of words: "long unsigned int" and "unsigned long" are one), KD_FUNCTION (BTF FUNC: the prototype).
 * @param name may begin with "MODULE!" to look in that module only, "vmlinux!" in the kernel, which does not read the
 * modules. A complete type is preferred to a declaration; vmlinux before modules. Errors: KD_ERROR_LOOKUP ("no type
 * struct foo"). Where pages of the BTF are missing, the types and names on them are as if they were not there, and the
 * message says how many those are.
 */
struct kd_error *kd_types_find(struct kd_types *types, enum kd_kind kind, const char *name,
			       const struct kd_type **ret) KD_RETURNS_ERROR;

/** How many different complete types of that kind and name there are, for `struct x#2`; and the n-th (0-based). */
struct kd_error *kd_types_find_nth(struct kd_types *types, enum kd_kind kind, const char *name, size_t n,
				   const struct kd_type **ret, size_t *ret_nr) KD_RETURNS_ERROR;

/**
 * Parse a C type name: "struct list_head", "unsigned long", "struct foo *[3]", "int (*)(void *, int)", "u32", a bare
 * typedef. Errors: KD_ERROR_SYNTAX, KD_ERROR_LOOKUP.
 */
struct kd_error *kd_types_parse(struct kd_types *types, const char *text, const struct kd_type **ret) KD_RETURNS_ERROR;

/** Derived types. */
struct kd_error *kd_types_pointer_to(struct kd_types *types, const struct kd_type *target,
				     const struct kd_type **ret) KD_RETURNS_ERROR;
struct kd_error *kd_types_array_of(struct kd_types *types, const struct kd_type *target, uint64_t length,
				   const struct kd_type **ret) KD_RETURNS_ERROR;

/** The value of an enumerator anywhere (vmlinux first). @param[out] ret_type its enum, may be NULL. KD_ERROR_LOOKUP. */
struct kd_error *kd_types_enumerator(struct kd_types *types, const char *name, int64_t *ret,
				     const struct kd_type **ret_type) KD_RETURNS_ERROR;

/**
 * Declare globals in C text: "struct list_head modules; extern unsigned long volatile jiffies; struct pid *cad_pid;".
 * Several, separated by ';'. The text is kept and each declaration parsed when its symbol is asked for; comments are
 * allowed. One may begin with a condition, "[[has: struct request.ipi_list.prev]]": it counts only if that member
 * exists. A declaration of the user's replaces an earlier one of the same name. Errors: KD_ERROR_SYNTAX for the
 * outline only.
 */
struct kd_error *kd_types_declare(struct kd_types *types, const char *text) KD_RETURNS_ERROR;

/**
 * The type of a global variable: declarations, then BTF VAR (per-CPU variables; any that newer pahole emits); of a
 * function: BTF FUNC. Declarations come first because they cost nothing: to know that BTF has no VAR of a name, all of
 * it must be read. Of several declarations of one name in one text, the first that fits the types in hand holds.
 * Errors: KD_ERROR_LOOKUP when nothing types this symbol; the message of a declaration that failed says why.
 */
struct kd_error *kd_types_of_symbol(struct kd_types *types, const char *symbol,
				    const struct kd_type **ret) KD_RETURNS_ERROR;

/**
 * Call back for every per-CPU variable of the kernel that its BTF knows, with its offset in their section; those that
 * are lost are passed over.
 */
typedef struct kd_error *(*kd_variable_fn)(void *context, const char *name, uint64_t offset);
struct kd_error *kd_types_each_percpu(struct kd_types *types, kd_variable_fn callback, void *context) KD_RETURNS_ERROR;

/** Call back for every named type of a kind (KD_STRUCT … ), for completion and `whatis -r`. */
typedef struct kd_error *(*kd_type_fn)(void *context, const struct kd_type *type);
struct kd_error *kd_types_each(struct kd_types *types, enum kd_kind kind, kd_type_fn callback,
			       void *context) KD_RETURNS_ERROR;

#endif
