/* SPDX-License-Identifier: BSD-3-Clause */
/* The flight recorder (flight.c): the last events of a connection. For files of this folder. */
#ifndef SLUICE_TCP_FLIGHT_H
#define SLUICE_TCP_FLIGHT_H

#include "dataplane/net/tcp/conn.h"

/*
 * A pool of them goes round the connections that are busy. In one of three places: free, with its
 * owner, or among the reports.
 */
struct flight {
	struct list node; /* free list, or reports */
	struct tcp_conn *owner;
	uint32_t count; /* of events, ever; the last TCP_FLIGHT_EVENTS are here */
	struct tcp_flight_report report;
	struct tcp_flight_event events[TCP_FLIGHT_EVENTS];
};
static_assert(sizeof(struct flight) <= 1664, "docs/tcp-observing.md tells it");

/* A recorder for it, or NULL. */
struct flight *flight_claim(struct tcp_conn *c);
int flight_create(struct tcp *t); /* -ENOMEM */
void flight_destroy(struct tcp *t);
/* The connection is about to be forgotten. */
void flight_put(struct tcp_conn *c);
/* Keeps how it stands: what comes later is not recorded. Without a recorder nothing is kept. */
void flight_freeze(struct tcp_conn *c, enum tcp_fault fault);
/* Freezes it, where that was not done, and hands it to tcp_next_flight(). */
void flight_report(struct tcp_conn *c, enum tcp_fault fault);
/* A segment of it was rejected: reports one that is flooded. */
void flight_rejected(struct tcp_conn *c);

/*
 * One event. On the hot path: a test, an index, and twenty bytes written. `length` is of one
 * segment, so it fits. What the table counts as half-open has no recorder and takes the slow way.
 */
static inline void
flight_note(struct tcp_conn *c, enum tcp_flight_kind kind, uint8_t flags, struct seq seq,
    struct seq ack, uint32_t length, uint32_t window)
{
	struct flight *f = c->flight;
	struct tcp_flight_event *e;

	if (f == NULL) {
		if (mono_before(c->tcp->now, c->tcp->flight_retry))
			return;
		f = flight_claim(c);
		if (f == NULL)
			return;
	}
	e = &f->events[f->count++ % TCP_FLIGHT_EVENTS];
	e->at = (uint32_t)(c->tcp->now.ns >> TCP_FLIGHT_AT_SHIFT);
	e->seq = seq.v;
	e->ack = ack.v;
	e->length = (uint16_t)length;
	e->window = (uint16_t)window;
	e->kind = (uint8_t)kind;
	e->flags = flags;
	e->state = c->state;
}

/* A timer or a call: what is in flight is told in the place of a segment. */
static inline void
flight_note_event(struct tcp_conn *c, enum tcp_flight_kind kind, size_t length)
{
	flight_note(c, kind, 0, c->snd_nxt, c->rcv_nxt,
	    length < UINT16_MAX ? (uint32_t)length : UINT16_MAX, 0);
}

#endif
