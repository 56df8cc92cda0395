/* SPDX-License-Identifier: BSD-3-Clause */
/* The short way of the usual segment against the long one: which take it, and that nobody can tell.
 */
#include "dataplane/net/tcp/conn.h"
#include "tests/sim/random.h"
#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define SEED   7u
#define LENGTH 1000u

/* What a row changes in a connection that has just opened, or in its next segment. */
enum change {
	NOTHING,
	PUSH,
	FIN_TOO,
	BEFORE,
	BEYOND,
	OLD_ACK,
	NEW_ACK,
	FLIES,
	WINDOW,
	NO_TIMESTAMP,
	OLD_TIMESTAMP,
	SACK,
	HOLE,
	QUICK,
	MARK,
	SMALL,
	NO_ROOM,
	BACKLOG,
	CLOSING,
	FIN_AHEAD,
	DISCARDS,
	SHORT,
	PROBED,
	WINDOW_NEWER,
};

struct predicted_case {
	const char *name;
	enum change change;
	bool taken;
};

static void
change(struct tcp_conn *c, struct segment *s, enum change what)
{
	switch (what) {
	case NOTHING:
		break;
	case PUSH:
		s->flags |= FLAG_PSH;
		break;
	case FIN_TOO:
		s->flags |= FLAG_FIN;
		break;
	case BEFORE:
		s->seq = seq_add(s->seq, -1u);
		break;
	case BEYOND:
		s->seq = seq_add(s->seq, 1);
		break;
	case OLD_ACK:
		s->ack = seq_add(s->ack, -1u);
		break;
	case NEW_ACK:
		s->ack = seq_add(s->ack, 1);
		break;
	case FLIES:
		c->snd_nxt = seq_add(c->snd_nxt, 1);
		break;
	case WINDOW:
		s->window++;
		break;
	case NO_TIMESTAMP:
		s->options.has_ts = false;
		break;
	case OLD_TIMESTAMP:
		s->options.ts_val = c->ts_recent - 1;
		break;
	case SACK:
		s->options.sack_count = 1;
		break;
	case HOLE:
		c->run_count = 1;
		break;
	case QUICK:
		c->quick_acks = 1;
		break;
	case MARK:
		s->ecn = ECN_CE;
		break;
	case SMALL:
		s->length = COPY_BYTES_MAX;
		break;
	case NO_ROOM:
		c->rcv_adv = seq_add(c->rcv_nxt, LENGTH - 1);
		break;
	case BACKLOG:
		c->rcv.bytes = BACKLOG_BYTES + 1;
		break;
	case CLOSING:
		c->state = TCP_FIN_WAIT_1;
		break;
	case FIN_AHEAD:
		c->fin_received = true;
		break;
	case DISCARDS:
		c->discard = true;
		break;
	case SHORT:
		c->tcp->is_short = true;
		break;
	case PROBED:
		c->keepalive_probes = 1;
		break;
	case WINDOW_NEWER:
		c->wl1 = seq_add(c->rcv_nxt, 1);
		break;
	}
}

TEST(which_segments_take_the_short_way)
{
	static const struct predicted_case cases[] = {
		{ "the next bytes", NOTHING, true },
		{ "pushed", PUSH, true },
		{ "with a FIN", FIN_TOO, false },
		{ "a byte too early", BEFORE, false },
		{ "a byte too late", BEYOND, false },
		{ "acknowledges less", OLD_ACK, false },
		{ "acknowledges more", NEW_ACK, false },
		{ "something flies", FLIES, false },
		{ "the window moves", WINDOW, false },
		{ "without its timestamp", NO_TIMESTAMP, false },
		{ "an old timestamp", OLD_TIMESTAMP, false },
		{ "with a SACK", SACK, false },
		{ "behind it bytes wait", HOLE, false },
		{ "ACKs are due at once", QUICK, false },
		{ "marked", MARK, false },
		{ "small enough to be copied", SMALL, false },
		{ "more than the window", NO_ROOM, false },
		{ "much waits for its reader", BACKLOG, false },
		{ "we have closed", CLOSING, false },
		{ "the FIN is known", FIN_AHEAD, false },
		{ "nobody reads", DISCARDS, false },
		{ "buffers are few", SHORT, false },
		{ "keepalive probes are out", PROBED, false },
		{ "a window of later bytes is known", WINDOW_NEWER, false },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;
		struct tcp_conn before, *c;
		struct segment s = { .length = LENGTH, .flags = FLAG_ACK, .window = RIG_WINDOW };
		bool taken;

		rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true });
		rig_accept(&r, true);
		c = r.conn;
		s.seq = c->rcv_nxt;
		s.ack = c->snd_una;
		s.options = (struct tcp_options){ .has_ts = true, .ts_val = c->ts_recent };
		s.m = rte_pktmbuf_alloc(sim_pools()->data);
		rte_pktmbuf_append(s.m, LENGTH);
		before = *c;
		change(c, &s, cases[i].change);
		taken = predicted_take(c, &s);
		CHECK_ROW(cases[i].name, taken == cases[i].taken);
		CHECK_ROW(cases[i].name, taken == (s.m == NULL));
		rte_pktmbuf_free(s.m);
		if (!taken) {
			CHECK_ROW(cases[i].name, c->rcv.first == NULL);
			r.tcp->is_short = false;
			*c = before; /* what the row claimed is not so */
		}
		CHECK_ROW(cases[i].name, rig_fini(&r));
	}
}

