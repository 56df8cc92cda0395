/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A message in three pieces, for every pair of places to cut it, must talk as the whole one does.
 * Messages of up to CUTS_BYTES_MAX have half a million pairs at most. Of these one in CUTS_STRIDE
 * is tried, a prime, so that over a message all first and all second places come up;
 * SLUICE_CUTS=all tries each, SLUICE_CUTS=N one in N.
 */
#ifndef SLUICE_TESTS_UNIT_ICAP_CUTS_H
#define SLUICE_TESTS_UNIT_ICAP_CUTS_H

#include <stdlib.h>

#include "tests/sim/sim.h"
#include "tests/talk/talk.h"
#include "tests/unit/harness.h"

#define CUTS_BYTES_MAX 1023
#define CUTS_STRIDE    61

/* 0: SLUICE_CUTS says nothing that can be understood. */
static inline unsigned
cuts_stride(void)
{
	const char *wish = getenv("SLUICE_CUTS");
	char *end;
	unsigned long n;

	if (wish == NULL)
		return CUTS_STRIDE;
	if (strcmp(wish, "all") == 0)
		return 1;
	n = strtoul(wish, &end, 10);
	return *end == 0 && n > 0 && n <= 1000000 ? (unsigned)n : 0;
}

/* Returns how many pairs were tried; `*pair` counts on from message to message. */
static inline unsigned
cuts_check_pairs(const char *name, enum talk_policy policy, struct span sent, unsigned *pair)
{
	struct talk *whole = talk_run(sim_pools(), policy, sent, NULL, 0, true);
	unsigned stride = cuts_stride(), tried = 0;

	CHECK_ROW("SLUICE_CUTS is all, or a number", stride > 0);
	for (uint16_t a = 0; stride > 0 && a + 2u < sent.bytes; a++) {
		for (uint16_t b = 0; a + b + 2u < sent.bytes; b++) {
			uint16_t cuts[] = { a, b, UINT16_MAX };
			struct talk *t;

			if ((*pair)++ % stride != 0)
				continue;
			t = talk_run(sim_pools(), policy, sent, cuts, 3, true);
			if (!talk_is_same(whole, t))
				fprintf(
				    stderr, "  pieces of %u, %u and the rest\n", a + 1u, b + 1u);
			CHECK_ROW(name, talk_is_same(whole, t));
			talk_free(t);
			tried++;
		}
	}
	talk_free(whole);
	CHECK_ROW(name, sim_pools_used() == 0);
	return tried;
}

#endif
