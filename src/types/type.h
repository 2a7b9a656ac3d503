/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * TYPES. One interface over every source of type information: vmlinux BTF, split BTF of modules, C declarations. Types
 * are interned: two equal types of one source are the same pointer. They live as long as their `struct kd_types`.
 *
 * A struct's members, an enum's values and a function's parameters are filled in when first asked for.
 */
#ifndef KD_TYPES_TYPE_H
#define KD_TYPES_TYPE_H

#include "base/error.h"
#include "base/types.h"

enum kd_kind {
	KD_VOID,
	KD_INT, /* also char and _Bool: see flags */
	KD_FLOAT,
	KD_ENUM,
	KD_STRUCT,
	KD_UNION,
	KD_TYPEDEF,
	KD_POINTER,
	KD_ARRAY,
	KD_FUNCTION,
	KD_QUALIFIED, /* const, volatile, restrict around target */
};

#define KD_TYPE_SIGNED 1u     /* KD_INT, KD_ENUM */
#define KD_TYPE_CHAR 2u	      /* KD_INT named char (plain, signed or unsigned: by its name) */
#define KD_TYPE_BOOL 4u	      /* KD_INT */
#define KD_TYPE_INCOMPLETE 8u /* KD_STRUCT/UNION/ENUM only declared; KD_ARRAY without a length */
#define KD_TYPE_VARIADIC 16u  /* KD_FUNCTION: … */
#define KD_TYPE_CONST 32u     /* KD_QUALIFIED */
#define KD_TYPE_VOLATILE 64u
#define KD_TYPE_RESTRICT 128u

struct kd_types;
struct kd_type_source; /* private: which BTF a type came from */

struct kd_type {
	enum kd_kind kind;
	unsigned int flags;
	const char *name; /* tag, typedef name or base type name; NULL: anonymous or derived */
	uint64_t size;	  /* bytes; 0 for void, functions and incomplete types */
	uint64_t length;  /* KD_ARRAY: elements; 0 if incomplete (flexible) */
	const struct kd_type
		*target; /* of typedef, pointer, array, qualified; return type; enum's integer type or NULL */
	const struct kd_type_source *source;
	uint32_t id; /* within the source; for debugging */
};

struct kd_member {
	const char *name; /* NULL: anonymous struct or union */
	const struct kd_type *type;
	uint64_t bit_offset; /* from the start of the containing struct */
	uint32_t bit_size;   /* 0: not a bit field */
};

struct kd_enumerator {
	const char *name;
	int64_t value; /* reinterpret as uint64_t when the enum is unsigned */
};

struct kd_parameter {
	const char *name; /* NULL if unnamed */
	const struct kd_type *type;
};

/** Members in order of declaration; arrays below are valid as long as the type. KD_ERROR_TYPE for other kinds. */
struct kd_error *kd_type_members(const struct kd_type *type, const struct kd_member **ret,
				 size_t *ret_nr) KD_RETURNS_ERROR;
struct kd_error *kd_type_enumerators(const struct kd_type *type, const struct kd_enumerator **ret,
				     size_t *ret_nr) KD_RETURNS_ERROR;
struct kd_error *kd_type_parameters(const struct kd_type *type, const struct kd_parameter **ret,
				    size_t *ret_nr) KD_RETURNS_ERROR;

/** Through typedefs and qualifiers to the type underneath. Never NULL. */
const struct kd_type *kd_type_strip(const struct kd_type *type);

/**
 * Find a member by name or dotted path ("sk_protocol", "pid.numbers[1].nr"), through anonymous structs and unions and
 * through typedefs, not through pointers. The bit offset in ret is from the start of type. KD_ERROR_LOOKUP if none.
 */
struct kd_error *kd_type_find_member(const struct kd_type *type, const char *path,
				     struct kd_member *ret) KD_RETURNS_ERROR;

/** C spelling: "struct task_struct *", "int [16]", "void (*)(struct rcu_head *)", "const char *". Caller frees. NULL:
 * no memory. */
char *kd_type_spell(const struct kd_type *type);
/** C declaration of a name of this type: "struct list_head *name[4]". name may be NULL or "". Caller frees. */
char *kd_type_declare(const struct kd_type *type, const char *name);

/** Name of the module whose BTF the type came from; NULL: vmlinux or built in. */
const char *kd_type_module(const struct kd_type *type);

#endif
