/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/second.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dump/file.h"
#include "dump/notes.h"
#include "sym/linked.h"

#define SYSTEM_MAP_LEN_MAX (64u << 20) /* the largest have 10 MB */
#define NOTES_LEN_MAX 65536u

/** All of a small file. @param[out] ret malloced. */
static struct kd_error *read_file(const char *path, char **ret, size_t *ret_len)
{
	struct stat status;
	KD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status))
		return kd_error_create_os(errno, path, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size > SYSTEM_MAP_LEN_MAX)
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is not a System.map", path);
	KD_FREE char *text = malloc(status.st_size + 1);
	if (!text)
		return &kd_error_nomem;
	const struct kd_file file = { .path = path, .fd = fd };
	struct kd_error *err = kd_file_read(&file, 0, text, status.st_size, ret_len);
	if (err)
		return err;
	*ret = kd_move_ptr(text);
	return NULL;
}

static struct kd_error *other_build(const char *path, const char *its, const char *build_id)
{
	return kd_error_create_file(KD_ERROR_VALUE, path,
				    "%s is of another build of the kernel: its build-id is %s, the dump's is %s", path,
				    its, build_id);
}

static struct kd_error *open_vmlinux(struct kd_second *second, const char *build_id, const char *path)
{
	struct kd_error *err = kd_debug_file_open(path, &second->vmlinux);
	if (err)
		return err;
	if (!*kd_debug_file_build_id(second->vmlinux))
		return kd_error_create_file(KD_ERROR_VALUE, path, "%s has no build-id, so it may be of any kernel",
					    path);
	if (build_id && strcasecmp(build_id, kd_debug_file_build_id(second->vmlinux)))
		return other_build(path, kd_debug_file_build_id(second->vmlinux), build_id);
	err = kd_dwarf_create(second->vmlinux, &second->dwarf);
	kd_error_catch(&err, KD_ERROR_LOOKUP); /* it may have symbols */
	return err;
}

static struct kd_error *open_profile(struct kd_second *second, const char *build_id, const char *path)
{
	struct kd_error *err = kd_profile_open(path, &second->profile);
	if (!err && build_id && strcasecmp(build_id, kd_profile_build_id(second->profile)))
		err = other_build(path, kd_profile_build_id(second->profile), build_id);
	return err;
}

struct kd_error *kd_second_init(struct kd_second *second, const struct kd_vmcoreinfo *info, const char *vmlinux,
				const char *profile, const char *system_map)
{
	*second = (struct kd_second){};
	const char *build_id = kd_vmcoreinfo_get(info, "BUILD-ID");
	struct kd_error *err = vmlinux ? open_vmlinux(second, build_id, vmlinux) : NULL;
	if (!err && profile)
		err = open_profile(second, build_id, profile);
	if (!err && system_map) {
		second->system_map = strdup(system_map);
		err = !second->system_map ? &kd_error_nomem
		      : access(system_map, R_OK)
			      ? kd_error_create_os(errno, system_map, "%s: %s", system_map, strerror(errno))
			      : NULL;
	}
	if (err)
		kd_second_deinit(second);
	return err;
}

void kd_second_deinit(struct kd_second *second)
{
	kd_dwarf_destroy(second->dwarf);
	kd_debug_file_close(second->vmlinux);
	kd_profile_close(second->profile);
	free(second->system_map);
	*second = (struct kd_second){};
}

static struct kd_error *names_of_map(const struct kd_second *second, struct kd_memory *memory, struct kd_kallsyms **ret)
{
	KD_FREE char *text = NULL;
	KD_FREE struct kd_debug_symbol *symbols = NULL;
	size_t len = 0, nr = 0;
	struct kd_error *err = read_file(second->system_map, &text, &len);
	if (!err)
		err = kd_system_map_read(second->system_map, text, len, &symbols, &nr);
	return err ? err : kd_kallsyms_create_linked(memory, second->system_map, symbols, nr, ret);
}

