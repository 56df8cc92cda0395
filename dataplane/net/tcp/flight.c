/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flight recorders: what a connection did last, for the day it comes to harm. There are fewer
 * than connections: an open one that does something takes a free recorder, or that of one which
 * has done nothing for FLIGHT_IDLE_MS, so who holds one is who moves. Half-open ones get none: a
 * flood of SYNs takes nothing away. Where all are busy the newcomer goes without, and nobody is
 * asked again for FLIGHT_RETRY_MS.
 *
 * A recorder that is frozen keeps its connection and takes no more events (its owner is NULL); it
 * goes among the reports, or back to the pool with the connection.
 */
#include "dataplane/net/tcp/flight.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t
flights_of(const struct tcp_config *f)
{
	uint32_t n = f->connections_max / FLIGHTS_SHARE;

	if (f->no_flights)
		return 0;
	if (f->flights_max != 0)
		return f->flights_max;
	if (n < FLIGHTS_MIN)
		n = FLIGHTS_MIN;
	return n < FLIGHTS_MAX ? n : FLIGHTS_MAX;
}

int
flight_create(struct tcp *t)
{
	uint32_t n = flights_of(&t->config);

	t->config.flights_max = n;
	list_init(&t->free_flights);
	list_init(&t->flight_reports);
	if (n == 0) {
		t->flight_retry = MONO_NEVER;
		return 0;
	}
	t->flights = calloc(n, sizeof(*t->flights));
	if (t->flights == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		list_append(&t->free_flights, &t->flights[i].node);
	return 0;
}

void
flight_destroy(struct tcp *t)
{
	free(t->flights);
}

/* How long ago its newest event was, in the unit of events. One without any is new, not idle. */
static uint32_t
idle_of(const struct tcp *t, const struct flight *f)
{
	uint32_t now = (uint32_t)(t->now.ns >> TCP_FLIGHT_AT_SHIFT);

	return f->count > 0 ? now - f->events[(f->count - 1) % TCP_FLIGHT_EVENTS].at : 0;
}

/* One whose connection has been idle; its events are forgotten. */
static struct flight *
take_from_idle(struct tcp *t)
{
	uint32_t idle = (uint32_t)((uint64_t)FLIGHT_IDLE_MS * 1000000u >> TCP_FLIGHT_AT_SHIFT);

	for (unsigned i = 0; i < FLIGHT_HANDS; i++) {
		struct flight *f = &t->flights[t->flight_hand];

		t->flight_hand = (t->flight_hand + 1) % t->config.flights_max;
		if (f->owner != NULL && idle_of(t, f) >= idle) {
			f->owner->flight = NULL;
			return f;
		}
	}
	t->flight_retry = mono_add(t->now, milliseconds(FLIGHT_RETRY_MS));
	return NULL;
}

struct flight *
flight_claim(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct list *node;
	struct flight *f;

	if (c->state < TCP_ESTABLISHED)
		return NULL;
	node = list_take_first(&t->free_flights);
	f = node != NULL ? LIST_ITEM(node, struct flight, node) : take_from_idle(t);
	if (f == NULL)
		return NULL;
	list_init(&f->node);
	f->owner = c;
	f->count = 0;
	f->report.fault = TCP_FAULT_NONE;
	c->flight = f;
	return f;
}

static void
put_back(struct tcp *t, struct flight *f)
{
	f->owner = NULL;
	list_unlink(&f->node);
	list_prepend(&t->free_flights, &f->node); /* as its connection, table_remove() */
	t->flight_retry = MONO_NONE;
}

void
flight_put(struct tcp_conn *c)
{
	if (c->flight != NULL)
		put_back(c->tcp, c->flight);
	c->flight = NULL;
}

void
flight_freeze(struct tcp_conn *c, enum tcp_fault fault)
{
	struct flight *f = c->flight;

	if (f == NULL || f->report.fault != TCP_FAULT_NONE)
		return;
	f->owner = NULL;
	f->report = (struct tcp_flight_report){
		.endpoints = c->endpoints,
		.fault = fault,
		.iss = c->iss.v,
		.irs = c->irs.v,
		.events = f->count,
	};
	tcp_info(c, &f->report.info);
}

void
flight_report(struct tcp_conn *c, enum tcp_fault fault)
{
	struct tcp *t = c->tcp;
	struct flight *f = c->flight;

	if (f == NULL)
		return;
	flight_freeze(c, fault);
	if (f->count == 0 || t->flight_reports_waiting == FLIGHT_REPORTS_MAX) {
		t->flight_reports_dropped += f->count > 0;
		flight_put(c);
		return;
	}
	c->flight = NULL;
	t->flight_reports_waiting++;
	list_append(&t->flight_reports, &f->node);
}

void
flight_rejected(struct tcp_conn *c)
{
	if (++c->rejected == FLOOD_SEGMENTS)
		flight_report(c, TCP_FAULT_FLOOD);
}

uint32_t
tcp_take_dropped_flights(struct tcp *t)
{
	uint32_t n = t->flight_reports_dropped;

	t->flight_reports_dropped = 0;
	return n;
}

void
tcp_report(struct tcp_conn *c, enum tcp_fault why)
{
	flight_report(c, why);
}

/* Free ones are those that neither a connection nor the reports have; counted, as nobody asks
 * often. */
void
tcp_flights(const struct tcp *t, uint64_t *recorders, uint64_t *unused)
{
	*recorders = t->config.flights_max;
	*unused = 0;
	LIST_EACH (node, &t->free_flights)
		(*unused)++;
}

unsigned
tcp_next_flight(
    struct tcp *t, struct tcp_flight_report *out, struct tcp_flight_event events[TCP_FLIGHT_EVENTS])
{
	struct list *node = list_take_first(&t->flight_reports);
	struct flight *f;
	unsigned n;

	if (node == NULL)
		return 0;
	f = LIST_ITEM(node, struct flight, node);
	n = f->report.events < TCP_FLIGHT_EVENTS ? f->report.events : TCP_FLIGHT_EVENTS;
	*out = f->report;
	for (unsigned i = 0; i < n; i++)
		events[i] = f->events[(f->report.events - n + i) % TCP_FLIGHT_EVENTS];
	t->flight_reports_waiting--;
	put_back(t, f);
	return n;
}
