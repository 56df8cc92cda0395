/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a simulation's choices come from: xorshift64*, small and the same everywhere. A stream of
 * numbers for each thing that chooses (a link, an application), so that what one of them draws does
 * not move the others.
 */
#ifndef SLUICE_TESTS_RANDOM_H
#define SLUICE_TESTS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_random {
	uint64_t state; /* never 0 */
};

/* Streams of one seed are told apart by `stream`; neighbouring seeds have nothing in common. */
static inline struct sim_random
sim_random_of(uint64_t seed, uint64_t stream)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15u + (stream + 1) * 0xbf58476d1ce4e5b9u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u; /* splitmix64's finish */
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	return (struct sim_random){ x != 0 ? x : 1 };
}

static inline uint64_t
sim_draw(struct sim_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 2685821657736338717u;
}

/* [0, n); n is not 0. */
static inline uint64_t
sim_below(struct sim_random *r, uint64_t n)
{
	return (sim_draw(r) >> 16) % n;
}

/* [low, high], both included. */
static inline uint64_t
sim_between(struct sim_random *r, uint64_t low, uint64_t high)
{
	return low + sim_below(r, high - low + 1);
}

/* [low, high], each power of two between them as likely as the next: sizes and times are so. */
static inline uint64_t
sim_spread(struct sim_random *r, uint64_t low, uint64_t high)
{
	unsigned bits = 0;
	uint64_t n;

	while (low << bits < high)
		bits++;
	n = low << sim_below(r, bits + 1);
	n += sim_below(r, n + 1);
	return n < high ? n : high;
}

static inline bool
sim_happens(struct sim_random *r, uint32_t ppm)
{
	return ppm != 0 && sim_below(r, 1000000) < ppm;
}

#endif
