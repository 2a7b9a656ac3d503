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

static int by_start(const void *left, const void *right)
{
	const struct kd_running_range *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

/*
 * The kernel gives the areas that are mapped piece by piece (vmalloc, the array of struct page) the physical address
 * -1, and its image the one it lies at, which the range of memory around it covers as well.
 */
static bool is_memory(const Elf64_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_paddr != UINT64_MAX && segment->p_filesz &&
	       segment->p_paddr <= INT64_MAX && segment->p_filesz <= INT64_MAX - segment->p_paddr &&
	       segment->p_offset <= INT64_MAX - segment->p_filesz;
}

struct kd_error *kd_running_init(struct kd_running *running, const struct kd_file *file)
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
	KD_FREE struct kd_running_range *ranges = malloc(main.e_phnum * sizeof(*ranges));
	if (!segments || !ranges)
		return &kd_error_nomem;
	err = kd_file_read_header(file, main.e_phoff, segments, main.e_phnum * sizeof(*segments));
	if (err)
		return err;
	size_t nr = 0;
	for (size_t i = 0; i < main.e_phnum; i++) {
		const Elf64_Phdr *segment = &segments[i];
		if (is_memory(segment))
			ranges[nr++] = (struct kd_running_range){
				.start = segment->p_paddr,
				.end = segment->p_paddr + segment->p_filesz,
				.offset = segment->p_offset,
			};
	}
	if (!nr)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s names no physical memory", file->path);
	qsort(ranges, nr, sizeof(*ranges), by_start);
	*running = (struct kd_running){ .ranges = kd_move_ptr(ranges), .nr = nr };
	return NULL;
}

void kd_running_deinit(struct kd_running *running)
{
	free(running->ranges);
	*running = (struct kd_running){};
}

kd_paddr kd_running_end(const struct kd_running *running)
{
	kd_paddr end = 0;
	for (size_t i = 0; i < running->nr; i++)
		end = kd_max(end, running->ranges[i].end);
	return end;
}

bool kd_running_next(const struct kd_running *running, kd_paddr address, kd_paddr *ret)
{
	for (size_t i = 0; i < running->nr; i++) {
		if (address < running->ranges[i].end) {
			*ret = kd_max(address, running->ranges[i].start);
			return true;
		}
	}
	return false;
}

/** The range that holds an address; the image's own segment lies inside another one. */
static const struct kd_running_range *find(const struct kd_running *running, kd_paddr address)
{
	for (size_t i = 0; i < running->nr && running->ranges[i].start <= address; i++) {
		if (address < running->ranges[i].end)
			return &running->ranges[i];
	}
	return NULL;
}

struct kd_error *kd_running_read(const struct kd_running *running, const struct kd_file *file, kd_paddr address,
				 void *buffer, size_t len)
{
	while (len) {
		const struct kd_running_range *range = find(running, address);
		if (!range)
			return kd_error_create_fault(KD_FAULT_ABSENT, address, true);
		size_t part = kd_min(len, range->end - address), got;
		KD_DROP_ERROR struct kd_error *err =
			kd_file_read(file, range->offset + (address - range->start), buffer, part, &got);
		/* A page that the kernel itself cannot read (poisoned, or taken offline) is one page, not the end. */
		if (err)
			return kd_error_create_fault_why(KD_FAULT_ABSENT, address, true, "%s", err->message);
		if (got < part)
			return kd_error_create_fault(KD_FAULT_ABSENT, address + got, true);
		buffer = (char *)buffer + part;
		address += part;
		len -= part;
	}
	return NULL;
}
