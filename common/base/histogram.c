/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets: values below 16 have one each; above, the top four bits after the leading one. */
#include "common/base/histogram.h"

static unsigned
bucket_of(uint64_t value)
{
	unsigned top;

	if (value < (1u << HISTOGRAM_STEP_BITS))
		return (unsigned)value;
	if (value >> HISTOGRAM_VALUE_BITS != 0)
		return HISTOGRAM_BUCKETS - 1;
	top = 63 - (unsigned)__builtin_clzll(value);
	return ((top - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS) +
	       (unsigned)((value >> (top - HISTOGRAM_STEP_BITS)) &
			  ((1u << HISTOGRAM_STEP_BITS) - 1));
}

/* The largest value that lies in a bucket. */
static uint64_t
bucket_end(unsigned bucket)
{
	unsigned row = bucket >> HISTOGRAM_STEP_BITS;
	uint64_t step = bucket & ((1u << HISTOGRAM_STEP_BITS) - 1);

	if (row == 0)
		return step;
	return (((1u << HISTOGRAM_STEP_BITS) + step + 1) << (row - 1)) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
}

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
	into->count += from->count;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t
histogram_quantile(const struct histogram *h, unsigned per_mille)
{
	uint64_t total = 0, seen = 0, want;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += h->buckets[i];
	if (total == 0)
		return 0;
	want = (total * per_mille + 999) / 1000;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= want && seen > 0)
			return bucket_end(i) < h->max ? bucket_end(i) : h->max;
	}
	return h->max;
}

uint64_t
histogram_below(const struct histogram *h, uint64_t limit)
{
	uint64_t below = 0;

	for (unsigned i = 0; i < bucket_of(limit); i++)
		below += h->buckets[i];
	return below;
}
