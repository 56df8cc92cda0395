/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: tests/sim dataplane/net/tcp dataplane/net common/base
 *
 * One of our stacks against a hostile peer, in virtual time. The input is a program: a head, then
 * steps of 16 bytes each. A step is a segment whose numbers are relative to what the stack expects
 * and sent last, or time, an ICMP error, an application that reads, sends and closes, or a drought
 * of buffers. The mutator knows steps: it puts them in, takes them out, doubles and swaps them, and
 * changes one number to what matters: beside its neighbour, within it, at an edge of a window, half
 * the space away.
 *
 * What tells that something is wrong, besides the sanitizers: after each turn (of one step, or of a
 * burst of them) every invariant that the simulator asks for, too (dataplane/net/tcp/invariants.c),
 * and, but for droughts, no more buffers out than the queues account for. What is sent keeps the
 * rules of tcp_onlooker.h, until a drought: from there on connections may begin and end without a
 * word that the onlooker could know them by. What is read are the bytes of the peer's sequence
 * numbers, each once and in order, unless a segment of random bytes may have brought others. At the
 * end, left alone with all buffers, every connection is forgotten within two hours, and no buffer
 * is lost. That a connection between two that mean well gets on is the simulator's to tell, not
 * this target's.
 */
#include <assert.h>
#include <string.h>

#include "common/base/tcp_counters.h"
#include "dataplane/net/tcp/tcp.h"
#include "tests/fuzz/tcp_onlooker.h"
#include "tests/fuzz/tcp_steps.h"
#include "tests/sim/sim.h"

#define PORT             1344
#define PEER_PORT        0x3000
#define BUFFERS          1023
#define BYTES_PER_BUFFER 128 /* two in a row hold more than 256 */
#define RUN_BUFFERS      64  /* and each of so many runs may be shorter */
#define FEW_BUFFERS      4   /* what a queue may begin and end with */
#define DROUGHT_MAX      64
#define REST_SECONDS     7200
#define TOO_BIG_MAX      2048 /* of the MTUs that ICMP errors tell, so that most matter */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

struct program {
	struct tcp *tcp;
	struct tcp_conn *conn;
	struct mono now;
	struct life lives[PORTS];
	uint64_t random, read;
	struct rte_mbuf *held;
	uint16_t window_most;  /* the peer never announces more, so that windows are met */
	bool unknown_bytes;    /* a raw segment may have brought any */
	bool unknown_lives;    /* in a drought connections begin and end without a word */
	bool syn_scale;        /* SYNs offer a window scale */
	uint32_t send_buffers; /* given to tcp_send() in all */
};

static struct ip_address peer, ours;
static struct chain_pools pools; /* small: a drought is cheap, and pressure is met */

/* What the stack sends tells the peer where it stands. */
static void
transmit(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct program *p = arg;
	const uint8_t *h = rte_pktmbuf_mtod(segment, const uint8_t *);
	struct life *l = &p->lives[h[3] % PORTS];
	uint32_t length = payload_of(h, segment->pkt_len);

	(void)source;
	(void)destination;
	(void)ecn;
	assert(segment->data_len >= 20 && (h[12] >> 4) >= 5);
	l->empty_out += length == 0;
	if ((h[13] & 0x04) != 0) { /* it may answer anything; with ACK, it may end a connection */
		l->saw_rst |= (h[13] & 0x10) != 0;
		rte_pktmbuf_free(segment);
		return;
	}
	if ((h[13] & 0x12) == 0x12)
		onlooker_take_syn_ack(l, h);
	else if (!p->unknown_lives)
		onlooker_sent(l, segment, h);
	l->ack = get32(h + 4) + length + ((h[13] & 3) != 0);
	l->seq = get32(h + 8);
	if ((h[12] >> 4) >= 8 && get32(h + 20) == 0x0101080a)
		l->ts = get32(h + 24);
	rte_pktmbuf_free(segment);
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct program *p = arg;

	for (size_t i = 0; i < bytes; i++) {
		p->random = p->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)out)[i] = (uint8_t)(p->random >> 56);
	}
}

static void
input(struct program *p, struct life *l, struct rte_mbuf *m, uint8_t ecn)
{
	const uint64_t *opened = &tcp_counters(p->tcp)[TCP_COUNTER_SYN_COOKIES_RECV];
	uint64_t before = *opened;

	m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (tcp_input(p->tcp, m, &peer, &ours, ecn) == TCP_INPUT_NO_FLOW)
		tcp_refuse(p->tcp, m, &peer, &ours);
	if (*opened != before)
		onlooker_cookie_opened(l);
}

