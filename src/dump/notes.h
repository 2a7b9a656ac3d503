/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the dump's ELF notes say of each CPU: NT_PRSTATUS as the crashing kernel wrote it, and the CPU's state as a
 * virtual machine monitor (QEMU) wrote it.
 */
#ifndef KD_DUMP_NOTES_H
#define KD_DUMP_NOTES_H

#include "base/cursor.h"
#include "base/error.h"
#include "base/order.h"
#include "base/types.h"
#include "dump/registers.h"

struct kd_vmcoreinfo;

/** One ELF note. */
struct kd_note {
	uint32_t type;
	uint32_t name_len, len;	    /* as it says */
	const uint8_t *name, *data; /* valid as long as the notes are; NULL: they end before */
};

/** The next of notes that lie one after another; false: there is none. One that is cut off is the last: it has no data,
 *  and perhaps no name. */
bool kd_notes_next(struct kd_cursor *cursor, struct kd_note *ret);

#define KD_CONTROLS_MAX 2

/** One CPU's notes. Which CPU it is, is the note's place, not a number in it: offline CPUs may be missing. */
struct kd_cpu_note {
	bool has_regs;
	struct kd_regs regs;
	int32_t pid;			    /* pr_pid: the task that ran; 0 for QEMU or idle */
	bool has_controls;		    /* it has a note of the monitor, too: */
	uint64_t controls[KD_CONTROLS_MAX]; /* the way to the page tables where there is no vmcoreinfo */
};

struct kd_notes {
	struct kd_cpu_note *cpus;
	size_t nr;
};

/** What a machine supplies. */
struct kd_note_format {
	const char *const *controls; /* names of kd_cpu_note.controls; NULL after the last */
	/** Whether a note named CORE, of type NT_PRSTATUS, is one: then fills in has_regs, regs and pid. */
	bool (*prstatus)(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret);
	const char *monitor_name; /* of the note with the controls, and its type: QEMU, 0 for most */
	uint32_t monitor_type;
	/** Whether it is one of these: then fills in the controls. NULL: there are none. */
	bool (*monitor)(enum kd_order order, const uint8_t *data, size_t len, struct kd_cpu_note *ret);
	/** Physical address of one in the kernel's image, by what VMCOREINFO says and nothing else; false where it does
	 *  not, as that of another machine. */
	bool (*image_address)(const struct kd_vmcoreinfo *info, kd_vaddr address, kd_paddr *ret);
};

/** Parse raw ELF notes, one after another, their numbers in this byte order. Notes of other kinds, and what is left
 * after a damaged one, are ignored. */
struct kd_error *kd_notes_init(struct kd_notes *notes, const struct kd_note_format *format, enum kd_order order,
			       const void *raw, size_t raw_len) KD_RETURNS_ERROR;
void kd_notes_deinit(struct kd_notes *notes);

/** The text of the next VMCOREINFO note from *position on; false if there is none. Both are moved on. */
bool kd_notes_next_vmcoreinfo(enum kd_order order, const uint8_t *raw, size_t raw_len, size_t *position,
			      const char **ret, size_t *ret_len);

#endif
