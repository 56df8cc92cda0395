/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: tests/sim dataplane/net/tcp dataplane/net common/base
 *
 * One of our stacks against a hostile peer, in virtual time. The input is a program: segments that
 * fit a connection but for one thing or another (numbers, SACK blocks and timestamps relative to
 * what the stack sent and expects), others near them, raw ones, time that passes, and an
 * application that reads, sends and closes. After each step every invariant must hold; what is read
 * are the bytes of the peer's sequence numbers, each once and in order; at the end no buffer is
 * lost.
 */
#include <assert.h>
#include <string.h>

#include "dataplane/net/checksum.h"
#include "dataplane/net/tcp/tcp.h"
#include "tests/sim/sim.h"

#define STEPS_MAX 128
#define PORT      1344
#define PORTS     3 /* of the peer, from PEER_PORT */
#define PEER_PORT 0x3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct ip_address peer, ours;

struct program {
	struct span left;
	struct tcp *tcp;
	struct tcp_conn *conn;
	struct mono now;
	uint32_t seq, ack; /* where the stack believes the peer to be, and what it sent last */
	uint32_t ts;       /* the stack's last timestamp */
	uint64_t random;
	uint32_t
	    begins[PORTS];  /* the first byte's number of each port's connection, by its SYN-ACK */
	uint64_t read;      /* of p->conn */
	bool unknown_bytes; /* a raw segment may have brought any */
};

static uint64_t
draw(struct program *p, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes && p->left.bytes > 0; i++) {
		n |= (uint64_t)p->left.data[0] << (8 * i);
		p->left = span_from(p->left, 1);
	}
	return n;
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
put32(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 24);
	at[1] = (uint8_t)(n >> 16);
	at[2] = (uint8_t)(n >> 8);
	at[3] = (uint8_t)n;
}

/* What the stack sends tells the peer where it stands. */
static void
transmit(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct program *p = arg;
	const uint8_t *h = rte_pktmbuf_mtod(segment, const uint8_t *);

	(void)source;
	(void)destination;
	(void)ecn;
	assert(segment->data_len >= 20 && (h[12] >> 4) >= 5);
	p->ack = get32(h + 4) + segment->pkt_len - (h[12] >> 4) * 4u + ((h[13] & 3) != 0);
	if ((h[13] & 0x10) != 0)
		p->seq = get32(h + 8);
	if ((h[13] & 0x12) == 0x12)
		p->begins[h[3] % PORTS] = get32(h + 8);
	if ((h[12] >> 4) >= 8 && get32(h + 20) == 0x0101080a)
		p->ts = get32(h + 24);
	rte_pktmbuf_free(segment);
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct program *p = arg;

	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(p->random = p->random * 6364136223846793005u + 1);
}

static void
input(struct program *p, struct rte_mbuf *m)
{
	m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (tcp_input(p->tcp, m, &peer, &ours, (uint8_t)draw(p, 1) & 3) == TCP_INPUT_NO_FLOW)
		tcp_refuse(p->tcp, m, &peer, &ours);
}

/* The byte that stands at a sequence number, whoever sends it and however often. */
static uint8_t
byte_at(uint32_t seq)
{
	return (uint8_t)(seq ^ seq >> 7 ^ seq >> 15);
}

static void
fill_payload(uint8_t *h, uint32_t head, uint32_t bytes)
{
	uint32_t seq = get32(h + 4) + ((h[13] & 2) != 0);

	for (uint32_t i = 0; i < bytes; i++)
		h[head + i] = byte_at(seq + i);
}

