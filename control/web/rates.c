/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/rates.h"

/* Counters only count up: where one does not, the numbers are of no use. */
static bool
follows(const struct rates_sample *s, const struct rates_sample *last)
{
	return s->boot != 0 && s->boot == last->boot && s->at_ms > last->at_ms &&
	       s->objects >= last->objects && s->bytes >= last->bytes && s->bad >= last->bad;
}

/* All that it counted was counted since the sample before. */
static bool
began_since(const struct rates_sample *s, const struct rates_sample *last)
{
	return s->boot != 0 && s->boot != last->boot && last->at_ms != 0 &&
	       s->at_ms > last->at_ms && s->age_ms < s->at_ms - last->at_ms;
}

void
rates_add(struct rates *r, const struct rates_sample *sample)
{
	struct rates_step step = { 0 };

	if (began_since(sample, &r->last))
		step = (struct rates_step){ true, sample->at_ms - r->last.at_ms, sample->objects,
			sample->bytes, sample->bad };
	else if (follows(sample, &r->last))
		step = (struct rates_step){ true, sample->at_ms - r->last.at_ms,
			sample->objects - r->last.objects, sample->bytes - r->last.bytes,
			sample->bad - r->last.bad };
	r->last = *sample;
	r->steps[r->next] = step;
	r->next = (r->next + 1) % RATES_STEPS;
	if (r->count < RATES_STEPS)
		r->count++;
}

struct rates_step
rates_at(const struct rates *r, unsigned age)
{
	if (age >= r->count)
		return (struct rates_step){ 0 };
	return r->steps[(r->next + RATES_STEPS - 1 - age) % RATES_STEPS];
}

struct rates_step
rates_sum(const struct rates *r, unsigned steps)
{
	struct rates_step sum = { 0 };

	for (unsigned age = 0; age < steps; age++) {
		struct rates_step step = rates_at(r, age);

		if (!step.known)
			continue;
		sum.known = true;
		sum.ms += step.ms;
		sum.objects += step.objects;
		sum.bytes += step.bytes;
		sum.bad += step.bad;
	}
	return sum;
}
