/* SPDX-License-Identifier: BSD-3-Clause */
/* Victim, neighbour, attacker; see hostile.h. */
#include "tests/sim/hostile/hostile.h"

#include <stdlib.h>

#include <rte_errno.h>
#include <rte_tcp.h>

#include "tests/sim/sim.h"

#define STEP_US        100
#define NEIGHBOUR_BITS 20000000u
#define PIECE_BYTES    16384

static struct chain_pools victim_pools;

static const uint8_t victim_v4[4] = { 192, 0, 2, 1 }, neighbour_v4[4] = { 192, 0, 2, 2 };

int
hostile_setup(void)
{
	if (sim_eal_init() != 0)
		return -1;
	victim_pools.data = rte_pktmbuf_pool_create(
	    "victim_data", HOSTILE_BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	victim_pools.refs =
	    rte_pktmbuf_pool_create("victim_refs", HOSTILE_BUFFERS, 0, 0, 0, SOCKET_ID_ANY);
	return victim_pools.data != NULL && victim_pools.refs != NULL ? 0 : -rte_errno;
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct hostile *h = arg;

	for (size_t i = 0; i < bytes; i++) {
		h->random = h->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)out)[i] = (uint8_t)(h->random >> 56);
	}
}

static void
tell_attacker(struct hostile *h, const struct rte_mbuf *m)
{
	struct wire_segment *s = &h->last;

	if (!segment_read(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, s))
		abort();
	h->segments++;
	h->payload_bytes += s->length;
	h->resets += (s->flags & SEGMENT_RST) != 0;
	h->syn_acks += (s->flags & SEGMENT_SYN) != 0;
}

static void
victim_sends(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct hostile *h = arg;
	struct ip_address neighbour = address_v4(neighbour_v4);

	if (address_equal(destination, &neighbour))
		link_send(&h->links[1], h->now, m, source, destination, ecn);
	else
		tell_attacker(h, m);
	rte_pktmbuf_free(m);
}

static void
neighbour_sends(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct hostile *h = arg;

	link_send(&h->links[0], h->now, m, source, destination, ecn);
	rte_pktmbuf_free(m);
}

static void
note_most(struct hostile *h)
{
	uint32_t buffers = hostile_buffers(h), connections = tcp_connection_count(h->victim);

	if (buffers > h->buffers_most)
		h->buffers_most = buffers;
	if (connections > h->connections_most)
		h->connections_most = connections;
}

/* The victim's application on a connection of the attacker's. */
static void
serve_foe(struct hostile *h, struct tcp_conn *c, struct chain *in)
{
	struct chain out = CHAIN_EMPTY;
	static const uint8_t zeros[PIECE_BYTES];

	h->served++;
	if (h->reads)
		tcp_receive(c, SIZE_MAX, in);
	h->foe_bytes += in->bytes;
	if (tcp_user(c) == NULL) {
		tcp_set_user(c, h);
		for (uint32_t left = h->answer_bytes; left > 0;) {
			uint32_t n = left < PIECE_BYTES ? left : PIECE_BYTES;

			if (chain_append_copy(&out, &victim_pools, zeros, n) != 0)
				break;
			left -= n;
		}
		tcp_send(c, &out);
	}
	if (h->leaves || (tcp_events(c) & (TCP_EVENT_PEER_CLOSED | TCP_EVENT_ENDED)) != 0)
		tcp_release(c);
}

static void
victim_turn(struct hostile *h)
{
	struct ip_address neighbour = address_v4(neighbour_v4);
	uint32_t limit = h->serves_most > 0 ? h->serves_most : UINT32_MAX;
	struct chain in = CHAIN_EMPTY;
	struct tcp_conn *c;

	tcp_run_timers(h->victim);
	while (limit-- > 0 && (c = tcp_next_ready(h->victim)) != NULL) {
		if (!address_equal(&tcp_endpoints(c)->remote, &neighbour)) {
			serve_foe(h, c, &in);
			chain_free(&in);
			continue;
		}
		tcp_receive(c, SIZE_MAX, &in);
		h->neighbour_bytes += in.bytes;
		chain_free(&in);
		if (tcp_events(c) & TCP_EVENT_ENDED)
			tcp_release(c);
	}
	tcp_flush(h->victim);
	if (!h->unchecked)
		tcp_check_invariants(h->victim);
	note_most(h);
}

