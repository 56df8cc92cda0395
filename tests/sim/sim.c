/* SPDX-License-Identifier: BSD-3-Clause */
/* The wire is a sorted queue of segments with the time each arrives; see sim.h. */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define WIRE_SLOTS  16384
#define SERVER_PORT 1344

struct host {
	struct sim *sim;
	enum sim_side side;
	struct tcp *tcp;
	struct tcp_conn *conn;
	uint64_t sent, to_send, received;
	bool close, closed, paused, saw_close, differs;
};

struct flight {
	struct mono at;
	struct rte_mbuf *segment;
	struct ip_address source, destination;
	enum sim_side to;
};

struct sim {
	uint64_t seed, random;
	struct wire wire;
	struct mono now;
	struct host hosts[2];
	unsigned flight_count;
	struct flight flights[WIRE_SLOTS];
};

/* xorshift64*: small, and the same everywhere. */
static uint64_t
next_random(struct sim *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return s->random * 2685821657736338717u;
}

static bool
happens(struct sim *s, uint32_t ppm)
{
	return next_random(s) % 1000000 < ppm;
}

/* Byte `at` of the stream that a side sends. */
static uint8_t
stream_byte(const struct sim *s, enum sim_side from, uint64_t at)
{
	return (uint8_t)((at * 2654435761u >> 7) ^ (s->seed + 77 * from) ^ (at >> 13));
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct host *h = arg;

	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(next_random(h->sim) >> 32);
}

static void
put_on_wire(struct sim *s, struct flight f)
{
	unsigned at = s->flight_count;

	if (s->flight_count == WIRE_SLOTS) {
		rte_pktmbuf_free(f.segment);
		return;
	}
	while (at > 0 && f.at.ns < s->flights[at - 1].at.ns) {
		s->flights[at] = s->flights[at - 1];
		at--;
	}
	s->flights[at] = f;
	s->flight_count++;
}

static void
transmit(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct host *h = arg;
	struct sim *s = h->sim;
	struct rte_mbuf *copy = rte_pktmbuf_copy(segment, sim_pools()->data, 0, UINT32_MAX);
	struct flight f = { mono_add(s->now, s->wire.delay), copy, *source, *destination,
		h->side == SIM_CLIENT ? SIM_SERVER : SIM_CLIENT };

	(void)ecn;
	rte_pktmbuf_free(segment);
	if (copy == NULL)
		return;
	if (happens(s, s->wire.duplicate_ppm)) {
		struct flight twice = f;

		twice.segment = rte_pktmbuf_copy(copy, sim_pools()->data, 0, UINT32_MAX);
		if (twice.segment != NULL)
			put_on_wire(s, twice);
	}
	if (happens(s, s->wire.loss_ppm)) {
		rte_pktmbuf_free(copy);
		return;
	}
	if (happens(s, s->wire.reorder_ppm))
		f.at = mono_add(f.at, s->wire.reorder_delay);
	put_on_wire(s, f);
}

struct sim *
sim_create(uint64_t seed, struct wire wire)
{
	static const uint8_t addresses[2][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 } };
	struct sim *s = calloc(1, sizeof(*s));
	struct tcp_endpoints e = { .remote_port = SERVER_PORT };
	struct tcp_config config = { .connections_max = 64, .time_wait_max = 64 };
	struct ip_address any = { { 0 } };

	if (s == NULL)
		abort();
	s->seed = seed;
	s->random = seed * 0x9e3779b97f4a7c15u + 1;
	s->wire = wire;
	s->now.ns = 1000000000;
	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &s->hosts[i];
		struct tcp_env env = { h, transmit, random_bytes, *sim_pools() };

		h->sim = s;
		h->side = i;
		h->tcp = tcp_create(&config, &env);
		if (h->tcp == NULL)
			abort();
		tcp_begin(h->tcp, s->now);
	}
	e.local = address_v4(addresses[SIM_CLIENT]);
	e.remote = address_v4(addresses[SIM_SERVER]);
	tcp_listen(s->hosts[SIM_SERVER].tcp, &any, SERVER_PORT);
	if (tcp_connect(s->hosts[SIM_CLIENT].tcp, &e, &s->hosts[SIM_CLIENT].conn) != 0)
		abort();
	return s;
}

void
sim_destroy(struct sim *s)
{
	for (unsigned i = 0; i < s->flight_count; i++)
		rte_pktmbuf_free(s->flights[i].segment);
	tcp_destroy(s->hosts[0].tcp);
	tcp_destroy(s->hosts[1].tcp);
	free(s);
}

void
sim_send(struct sim *s, enum sim_side from, size_t bytes)
{
	s->hosts[from].to_send += bytes;
}

