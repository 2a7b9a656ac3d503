/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * IMAGES: files with the memory of a machine that no kernel wrote, and libkdumpfile does not read. Each format is a
 * file beside this one, which finds where memory lies, and what the file knows of the CPUs.
 */
#ifndef KD_DUMP_IMAGES_IMAGE_H
#define KD_DUMP_IMAGES_IMAGE_H

#include "base/machine.h"
#include "dump/extents.h"

/** A register, by the name that kd_machine.registers or kd_note_format.controls has for it. */
struct kd_image_register {
	char name[8];
	uint64_t value;
};

struct kd_image_cpu {
	struct kd_image_register registers[64];
	size_t nr;
};

#define KD_IMAGE_CPUS_MAX 4096

struct kd_image {
	struct kd_extents extents;
	const char *format;		  /* for people; static */
	const struct kd_machine *machine; /* NULL: the format does not say it */
	bool incomplete;		  /* the file ends before the format does */
	bool in_any_order;		  /* ranges are not in ascending order: a file that is cut lacks any of them */
	struct kd_file companion;	  /* owned: a second file with the memory; fd is -1 without */
	char *companion_path;
	struct kd_image_cpu *cpus; /* owned; in order */
	size_t cpu_nr;
};

/** One that has nothing yet. */
struct kd_image kd_image_empty(void);
void kd_image_deinit(struct kd_image *image);

/** The CPU of a number, with no registers when it is first asked for; NULL: it is too high, or memory is exhausted. */
struct kd_image_cpu *kd_image_cpu(struct kd_image *image, size_t nr);
/** Set a register; what has no room is left out. */
void kd_image_set(struct kd_image_cpu *cpu, const char *name, uint64_t value);

/** Memory as it is in a file that says nothing of itself: as much as the file has, from an address on. */
struct kd_error *kd_raw_add(struct kd_image *image, const struct kd_file *file, kd_paddr address) KD_RETURNS_ERROR;

#endif