/* Options that a connection in order has: a timestamp, and SACK blocks of what the stack sent. */
static uint32_t
put_options(struct program *p, uint8_t *o)
{
	unsigned kinds = (unsigned)draw(p, 1), blocks = kinds >> 2 & 3;
	uint32_t n = 0;

	if (kinds & 1) {
		put32(o, 0x0101080a);
		put32(
		    o + 4, (uint32_t)(p->now.ns / 1000000) + (uint32_t)(int32_t)(int8_t)draw(p, 1));
		put32(o + 8, p->ts);
		n = 12;
	}
	if ((kinds & 2) == 0 || blocks == 0)
		return n;
	put32(o + n, 0x01010502 + 8 * blocks);
	n += 4;
	for (unsigned i = 0; i < blocks; i++, n += 8) {
		uint32_t start = p->ack - (uint32_t)draw(p, 2);

		put32(o + n, start);
		put32(o + n + 4, start + (uint32_t)draw(p, 2));
	}
	return n;
}

/* One that fits: its number and acknowledgment are right or off by a little. */
static void
step_fitting(struct program *p)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	uint8_t off = (uint8_t)draw(p, 1), flags = (uint8_t)draw(p, 1),
		head[60] = { PEER_PORT >> 8 };
	uint32_t options = put_options(p, head + 20), bytes = (uint32_t)draw(p, 2) % 1461;
	uint8_t *h;

	if (m == NULL)
		return;
	head[1] = (uint8_t)(flags >> 6) % PORTS;
	head[2] = PORT >> 8;
	head[3] = PORT & 0xff;
	put32(head + 4, p->seq + (off & 1 ? (uint32_t)(int32_t)(int16_t)draw(p, 2) : 0));
	put32(head + 8, p->ack - (off & 2 ? (uint32_t)draw(p, 2) : 0));
	head[12] = (uint8_t)((20 + options) / 4 << 4);
	head[13] = (uint8_t)(0x10 | (off & 4 ? flags & 0x0f : flags & 0x08));
	head[14] = (uint8_t)(off >> 3);
	h = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(20 + options + bytes));
	memcpy(h, head, 20 + options);
	fill_payload(h, 20 + options, bytes);
	input(p, m);
}

/* A segment near what is expected: flags, offsets, options and payload from the program. */
static void
step_segment(struct program *p)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	unsigned option_bytes = (unsigned)(draw(p, 1) % 11) * 4, payload;
	uint8_t flags = (uint8_t)draw(p, 1), *h;

	if (m == NULL)
		return;
	payload = (unsigned)(draw(p, 2) % 1460);
	h = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(20 + option_bytes + payload));
	memset(h, 0, 20 + option_bytes + payload);
	h[0] = PEER_PORT >> 8;
	h[1] = (uint8_t)(draw(p, 1) % PORTS);
	h[2] = PORT >> 8;
	h[3] = PORT & 0xff;
	put32(h + 4, p->seq + (uint32_t)(int32_t)(int16_t)draw(p, 2));
	put32(h + 8, p->ack + (uint32_t)(int32_t)(int8_t)draw(p, 1));
	h[12] = (uint8_t)((5 + option_bytes / 4) << 4);
	h[13] = flags;
	h[14] = (uint8_t)draw(p, 1);
	h[15] = (uint8_t)draw(p, 1);
	for (unsigned i = 0; i < option_bytes; i++)
		h[20 + i] = (uint8_t)draw(p, 1);
	fill_payload(h, 20 + option_bytes, payload);
	input(p, m);
}

static void
step_raw(struct program *p)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	unsigned bytes = (unsigned)draw(p, 1);
	uint8_t *h;

	if (m == NULL)
		return;
	p->unknown_bytes = true;
	h = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)bytes);
	for (unsigned i = 0; i < bytes; i++)
		h[i] = (uint8_t)draw(p, 1);
	input(p, m);
}

/* The plain opening, so that the program begins where connections live. */
static void
open_connection(struct program *p)
{
	static const uint8_t flags[] = { 0x02, 0x10 };

	for (unsigned i = 0; i < 2; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
		uint8_t *h;

		if (m == NULL)
			return;
		h = (uint8_t *)rte_pktmbuf_append(m, 20);
		memset(h, 0, 20);
		h[0] = PEER_PORT >> 8;
		h[2] = PORT >> 8;
		h[3] = PORT & 0xff;
		put32(h + 4, p->seq);
		put32(h + 8, p->ack);
		h[12] = 0x50;
		h[13] = flags[i];
		h[14] = 0xff;
		input(p, m);
		tcp_flush(p->tcp);
	}
}

