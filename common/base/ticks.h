/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The monotonic clock of a while, by the processor's counter: the kernel's reading when the while
 * began, and what the counter says has passed since. That costs a third of another reading of the
 * kernel's clock (on a guest 25 to 40 cycles of 75 to 90). A while is a turn of a core's loop: too
 * short for the two to drift apart by more than the counter's rate is wrong (DPDK rounds it, by a
 * quarter of a percent at most). One thread; the struct is the caller's.
 */
#ifndef SLUICE_BASE_TICKS_H
#define SLUICE_BASE_TICKS_H

#include "common/base/mono.h"

#define TICKS_SCALE_BITS 32

struct ticks {
	uint64_t scale; /* nanoseconds of 2^32 ticks; 0: the kernel's clock is always asked */
	uint64_t at;    /* the counter at `since` */
	struct mono since;
};

/* `hz`: how often a second the counter counts; 0 where it is none to tell time by. */
static inline struct ticks
ticks_of(uint64_t hz)
{
	return (
	    struct ticks){ .scale = hz > 0 ? ((uint64_t)1000000000 << TICKS_SCALE_BITS) / hz : 0 };
}

/* A while begins; `now` was read just before. */
static inline void
ticks_begin(struct ticks *t, struct mono now)
{
	t->at = __builtin_ia32_rdtsc();
	t->since = now;
}

/*
 * The time at the counter's reading `counter`, never before `since`. Of 2^32 ticks on, a second or
 * more, the kernel is asked: so long a while is none, or the counter was set back, as a guest's
 * may be when it moves to another host.
 */
static inline struct mono
ticks_time(const struct ticks *t, uint64_t counter)
{
	uint64_t passed = counter - t->at;

	if (t->scale == 0 || passed >> 32 != 0)
		return mono_now();
	return (struct mono){ t->since.ns + (uint64_t)(((unsigned __int128)passed * t->scale) >>
						       TICKS_SCALE_BITS) };
}

static inline struct mono
ticks_now(const struct ticks *t)
{
	return ticks_time(t, __builtin_ia32_rdtsc());
}

#endif
