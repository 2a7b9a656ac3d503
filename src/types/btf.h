/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The BTF format: records by number and by name, read no further than needed. Private to types/.
 *
 * A record's number n counts from 0 inside its section; its type id is start_id + n, where id 0 is void and split BTF
 * continues the ids and the string offsets of its base.
 *
 * A page that is not in the dump costs the records and the names on it. Records have no marks between them, so what
 * lies behind such a page is found by the kernel's own table of types; without it, what lies behind is lost as well.
 */
#ifndef KD_TYPES_BTF_H
#define KD_TYPES_BTF_H

#include "base/error.h"
#include "base/hash.h"
#include "base/types.h"
#include "types/section.h"

enum kd_btf_kind {
	KD_BTF_INT = 1,
	KD_BTF_PTR,
	KD_BTF_ARRAY,
	KD_BTF_STRUCT,
	KD_BTF_UNION,
	KD_BTF_ENUM,
	KD_BTF_FWD,
	KD_BTF_TYPEDEF,
	KD_BTF_VOLATILE,
	KD_BTF_CONST,
	KD_BTF_RESTRICT,
	KD_BTF_FUNC,
	KD_BTF_FUNC_PROTO,
	KD_BTF_VAR,
	KD_BTF_DATASEC,
	KD_BTF_FLOAT,
	KD_BTF_DECL_TAG,
	KD_BTF_TYPE_TAG,
	KD_BTF_ENUM64,
};

#define KD_BTF_KINDS 128u
#define KD_BTF_RECORD_LEN 12u
#define KD_BTF_LOST UINT32_MAX
#define KD_BTF_HEADER_LEN 32u /* as much of it as is looked at */

/** One type record, decoded. */
struct kd_btf_record {
	uint32_t number;
	uint32_t kind;	       /* enum kd_btf_kind, or one that we do not know */
	uint32_t name;	       /* offset of its string; 0: none */
	uint32_t element_nr;   /* "vlen": members, values, parameters; linkage of a FUNC */
	bool flag;	       /* "kind_flag" */
	uint32_t size_or_type; /* by kind */
	const uint8_t *extra;  /* what follows the three fixed words */
	uint32_t extra_len;
	uint32_t element_len; /* bytes from one element to the next */
};

/** Types are indexed by name apart from functions and variables, which are many and rarely asked for. */
enum kd_btf_group {
	KD_BTF_TYPES,	/* INT, FLOAT, STRUCT, UNION, FWD, ENUM, ENUM64, TYPEDEF */
	KD_BTF_SYMBOLS, /* FUNC, VAR */
	KD_BTF_GROUP_NR,
};

struct kd_btf {
	struct kd_section section;
	uint32_t type_offset, type_len;	    /* of the type section in the whole */
	uint32_t string_offset, string_len; /* of the string section */
	struct kd_btf *base;		    /* NULL: ids start at 1 */

	uint32_t first_len[KD_BTF_KINDS];   /* bytes after the fixed words … */
	uint32_t element_len[KD_BTF_KINDS]; /* … and per element */
	bool kind_known[KD_BTF_KINDS];

	/* Records are of various lengths, so number n is found by walking from the front: offsets[0 … walked_nr). */
	uint32_t *offsets;		/* KD_BTF_LOST: it could not be walked over */
	uint32_t walked_nr, walked_end; /* walked_end: where the next record starts, from type_offset */
	bool cut;			/* the walk ended before the types did */
	struct kd_error *why_lost;	/* what first could not be read or made no sense; NULL: nothing yet */
	uint32_t steps_back;		/* of the walk, over records that the table has elsewhere */
	bool loss_known;		/* the two below are those of the whole */
	uint32_t lost_nr;		/* records of which something is lost */
	uint32_t gone_nr;		/* of them those that cannot be read at all */

