/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the files of types/ share with each other and nobody else.
 */
#ifndef KD_TYPES_PRIVATE_H
#define KD_TYPES_PRIVATE_H

#include "base/hash.h"
#include "base/vector.h"
#include "types/arena.h"
#include "types/btf.h"
#include "types/type.h"
#include "types/types.h"

/** The whole of a type: `struct kd_type` is its public head. */
struct kd_type_record {
	struct kd_type type;
	bool filled;			 /* the three below are valid */
	bool lacks_members, lacks_names; /* of a struct or union: not all of that could be read */
	union {
		const struct kd_member *members;
		const struct kd_enumerator *enumerators;
		const struct kd_parameter *parameters;
	};
	size_t nr;
};

static inline struct kd_type_record *kd_type_record(const struct kd_type *type)
{
	return (struct kd_type_record *)type;
}

/** Where types come from. `fill` finds members, enumerators or parameters of a record that is not filled yet. */
struct kd_type_source {
	struct kd_types *types;
	const char *module; /* NULL: vmlinux, or our own */
	struct kd_error *(*fill)(struct kd_type_record *record);
	/** The error about a member that was not found; NULL: there is none. Asked only of records that lack something:
	 * a source that has no such may leave it NULL.
	 * @param outer the type that was searched: that of the record, or one around it. */
	struct kd_error *(*missing)(const struct kd_type_record *record, const struct kd_type *outer, const char *name,
				    size_t name_len);
};

/** A BTF as a source of types. */
struct kd_btf_source {
	struct kd_type_source source;
	struct kd_btf btf;
	struct kd_btf_source *base;
	bool distilled;			 /* a .BTF.base: its types stand for vmlinux's of the same name */
	bool aside;			 /* its named types are the kernel's own BTF's, where that has them */
	uint32_t start_id;		 /* type id of record 0; 0: not known yet */
	struct kd_type_record **records; /* by number; NULL: not made yet */
	int enum_signs;			 /* -1: not known yet; is signedness of enums recorded? */
};

static inline struct kd_btf_source *kd_btf_source_of(const struct kd_type *type)
{
	return (struct kd_btf_source *)type->source;
}

/** A named type as the kernel's own BTF has it; *ret NULL if it has none of that size. */
struct kd_error *kd_types_of_btf(struct kd_types *types, const struct kd_type *like,
				 const struct kd_type **ret) KD_RETURNS_ERROR;

/** The type id of record 0. */
struct kd_error *kd_btf_source_start_id(struct kd_btf_source *source, uint32_t *ret) KD_RETURNS_ERROR;
/** A type that another one refers to: if it cannot be made, something stands for it that says why. */
struct kd_error *kd_btf_source_referred(struct kd_btf_source *source, uint32_t id,
					const struct kd_type **ret) KD_RETURNS_ERROR;
/** kd_type_source.missing of a BTF. */
struct kd_error *kd_btf_source_missing(const struct kd_type_record *record, const struct kd_type *outer,
				       const char *name, size_t name_len) KD_RETURNS_ERROR;
/** kd_type_source.fill of a BTF. */
struct kd_error *kd_btf_source_fill(struct kd_type_record *type) KD_RETURNS_ERROR;

/** An INT of old pahole may be a bit field's: fewer bits than its bytes have, not at bit 0. */
struct kd_btf_int_bits {
	uint32_t encoding, offset, bits;
};

static inline struct kd_btf_int_bits kd_btf_int_bits(const struct kd_btf *btf, const struct kd_btf_record *record)
{
	uint32_t word = kd_btf_u32(btf, record->extra);
	return (struct kd_btf_int_bits){ .encoding = word >> 24 & 0xf,
					 .offset = word >> 16 & 0xff,
					 .bits = word & 0xff };
}

enum kd_base_type {
	KD_BASE_VOID,
	KD_BASE_BOOL,
	KD_BASE_CHAR,
	KD_BASE_SCHAR,
	KD_BASE_UCHAR,
	KD_BASE_SHORT,
	KD_BASE_USHORT,
	KD_BASE_INT,
	KD_BASE_UINT,
	KD_BASE_LONG,
	KD_BASE_ULONG,
	KD_BASE_LLONG,
	KD_BASE_ULLONG,
	KD_BASE_INT128,
	KD_BASE_UINT128,
	KD_BASE_FLOAT,
	KD_BASE_DOUBLE,
	KD_BASE_LDOUBLE,
	KD_BASE_NR, /* "none of these" */
};