/* First copies win, so nothing but the peer's bytes in their order may be read. */
static void
check_bytes(struct program *p, const struct chain *bytes)
{
	uint32_t begin = p->begins[tcp_endpoints(p->conn)->remote_port % PORTS];
	struct chain_cursor cursor = chain_walk(bytes, 0);
	struct span span;

	while (chain_next(&cursor, &span)) {
		for (size_t i = 0; i < span.bytes; i++, p->read++)
			assert(
			    p->unknown_bytes || span.data[i] == byte_at(begin + (uint32_t)p->read));
	}
}

static void
serve(struct program *p, unsigned what)
{
	struct chain bytes = CHAIN_EMPTY;
	static const uint8_t zeros[4096];

	if (p->conn == NULL)
		return;
	switch (what % 6) {
	case 0:
		tcp_receive(p->conn, (size_t)draw(p, 2), &bytes);
		check_bytes(p, &bytes);
		break;
	case 1:
		if (chain_append_copy(&bytes, sim_pools(), zeros, (size_t)draw(p, 2) % 4096) == 0)
			tcp_send(p->conn, &bytes);
		break;
	case 2:
		tcp_shutdown(p->conn);
		break;
	case 3:
		tcp_discard_input(p->conn);
		break;
	case 4:
		tcp_abort(p->conn);
		break;
	case 5:
		tcp_release(p->conn);
		p->conn = NULL;
		break;
	}
	chain_free(&bytes);
}

/* One that is not wanted is let go at once; one that ended is released. */
static void
take_ready(struct program *p)
{
	struct tcp_conn *c;

	while ((c = tcp_next_ready(p->tcp)) != NULL) {
		if (c == p->conn && (tcp_events(c) & TCP_EVENT_ENDED) != 0) {
			tcp_release(c);
			p->conn = NULL;
		} else if (p->conn == NULL && (tcp_events(c) & TCP_EVENT_ENDED) == 0) {
			p->conn = c;
			p->read = 0;
		} else if (c != p->conn) {
			tcp_release(c);
		}
	}
}

static void
step(struct program *p)
{
	unsigned kind = (unsigned)draw(p, 1);

	tcp_begin(p->tcp, p->now);
	if (kind < 90)
		step_fitting(p);
	else if (kind < 150)
		step_segment(p);
	else if (kind < 165)
		step_raw(p);
	else if (kind < 215)
		serve(p, kind);
	else
		p->now = mono_add(p->now, milliseconds((int64_t)(draw(p, 1) << kind % 8)));
	tcp_begin(p->tcp, p->now);
	tcp_run_timers(p->tcp);
	take_ready(p);
	tcp_flush(p->tcp);
	tcp_check_invariants(p->tcp);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t addresses[2][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 } };

	(void)argc;
	(void)argv;
	peer = address_v4(addresses[0]);
	ours = address_v4(addresses[1]);
	return sim_eal_init();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = { .left = span_of(data, size), .now = { 1000000000 }, .random = 7 };
	struct tcp_config config = { .connections_max = 8, .half_open_max = 4, .time_wait_max = 4 };
	struct tcp_env env = { &p, transmit, random_bytes, *sim_pools() };
	struct ip_address any = { { 0 } };

	p.tcp = tcp_create(&config, &env);
	assert(p.tcp != NULL);
	tcp_begin(p.tcp, p.now);
	tcp_listen(p.tcp, &any, PORT);
	p.seq = (uint32_t)draw(&p, 4);
	if (draw(&p, 1) % 4 != 0) {
		open_connection(&p);
		take_ready(&p);
	}
	for (unsigned i = 0; i < STEPS_MAX && p.left.bytes > 0; i++)
		step(&p);
	if (p.conn != NULL)
		tcp_release(p.conn);
	tcp_destroy(p.tcp);
	assert(sim_pools_used() == 0);
	return 0;
}
