/* SPDX-License-Identifier: BSD-3-Clause */
/* The peer that a test plays; see rig.h. */
#include "tests/unit/dataplane/net/tcp/rig.h"

#include <stdlib.h>

#include <arpa/inet.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define PEER_PORT 40000

/* The options of rig segments: only the timestamp, laid out as everyone does. */
static const uint8_t ts_head[4] = { 1, 1, 8, 10 };

static void
read_timestamp(const uint8_t *p, unsigned bytes, struct rig_segment *s)
{
	for (unsigned at = 0; at + 10 <= bytes; at += p[at] == 1 ? 1 : p[at + 1]) {
		uint32_t v[2];

		if (p[at] == 1)
			continue;
		if (p[at] == 0 || p[at + 1] < 2)
			return;
		if (p[at] != 8)
			continue;
		memcpy(v, p + at + 2, 8);
		s->has_ts = true;
		s->ts_val = ntohl(v[0]);
		s->ts_ecr = ntohl(v[1]);
		return;
	}
}

static void
keep(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct rig *r = arg;
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	unsigned head = (unsigned)(h->data_off >> 4) * 4;
	struct rig_segment *s = &r->sent[r->sent_count];

	(void)source;
	(void)destination;
	(void)ecn;
	if (h->tcp_flags & SYN && !r->saw_syn) {
		r->iss = ntohl(h->sent_seq);
		r->saw_syn = true;
	}
	if (r->sent_count < RIG_SENT_MAX) {
		*s = (struct rig_segment){ h->tcp_flags, ntohl(h->sent_seq) - r->iss, 0,
			ntohs(h->rx_win), m->pkt_len - head, false, 0, 0 };
		if (h->tcp_flags & ACK)
			s->ack = ntohl(h->recv_ack) - r->peer_iss;
		read_timestamp((const uint8_t *)(h + 1), head - 20, s);
		r->sent_count++;
	}
	rte_pktmbuf_free(m);
}

/* Tests must repeat: a counter is random enough for keys. */
static void
not_random(void *arg, void *out, size_t bytes)
{
	(void)arg;
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(i * 37 + bytes);
}

void
rig_init(struct rig *r, struct tcp_config config)
{
	static const uint8_t ours[4] = { 192, 0, 2, 1 }, theirs[4] = { 192, 0, 2, 2 };
	struct ip_address any = { { 0 } };
	struct tcp_env env = { r, keep, not_random, *sim_pools() };

	if (config.connections_max == 0)
		config.connections_max = 16;
	if (config.time_wait_max == 0)
		config.time_wait_max = 16;
	memset(r, 0, sizeof(*r));
	r->now.ns = 1000000000;
	r->peer_iss = 0xfffff000u; /* wraps soon */
	r->way_out = UINT32_MAX;
	r->verdict = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	r->endpoints =
	    (struct tcp_endpoints){ address_v4(ours), address_v4(theirs), RIG_PORT, PEER_PORT };
	r->tcp = tcp_create(&config, &env);
	if (r->tcp == NULL)
		abort();
	tcp_begin(r->tcp, r->now);
	tcp_listen(r->tcp, &any, RIG_PORT);
}

bool
rig_fini(struct rig *r)
{
	tcp_destroy(r->tcp);
	return sim_pools_used() == 0;
}

void
rig_turn(struct rig *r, struct duration pass)
{
	struct tcp_conn *c;

	r->now = mono_add(r->now, pass);
	tcp_begin(r->tcp, r->now);
	tcp_run_timers(r->tcp);
	while ((c = tcp_next_ready(r->tcp)) != NULL)
		r->conn = c;
	tcp_flush_within(r->tcp, r->way_out);
	tcp_check_invariants(r->tcp);
}

void
rig_add(struct rig *r, struct rig_segment s)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	bool scales = (s.flags & SYN) != 0 && r->scale != 0;
	unsigned head = (s.has_ts ? 32 : 20) + (scales ? 4 : 0);
	struct rte_tcp_hdr *h;
	uint8_t *p;

	if (m == NULL)
		abort();
	h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, (uint16_t)(head + s.length));
	memset(h, 0, head + s.length);
	h->src_port = htons(r->endpoints.remote_port);
	h->dst_port = htons(r->endpoints.local_port);
	h->sent_seq = htonl(s.seq + r->peer_iss);
	h->recv_ack = s.flags & ACK ? htonl(s.ack + r->iss) : 0;
	h->data_off = (uint8_t)(head / 4 << 4);
	h->tcp_flags = s.flags;
	h->rx_win = htons((uint16_t)s.window);
	p = (uint8_t *)(h + 1);
	if (s.has_ts) {
		uint32_t v[2] = { htonl(s.ts_val), htonl(s.ts_ecr) };

		memcpy(p, ts_head, 4);
		memcpy(p + 4, v, 8);
		p += 12;
	}
	if (scales) {
		memcpy(p, (const uint8_t[]){ 1, 3, 3, r->scale }, 4); /* RFC 7323 §2.2 */
		p += 4;
	}
	for (uint32_t i = 0; i < s.length; i++)
		p[i] = (uint8_t)(s.seq + i);
	m->ol_flags |= r->verdict;
	if (tcp_input(r->tcp, m, &r->endpoints.remote, &r->endpoints.local, 0) == TCP_INPUT_NO_FLOW)
		tcp_refuse(r->tcp, m, &r->endpoints.remote, &r->endpoints.local);
}

void
rig_in(struct rig *r, struct rig_segment s)
{
	r->sent_count = 0;
	rig_add(r, s);
	rig_turn(r, microseconds(10));
}

void
rig_accept(struct rig *r, bool ts)
{
	rig_in(r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, ts, 1000, 0 });
	rig_in(r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, ts, 1000, r->sent[0].ts_val });
	if (r->conn == NULL)
		abort();
}

void
rig_connect(struct rig *r)
{
	r->sent_count = 0;
	if (tcp_connect(r->tcp, &r->endpoints, &r->conn) != 0)
		abort();
	rig_turn(r, microseconds(10));
}

void
rig_send(struct rig *r, uint32_t bytes)
{
	static const uint8_t zeros[1024];
	struct chain out = CHAIN_EMPTY;

	for (uint32_t left = bytes; left > 0;) {
		uint32_t n = left < sizeof(zeros) ? left : (uint32_t)sizeof(zeros);

		if (chain_append_copy(&out, sim_pools(), zeros, n) != 0)
			abort();
		left -= n;
	}
	r->sent_count = 0;
	tcp_send(r->conn, &out);
	rig_turn(r, microseconds(10));
}

const char *
rig_state(const struct rig *r)
{
	struct tcp_info info;

	tcp_info(r->conn, &info);
	return info.state;
}

uint64_t
rig_counter(const struct rig *r, enum tcp_counter which)
{
	return tcp_counters(r->tcp)[which];
}

bool
rig_answered(const struct rig *r, uint8_t flags, uint32_t seq, uint32_t ack)
{
	const struct rig_segment *s = &r->sent[0];

	if (r->sent_count == 1 && s->flags == flags && s->seq == seq && s->ack == ack)
		return true;
	fprintf(stderr, "  %u answers", r->sent_count);
	for (unsigned i = 0; i < r->sent_count; i++)
		fprintf(stderr, ", flags %02x seq %u ack %u length %u", r->sent[i].flags,
		    r->sent[i].seq, r->sent[i].ack, r->sent[i].length);
	fprintf(stderr, "\n");
	return false;
}
