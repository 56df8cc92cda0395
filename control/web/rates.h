/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last ten minutes, as differences of counters from one sample to the next. A sample of another
 * dataplane, whose counters began anew, or of none leaves a step that is not known, unless that
 * dataplane began after the sample before. Owned by who
 * samples; a fixed size.
 */
#ifndef SLUICE_WEB_RATES_H
#define SLUICE_WEB_RATES_H

#include <stdbool.h>
#include <stdint.h>

#define RATES_STEP_MS 5000
#define RATES_STEPS   120 /* kept */

struct rates_sample {
	uint64_t boot; /* of the dataplane; 0: there is none */
	uint64_t at_ms;
	uint64_t age_ms; /* how long it runs, by its own account; UINT64_MAX: not known */
	uint64_t objects, bytes, bad;
};

struct rates_step {
	bool known;
	uint64_t ms, objects, bytes, bad;
};

/* Zeroed to begin with. */
struct rates {
	struct rates_sample last;
	unsigned count, next;
	struct rates_step steps[RATES_STEPS];
};

void rates_add(struct rates *r, const struct rates_sample *sample);
/* The step that so many came after; one that is not known where there is none. */
struct rates_step rates_at(const struct rates *r, unsigned age);
/* The newest steps together, those that are known. */
struct rates_step rates_sum(const struct rates *r, unsigned steps);

#endif
