/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A bounded reader of JSON that is there in memory, one value after another. What is no JSON ends it: all that is asked
 * for then fails.
 */
#ifndef KD_BASE_JSON_H
#define KD_BASE_JSON_H

#include "base/types.h"

struct kd_json {
	const char *at, *end;
	bool failed;
};

/** Go into an object or an array. */
bool kd_json_enter(struct kd_json *json, char bracket);

/** Whether there is one more element, of an array that was entered; behind the last the array is left. */
bool kd_json_element(struct kd_json *json);
/** The same of an object: the key of its next member, cut to what there is room for. */
bool kd_json_member(struct kd_json *json, char *key, size_t size);

/** The value that is next. One of another kind fails. Of texts, escapes stay as they are. */
bool kd_json_string(struct kd_json *json, char *text, size_t size);
bool kd_json_u64(struct kd_json *json, uint64_t *ret);
/** Whatever it is. */
bool kd_json_skip(struct kd_json *json);

#endif
