/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump file of any format: it is opened, and some of its memory is read, with all that lies between. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump/dump.h"
#include "dump/notes.h"
#include "fuzz.h"
#include "kernel/kernel.h"

static struct kd_error *count_range(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	(void)flags;
	FUZZ_CHECK(start < end);
	return ++*(size_t *)context > 100 ? kd_error_create(KD_ERROR_LIMIT, "enough") : NULL;
}

static void read_memory(struct kd_kernel *kernel)
{
	struct kd_memory *memory;
	struct kd_error *err = kd_kernel_memory(kernel, &memory);
	if (!err) {
		size_t count = 0;
		uint64_t value;
		const struct kd_layout *layout = kd_memory_layout(memory);
		kd_error_destroy(kd_memory_read_u64(memory, layout->image_start + 0x1000000, &value));
		kd_error_destroy(kd_memory_read_u64(memory, layout->page_offset + 0x1000, &value));
		kd_error_destroy(kd_memory_read_u64(memory, 0xffffc90000000000, &value));
		kd_error_destroy(kd_memory_ranges(memory, layout->image_start, layout->image_end, count_range, &count));
	}
	kd_error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int fd = -1;
	static char path[64];
	if (fd < 0) {
		fd = memfd_create("dump", 0);
		assert(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) || pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	struct kd_kernel *kernel;
	struct kd_kernel_options options = { .dump.cache_pages = 16 };
	const char *const paths[] = { path };
	struct kd_error *err = kd_kernel_open(paths, 1, &options, &kernel);
	if (err) {
		FUZZ_CHECK(*err->message && !strchr(err->message, '\n'));
		kd_error_destroy(err);
		return 0;
	}
	struct kd_dump *dump = kd_kernel_dump(kernel);
	kd_pfn pfn = 0;
	for (int i = 0; i < 16 && kd_dump_next_page(dump, &pfn); i++, pfn += 1 + (kd_pfn)i * i) {
		const uint8_t *page;
		err = kd_dump_page(dump, pfn, &page);
		FUZZ_CHECK(!err || err->code == KD_ERROR_FAULT || err->code == KD_ERROR_OS ||
			   err->code == KD_ERROR_NOMEM);
		kd_error_destroy(err);
		kd_dump_page_status(dump, pfn);
	}
	kd_dump_completeness(dump);
	kd_dump_notes(dump);
	read_memory(kernel);
	kd_kernel_close(kernel);
	return 0;
}
