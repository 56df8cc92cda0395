/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that the dataplane before left open, because it died: their clients are told, so that
 * they need not wait for an answer that will not come (RFC 9293 §3.5.1).
 *
 * A client that has nothing to send hears nothing. So each is asked: a segment makes its kernel
 * tell the connection's numbers, nobody here knows it, and it gets the RST that any stranger gets,
 * but without their rate. The next round asks again, who has gone says so with a RST of its
 * own, and is not asked any more; nor is one that has not answered LEFTOVERS_ROUNDS times, or whose
 * address or port is ours no more. While an address of theirs is still tried (RFC 4862 §5.4) the
 * first round is taken again, each FIRST_GAP.
 *
 * The cores share the list: each asks its share of it, and any of them may get the answer. An entry
 * is struck by whoever is done with it; a counter is written by the core whose it is.
 */
#ifndef SLUICE_LEFTOVERS_H
#define SLUICE_LEFTOVERS_H

#include <stdbool.h>

#include "common/base/mono.h"
#include "common/channel/channel.h"
#include "dataplane/net/link/link.h"
#include "dataplane/net/tcp/tcp.h"

#define LEFTOVERS_ROUNDS    8  /* at 0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 31.75 s */
#define LEFTOVERS_PER_BURST 16 /* asked in a millisecond by a core */

struct leftovers;

/* A core's share of the asking. */
struct asking {
	struct leftovers *leftovers;
	struct core_stats *stats;
	uint32_t next, step; /* in the list */
	unsigned first, round;
	bool any;   /* seen in this round that is not done with */
	bool early; /* seen in this round whose address is still tried */
	struct mono due;
};

/* Lends `entries`, and strikes them. NULL: no memory. */
struct leftovers *leftovers_create(
    struct tcp_ledger_entry *entries, uint32_t count, unsigned cores);
void leftovers_destroy(struct leftovers *l);
/* Any thread, once all that were found are told or given up: how it went. False: not yet, or it was
 * asked before. */
bool leftovers_take_outcome(struct leftovers *l, uint32_t *found, uint32_t *reset);

/* Of a core, before its first turn; NULL: there is nobody to ask. */
void leftovers_begin(
    struct asking *a, struct leftovers *l, struct core_stats *stats, unsigned core, unsigned cores);
/* A turn's part: how many were asked, at most LEFTOVERS_PER_BURST. */
unsigned leftovers_turn(struct asking *a, struct tcp *t, const struct link *l, struct mono now);
/* When the next are; MONO_NEVER: no more. */
struct mono leftovers_next_deadline(const struct asking *a);
/*
 * A segment that no core knows: true if it is of a connection that was left; it is answered then,
 * and taken.
 */
bool leftovers_take(struct asking *a, struct tcp *t, struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination);

#endif
