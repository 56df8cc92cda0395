/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack, its clock and its wire; see stage.h. */
#include "tests/sim/script/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define FLAG_SYN 0x02u

/* Below the wrap by less than a segment, so that even short scripts cross it. */
#define WRAPPING_NUMBER 0xffffff80u
#define ORDINARY_NUMBER 0x20000000u

double
stage_seconds(const struct stage *s, struct mono at)
{
	return (double)(at.ns - s->start.ns) / 1e9;
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct stage *s = arg;

	for (size_t i = 0; i < bytes; i++) {
		s->random = s->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)out)[i] = (uint8_t)(s->random >> 56);
	}
}

static void
print(const struct stage *s, char way, unsigned peer, const struct script_packet *p)
{
	char text[SCRIPT_ERROR_MAX];

	if (s->trace)
		printf("%12.6f %c @%u %s\n", stage_seconds(s, s->now), way, peer,
		    script_print(p, text, sizeof(text)));
}

/* Our timestamp clock reads milliseconds since the script began. */
static void
learn_timestamp(struct stage *s, struct stage_peer *peer, struct script_packet *p)
{
	for (unsigned i = 0; i < p->option_count; i++) {
		struct script_option *o = &p->options[i];

		if (o->kind != OPTION_TS || peer->knows_ts)
			continue;
		peer->numbers.ts = o->a - (uint32_t)((s->now.ns - s->start.ns) / 1000000);
		peer->knows_ts = true;
		o->a -= peer->numbers.ts;
	}
}