/** Those of the vmlinux or else of the profile. @param[out] ret malloced. */
static struct kd_error *linked_symbols(const struct kd_second *second, struct kd_debug_symbol **ret, size_t *ret_nr,
				       const char **ret_origin)
{
	struct kd_error *err = NULL;
	if (second->vmlinux) {
		*ret_origin = kd_debug_file_path(second->vmlinux);
		err = kd_debug_file_symbols(second->vmlinux, ret, ret_nr);
		if (!second->profile || !kd_error_catch(&err, KD_ERROR_LOOKUP))
			return err;
	}
	if (!second->profile)
		return kd_error_create(KD_ERROR_LOOKUP, "no vmlinux was given");
	*ret_origin = kd_profile_path(second->profile);
	return kd_profile_symbols(second->profile, ret, ret_nr);
}

struct kd_error *kd_second_names(const struct kd_second *second, struct kd_memory *memory, struct kd_kallsyms **ret,
				 const char **ret_origin)
{
	if (second->system_map) {
		*ret_origin = second->system_map;
		return names_of_map(second, memory, ret);
	}
	KD_FREE struct kd_debug_symbol *symbols = NULL;
	size_t nr = 0;
	const char *origin;
	struct kd_error *err = linked_symbols(second, &symbols, &nr, &origin);
	if (!err)
		err = kd_kallsyms_create_linked(memory, origin, symbols, nr, ret);
	if (!err)
		*ret_origin = origin;
	return err;
}

/** The build-id among notes as they lie in memory. */
static bool note_of_build(enum kd_order order, const uint8_t *notes, size_t len,
			  char ret[2 * KD_DEBUG_BUILD_ID_MAX + 1])
{
	struct kd_cursor cursor = kd_cursor_init(notes, len, order);
	for (struct kd_note note; kd_notes_next(&cursor, &note) && note.data;)
		if (kd_debug_build_id(&note, ret))
			return *ret;
	return false;
}

struct kd_error *kd_second_check(const struct kd_second *second, struct kd_memory *memory, struct kd_kallsyms *kallsyms)
{
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(kd_memory_dump(memory));
	kd_vaddr start = 0, end = 0;
	char build_id[2 * KD_DEBUG_BUILD_ID_MAX + 1] = "";
	if (!(second->vmlinux || second->profile) || kd_vmcoreinfo_get(info, "BUILD-ID"))
		return NULL;
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_address(kallsyms, "__start_notes", &start);
	if (!err)
		err = kd_kallsyms_address(kallsyms, "__stop_notes", &end);
	if (err || end <= start || end - start > NOTES_LEN_MAX)
		return NULL;
	KD_FREE uint8_t *notes = malloc(end - start);
	if (!notes)
		return &kd_error_nomem;
	err = kd_memory_read(memory, start, notes, end - start);
	if (err || !note_of_build(kd_memory_order(memory), notes, end - start, build_id))
		return NULL;
	if (second->vmlinux && strcmp(build_id, kd_debug_file_build_id(second->vmlinux)))
		return other_build(kd_debug_file_path(second->vmlinux), kd_debug_file_build_id(second->vmlinux),
				   build_id);
	if (second->profile && strcmp(build_id, kd_profile_build_id(second->profile)))
		return other_build(kd_profile_path(second->profile), kd_profile_build_id(second->profile), build_id);
	return NULL;
}

struct kd_error *kd_second_shift(const struct kd_second *second, struct kd_kallsyms *kallsyms, uint64_t *ret)
{
	static const char *const names[] = { "_stext", "_text", "schedule" };
	KD_FREE struct kd_debug_symbol *symbols = NULL;
	size_t nr = 0;
	const char *origin;
	struct kd_error *err = linked_symbols(second, &symbols, &nr, &origin);
	if (err)
		return err;
	for (size_t n = 0; n < KD_ARRAY_NR(names); n++) {
		kd_vaddr address;
		const struct kd_debug_symbol *symbol = kd_debug_symbol_named(symbols, nr, names[n]);
		if (!symbol)
			continue;
		err = kd_kallsyms_address(kallsyms, names[n], &address);
		if (!err)
			*ret = address - symbol->address;
		if (!kd_error_catch(&err, KD_ERROR_LOOKUP))
			return err;
	}
	return kd_error_create_file(KD_ERROR_LOOKUP, origin, "the symbols of %s do not say where it lies in the dump",
				    origin);
}
