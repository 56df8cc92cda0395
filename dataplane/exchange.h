/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one core hands another: frames that concern every core's neighbour table, and segments whose
 * flow this core does not know. A port may deliver a packet to any queue (af_packet's fan-out rolls
 * over to the next one when a socket is full), so a core never guesses who owns a flow: the segment
 * goes round, and the last core refuses it. Bounded: EXCHANGE_SLOTS a core; over it, dropped.
 */
#ifndef SLUICE_EXCHANGE_H
#define SLUICE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "common/base/address.h"

#define EXCHANGE_SLOTS 1024

/* Lies in the mbuf's private area; every data pool is made with room for it. */
struct exchange_note {
	struct ip_address source, destination;
	uint8_t ecn;
	uint8_t hops;  /* cores that did not know it */
	bool is_frame; /* a whole frame for the link, else a TCP segment */
};

struct exchange {
	unsigned count;
	struct rte_ring *inboxes[64];
};

/* -ENOMEM. One inbox a core; several cores put, its own takes. */
int exchange_init(struct exchange *x, unsigned cores);
void exchange_fini(struct exchange *x);

/* Gives a copy of a frame to every other core. */
void exchange_copy_to_all(
    struct exchange *x, unsigned from, struct rte_mbuf *frame, struct rte_mempool *pool);
/* Passes a segment on to the next core, or returns false when all have seen it: it stays the
 * caller's. */
bool exchange_pass_on(
    struct exchange *x, unsigned from, struct rte_mbuf *segment, const struct exchange_note *note);
/* What others put; up to `room`. */
unsigned exchange_take(struct exchange *x, unsigned core, struct rte_mbuf **out, unsigned room);

static inline struct exchange_note *
exchange_note_of(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

#endif
