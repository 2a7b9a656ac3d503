/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/paths.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATHS_MAX 1024

/** The length of FILE in FILE@ADDRESS; 0: it is no such name. The address is hexadecimal, with 0x or without. */
static size_t split(const char *name, size_t len, kd_paddr *ret)
{
	const char *at = memrchr(name, '@', len);
	if (!at || at == name || !isxdigit((unsigned char)at[1]))
		return 0;
	char *end;
	errno = 0;
	*ret = strtoull(at + 1, &end, 16);
	return end == name + len && !errno ? (size_t)(at - name) : 0;
}

static struct kd_error *append(struct kd_paths *paths, const char *name, size_t len, bool raw, kd_paddr address)
{
	if (paths->nr == PATHS_MAX)
		return kd_error_create(KD_ERROR_VALUE, "more than %u dump files given", PATHS_MAX);
	struct kd_path_name *list = realloc(paths->list, (paths->nr + 1) * sizeof(*list));
	if (!list)
		return &kd_error_nomem;
	paths->list = list;
	char *path = strndup(name, len);
	if (!path)
		return &kd_error_nomem;
	list[paths->nr++] = (struct kd_path_name){ path, raw, address };
	return NULL;
}

/** Whether all that commas part is FILE@ADDRESS. */
static bool is_list(const char *name)
{
	kd_paddr address;
	size_t len;
	do {
		len = strcspn(name, ",");
		if (!split(name, len, &address))
			return false;
		name += len;
	} while (*name++);
	return true;
}

static struct kd_error *append_name(struct kd_paths *paths, const char *name)
{
	kd_paddr address = 0;
	if (!access(name, F_OK))
		return append(paths, name, strlen(name), false, 0);
	if (!is_list(name)) {
		const size_t len = split(name, strlen(name), &address);
		return append(paths, name, len ?: strlen(name), len != 0, address);
	}
	struct kd_error *err = NULL;
	for (size_t len; !err && *name; name += len + (name[len] == ',')) {
		len = strcspn(name, ",");
		const size_t path_len = split(name, len, &address);
		err = append(paths, name, path_len, true, address);
	}
	return err;
}

struct kd_error *kd_paths_init(struct kd_paths *paths, const char *const *names, size_t nr)
{
	*paths = (struct kd_paths){};
	if (!nr || nr > PATHS_MAX)
		return kd_error_create(KD_ERROR_VALUE, "%zu dump files given; 1 to %u are possible", nr, PATHS_MAX);
	for (size_t i = 0; i < nr; i++) {
		struct kd_error *err = append_name(paths, names[i]);
		if (err) {
			kd_paths_deinit(paths);
			return err;
		}
	}
	return NULL;
}

void kd_paths_deinit(struct kd_paths *paths)
{
	for (size_t i = 0; i < paths->nr; i++)
		free(paths->list[i].path);
	free(paths->list);
	*paths = (struct kd_paths){};
}
