/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Page tables of x86-64. */
#ifndef KD_ARCH_X86_64_PAGE_TABLES_H
#define KD_ARCH_X86_64_PAGE_TABLES_H

#include "xlat/page_tables.h"

extern const struct kd_page_tables kd_x86_64_page_tables;

#endif
