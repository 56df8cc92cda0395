/* SPDX-License-Identifier: BSD-3-Clause */
/* What the bare calls of both sides of bench/scan do with a match. */
#ifndef SLUICE_BENCH_SCAN_BARE_H
#define SLUICE_BENCH_SCAN_BARE_H

#include <stdint.h>

/* A match_event_handler of Hyperscan: counts into the uint64_t behind `at`. */
static inline int
bare_count_match(
    unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *at)
{
	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	++*(uint64_t *)at;
	return 0;
}

#endif