KD_VECTOR(kd_type_record_vector, struct kd_type_record *);
KD_VECTOR(kd_btf_source_vector, struct kd_btf_source *);
struct kd_dwarf_source;
KD_VECTOR(kd_dwarf_source_vector, struct kd_dwarf_source *);

/** One declared global; see declare.c. */
struct kd_declaration {
	const char *name, *text; /* inside a text that is kept */
	uint32_t name_len, text_len;
	uint32_t generation; /* which kd_types_declare() it came by */
};
KD_VECTOR(kd_declaration_vector, struct kd_declaration);

struct kd_types {
	struct kd_memory *memory;
	struct kd_arena arena;
	struct kd_type_source own; /* base and derived types */
	struct kd_type_record *base[KD_BASE_NR];
	bool char_known; /* the BTF was asked whether plain char is signed */

	struct kd_btf_source_vector sources;	     /* [0] vmlinux, if there is any */
	struct kd_btf_source_vector bases;	     /* distilled ones: nobody searches them */
	struct kd_dwarf_source *dwarf;		     /* asked for what no BTF has; NULL: there is none */
	struct kd_dwarf_source_vector module_dwarfs; /* asked for types of their own DIEs only */
	kd_types_more_fn more;
	void *more_context;
	bool more_done;

	struct kd_type_record_vector derived;
	struct kd_index derived_index; /* hash of what they are derived from -> number in derived */

	struct kd_declaration_vector declarations;
	struct kd_index declaration_index;
	uint32_t declaration_generation;

	int depth; /* of types being made from each other */
};

/* Types may nest this deep, and no deeper: far more than any kernel's do. */
#define KD_TYPE_DEPTH_MAX 64

/* builtin.c */
bool kd_base_types_create(struct kd_types *types);
/** Which base type is called that, in any order of words; KD_BASE_NR if none. */
enum kd_base_type kd_base_type_named(const char *name);

/* derive.c */
struct kd_error *kd_types_qualify(struct kd_types *types, const struct kd_type *target, unsigned int flags,
				  const struct kd_type **ret) KD_RETURNS_ERROR;
/** @param parameters copied. */
struct kd_error *kd_types_function(struct kd_types *types, const struct kd_type *target,
				   const struct kd_parameter *parameters, size_t nr, bool variadic,
				   const struct kd_type **ret) KD_RETURNS_ERROR;
/** An incomplete struct that stands for a type which cannot be made; its name says why.
 * @param lossy the BTF that it was lost of, of which its members are asked; NULL: it is not lost. */
struct kd_error *kd_types_unknown(struct kd_types *types, const struct kd_type_source *lossy, const char *why,
				  const struct kd_type **ret) KD_RETURNS_ERROR;

/* btf_types.c */
struct kd_error *kd_btf_source_create(struct kd_types *types, const char *module, struct kd_section *section,
				      struct kd_btf_source *base, kd_vaddr table,
				      struct kd_btf_source **ret) KD_RETURNS_ERROR;
void kd_btf_source_destroy(struct kd_btf_source *source);
/** The type of record `number`; of a VAR, its type; of a FUNC, its prototype. */
struct kd_error *kd_btf_source_type(struct kd_btf_source *source, uint32_t number,
				    const struct kd_type **ret) KD_RETURNS_ERROR;
/** Can a record of that BTF kind be what is asked for? */
bool kd_btf_kind_matches(const struct kd_btf_record *record, enum kd_kind kind);
/** Only declared, not defined? */
bool kd_btf_incomplete(const struct kd_btf_record *record);

/* types.c */
/** Look in one source from *number on; KD_INDEX_NONE in *number if there is none (more). */
struct kd_error *kd_types_search(struct kd_btf_source *source, enum kd_kind kind, const char *name, bool complete,
				 uint32_t *number) KD_RETURNS_ERROR;

/** The type of a variable or function by the BTF alone. */
struct kd_error *kd_types_of_btf_symbol(struct kd_types *types, const char *symbol,
					const struct kd_type **ret) KD_RETURNS_ERROR;

/* parse.c */
/** A declaration of one name. @param ret_name may be NULL; arena memory. */
struct kd_error *kd_types_parse_declaration(struct kd_types *types, const char *text, size_t len,
					    const struct kd_type **ret, const char **ret_name) KD_RETURNS_ERROR;

#endif
