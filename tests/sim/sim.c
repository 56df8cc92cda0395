/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts, each a stack and what its application wants, and a link each way; see sim.h. */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/link.h"

#define SERVER_PORT 1344

struct host {
	struct sim *sim;
	enum sim_side side;
	struct tcp *tcp;
	struct tcp_conn *conn;
	uint64_t sent, to_send, received;
	bool close, closed, paused, stopped, saw_close, differs;
};

struct sim {
	uint64_t seed;
	struct sim_random random;
	struct mono now;
	struct host hosts[2];
	struct link links[2]; /* to the host of that index */
};

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
		((uint8_t *)out)[i] = (uint8_t)sim_below(&h->sim->random, 256);
}

static void
transmit(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct host *h = arg;

	link_send(&h->sim->links[1 - h->side], h->sim->now, segment, source, destination, ecn);
	rte_pktmbuf_free(segment);
}

static struct link_quality
quality_of(struct wire w)
{
	return (struct link_quality){ .loss_ppm = w.loss_ppm,
		.duplicate_ppm = w.duplicate_ppm,
		.reorder_ppm = w.reorder_ppm,
		.delay = w.delay,
		.reorder_delay = w.reorder_delay };
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
	s->random = sim_random_of(seed, 2);
	s->now.ns = 1000000000;
	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &s->hosts[i];
		struct tcp_env env = { h, transmit, random_bytes, *sim_pools() };

		link_init(&s->links[i], quality_of(wire), sim_random_of(seed, i));
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
	for (unsigned i = 0; i < 2; i++) {
		link_fini(&s->links[i]);
		tcp_destroy(s->hosts[i].tcp);
	}
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

void
sim_stop(struct sim *s, enum sim_side side, bool stopped)
{
	s->hosts[side].stopped = stopped;
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

/* What has arrived goes in; a full pool drops it. */
static void
take_arrived(struct host *h)
{
	struct flight *f;

	while ((f = link_take(&h->sim->links[h->side], h->sim->now)) != NULL) {
		struct rte_mbuf *m = link_unload(f, sim_pools()->data);

		if (m != NULL &&
		    tcp_input(h->tcp, m, &f->source, &f->destination, f->ecn) == TCP_INPUT_NO_FLOW)
			rte_pktmbuf_free(m);
		free(f);
	}
}

/* To what happens next, in steps of 10 us at least. */
static void
advance(struct sim *s, struct mono end)
{
	struct mono next = MONO_NEVER;

	for (unsigned i = 0; i < 2; i++) {
		if (s->hosts[i].stopped)
			continue;
		next = mono_earlier(next, link_next(&s->links[i]));
		next = mono_earlier(next, tcp_next_deadline(s->hosts[i].tcp));
	}
	s->now.ns = next.ns > s->now.ns + 10000 ? mono_earlier(next, end).ns : s->now.ns + 10000;
}

bool
sim_run(struct sim *s, struct duration limit)
{
	struct mono end = mono_add(s->now, limit);

	for (unsigned i = 0; i < 2; i++) /* what was asked for since the last run */
		if (!s->hosts[i].stopped)
			turn(&s->hosts[i]);
	while (mono_before(s->now, end)) {
		if (side_is_done(&s->hosts[0], &s->hosts[1]) &&
		    side_is_done(&s->hosts[1], &s->hosts[0]) &&
		    s->links[0].flight_count + s->links[1].flight_count == 0)
			return true;
		advance(s, end);
		for (unsigned i = 0; i < 2; i++) {
			if (s->hosts[i].stopped)
				continue;
			tcp_begin(s->hosts[i].tcp, s->now);
			take_arrived(&s->hosts[i]);
			turn(&s->hosts[i]);
		}
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

const uint64_t *
sim_counters(const struct sim *s, enum sim_side side)
{
	return tcp_counters(s->hosts[side].tcp);
}
