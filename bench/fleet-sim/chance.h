/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers of a simulation: the same from a seed on every machine. One struct, one thread. */
#ifndef SLUICE_BENCH_FLEET_CHANCE_H
#define SLUICE_BENCH_FLEET_CHANCE_H

#include <stdint.h>

struct chance {
	uint64_t state;
};

/* A number from another, spread over 64 bits: what an object is like, where a flow goes. */
uint64_t chance_mix(uint64_t x);
uint64_t chance_next(struct chance *c);
/* At least 0, below 1. */
double chance_fraction(struct chance *c);
/* From 0, below `bound`, which is not 0. */
uint32_t chance_below(struct chance *c, uint32_t bound);
/* Time until the next of events that come at random, `mean` apart. */
double chance_interval(struct chance *c, double mean);

/*
 * Ranks from 1 to `count`, rank k as often as 1 / k^exponent (Zipf), by rejection from the
 * inverted integral (Hoermann and Derflinger 1996): a few draws each, whatever the count.
 */
struct zipf {
	double exponent, first, last, accept;
	uint32_t count;
};

/* `count` at least 1, `exponent` above 0. */
void zipf_init(struct zipf *z, uint32_t count, double exponent);
uint32_t zipf_draw(const struct zipf *z, struct chance *c);

#endif
