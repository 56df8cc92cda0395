/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Domain and URL reputation: tables inside a generation, looked up without allocation. The most
 * specific entry wins: the longest path prefix of the host, else of its parent domains label by
 * label; at the same depth `good` wins over `bad`. Both sides are brought to one spelling first
 * (key.c): case, dots, percent-encoding, punycode, addresses. Ports and schemes play no part. The
 * tables are built by sluice-sigc (reputation_table.h describes them).
 */
#ifndef SLUICE_REPUTATION_H
#define SLUICE_REPUTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

enum reputation_kind {
	REPUTATION_UNKNOWN,
	REPUTATION_GOOD,
	REPUTATION_BAD
};

struct reputation_table; /* a view over mapped bytes */

struct reputation_answer {
	enum reputation_kind kind;
	const char *list; /* the list file's name; lent by the table */
	uint32_t line;
};

/* Checks every offset; the bytes must stay. `view` has room in its owner (a generation). */
struct reputation_table {
	const uint8_t *bytes;
	uint64_t byte_count;
};
int reputation_open(struct span bytes, struct reputation_table *view);

/* host without port, path from '/' on (empty: "/") with its query. */
void reputation_lookup(const struct reputation_table *t, struct span host, struct span path,
    struct reputation_answer *out);

uint32_t reputation_entries(const struct reputation_table *t);

struct generation;
const struct reputation_table *generation_reputation(const struct generation *g);

#endif