/* A peer that mostly uploads, and its stack in two copies: one takes the short way. */
struct pair {
	struct rig with, without;
	struct sim_random random;
	uint32_t next, ts; /* what the peer sends next */
};

static bool
agree(const struct pair *p)
{
	const struct rig *a = &p->with, *b = &p->without;
	struct tcp_info x, y;

	tcp_info(a->conn, &x);
	tcp_info(b->conn, &y);
	for (unsigned i = 0; i < TCP_COUNTER_COUNT; i++) {
		if (tcp_counters(a->tcp)[i] != tcp_counters(b->tcp)[i])
			return false;
	}
	for (unsigned i = 0; i < a->sent_count && i < b->sent_count; i++) {
		const struct rig_segment *m = &a->sent[i], *n = &b->sent[i];

		if (m->flags != n->flags || m->seq != n->seq || m->ack != n->ack ||
		    m->window != n->window || m->length != n->length || m->ts_ecr != n->ts_ecr)
			return false;
	}
	return a->sent_count == b->sent_count && x.state_id == y.state_id && x.timer == y.timer &&
	       x.timer_ms == y.timer_ms && x.cwnd_bytes == y.cwnd_bytes &&
	       x.in_flight_bytes == y.in_flight_bytes &&
	       x.receive_queue_bytes == y.receive_queue_bytes &&
	       x.out_of_order_bytes == y.out_of_order_bytes &&
	       x.send_window_bytes == y.send_window_bytes &&
	       x.receive_window_bytes == y.receive_window_bytes &&
	       x.received_bytes == y.received_bytes;
}

/* Mostly the next bytes; else something near them that another step must see. */
static struct rig_segment
draw_segment(struct pair *p)
{
	struct sim_random *r = &p->random;
	uint32_t flight = in_flight(p->with.conn), una = p->with.conn->snd_una.v - p->with.iss;
	struct rig_segment s = { ACK, p->next, una, 1000, (uint32_t)sim_between(r, 1, 1400), true,
		p->ts += (uint32_t)sim_below(r, 3), 0 };

	if (sim_happens(r, 100000))
		s.seq += (uint32_t)sim_between(r, 0, 4000) - 2000;
	if (sim_happens(r, 300000) && flight > 0)
		s.ack += (uint32_t)sim_between(r, 1, flight);
	if (sim_happens(r, 30000))
		s.window = (uint32_t)sim_between(r, 0, 2000);
	if (sim_happens(r, 30000))
		s.ts_val -= 5;
	if (sim_happens(r, 30000))
		s.length = 0;
	if (sim_happens(r, 30000))
		s.has_ts = false;
	if (sim_happens(r, 300000))
		s.flags |= PSH;
	if (sim_happens(r, 1000))
		s.flags |= FIN;
	return s;
}

static void
read_some(struct rig *r, size_t bytes)
{
	struct chain out = CHAIN_EMPTY;

	tcp_receive(r->conn, bytes, &out);
	chain_free(&out);
}

static void
step(struct pair *p)
{
	struct duration pass = microseconds((int64_t)sim_spread(&p->random, 10, 60000));

	p->with.sent_count = p->without.sent_count = 0;
	for (uint64_t n = sim_between(&p->random, 1, 4); n > 0; n--) {
		struct rig_segment s = draw_segment(p);

		rig_add(&p->with, s);
		rig_add(&p->without, s);
		p->next = p->with.conn->rcv_nxt.v - p->with.peer_iss;
	}
	if (sim_happens(&p->random, 500000)) {
		size_t bytes = sim_between(&p->random, 1, 20000);

		read_some(&p->with, bytes);
		read_some(&p->without, bytes);
	}
	rig_turn(&p->with, pass);
	rig_turn(&p->without, pass);
	if (sim_happens(&p->random, 50000)) {
		rig_send(&p->with, 500);
		rig_send(&p->without, 500);
	}
}

TEST(nobody_can_tell_the_two_ways_apart)
{
	for (uint64_t seed = SEED; seed < SEED + 200; seed++) {
		struct tcp_config config = { .checksum_offload_rx = true,
			.receive_window_bytes = 65536 };
		struct pair p = { .random = sim_random_of(seed, 0), .next = 1, .ts = 1000 };
		bool same = true;

		rig_init(&p.with, config);
		config.no_prediction = true;
		rig_init(&p.without, config);
		rig_accept(&p.with, true);
		rig_accept(&p.without, true);
		for (unsigned i = 0; i < 200 && same; i++) {
			step(&p);
			same = agree(&p);
		}
		CHECK_SEED(seed, same);
		CHECK_SEED(seed, p.with.conn->received_bytes > 0);
		tcp_destroy(p.with.tcp);
		CHECK_SEED(seed, rig_fini(&p.without));
	}
}
