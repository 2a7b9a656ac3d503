/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * PHYSICAL MEMORY BY RANGES. Where memory lies in files that say it range by range: images of hypervisors and of tools
 * that copy memory, and /proc/kcore. Built once, by whoever knows the format; then read here, by address.
 */
#ifndef KD_DUMP_EXTENTS_H
#define KD_DUMP_EXTENTS_H

#include "base/crc32c.h"
#include "base/error.h"
#include "base/types.h"
#include "base/vector.h"
#include "dump/file.h"

/** Machines have 52 bits of address or fewer. */
#define KD_EXTENTS_ADDRESS_MAX (1ull << 52)

enum kd_encoding {
	KD_EXTENT_PLAIN,   /* as it is */
	KD_EXTENT_STRIDED, /* page by page of KD_PAGE_LEN_MIN, `len` bytes from one to the next */
	KD_EXTENT_FILLED,  /* all bytes are `offset` */
	KD_EXTENT_CHECKED, /* `len` bytes: a masked CRC-32C, then the data */
	KD_EXTENT_SNAPPY,  /* `len` bytes: a masked CRC-32C of the data, then these as a raw snappy stream */
	KD_EXTENT_ZLIB,	   /* `len` bytes: a zlib stream */
	KD_EXTENT_LOST,	   /* it should be in the file, and is not: the file was cut */
};

struct kd_extent {
	kd_paddr start, end; /* of memory; end exclusive */
	kd_paddr base;	     /* of the first byte at offset, of which the extent may begin later */
	uint64_t offset;     /* in the file */
	uint32_t len;
	uint16_t file; /* as kd_extents_add_file() said */
	uint8_t encoding;
};
KD_VECTOR(kd_extent_vector, struct kd_extent);
KD_VECTOR(kd_extent_file_vector, const struct kd_file *);

/** What was decoded last. */
struct kd_frame {
	const struct kd_file *file; /* NULL: none */
	uint64_t offset;
	size_t len;
	uint8_t *data; /* KD_FRAME_LEN_MAX bytes */
};
#define KD_FRAME_LEN_MAX 65536u /* of what one frame of any encoding holds */
#define KD_FRAME_CRC_LEN 4u	/* of the checksum, where the encoding has one */
#define KD_FRAMES 64

struct kd_extents {
	struct kd_extent_vector list;	    /* in ascending order and apart, once kd_extents_finish() was called */
	struct kd_extent_file_vector files; /* borrowed */
	bool cut; /* the files end early: what is missing, from an address on, is cut off as far as one can tell */
	kd_paddr cut_from; /* that address */
	bool running;	   /* bytes change, and what cannot be read is not there */
	struct kd_frame frames[KD_FRAMES];
	uint8_t *packed;	   /* a frame as it is in the file */
	struct kd_crc32c *checker; /* NULL until it is needed */
};

void kd_extents_deinit(struct kd_extents *extents);

/** @param file must outlive the extents. */
struct kd_error *kd_extents_add_file(struct kd_extents *extents, const struct kd_file *file,
				     uint16_t *ret) KD_RETURNS_ERROR;

/** Of what is added twice, the later one counts. An empty one is left out.
 *  Errors: KD_ERROR_FORMAT: its addresses cannot be; KD_ERROR_LIMIT: they are too many. */
struct kd_error *kd_extents_add(struct kd_extents *extents, struct kd_extent extent) KD_RETURNS_ERROR;

/** One that is in the file as it is. */
static inline struct kd_error *kd_extents_add_plain(struct kd_extents *extents, kd_paddr start, kd_paddr end,
						    uint16_t file, uint64_t offset)
{
	return kd_extents_add(extents, (struct kd_extent){ .start = start,
							   .end = end,
							   .base = start,
							   .offset = offset,
							   .file = file,
							   .encoding = KD_EXTENT_PLAIN });
}

/** Put them in order. */
struct kd_error *kd_extents_finish(struct kd_extents *extents) KD_RETURNS_ERROR;

/** The end of the highest memory. */
kd_paddr kd_extents_end(const struct kd_extents *extents);

/** The first address from address on that a file carries; false if there is none. */
bool kd_extents_next(const struct kd_extents *extents, kd_paddr address, kd_paddr *ret);

/** Whether it could be read, without reading it, as kd_dump_page_status(). */
enum kd_fault kd_extents_status(const struct kd_extents *extents, kd_paddr address, size_t len);

/** Whether a file is shorter than what is said to be in it. */
bool kd_extents_cut(const struct kd_extents *extents);

/** Errors: KD_ERROR_FAULT (absent, truncated, corrupt), KD_ERROR_OS. */
struct kd_error *kd_extents_read(struct kd_extents *extents, kd_paddr address, void *buffer,
				 size_t len) KD_RETURNS_ERROR;

#endif
