/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file LINES OF A WHOLE KERNEL, as tables for a profile; kd_profile_source() reads them. */
#ifndef KD_DEBUG_LINES_WRITE_H
#define KD_DEBUG_LINES_WRITE_H

#include "debug/dwarf.h"

struct kd_line_tables {
	struct {
		uint8_t *bytes; /* malloced */
		size_t len;
	} strings, index, rows;
};

/** What kd_dwarf_source() says of every address. @param[out] ret the caller's to deinit. */
struct kd_error *kd_dwarf_line_tables(struct kd_dwarf *dwarf, struct kd_line_tables *ret) KD_RETURNS_ERROR;
void kd_line_tables_deinit(struct kd_line_tables *tables);

#endif
