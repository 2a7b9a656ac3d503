/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/running.h"

#include <elf.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"

bool kd_running_is_kcore(const struct kd_file *file)
{
	const char *slash = strrchr(file->path, '/');
	struct statfs system;
	return !strcmp(slash ? slash + 1 : file->path, "kcore") && !fstatfs(file->fd, &system) &&
	       system.f_type == PROC_SUPER_MAGIC;
}

/*
 * The kernel gives the areas that are mapped piece by piece (vmalloc, the array of struct page) the physical address
 * -1, and its image the one it lies at, which the range of memory around it covers as well.
 */
static bool is_memory(const Elf64_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_paddr != UINT64_MAX && segment->p_filesz &&
	       segment->p_paddr <= KD_EXTENTS_ADDRESS_MAX &&
	       segment->p_filesz <= KD_EXTENTS_ADDRESS_MAX - segment->p_paddr &&
	       segment->p_offset <= INT64_MAX - segment->p_filesz;
}

struct kd_error *kd_running_init(struct kd_extents *extents, const struct kd_file *file)
{
	Elf64_Ehdr main;
	struct kd_error *err = kd_file_read_header(file, 0, &main, sizeof(main));
	if (err)
		return err;
	if (main.e_phentsize != sizeof(Elf64_Phdr) || !main.e_phnum)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s has a damaged ELF header: %u segments of %u bytes", file->path,
					    main.e_phnum, main.e_phentsize);
	KD_FREE Elf64_Phdr *segments = malloc(main.e_phnum * sizeof(*segments));
	if (!segments)
		return &kd_error_nomem;
	err = kd_file_read_header(file, main.e_phoff, segments, main.e_phnum * sizeof(*segments));
	if (err)
		return err;
	uint16_t nr;
	err = kd_extents_add_file(extents, file, &nr);
	for (size_t i = 0; !err && i < main.e_phnum; i++) {
		const Elf64_Phdr *segment = &segments[i];
		if (is_memory(segment))
			err = kd_extents_add_plain(extents, segment->p_paddr, segment->p_paddr + segment->p_filesz, nr,
						   segment->p_offset);
	}
	if (!err && !extents->list.nr)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s names no physical memory", file->path);
	extents->running = true;
	return err ?: kd_extents_finish(extents);
}
