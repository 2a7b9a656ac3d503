/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Growing arrays, one type each:
 *
 *     KD_VECTOR(kd_range_vector, struct range);
 *     struct kd_range_vector ranges = {};
 *     if (!kd_range_vector_append(&ranges, (struct range){ … }))
 *             return &kd_error_nomem;
 *     for (size_t i = 0; i < ranges.nr; i++)
 *             use(ranges.data[i]);
 *     kd_range_vector_deinit(&ranges);
 */
#ifndef KD_BASE_VECTOR_H
#define KD_BASE_VECTOR_H

#include <stdlib.h>

#include "base/types.h"

#define KD_VECTOR(name, type)                                                              \
	struct name {                                                                      \
		type *data;                                                                \
		size_t nr, capacity;                                                       \
	};                                                                                 \
	static inline void name##_deinit(struct name *vector)                              \
	{                                                                                  \
		free(vector->data);                                                        \
		*vector = (struct name){};                                                 \
	}                                                                                  \
	/* Room for at least capacity elements in all; false when memory is exhausted. */  \
	static inline bool name##_reserve(struct name *vector, size_t capacity)            \
	{                                                                                  \
		if (capacity <= vector->capacity)                                          \
			return true;                                                       \
		if (capacity > SIZE_MAX / sizeof(type))                                    \
			return false;                                                      \
		type *data = realloc(vector->data, capacity * sizeof(type));               \
		if (!data)                                                                 \
			return false;                                                      \
		vector->data = data;                                                       \
		vector->capacity = capacity;                                               \
		return true;                                                               \
	}                                                                                  \
	static inline bool name##_append(struct name *vector, type value)                  \
	{                                                                                  \
		if (vector->nr == vector->capacity &&                                      \
		    !name##_reserve(vector, vector->capacity ? vector->capacity * 2 : 16)) \
			return false;                                                      \
		vector->data[vector->nr++] = value;                                        \
		return true;                                                               \
	}                                                                                  \
	struct name

#endif