/* Options that a connection in order has: a timestamp, and SACK blocks of what the stack sent. */
static uint32_t
put_options(struct program *p, const struct step *s, const struct life *l, uint8_t *o)
{
	uint32_t n = 0, start = l->ack - (uint16_t)s->value;

	if (s->off & WITH_TS) {
		put32(o, 0x0101080a);
		put32(o + 4,
		    (uint32_t)(p->now.ns / 1000000) + (s->off & OFF_TS ? (uint32_t)s->ack : 0));
		put32(o + 8, l->ts);
		n = 12;
	}
	if ((s->off & WITH_SACK) == 0)
		return n;
	put32(o + n, 0x01010502 + 8 * 2);
	put32(o + n + 4, start);
	put32(o + n + 8, start + (uint32_t)(s->flags & 0x3f) * 97);
	put32(o + n + 12, start + (uint32_t)(s->flags & 0x3f) * 211);
	put32(o + n + 16, start + (uint32_t)(s->flags & 0x3f) * 300);
	return n + 20;
}

/* MSS, and by turns SACK, timestamp and window scale. */
static uint32_t
put_syn_options(struct program *p, const struct step *s, uint8_t *o)
{
	static const uint8_t all[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3,
		7 };

	memcpy(o, all, sizeof(all));
	put32(o + 8, (uint32_t)(p->now.ns / 1000000));
	o[2] = (uint8_t)(s->value >> 8);
	o[3] = (uint8_t)s->value;
	if (!p->syn_scale)
		memset(o + 16, 1, 4);
	if (s->off & WITH_SACK)
		memset(o + 4, 1, 2);
	return sizeof(all);
}

static void
step_segment(struct program *p, const struct step *s)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pools.data);
	struct life *l = &p->lives[s->port % PORTS];
	uint32_t base = s->off & FROM_EARLIER ? l->begin : l->seq, n, length = s->length % 1461;
	uint8_t *h,
	    head[60] = { PEER_PORT >> 8, (uint8_t)(s->port % PORTS), PORT >> 8, PORT & 0xff };
	uint16_t window = s->off & OFF_WINDOW ? s->value & p->window_most : p->window_most;

	if (m == NULL)
		return;
	put32(head + 4, base + (s->off & OFF_SEQ ? (uint32_t)s->seq : 0));
	put32(head + 8, l->ack + (s->off & OFF_ACK ? (uint32_t)s->ack : 0));
	head[13] = s->kind % STEP_KINDS == STEP_SEGMENT ? s->flags
		   : s->kind % STEP_KINDS == STEP_SYN   ? 2 | (s->flags & 0xc0)
							: 0x10 | (s->flags & 0xc8);
	head[14] = (uint8_t)(window >> 8);
	head[15] = (uint8_t)window;
	n = head[13] & 2 ? put_syn_options(p, s, head + 20) : put_options(p, s, l, head + 20);
	head[12] = (uint8_t)((20 + n) / 4 << 4);
	h = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(20 + n + length));
	memcpy(h, head, 20 + n);
	for (uint32_t i = 0; i < length; i++)
		h[20 + n + i] = byte_at(get32(h + 4) + ((h[13] & 2) != 0) + i);
	onlooker_heard(l, h, m->pkt_len);
	input(p, l, m, ecn_of(s));
}

/* Bytes of a generator that the step seeds; the ports may be right, so that it finds a flow. */
static void
step_raw(struct program *p, const struct step *s)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pools.data);
	uint64_t r = (uint64_t)(uint32_t)s->seq << 32 | (uint32_t)s->ack;
	uint16_t bytes = s->length % 256;
	uint8_t *h;

	if (m == NULL)
		return;
	p->unknown_bytes = true;
	for (unsigned i = 0; i < PORTS; i++)
		onlooker_heard_anything(&p->lives[i], bytes);
	h = (uint8_t *)rte_pktmbuf_append(m, bytes);
	for (unsigned i = 0; i < bytes; i++) {
		r = r * 6364136223846793005u + 1442695040888963407u;
		h[i] = (uint8_t)(r >> 56);
	}
	if (bytes >= 4)
		memcpy(h,
		    (const uint8_t[]){ PEER_PORT >> 8, s->port % PORTS, PORT >> 8, PORT & 0xff },
		    4);
	input(p, &p->lives[s->port % PORTS], m, ecn_of(s));
}

/* First copies win, so nothing but the peer's bytes in their order may be read. */
static void
check_bytes(struct program *p, const struct chain *bytes)
{
	uint32_t begin = p->lives[tcp_endpoints(p->conn)->remote_port % PORTS].begin;
	struct chain_cursor cursor = chain_walk(bytes, 0);
	struct span span;

	while (chain_next(&cursor, &span)) {
		for (size_t i = 0; i < span.bytes; i++, p->read++)
			assert(p->unknown_bytes || p->unknown_lives ||
			       span.data[i] == byte_at(begin + (uint32_t)p->read));
	}
}

