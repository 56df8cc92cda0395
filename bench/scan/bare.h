/* SPDX-License-Identifier: BSD-3-Clause */
/* What both sides of bench/scan share: the clock, and what the bare calls do with a match. */
#ifndef SLUICE_BENCH_SCAN_BARE_H
#define SLUICE_BENCH_SCAN_BARE_H

#include <stdint.h>
#include <time.h>

/* CPU of the calling thread, in seconds. */
static inline double
bare_cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

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