void
sim_close(struct sim *s, enum sim_side side)
{
	s->hosts[side].close = true;
}

void
sim_pause(struct sim *s, enum sim_side side, bool paused)
{
	s->hosts[side].paused = paused;
	if (!paused && s->hosts[side].conn != NULL)
		tcp_make_ready(s->hosts[side].conn);
}

static void
receive(struct host *h)
{
	struct chain in = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span span;

	tcp_receive(h->conn, SIZE_MAX, &in);
	cursor = chain_walk(&in, 0);
	while (chain_next(&cursor, &span)) {
		for (size_t i = 0; i < span.bytes; i++)
			h->differs |=
			    span.data[i] != stream_byte(h->sim, 1 - h->side, h->received++);
	}
	chain_free(&in);
}

/* Hands over what the send queue has room for. */
static void
send_some(struct host *h)
{
	uint8_t piece[4096];

	while (h->sent < h->to_send && tcp_send_room(h->conn) > 0) {
		size_t n =
		    h->to_send - h->sent < sizeof(piece) ? h->to_send - h->sent : sizeof(piece);
		struct chain out = CHAIN_EMPTY;

		for (size_t i = 0; i < n; i++)
			piece[i] = stream_byte(h->sim, h->side, h->sent + i);
		if (chain_append_copy(&out, sim_pools(), piece, n) != 0)
			return;
		tcp_send(h->conn, &out);
		h->sent += n;
	}
	if (h->close && h->sent == h->to_send && !h->closed) {
		tcp_shutdown(h->conn);
		h->closed = true;
	}
}

static void
turn(struct host *h)
{
	struct tcp_conn *c;

	tcp_run_timers(h->tcp);
	while ((c = tcp_next_ready(h->tcp)) != NULL) {
		if (h->conn == NULL)
			h->conn = c;
		if (!h->paused)
			receive(h);
		if (tcp_events(c) & TCP_EVENT_PEER_CLOSED)
			h->saw_close = true;
	}
	if (h->conn != NULL &&
	    (tcp_events(h->conn) & (TCP_EVENT_OPENED | TCP_EVENT_ENDED)) == TCP_EVENT_OPENED)
		send_some(h);
	tcp_flush(h->tcp);
	tcp_check_invariants(h->tcp);
}

static bool
side_is_done(const struct host *h, const struct host *other)
{
	return h->sent == h->to_send && (h->paused || h->received == other->to_send) &&
	       h->closed == h->close && (!other->close || h->saw_close);
}

bool
sim_run(struct sim *s, struct duration limit)
{
	struct mono end = mono_add(s->now, limit);

	turn(&s->hosts[0]); /* what was asked for since the last run */
	turn(&s->hosts[1]);
	while (mono_before(s->now, end)) {
		struct mono next = s->flight_count > 0 ? s->flights[0].at : MONO_NEVER;

		if (side_is_done(&s->hosts[0], &s->hosts[1]) &&
		    side_is_done(&s->hosts[1], &s->hosts[0]) && s->flight_count == 0)
			return true;
		for (unsigned i = 0; i < 2; i++)
			next = mono_earlier(next, tcp_next_deadline(s->hosts[i].tcp));
		s->now.ns = next.ns > s->now.ns + 100000 ? (next.ns < end.ns ? next.ns : end.ns)
							 : s->now.ns + 10000;
		tcp_begin(s->hosts[0].tcp, s->now);
		tcp_begin(s->hosts[1].tcp, s->now);
		while (s->flight_count > 0 && s->flights[0].at.ns <= s->now.ns) {
			struct flight f = s->flights[0];

			s->flight_count--;
			memmove(s->flights, s->flights + 1, s->flight_count * sizeof(f));
			if (tcp_input(s->hosts[f.to].tcp, f.segment, &f.source, &f.destination,
				0) == TCP_INPUT_NO_FLOW)
				rte_pktmbuf_free(f.segment);
		}
		turn(&s->hosts[0]);
		turn(&s->hosts[1]);
	}
	return false;
}

bool
sim_received(const struct sim *s, enum sim_side side, size_t bytes)
{
	return s->hosts[side].received == bytes && !s->hosts[side].differs;
}

bool
sim_saw_close(const struct sim *s, enum sim_side side)
{
	return s->hosts[side].saw_close;
}

uint32_t
sim_mbufs_held(const struct sim *s)
{
	return sim_pools_used() - s->flight_count;
}

const uint64_t *
sim_counters(const struct sim *s, enum sim_side side)
{
	return tcp_counters(s->hosts[side].tcp);
}
