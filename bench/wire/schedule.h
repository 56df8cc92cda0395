/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When objects are due in an open loop: evenly, from when the schedule begins until its end, no
 * matter how many are answered. In the lead-in every connection carries its first objects, which
 * cost more than any later; they count, but their times do not. Owns nothing; one thread.
 */
#ifndef SLUICE_BENCH_WIRE_SCHEDULE_H
#define SLUICE_BENCH_WIRE_SCHEDULE_H

#include "common/base/histogram.h"
#include "common/base/mono.h"

/* Of a schedule's length, and never longer than that. */
#define SCHEDULE_LEAD_IN_PART 10
#define SCHEDULE_LEAD_IN_MAX  milliseconds(20)

struct schedule {
	uint32_t rate;                 /* a second; 0: nothing is ever due */
	struct mono begun, timed, end; /* timed: the lead-in is over */
	uint64_t taken, seen;          /* how many of those that are due */
};

void schedule_begin(struct schedule *s, uint32_t rate, struct mono now, struct duration length);
/* Of those that are due now, the first that was not taken: when it was due. False: none. */
bool schedule_next(const struct schedule *s, struct mono now, struct mono *due);
void schedule_take(struct schedule *s);
/* Adds to `lag_ns` how late each is seen that became due since the call before, in nanoseconds. */
void schedule_note_lag(struct schedule *s, struct mono now, struct histogram *lag_ns);
/* Whether times count of what is seen or answered now. */
bool schedule_is_timed(const struct schedule *s, struct mono now);
/* How many of all that are due until the end were not taken. */
uint64_t schedule_left(const struct schedule *s);

#endif
