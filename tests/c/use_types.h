/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * All that can be asked of types, for tests of BTF that is damaged.
 */
#ifndef KD_TESTS_USE_TYPES_H
#define KD_TESTS_USE_TYPES_H

#include <stddef.h>
#include <stdint.h>

/** Add this BTF, twice: as the kernel's and on top of that as a module's; then look at every type, and find some by
 * name. */
void use_types(const uint8_t *bytes, size_t len);

#endif
