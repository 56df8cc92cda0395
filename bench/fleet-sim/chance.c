/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/chance.h"

#include <math.h>

#define NEAR_ONE 1e-8 /* exponents this near to 1 are integrated as 1 */

uint64_t
chance_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t
chance_next(struct chance *c)
{
	return chance_mix(c->state++);
}

double
chance_fraction(struct chance *c)
{
	return (double)(chance_next(c) >> 11) / 9007199254740992.0;
}

uint32_t
chance_below(struct chance *c, uint32_t bound)
{
	return (uint32_t)((chance_next(c) >> 32) * bound >> 32);
}

double
chance_interval(struct chance *c, double mean)
{
	return -log1p(-chance_fraction(c)) * mean;
}

/* Of x to the power of -exponent, from 1 on. */
static double
integral(const struct zipf *z, double x)
{
	double left = 1 - z->exponent;

	return fabs(left) < NEAR_ONE ? log(x) : expm1(left * log(x)) / left;
}

static double
inverse(const struct zipf *z, double y)
{
	double left = 1 - z->exponent;

	return fabs(left) < NEAR_ONE ? exp(y) : exp(log1p(left * y) / left);
}

static double
weight(const struct zipf *z, double rank)
{
	return exp(-z->exponent * log(rank));
}

void
zipf_init(struct zipf *z, uint32_t count, double exponent)
{
	z->count = count;
	z->exponent = exponent;
	z->first = integral(z, 1.5) - 1;
	z->last = integral(z, count + 0.5);
	z->accept = 2 - inverse(z, integral(z, 2.5) - weight(z, 2));
}

uint32_t
zipf_draw(const struct zipf *z, struct chance *c)
{
	for (;;) {
		double at = z->last + chance_fraction(c) * (z->first - z->last);
		double x = inverse(z, at), rank = floor(x + 0.5);

		rank = rank < 1 ? 1 : rank > z->count ? z->count : rank;
		if (rank - x <= z->accept || at >= integral(z, rank + 0.5) - weight(z, rank))
			return (uint32_t)rank;
	}
}
