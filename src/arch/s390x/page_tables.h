/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Page tables of s390x. */
#ifndef KD_ARCH_S390X_PAGE_TABLES_H
#define KD_ARCH_S390X_PAGE_TABLES_H

#include "xlat/page_tables.h"

extern const struct kd_page_tables kd_s390x_page_tables;

#endif
