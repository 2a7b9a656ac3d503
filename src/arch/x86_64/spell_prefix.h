/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Prefixes, as binutils spell them. */
#ifndef KD_ARCH_X86_64_SPELL_PREFIX_H
#define KD_ARCH_X86_64_SPELL_PREFIX_H

#include "arch/x86_64/spelling.h"

/** Those that are shown, each with a blank behind it. */
void kd_spell_put_prefixes(const struct kd_spelling *s, struct kd_spelling_buffer *out);

#endif