/* Our SYN shows where our numbers begin; the payload is decoded with that. */
static void
learn_numbers(struct stage_peer *peer, struct rte_mbuf *m)
{
	uint8_t head[20];
	const uint8_t *p = m->pkt_len >= 20 ? rte_pktmbuf_read(m, 0, 20, head) : NULL;

	if (p == NULL || peer->knows_ours || (p[13] & FLAG_SYN) == 0)
		return;
	peer->numbers.ours =
	    (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	peer->knows_ours = true;
}

/* Which peer a segment of ours is for; 0: nobody's port. */
static unsigned
peer_of(const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	unsigned port = (unsigned)p[2] << 8 | p[3];

	return port > STAGE_PEER_PORT && port <= STAGE_PEER_PORT + SCRIPT_PEERS_MAX
		   ? port - STAGE_PEER_PORT
		   : 0;
}

static void
transmit(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct stage *s = arg;
	unsigned n = peer_of(m);
	struct stage_peer *peer = &s->peers[n];
	struct stage_sent *sent = &s->sent[s->sent_count];

	if (s->sent_count == STAGE_SENT_MAX) {
		s->sent_lost = true;
		rte_pktmbuf_free(m);
		return;
	}
	s->sent_count++;
	learn_numbers(peer, m);
	*sent = (struct stage_sent){ .at = s->now, .peer = n };
	sent->malformed = script_decode(m, &peer->numbers, &peer->endpoints, &sent->packet);
	sent->packet.ecn = ecn;
	if (!address_equal(source, &peer->endpoints.local) ||
	    !address_equal(destination, &peer->endpoints.remote))
		sent->malformed = "its addresses are not the connection's";
	learn_timestamp(s, peer, &sent->packet);
	rte_pktmbuf_free(m);
	print(s, '>', n, &sent->packet);
}

static void
init_peer(struct stage *s, unsigned n, struct script_variant v)
{
	static const uint8_t v4[2][4] = { { 192, 168, 0, 1 }, { 192, 0, 2, 1 } };
	static const uint8_t v6[2][16] = { { 0xfd, 0x3d, [15] = 1 },
		{ 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	struct stage_peer *p = &s->peers[n];

	p->endpoints.local = v.ipv6 ? address_v6(v6[0]) : address_v4(v4[0]);
	p->endpoints.remote = v.ipv6 ? address_v6(v6[1]) : address_v4(v4[1]);
	p->endpoints.local_port = STAGE_PORT;
	p->endpoints.remote_port = (uint16_t)(STAGE_PEER_PORT + n);
	p->numbers.theirs = v.wraps ? WRAPPING_NUMBER : ORDINARY_NUMBER + (n << 20);
	p->read_seq = p->write_seq = 1;
}

static void
create_stack(struct stage *s, struct script_variant v)
{
	struct tcp_config config = s->script->tcp;
	struct tcp_env env = { s, transmit, random_bytes, *sim_pools() };

	if (config.mss_max == 0)
		config.mss_max = 1460;
	if (v.ipv6)
		config.mss_max =
		    (uint16_t)(config.mss_max + 20); /* so that it announces the same */
	s->random = 1;
	s->tcp = tcp_create(&config, &env);
	if (s->tcp == NULL)
		abort();
	tcp_begin(s->tcp, s->now);
}

/*
 * RFC 6528: the initial number grows by one every 4 us. A first stack, which sends one SYN and is
 * thrown away, shows how far the clock must be put forward for it to stand just below the wrap.
 */
static void
start_below_wrap(struct stage *s, struct script_variant v)
{
	struct tcp_conn *c;

	create_stack(s, v);
	if (tcp_connect(s->tcp, &s->peers[1].endpoints, &c) != 0)
		abort();
	tcp_destroy(s->tcp);
	s->now.ns += (uint64_t)(uint32_t)(WRAPPING_NUMBER - s->peers[1].numbers.ours) * 4000;
	s->sent_count = 0;
	init_peer(s, 1, v);
	s->peers[1].knows_ours = s->peers[1].knows_ts = false;
	s->peers[1].numbers.ours = s->peers[1].numbers.ts = 0;
}

void
stage_init(struct stage *s, const struct script *script, struct script_variant v, bool trace)
{
	memset(s, 0, sizeof(*s));
	s->script = script;
	s->now.ns = 1000000000;
	for (unsigned n = 1; n <= SCRIPT_PEERS_MAX; n++)
		init_peer(s, n, v);
	if (v.wraps)
		start_below_wrap(s, v);
	s->start = s->now;
	s->trace = trace;
	create_stack(s, v);
}

const char *
stage_fini(struct stage *s)
{
	stage_leave_buffers(s, UINT64_MAX);
	tcp_destroy(s->tcp);
	return sim_pools_used() == 0 ? NULL : "buffers were not given back";
}

/* Whoever is listed opened, or has something: the script asks for what. */
static void
take_ready(struct stage *s)
{
	struct tcp_conn *c;

	while ((c = tcp_next_ready(s->tcp)) != NULL) {
		unsigned n = tcp_endpoints(c)->remote_port - STAGE_PEER_PORT;

		if (n >= 1 && n <= SCRIPT_PEERS_MAX && s->peers[n].conn == NULL)
			s->peers[n].conn = c;
	}
}

void
stage_turn(struct stage *s)
{
	tcp_run_timers(s->tcp);
	take_ready(s);
	tcp_flush(s->tcp);
	tcp_check_invariants(s->tcp);
	tcp_begin(s->tcp, s->now);
	s->turns++;
}

void
stage_advance(struct stage *s, struct mono until)
{
	while (s->sent_count == 0 && s->now.ns < until.ns && s->turns < STAGE_TURNS_MAX) {
		struct mono next = mono_earlier(tcp_next_deadline(s->tcp), until);

		s->now.ns = next.ns > s->now.ns ? next.ns : s->now.ns + 10000;
		tcp_begin(s->tcp, s->now);
		stage_turn(s);
	}
}

int
stage_inject(struct stage *s, unsigned n, const struct script_packet *p)
{
	struct stage_peer *peer = &s->peers[n];
	struct ip_address source = p->from_self ? peer->endpoints.local : peer->endpoints.remote;
	struct rte_mbuf *m = script_build(p, &peer->numbers, &peer->endpoints, &source);

	if (m == NULL)
		return -ENOBUFS;
	if (p->flags & FLAG_SYN)
		peer->read_seq = p->seq + 1;
	print(s, '<', n, p);
	if (tcp_input(s->tcp, m, &source, &peer->endpoints.local, p->ecn) == TCP_INPUT_NO_FLOW)
		tcp_refuse(s->tcp, m, &source, &peer->endpoints.local);
	if (!p->burst)
		stage_turn(s);
	return 0;
}

void
stage_leave_buffers(struct stage *s, uint64_t count)
{
	struct rte_mempool *pool = sim_pools()->data;

	rte_pktmbuf_free(s->held);
	s->held = NULL;
	while (rte_mempool_avail_count(pool) > count) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		m->next = s->held;
		m->nb_segs = s->held == NULL ? 1 : 2; /* with 1, `next` would not be followed */
		s->held = m;
	}
}