static void
release(struct program *p)
{
	tcp_release(p->conn);
	p->conn = NULL;
}

static void
step_user(struct program *p, const struct step *s, enum kind kind)
{
	struct chain bytes = CHAIN_EMPTY;
	uint8_t text[4096];
	struct life *l;

	if (p->conn == NULL)
		return;
	l = &p->lives[tcp_endpoints(p->conn)->remote_port % PORTS];
	if (kind == STEP_READ) {
		tcp_receive(p->conn, s->length, &bytes);
		check_bytes(p, &bytes);
	} else if (kind == STEP_SEND) {
		uint32_t n = s->length % 4096u, buffers;

		for (uint32_t i = 0; i < n; i++)
			text[i] = byte_at((uint32_t)l->written + i);
		if (chain_append_copy(&bytes, &pools, text, n) == 0) {
			buffers = chain_mbufs(&bytes);
			if (tcp_send(p->conn, &bytes) == 0) {
				l->written += n;
				p->send_buffers += buffers;
			}
		}
	} else if (kind == STEP_SHUTDOWN) {
		tcp_shutdown(p->conn);
	} else if (kind == STEP_DISCARD) {
		tcp_discard_input(p->conn);
	} else if (kind == STEP_ABORT) {
		tcp_abort(p->conn);
	} else {
		release(p);
	}
	chain_free(&bytes);
}

/* Takes all but a few buffers out of the pool, or gives them back. */
static void
step_drought(struct program *p, const struct step *s)
{
	struct rte_mempool *pool = pools.data;

	rte_pktmbuf_free(p->held);
	p->held = NULL;
	if (s->length % 2 == 0)
		return;
	p->unknown_lives = true;
	for (uint32_t n = rte_mempool_avail_count(pool); n > s->value % DROUGHT_MAX; n--) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		if (m == NULL)
			return;
		m->next = p->held;
		m->nb_segs = p->held == NULL ? 1 : 2; /* with 1, `next` would not be followed */
		p->held = m;
	}
}

/* Of the connection with that port, zero where there is none: what an ICMP error may change. */
static struct tcp_info
info_of(const struct program *p, uint16_t remote_port)
{
	struct tcp_info info = { 0 };

	for (uint32_t i = 0; i < tcp_places(p->tcp); i++) {
		const struct tcp_conn *c = tcp_conn_at(p->tcp, i);

		if (c != NULL && tcp_endpoints(c)->remote_port == remote_port)
			tcp_info(c, &info);
	}
	return info;
}

/* One that quotes what was never sent changes nothing (RFC 5927 §4). */
static void
step_icmp(struct program *p, const struct step *s)
{
	struct tcp_endpoints e = { ours, peer, PORT, (uint16_t)(PEER_PORT + s->port % PORTS) };
	const struct life *l = &p->lives[s->port % PORTS];
	struct tcp_info before = info_of(p, e.remote_port), after;
	uint32_t quoted = l->ack - (uint32_t)s->ack;

	tcp_icmp(p->tcp, &e, quoted, s->flags & 1, s->flags & 2 ? s->value % TOO_BIG_MAX : 0);
	after = info_of(p, e.remote_port);
	if (p->unknown_lives || !onlooker_never_sent(l, quoted))
		return;
	assert(before.state_id == after.state_id && before.mss_bytes == after.mss_bytes);
	assert(before.lost_bytes == after.lost_bytes && before.cwnd_bytes == after.cwnd_bytes);
}

/* One that is not wanted is let go at once; one that ended is released. */
static void
take_ready(struct program *p)
{
	struct tcp_conn *c;

	while ((c = tcp_next_ready(p->tcp)) != NULL) {
		if (c == p->conn && (tcp_events(c) & TCP_EVENT_ENDED) != 0) {
			release(p);
		} else if (p->conn == NULL && (tcp_events(c) & TCP_EVENT_ENDED) == 0) {
			p->conn = c;
			p->read = 0;
		} else if (c != p->conn) {
			tcp_release(c);
		}
	}
}

/* Received text is charged by what it pins: small segments share buffers. What was given to
 * tcp_send() is, until all of it was acknowledged. */
static void
check_buffers(struct program *p)
{
	uint32_t allowed = 0, unsent = 0;
	struct tcp_info info;

	for (uint32_t i = 0; i < tcp_places(p->tcp); i++) {
		const struct tcp_conn *c = tcp_conn_at(p->tcp, i);

		if (c == NULL)
			continue;
		tcp_info(c, &info);
		allowed += (info.receive_queue_bytes + info.out_of_order_bytes) / BYTES_PER_BUFFER +
			   (info.out_of_order_bytes > 0 ? RUN_BUFFERS : FEW_BUFFERS);
		unsent += info.send_queue_bytes;
	}
	if (unsent == 0)
		p->send_buffers = 0;
	allowed += p->send_buffers + (p->held != NULL ? BUFFERS : 0);
	assert(rte_mempool_in_use_count(pools.data) <= allowed);
}

