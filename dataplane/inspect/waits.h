/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who was shown the "being scanned" page for what, how often and since when: so that it ends. Fixed
 * memory: sets of WAITS_WAYS, the entry that ends soonest gives way. Keyed by a keyed hash of URL
 * and client, so nobody can crowd a set. One thread.
 */
#ifndef SLUICE_INSPECT_WAITS_H
#define SLUICE_INSPECT_WAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mono.h"

#define WAITS_ENTRIES 4096
#define WAITS_WAYS    4
#define WAITS_SECONDS 600 /* without another page: forgotten */

struct wait {
	uint64_t key;
	struct mono first, until; /* until 0: never used */
	uint32_t pages;           /* shown so far */
};

struct waits;

/* NULL when memory is lacking. */
struct waits *waits_create(void);
void waits_destroy(struct waits *w);
/* The entry of that key, new where there was none; valid until the next call. */
struct wait *waits_of(struct waits *w, uint64_t key, struct mono now);
/* Counts one page more. */
void waits_shown(struct wait *entry, struct mono now);

#endif
