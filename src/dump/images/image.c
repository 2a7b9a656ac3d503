/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/image.h"

#include <stdlib.h>
#include <string.h>

struct kd_image kd_image_empty(void)
{
	return (struct kd_image){ .companion = { .fd = -1 } };
}

void kd_image_deinit(struct kd_image *image)
{
	kd_extents_deinit(&image->extents);
	kd_file_deinit(&image->companion);
	free(image->companion_path);
	free(image->cpus);
	*image = kd_image_empty();
}

struct kd_image_cpu *kd_image_cpu(struct kd_image *image, size_t nr)
{
	if (nr >= KD_IMAGE_CPUS_MAX)
		return NULL;
	if (nr >= image->cpu_nr) {
		struct kd_image_cpu *cpus = realloc(image->cpus, (nr + 1) * sizeof(*cpus));
		if (!cpus)
			return NULL;
		memset(cpus + image->cpu_nr, 0, (nr + 1 - image->cpu_nr) * sizeof(*cpus));
		image->cpus = cpus;
		image->cpu_nr = nr + 1;
	}
	return &image->cpus[nr];
}

void kd_image_set(struct kd_image_cpu *cpu, const char *name, uint64_t value)
{
	struct kd_image_register *one = cpu->registers;
	while (one < cpu->registers + cpu->nr && strcmp(one->name, name) != 0)
		one++;
	if (one == cpu->registers + KD_ARRAY_NR(cpu->registers) || strlen(name) >= sizeof(one->name))
		return;
	cpu->nr = (size_t)kd_max(cpu->nr, (uint64_t)(one - cpu->registers) + 1);
	strcpy(one->name, name);
	one->value = value;
}

struct kd_error *kd_raw_add(struct kd_image *image, const struct kd_file *file, kd_paddr address)
{
	uint16_t nr;
	if (file->size == UINT64_MAX)
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, file->path,
					    "%s is no regular file, so that nobody knows how much memory it holds",
					    file->path);
	image->format = "raw memory";
	struct kd_error *err = kd_extents_add_file(&image->extents, file, &nr);
	return err ?: kd_extents_add_plain(&image->extents, address, address + file->size, nr, 0);
}
