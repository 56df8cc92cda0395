/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * So many in a second and no more, whoever asks: for what strangers can make us send or look at. A
 * zeroed one is ready. A second begins with the first that is asked for after the last one ended.
 */
#ifndef SLUICE_BASE_RATE_H
#define SLUICE_BASE_RATE_H

#include "common/base/mono.h"

struct rate {
	struct mono until; /* the end of this second */
	uint32_t left;     /* in it */
};

/* True: one more is within the rate, and is counted. */
static inline bool
rate_allows(struct rate *r, struct mono now, uint32_t per_second)
{
	if (!mono_before(now, r->until)) {
		r->until = mono_add(now, seconds(1));
		r->left = per_second;
	}
	if (r->left == 0)
		return false;
	r->left--;
	return true;
}

#endif
