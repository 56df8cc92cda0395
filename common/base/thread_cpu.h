/* SPDX-License-Identifier: BSD-3-Clause */
/* Processor time: what a measurement on a shared machine goes by. */
#ifndef SLUICE_BASE_THREAD_CPU_H
#define SLUICE_BASE_THREAD_CPU_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of processor time that the calling thread has had (CLOCK_THREAD_CPUTIME_ID). */
static inline uint64_t
thread_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same in seconds. */
static inline double
thread_cpu_seconds(void)
{
	return (double)thread_cpu_ns() / 1e9;
}

#endif