	struct kd_index names[KD_BTF_GROUP_NR]; /* hash of the name -> number, of records before named_nr */
	uint32_t named_nr[KD_BTF_GROUP_NR];
	struct kd_index enumerators; /* hash of an enumerator's name -> number of its ENUM */
	uint32_t enumerators_nr;     /* records looked at */

	kd_vaddr kernel; /* its struct btf, or 0 */
	kd_vaddr table;	 /* the kernel's own array: id -> address of the record; 0: not known */
	uint32_t table_nr;
	enum { KD_BTF_ORDER_UNKNOWN, KD_BTF_UNSORTED, KD_BTF_SORTED } order;
	uint32_t first_named; /* when sorted: the nameless ones come before */
};

/**
 * @param base of split BTF, borrowed, or NULL. Reads the header only. The section is taken over, also on error.
 * @param kernel address of the kernel's `struct btf` of this section, or 0. By its table records are found by number
 * without walking to them; its copy of the header serves where the section's cannot be read. If it does not fit the
 * section, it is as good as none.
 */
struct kd_error *kd_btf_init(struct kd_btf *btf, struct kd_section *section, struct kd_btf *base,
			     kd_vaddr kernel) KD_RETURNS_ERROR;
void kd_btf_deinit(struct kd_btf *btf);

/** How many records there are, lost ones included as far as the walk came. May walk all of them. */
struct kd_error *kd_btf_nr(struct kd_btf *btf, uint32_t *ret) KD_RETURNS_ERROR;

/** The type id of record 0: one after the last of the base. */
struct kd_error *kd_btf_start_id(struct kd_btf *btf, uint32_t *ret) KD_RETURNS_ERROR;

/**
 * KD_ERROR_FORMAT if there is no such record. Its bytes stay valid as long as the BTF; those behind the fixed words of
 * a STRUCT or UNION may be missing: kd_btf_need_extra().
 */
struct kd_error *kd_btf_record(struct kd_btf *btf, uint32_t number, struct kd_btf_record *ret) KD_RETURNS_ERROR;

/** As above; false in *ret_found when number is past the end. */
struct kd_error *kd_btf_record_if(struct kd_btf *btf, uint32_t number, struct kd_btf_record *ret,
				  bool *ret_found) KD_RETURNS_ERROR;

/** For loops over all: the first record at or after *number that can be read; false in *ret_found if none. */
struct kd_error *kd_btf_next(struct kd_btf *btf, uint32_t *number, struct kd_btf_record *ret,
			     bool *ret_found) KD_RETURNS_ERROR;

/**
 * What of it is known to be lost, for the message that something was not found: ", of which 12 of 9000 types …".
 * @param[out] ret malloced; NULL where nothing is lost. The first call after a loss reads all of the section.
 */
struct kd_error *kd_btf_loss(struct kd_btf *btf, char **ret) KD_RETURNS_ERROR;

/** What a name stands for that was looked for and not found. */
enum kd_btf_absence {
	KD_BTF_NONE,	    /* nothing: it is not among the names, or there is nothing that could bear it */
	KD_BTF_LOST_NAME,   /* perhaps something whose name is lost: it is not among the names that can be read */
	KD_BTF_LOST_RECORD, /* perhaps something that is lost: it is among the names, in whatever use */
};

/** @param lacks_records, lacks_names what cannot be read of what was searched. */
struct kd_error *kd_btf_absence(struct kd_btf *btf, const char *name, size_t name_len, bool lacks_records,
				bool lacks_names, enum kd_btf_absence *ret) KD_RETURNS_ERROR;
/** Of a search through all records, for a type's name or an enumerator's. */
struct kd_error *kd_btf_absence_of_type(struct kd_btf *btf, const char *name,
					enum kd_btf_absence *ret) KD_RETURNS_ERROR;
/**
 * The error to return: KD_ERROR_LOOKUP; with the fault that cost the name, of KD_BTF_LOST_NAME; of KD_BTF_LOST_RECORD
 * that fault itself, or KD_ERROR_FORMAT, so that nobody takes it for "there is none".
 */