/* The neighbour has always more to send. */
static void
neighbour_turn(struct hostile *h)
{
	static const uint8_t zeros[PIECE_BYTES];
	struct chain out = CHAIN_EMPTY;

	tcp_run_timers(h->neighbour);
	while (tcp_next_ready(h->neighbour) != NULL)
		;
	if ((tcp_events(h->client) & (TCP_EVENT_OPENED | TCP_EVENT_ENDED)) == TCP_EVENT_OPENED &&
	    !h->quiet && tcp_send_room(h->client) > PIECE_BYTES &&
	    chain_append_copy(&out, sim_pools(), zeros, PIECE_BYTES) == 0)
		tcp_send(h->client, &out);
	tcp_flush(h->neighbour);
}

static void
take_arrived(struct hostile *h, struct link *l, struct tcp *to, struct rte_mempool *pool)
{
	struct flight *f;

	while ((f = link_take(l, h->now)) != NULL) {
		struct rte_mbuf *m = link_unload(f, pool);

		if (m != NULL) {
			m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
			if (tcp_input(to, m, &f->source, &f->destination, f->ecn) ==
			    TCP_INPUT_NO_FLOW)
				tcp_refuse(to, m, &f->source, &f->destination);
		}
		free(f);
	}
}

static void
step(struct hostile *h, struct mono now)
{
	h->now = now;
	tcp_begin(h->victim, h->now);
	tcp_begin(h->neighbour, h->now);
	take_arrived(h, &h->links[0], h->victim, victim_pools.data);
	take_arrived(h, &h->links[1], h->neighbour, sim_pools()->data);
	victim_turn(h);
	neighbour_turn(h);
}

static void
open_neighbour(struct hostile *h)
{
	struct tcp_endpoints e = { address_v4(neighbour_v4), address_v4(victim_v4), 0,
		HOSTILE_PORT };

	if (tcp_connect(h->neighbour, &e, &h->client) != 0)
		abort();
	hostile_run(h, 20, NULL, NULL);
	if ((tcp_events(h->client) & TCP_EVENT_OPENED) == 0)
		abort();
}

void
hostile_init(struct hostile *h, struct tcp_config config)
{
	struct link_quality road = {
		.delay = microseconds(500), .bits_per_second = NEIGHBOUR_BITS, .queue_bytes = 65536
	};
	struct tcp_env env = { h, victim_sends, random_bytes, victim_pools };
	struct tcp_config plain = { .connections_max = 8, .checksum_offload_rx = true };
	struct ip_address any = { { 0 } };

	memset(h, 0, sizeof(*h));
	h->now.ns = 1000000000;
	h->random = 1;
	if (config.connections_max == 0)
		config.connections_max = HOSTILE_CONNS;
	if (config.receive_window_bytes == 0)
		config.receive_window_bytes = 131072;
	if (config.pool_reserve == 0)
		config.pool_reserve = HOSTILE_BUFFERS / 4;
	config.checksum_offload_rx = true;
	h->victim = tcp_create(&config, &env);
	env.transmit = neighbour_sends;
	env.pools = *sim_pools();
	h->neighbour = tcp_create(&plain, &env);
	if (h->victim == NULL || h->neighbour == NULL)
		abort();
	link_init(&h->links[0], road, sim_random_of(1, 0));
	link_init(&h->links[1], road, sim_random_of(1, 1));
	tcp_begin(h->victim, h->now);
	tcp_begin(h->neighbour, h->now);
	tcp_listen(h->victim, &any, HOSTILE_PORT);
	open_neighbour(h);
	h->neighbour_bytes = 0;
}

bool
hostile_fini(struct hostile *h)
{
	tcp_destroy(h->victim);
	tcp_destroy(h->neighbour);
	link_fini(&h->links[0]);
	link_fini(&h->links[1]);
	return hostile_buffers(h) == 0 && sim_pools_used() == 0;
}

