/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/notes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"

bool kd_notes_next(struct kd_cursor *cursor, struct kd_note *ret)
{
	if (kd_cursor_left(cursor) < sizeof(Elf64_Nhdr))
		return false;
	*ret = (struct kd_note){ .name_len = kd_cursor_u32(cursor) };
	ret->len = kd_cursor_u32(cursor);
	ret->type = kd_cursor_u32(cursor);
	ret->name = kd_cursor_take(cursor, ((uint64_t)ret->name_len + 3) & ~3ull);
	ret->data = ret->name ? kd_cursor_take(cursor, ret->len) : NULL;
	kd_cursor_skip(cursor, -ret->len & 3);
	return true;
}

KD_VECTOR(cpu_vector, struct kd_cpu_note);

/** The note of CPU number nr, made if it is the next one; NULL when memory is exhausted. */
static struct kd_cpu_note *nth_cpu(struct cpu_vector *cpus, size_t nr)
{
	if (nr == cpus->nr && !cpu_vector_append(cpus, (struct kd_cpu_note){}))
		return NULL;
	return &cpus->data[nr];
}

static bool name_is(const struct kd_note *note, const char *expected)
{
	size_t len = strlen(expected);
	/* Some writers do not count the NUL. */
	return (note->name_len == len || note->name_len == len + 1) && !memcmp(note->name, expected, len);
}

struct kd_error *kd_notes_init(struct kd_notes *notes, const struct kd_note_format *format, enum kd_order order,
			       const void *raw, size_t raw_len)
{
	struct cpu_vector cpus = {};
	/* Writers put all notes of one kind before those of the next, so each kind counts the CPUs for itself. */
	size_t prstatus_nr = 0, qemu_nr = 0;
	struct kd_cursor cursor = kd_cursor_init(raw, raw_len, order);
	for (struct kd_note note; kd_notes_next(&cursor, &note) && note.data;) {
		struct kd_cpu_note found = {}, *cpu;
		if (note.type == NT_PRSTATUS && name_is(&note, "CORE")) {
			/* Its place tells the CPU, also where it holds nothing: no kernel runs with all registers at 0.
			 */
			static const struct kd_regs empty;
			bool has_regs = format->prstatus(order, note.data, note.len, &found) &&
					memcmp(&found.regs, &empty, sizeof(empty)) != 0;
			cpu = nth_cpu(&cpus, prstatus_nr++);
			if (!cpu)
				break;
			cpu->has_regs = has_regs;
			if (has_regs)
				cpu->regs = found.regs;
			cpu->pid = found.pid;
		} else if (format->monitor && note.type == format->monitor_type &&
			   name_is(&note, format->monitor_name) &&
			   format->monitor(order, note.data, note.len, &found)) {
			cpu = nth_cpu(&cpus, qemu_nr++);
			if (!cpu)
				break;
			cpu->has_controls = true;
			memcpy(cpu->controls, found.controls, sizeof(cpu->controls));
		}
	}
	if (prstatus_nr > cpus.nr || qemu_nr > cpus.nr) {
		cpu_vector_deinit(&cpus);
		return &kd_error_nomem;
	}
	*notes = (struct kd_notes){ cpus.data, cpus.nr };
	return NULL;
}

void kd_notes_deinit(struct kd_notes *notes)
{
	free(notes->cpus);
	*notes = (struct kd_notes){};
}

bool kd_notes_next_vmcoreinfo(enum kd_order order, const uint8_t *raw, size_t raw_len, size_t *position,
			      const char **ret, size_t *ret_len)
{
	struct kd_cursor cursor = kd_cursor_init(raw, raw_len, order);
	kd_cursor_skip(&cursor, *position);
	for (struct kd_note note; kd_notes_next(&cursor, &note) && note.data;) {
		if (!name_is(&note, "VMCOREINFO"))
			continue;
		*position = (size_t)(cursor.position - raw);
		*ret = (const char *)note.data;
		*ret_len = note.len;
		return true;
	}
	return false;
}