struct kd_error *kd_btf_absence_error(const struct kd_btf *btf, enum kd_btf_absence absence, const char *message)
	__attribute__((returns_nonnull));

/* For the other files of the BTF. */

/** KD_ERROR_FORMAT about this section. */
struct kd_error *kd_btf_error(const struct kd_btf *btf, const char *what);

/** Where types and strings lie, and which kinds there are. */
struct kd_error *kd_btf_read_header(struct kd_btf *btf) KD_RETURNS_ERROR;

/** The kernel's own description of this section. */
struct kd_btf_kernel {
	bool found;
	kd_vaddr table; /* types */
	uint8_t header[KD_BTF_HEADER_LEN];
	uint32_t nr;
};

/** *ret says it, if that is what lies where we were told. */
struct kd_error *kd_btf_read_kernel(struct kd_btf *btf, struct kd_btf_kernel *ret) KD_RETURNS_ERROR;

/* For who reads records by place, not by number: the walk, and what finds the way behind a hole. */

/** The error, remembered as a loss if it is a fault. */
struct kd_error *kd_btf_lacks(struct kd_btf *btf, struct kd_error *err) __attribute__((returns_nonnull));

/** kd_section_need(), and a fault is remembered as a loss. */
static inline KD_RETURNS_ERROR struct kd_error *kd_btf_need(struct kd_btf *btf, size_t offset, size_t len)
{
	struct kd_error *err = kd_section_need(&btf->section, offset, len);
	return __builtin_expect(!err, 1) ? NULL : kd_btf_lacks(btf, err);
}

/** Make bytes of record->extra valid. */
static inline KD_RETURNS_ERROR struct kd_error *
kd_btf_need_extra(struct kd_btf *btf, const struct kd_btf_record *record, uint32_t offset, uint32_t len)
{
	return kd_btf_need(btf, (size_t)(record->extra - btf->section.data) + offset, len);
}

/** The record at an offset of the type section, whose `extra` is not read yet; *ret_next is where the next starts. */
struct kd_error *kd_btf_decode(struct kd_btf *btf, uint32_t number, uint32_t offset, struct kd_btf_record *ret,
			       uint32_t *ret_next) KD_RETURNS_ERROR;

/**
 * Number and offset of the first record behind walked_end that can be read and numbered by what refers to what;
 * KD_INDEX_NONE in *ret_number if there is none, or it cannot be told. Not for split BTF.
 */
struct kd_error *kd_btf_find_behind(struct kd_btf *btf, uint32_t *ret_number, uint32_t *ret_offset) KD_RETURNS_ERROR;

/** Remember why something is lost, the first time; takes the error over. */
void kd_btf_note_loss(struct kd_btf *btf, struct kd_error *why);

/** Whether an error means that one record cannot be had, and others can. */
static inline bool kd_btf_is_loss(const struct kd_error *err)
{
	return err && (err->code == KD_ERROR_FAULT || err->code == KD_ERROR_FORMAT);
}

/** A string of this BTF or its base, valid as long as the BTF. */
struct kd_error *kd_btf_string(struct kd_btf *btf, uint32_t offset, const char **ret) KD_RETURNS_ERROR;

/**
 * The first record of that group and name whose number is at least *number; KD_INDEX_NONE in *number if none.
 * Kinds are the caller's to check.
 */
struct kd_error *kd_btf_find(struct kd_btf *btf, enum kd_btf_group group, const char *name,
			     uint32_t *number) KD_RETURNS_ERROR;

/** The first ENUM or ENUM64 at or after *number that has an enumerator of that name; KD_INDEX_NONE if none. */
struct kd_error *kd_btf_find_enumerator(struct kd_btf *btf, const char *name, uint32_t *number) KD_RETURNS_ERROR;

enum kd_btf_group kd_btf_group_of(uint32_t kind);

static inline uint32_t kd_btf_u32(const struct kd_btf *btf, const uint8_t *bytes)
{
	return kd_load_u32(btf->section.order, bytes);
}

#endif
