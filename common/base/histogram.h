/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A log-linear histogram of non-negative values: 16 steps to each power of two, so a quantile is
 * right to 1/16 of its value. Fixed size, single writer, plain stores; a reader in another process
 * sees each bucket whole, and the set at slightly different instants. Bounds: 2^40 and more share
 * the last bucket (as nanoseconds: 18 minutes).
 */
#ifndef SLUICE_BASE_HISTOGRAM_H
#define SLUICE_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS  4
#define HISTOGRAM_VALUE_BITS 40
#define HISTOGRAM_BUCKETS    ((HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

struct histogram {
	uint64_t count, sum, max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* Adds the counts of `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value below which `per_mille` of a thousand lie (upper end of its bucket); 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, unsigned per_mille);

/* How many values lie below `limit`: exact where that is a power of two of at least 16 and at most
 * 2^39, else to 1/16 of it. */
uint64_t histogram_below(const struct histogram *h, uint64_t limit);

#endif
