/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time as types of their own, so that milliseconds never meet nanoseconds unseen, and wall time
 * never meets monotonic time: a point on the monotonic clock, and a length of time. Holds, TTLs,
 * TCP timers and rate limits know only these; wall time is for log lines and records.
 */
#ifndef SLUICE_BASE_MONO_H
#define SLUICE_BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct mono {
	uint64_t ns; /* since an arbitrary start; 0 is never a real time: MONO_NONE */
};

struct duration {
	int64_t ns;
};

#define MONO_NONE  ((struct mono){ 0 })
#define MONO_NEVER ((struct mono){ UINT64_MAX })

static inline struct duration
nanoseconds(int64_t n)
{
	return (struct duration){ n };
}

static inline struct duration
microseconds(int64_t n)
{
	return (struct duration){ n * 1000 };
}

static inline struct duration
milliseconds(int64_t n)
{
	return (struct duration){ n * 1000000 };
}

static inline struct duration
seconds(int64_t n)
{
	return (struct duration){ n * 1000000000 };
}

static inline struct mono
mono_add(struct mono t, struct duration d)
{
	return (struct mono){ t.ns + (uint64_t)d.ns };
}

static inline struct duration
mono_since(struct mono later, struct mono earlier)
{
	return (struct duration){ (int64_t)(later.ns - earlier.ns) };
}

static inline bool
mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

static inline struct mono
mono_earlier(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

static inline bool
mono_is_set(struct mono t)
{
	return t.ns != 0;
}

/* Reads CLOCK_MONOTONIC. The libraries never call it: their time is handed to them. */
static inline struct mono
mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec };
}

#endif
