/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Numbers at random, the same ones in each run.
 */
#ifndef KD_TESTS_CHANCE_H
#define KD_TESTS_CHANCE_H

#include <stdint.h>

static uint64_t random_state = 1; /* not 0 */

static inline uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1d;
}

/** One of [0, below). */
static inline uint32_t chance(uint32_t below)
{
	return random_u64() % below;
}

#endif
