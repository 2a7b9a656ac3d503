/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/*
 * A flattened file is a stream of segments after a 4 KiB header. Each says where its bytes belong in the rearranged
 * file; a later segment overwrites an earlier one. Offsets are big-endian, -1 ends the stream.
 */
#define FLAT_HEADER_LEN 4096
struct flat_segment {
	int64_t offset, len;
};

/* The header area (headers, notes, bitmaps) is written in few segments at the start of the stream. */
#define FLAT_HEADER_SEGMENTS 4096

struct kd_error *kd_file_init(struct kd_file *file, const char *path)
{
	/* A pipe without a writer must not keep us waiting; files and disks do not know the flag. */
	KD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return kd_error_create_os(errno, path, "cannot open %s: %s", path, strerror(errno));
	struct stat status;
	if (fstat(fd, &status))
		return kd_error_create_os(errno, path, "cannot examine %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return kd_error_create_file(KD_ERROR_FORMAT, path,
					    "%s is a directory; give the dump file inside it, e.g. %s%svmcore", path,
					    path, path[strlen(path) - 1] == '/' ? "" : "/");
	if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || S_ISCHR(status.st_mode))
		return kd_error_create_file(KD_ERROR_FORMAT, path,
					    "%s is a %s; a dump is read here and there, so write it to a file first",
					    path,
					    S_ISFIFO(status.st_mode)   ? "pipe"
					    : S_ISSOCK(status.st_mode) ? "socket"
								       : "character device");
	bool regular = S_ISREG(status.st_mode);
	/* Files of /proc are regular and claim to be empty. */
	char byte;
	if (regular && !status.st_size && pread(fd, &byte, 1, 0) <= 0)
		return kd_error_create_file(KD_ERROR_FORMAT, path,
					    "%s is empty; was the dump interrupted, or the disk full?", path);
	*file = (struct kd_file){
		.path = path,
		.fd = fd,
		.size = regular && status.st_size ? (uint64_t)status.st_size : UINT64_MAX,
		.device = status.st_dev,
		.inode = status.st_ino,
	};
	fd = -1;
	return NULL;
}

void kd_file_deinit(struct kd_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

struct kd_error *kd_file_read(const struct kd_file *file, uint64_t offset, void *buffer, size_t len, size_t *ret_len)
{
	size_t done = 0;
	while (done < len && offset + done <= INT64_MAX) {
		ssize_t part = pread(file->fd, (char *)buffer + done, len - done, (off_t)(offset + done));
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return kd_error_create_os(errno, file->path, "cannot read %s at %" PRIu64 ": %s", file->path,
						  offset + done, strerror(errno));
		if (!part)
			break;
		done += (size_t)part;
	}
	*ret_len = done;
	return NULL;
}

static struct kd_error *read_flattened(const struct kd_file *file, uint64_t offset, uint8_t *buffer, size_t len,
				       size_t *ret_len)
{
	uint64_t position = FLAT_HEADER_LEN, covered = 0;
	memset(buffer, 0, len);
	for (unsigned int i = 0; i < FLAT_HEADER_SEGMENTS; i++) {
		struct flat_segment segment;
		size_t got;
		struct kd_error *err = kd_file_read(file, position, &segment, sizeof(segment), &got);
		if (err)
			return err;
		int64_t start = (int64_t)be64toh((uint64_t)segment.offset);
		int64_t size = (int64_t)be64toh((uint64_t)segment.len);
		if (got < sizeof(segment) || start < 0 || size <= 0 || start > INT64_MAX - size ||
		    position > INT64_MAX - sizeof(segment) - (uint64_t)size)
			break;
		position += sizeof(segment);
		uint64_t from = kd_max((uint64_t)start, offset), to = kd_min((uint64_t)(start + size), offset + len);
		if (from < to) {
			err = kd_file_read(file, position + (from - (uint64_t)start), buffer + (from - offset),
					   to - from, &got);
			if (err)
				return err;
			covered += got;
		}
		position += (uint64_t)size;
		/* A writer that goes back over its header does so late; the first full cover is good enough here. */
		if (covered >= len)
			break;
	}
	*ret_len = (size_t)kd_min(covered, len);
	return NULL;
}

struct kd_error *kd_file_read_header(const struct kd_file *file, uint64_t offset, void *buffer, size_t len)
{
	size_t got;
	if (offset > INT64_MAX - len)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s: damaged header: it points to offset %#" PRIx64, file->path, offset);
	struct kd_error *err = file->flattened ? read_flattened(file, offset, buffer, len, &got)
					       : kd_file_read(file, offset, buffer, len, &got);
	if (err)
		return err;
	if (got < len)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s: truncated or damaged: no %zu bytes of header at offset %" PRIu64,
					    file->path, len, offset);
	return NULL;
}
