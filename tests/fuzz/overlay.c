/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked with pykd (tools/pykd.mk), makes build/x86_64/pykd-overlay: what is read of a dump can be changed without
 * another file, and it is written down which memory was asked for. tools/overlay.py has the other end of what is
 * shared, a file that the environment names.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

#include "base/types.h"
#include "dump/private.h"
#include "xlat/memory.h"

#define PATCH_MAX 64
#define READ_MAX (1u << 20)
#define READ_LEN_MAX 1024 /* longer ones are tables of names and types, which are read by the page */

struct shared {
	uint64_t patch_nr, tracing, read_nr, generation; /* the last is another one whenever the patches are */
	struct {
		uint64_t address, len; /* physical; at most 8 */
		uint8_t bytes[8];
	} patches[PATCH_MAX];
	struct {
		uint64_t address, len; /* virtual, of the kernel */
	} reads[READ_MAX];
};

static struct shared *shared;
static uint64_t generation; /* of the patches that are in the cache of pages too */

__attribute__((constructor)) static void share(void)
{
	const char *path = getenv("PYKD_OVERLAY");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		shared = at;
}

kdump_status __real_kdump_read(kdump_ctx_t *context, kdump_addrspace_t space, kdump_addr_t address, void *buffer,
			       size_t *len);
kdump_status __wrap_kdump_read(kdump_ctx_t *context, kdump_addrspace_t space, kdump_addr_t address, void *buffer,
			       size_t *len);
kdump_status __wrap_kdump_read(kdump_ctx_t *context, kdump_addrspace_t space, kdump_addr_t address, void *buffer,
			       size_t *len)
{
	kdump_status status = __real_kdump_read(context, space, address, buffer, len);
	for (uint64_t i = 0; shared && status == KDUMP_OK && i < shared->patch_nr; i++)
		for (uint64_t j = 0; j < shared->patches[i].len; j++)
			if (shared->patches[i].address + j - address < *len)
				((uint8_t *)buffer)[shared->patches[i].address + j - address] =
					shared->patches[i].bytes[j];
	return status;
}

/** Change what was read of a dump before the patches were made: a process that is forked has its own copy. */
static void patch_cache(struct kd_dump *dump)
{
	if (!shared || generation == shared->generation)
		return;
	generation = shared->generation;
	for (uint64_t i = 0; i < shared->patch_nr; i++)
		for (uint64_t j = 0; j < shared->patches[i].len; j++) {
			const kd_paddr address = shared->patches[i].address + j;
			const uint8_t *page = kd_page_cache_find(&dump->cache, address >> dump->page_shift);
			if (page)
				((uint8_t *)(uintptr_t)page)[address & (dump->page_size - 1)] =
					shared->patches[i].bytes[j];
		}
}

struct kd_error *__real_kd_dump_page(struct kd_dump *dump, kd_pfn pfn, const uint8_t **ret) KD_RETURNS_ERROR;
struct kd_error *__wrap_kd_dump_page(struct kd_dump *dump, kd_pfn pfn, const uint8_t **ret) KD_RETURNS_ERROR;
struct kd_error *__wrap_kd_dump_page(struct kd_dump *dump, kd_pfn pfn, const uint8_t **ret)
{
	patch_cache(dump);
	return __real_kd_dump_page(dump, pfn, ret);
}

struct kd_error *__real_kd_dump_read(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len) KD_RETURNS_ERROR;
struct kd_error *__wrap_kd_dump_read(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len) KD_RETURNS_ERROR;
struct kd_error *__wrap_kd_dump_read(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	patch_cache(dump);
	return __real_kd_dump_read(dump, address, buffer, len);
}

static void note(kd_vaddr address, size_t len)
{
	if (!shared || !shared->tracing || len > READ_LEN_MAX || shared->read_nr == READ_MAX)
		return;
	shared->reads[shared->read_nr].address = address;
	shared->reads[shared->read_nr++].len = len;
}

#define WRAP(name, len, parameters, arguments)                      \
	struct kd_error *__real_##name parameters KD_RETURNS_ERROR; \
	struct kd_error *__wrap_##name parameters KD_RETURNS_ERROR; \
	struct kd_error *__wrap_##name parameters                   \
	{                                                           \
		note(address, len);                                 \
		return __real_##name arguments;                     \
	}
WRAP(kd_memory_read, len, (struct kd_memory * memory, kd_vaddr address, void *buffer, size_t len),
     (memory, address, buffer, len))
WRAP(kd_memory_read_upto, len,
     (struct kd_memory * memory, kd_vaddr address, void *buffer, size_t len, size_t *ret_len, struct kd_error **why),
     (memory, address, buffer, len, ret_len, why))
/* Numbers are read by this; a search, which looks at all of a page, need not be known. */
WRAP(kd_memory_view, 8, (struct kd_memory * memory, kd_vaddr address, const uint8_t **ret, size_t *ret_len),
     (memory, address, ret, ret_len))
WRAP(kd_memory_read_string, kd_min(max_len, (size_t)64),
     (struct kd_memory * memory, kd_vaddr address, size_t max_len, char **ret, size_t *ret_len),
     (memory, address, max_len, ret, ret_len))