void
hostile_send(struct hostile *h, const struct attack *a)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(victim_pools.data);
	uint8_t theirs[4] = { 198, 51, (uint8_t)(a->source >> 8), (uint8_t)a->source };
	struct ip_address source = address_v4(a->as_neighbour ? neighbour_v4 : theirs);
	struct ip_address destination = address_v4(victim_v4);
	uint32_t head = 20u + a->option_bytes;
	uint8_t *p;

	if (m == NULL)
		return; /* a port without buffers drops */
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(head + a->length));
	memset(p, 0, head + a->length);
	p[0] = (uint8_t)(a->port >> 8);
	p[1] = (uint8_t)a->port;
	p[2] = HOSTILE_PORT >> 8;
	p[3] = HOSTILE_PORT & 0xff;
	segment_put32(p + 4, a->seq);
	segment_put32(p + 8, a->ack);
	p[12] = (uint8_t)(head / 4 << 4);
	p[13] = a->flags;
	p[14] = (uint8_t)(a->window >> 8);
	p[15] = (uint8_t)a->window;
	if (a->option_bytes > 0)
		memcpy(p + 20, a->options, a->option_bytes);
	m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (tcp_input(h->victim, m, &source, &destination, 0) == TCP_INPUT_NO_FLOW)
		tcp_refuse(h->victim, m, &source, &destination);
}

void
hostile_run(struct hostile *h, uint32_t ms,
    void (*attack)(struct hostile *h, uint32_t ms, void *arg), void *arg)
{
	for (uint32_t i = 0; i < ms; i++) {
		if (attack != NULL)
			attack(h, i, arg);
		for (unsigned n = 0; n < 1000 / STEP_US; n++)
			step(h, mono_add(h->now, microseconds(STEP_US)));
	}
}

void
hostile_wait(
    struct hostile *h, uint32_t ms, void (*attack)(struct hostile *h, void *arg), void *arg)
{
	struct mono end = mono_add(h->now, milliseconds(ms));

	h->quiet = true;
	while (h->now.ns < end.ns) {
		struct mono soonest = mono_add(h->now, microseconds(STEP_US)), next = end;

		next = mono_earlier(next, tcp_next_deadline(h->victim));
		next = mono_earlier(next, tcp_next_deadline(h->neighbour));
		next = mono_earlier(next, link_next(&h->links[0]));
		next = mono_earlier(next, link_next(&h->links[1]));
		step(h, next.ns > soonest.ns ? next : soonest);
		if (attack != NULL)
			attack(h, arg);
	}
}

bool
hostile_open(
    struct hostile *h, struct foe *f, uint16_t port, const uint8_t *options, uint8_t option_bytes)
{
	struct attack syn = { .source = f->source,
		.port = port,
		.flags = SEGMENT_SYN,
		.seq = 1000,
		.window = 65535,
		.options = options,
		.option_bytes = option_bytes };

	f->port = port;
	f->seq = 1001;
	h->last = (struct wire_segment){ 0 };
	hostile_send(h, &syn);
	step(h, mono_add(h->now, microseconds(STEP_US)));
	if (h->last.flags != (SEGMENT_SYN | SEGMENT_ACK) || h->last.destination_port != port)
		return false;
	f->ack = h->last.seq + 1;
	hostile_say(h, f, SEGMENT_ACK, 65535, 0);
	step(h, mono_add(h->now, microseconds(STEP_US)));
	return true;
}

void
hostile_say(struct hostile *h, struct foe *f, uint8_t flags, uint16_t window, uint32_t length)
{
	struct attack a = { .source = f->source,
		.port = f->port,
		.flags = flags,
		.seq = f->seq,
		.ack = f->ack,
		.window = window,
		.length = length };

	hostile_send(h, &a);
	f->seq += length + ((flags & SEGMENT_FIN) != 0);
}

uint64_t
hostile_peace(uint32_t ms)
{
	static struct hostile h;

	hostile_init(&h, (struct tcp_config){ 0 });
	hostile_run(&h, ms, NULL, NULL);
	if (!hostile_fini(&h))
		abort();
	return h.neighbour_bytes;
}

uint64_t
hostile_counter(const struct hostile *h, enum tcp_counter which)
{
	return tcp_counters(h->victim)[which];
}

uint32_t
hostile_buffers(const struct hostile *h)
{
	(void)h;
	return rte_mempool_in_use_count(victim_pools.data);
}
