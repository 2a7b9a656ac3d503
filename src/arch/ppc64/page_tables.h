/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Page tables of ppc64. */
#ifndef KD_ARCH_PPC64_PAGE_TABLES_H
#define KD_ARCH_PPC64_PAGE_TABLES_H

#include "xlat/page_tables.h"

extern const struct kd_page_tables kd_ppc64_page_tables;

#endif
