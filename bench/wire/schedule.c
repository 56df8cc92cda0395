/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/wire/schedule.h"

#define NS_PER_S 1000000000u

void
schedule_begin(struct schedule *s, uint32_t rate, struct mono now, struct duration length)
{
	struct duration lead = { length.ns / SCHEDULE_LEAD_IN_PART };

	if (lead.ns > SCHEDULE_LEAD_IN_MAX.ns)
		lead = SCHEDULE_LEAD_IN_MAX;
	*s = (struct schedule){ .rate = rate, .begun = now };
	s->timed = mono_add(now, lead);
	s->end = mono_add(now, length);
}

static struct mono
due_at(const struct schedule *s, uint64_t number)
{
	uint64_t ns = number / s->rate * NS_PER_S + number % s->rate * NS_PER_S / s->rate;

	return mono_add(s->begun, nanoseconds((int64_t)ns));
}

static bool
is_due(const struct schedule *s, struct mono due, struct mono now)
{
	return !mono_before(now, due) && mono_before(due, s->end);
}

bool
schedule_next(const struct schedule *s, struct mono now, struct mono *due)
{
	if (s->rate == 0 || !mono_before(now, s->end))
		return false;
	*due = due_at(s, s->taken);
	return is_due(s, *due, now);
}

void
schedule_take(struct schedule *s)
{
	s->taken++;
}

void
schedule_note_lag(struct schedule *s, struct mono now, struct histogram *lag_ns)
{
	if (s->rate == 0)
		return;
	for (struct mono due = due_at(s, s->seen); is_due(s, due, now);
	     due = due_at(s, ++s->seen)) {
		if (schedule_is_timed(s, now))
			histogram_add(lag_ns, (uint64_t)mono_since(now, due).ns);
	}
}

bool
schedule_is_timed(const struct schedule *s, struct mono now)
{
	return !mono_before(now, s->timed);
}

uint64_t
schedule_left(const struct schedule *s)
{
	uint64_t ns = (uint64_t)mono_since(s->end, s->begun).ns;

	return ns / NS_PER_S * s->rate + (ns % NS_PER_S * s->rate + NS_PER_S - 1) / NS_PER_S -
	       s->taken;
}
