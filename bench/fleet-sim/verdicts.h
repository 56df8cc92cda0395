/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A node's verdict cache: sets of eight, the least recently used of a set gives way. `entries` are
 * rounded down to whole sets, one at least.
 */
#ifndef SLUICE_BENCH_FLEET_VERDICTS_H
#define SLUICE_BENCH_FLEET_VERDICTS_H

#include <stdint.h>

#define VERDICTS_WAYS 8

enum verdict {
	VERDICT_NONE,
	VERDICT_PENDING, /* delivered; a sandbox has it */
	VERDICT_CLEAN,   /* under one generation */
	VERDICT_BAD
};

/* As wide as eight bytes, so that a set is a cache line. */
struct verdict_entry {
	uint32_t object; /* its rank, from 1 on; 0: empty */
	uint16_t generation;
	uint8_t verdict;
};

struct verdicts {
	struct verdict_entry *sets; /* owned */
	uint32_t set_count;
};

/* -ENOMEM. verdicts_fini(). */
int verdicts_init(struct verdicts *v, uint32_t entries);
void verdicts_fini(struct verdicts *v);
/* As after a start. */
void verdicts_clear(struct verdicts *v);

/* NULL: not known. Lent until the next call; is now the last one used of its set. */
struct verdict_entry *verdicts_find(struct verdicts *v, uint32_t object);
/* Of an object that is not in it, or is. */
void verdicts_put(struct verdicts *v, uint32_t object, uint16_t generation, enum verdict verdict);

#endif