static void
turn(struct program *p)
{
	tcp_begin(p->tcp, p->now);
	tcp_run_timers(p->tcp);
	take_ready(p);
	tcp_flush(p->tcp);
	tcp_check_invariants(p->tcp);
	check_buffers(p);
	for (unsigned i = 0; i < PORTS; i++)
		onlooker_turn(&p->lives[i], p->now.ns, p->unknown_lives);
}

static void
run_step(struct program *p, const struct step *s)
{
	enum kind kind = s->kind % STEP_KINDS;

	switch (kind) {
	case STEP_FITTING:
	case STEP_SEGMENT:
	case STEP_SYN:
		step_segment(p, s);
		break;
	case STEP_RAW:
		step_raw(p, s);
		break;
	case STEP_TIME:
		p->now = mono_add(p->now, microseconds((int64_t)s->value << s->flags % 20));
		break;
	case STEP_ICMP:
		step_icmp(p, s);
		break;
	case STEP_DROUGHT:
		step_drought(p, s);
		break;
	default:
		step_user(p, s, kind);
		break;
	}
	if ((s->off & IN_A_BURST) == 0 || kind == STEP_TIME || kind >= STEP_READ)
		turn(p);
}

/* The plain opening, so that the program begins where connections live. */
static void
open_connection(struct program *p)
{
	run_step(p, &(struct step){ .kind = STEP_SYN, .value = MSS_MAX });
	run_step(p, &(struct step){ .kind = STEP_FITTING, .off = WITH_TS });
	assert(p->conn != NULL); /* or nothing would be tested from here on */
}

/* Left alone, with all its buffers, every connection comes to its end. */
static void
check_end(struct program *p)
{
	struct mono limit = mono_add(p->now, seconds(REST_SECONDS));

	rte_pktmbuf_free(p->held);
	if (p->conn != NULL)
		release(p);
	while (tcp_connection_count(p->tcp) > 0) {
		struct mono next = tcp_next_deadline(p->tcp);

		p->now = next.ns > p->now.ns ? next : mono_add(p->now, microseconds(100));
		assert(mono_before(p->now, limit));
		turn(p);
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t addresses[2][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 } };

	(void)argc;
	(void)argv;
	peer = address_v4(addresses[0]);
	ours = address_v4(addresses[1]);
	if (sim_eal_init() != 0)
		return -1;
	pools.data = rte_pktmbuf_pool_create(
	    "fuzz_data", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	pools.refs = rte_pktmbuf_pool_create("fuzz_refs", BUFFERS, 0, 0, 0, SOCKET_ID_ANY);
	assert(pools.data != NULL && pools.refs != NULL);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = { .now = { 1000000000 }, .random = 7 };
	struct tcp_config config = {
		.connections_max = 8, .time_wait_max = 4, .checksum_offload_rx = true
	};
	struct tcp_env env = { &p, transmit, random_bytes, pools };
	struct ip_address any = { { 0 } };
	struct step s;

	if (size < HEAD_BYTES)
		return 0;
	config.half_open_max = 1 + data[4] % 4;
	config.receive_window_bytes = 2000u << data[5] % 10;
	config.pool_reserve = data[6] % 2 ? BUFFERS / 4 : 0;
	config.ecn = data[6] & 2 ? TCP_ECN_OFF : TCP_ECN_ACCEPT;
	config.keepalive = data[6] & 4 ? milliseconds(500) : nanoseconds(0);
	config.no_prediction = (data[6] & 8) != 0;
	p.syn_scale = data[7] % 2 == 0;
	p.window_most = 0xffff >> data[7] / 2 % 16;
	p.tcp = tcp_create(&config, &env);
	assert(p.tcp != NULL);
	tcp_begin(p.tcp, p.now);
	tcp_listen(p.tcp, &any, PORT);
	for (unsigned i = 0; i < PORTS; i++)
		p.lives[i].seq = get32(data);
	if (data[4] >> 4 != 0)
		open_connection(&p);
	for (unsigned i = 0; i < STEPS_MAX && HEAD_BYTES + (i + 1) * sizeof(s) <= size; i++) {
		memcpy(&s, data + HEAD_BYTES + i * sizeof(s), sizeof(s));
		run_step(&p, &s);
	}
	turn(&p);
	check_end(&p);
	tcp_destroy(p.tcp);
	assert(rte_mempool_in_use_count(pools.data) + rte_mempool_in_use_count(pools.refs) == 0);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size < HEAD_BYTES || max_size < HEAD_BYTES || seed % 10 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	return steps_mutate(data, size, max_size, seed);
}
