/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop: time goes to whatever happens next, hosts that have something take a turn, and after
 * each turn everything is checked. At the end every connection was told whole or ended for a
 * reason, is forgotten, and every buffer is back in its pool.
 */
#include "tests/sim/world/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "tests/sim/sim.h"

#define HOST_MBUFS    16383
#define STEP_NS       10000 /* a host looks again no sooner */
#define RETRY_MS      50    /* of a connection whose ports are in use */
#define RETRY_SECONDS 20

static struct chain_pools host_pools[2];

int
world_setup(void)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	if (sim_eal_init() != 0)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "world_data_%u", i);
		host_pools[i].data = rte_pktmbuf_pool_create(
		    name, HOST_MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
		snprintf(name, sizeof(name), "world_refs_%u", i);
		host_pools[i].refs =
		    rte_pktmbuf_pool_create(name, HOST_MBUFS, 256, 0, 0, SOCKET_ID_ANY);
		if (host_pools[i].data == NULL || host_pools[i].refs == NULL)
			return -rte_errno;
	}
	return 0;
}

void
world_fail(struct world *w, const char *format, ...)
{
	va_list arguments;
	int n;

	if (w->failure[0] != '\0')
		return;
	n = snprintf(w->failure, sizeof(w->failure), "at %.6f: ", world_seconds(w));
	va_start(arguments, format);
	vsnprintf(w->failure + n, sizeof(w->failure) - (size_t)n, format, arguments);
	va_end(arguments);
}

struct mono
world_host_time(const struct host *h)
{
	return mono_add(h->world->now, h->clock);
}

struct mono
world_time(const struct world *w, struct duration d)
{
	return mono_add(w->start, d);
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct host *h = arg;

	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)sim_below(&h->random, 256);
}

/* What the box on the way does not know. */
static void
strip(const struct plan *p, struct rte_mbuf *m)
{
	uint32_t kinds = (p->strips_mss ? 1u << 2 : 0) | (p->strips_scale ? 1u << 3 : 0) |
			 (p->strips_sack ? 1u << 4 : 0) | (p->strips_ts ? 1u << 8 : 0);

	if (kinds != 0)
		segment_strip(rte_pktmbuf_mtod(m, uint8_t *), m->data_len, kinds);
}

static const char *
fate_word(unsigned fate)
{
	return fate & LINK_LOST         ? "lost"
	       : fate & LINK_QUEUE_FULL ? "lost: queue full"
	       : fate & LINK_TOO_BIG    ? "too big"
	       : fate & LINK_DAMAGED    ? "damaged"
	       : fate & LINK_TWICE      ? "twice"
	       : fate & LINK_LATE       ? "late"
					: "";
}

static void
transmit(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct host *h = arg;
	struct world *w = h->world;
	struct wire_segment s;
	unsigned fate;

	w->segments++;
	if (!segment_read(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, &s)) {
		world_fail(w, "host %u sends what is no segment", h->index);
		rte_pktmbuf_free(m);
		return;
	}
	watch_sent(h, m, &s);
	h->data_out += h->flushes && (s.length > 0 || (s.flags & SEGMENT_FIN) != 0);
	if (s.flags & SEGMENT_SYN)
		strip(&w->plan, m);
	fate = link_send(&w->links[1 - h->index], w->now, m, source, destination, ecn);
	if ((fate & LINK_TOO_BIG) && !w->plan.says_nothing)
		link_send_too_big(&w->links[h->index], w->now, m, destination, source,
		    w->links[1 - h->index].quality.mtu);
	trace_segment(w, h->index, fate_word(fate), &s);
	rte_pktmbuf_free(m);
	forge(h, &s, source, destination);
}

/* Where a first stack with the same keys would begin: its SYN is looked at and it is thrown away.
 */
static void
look_at_syn(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct wire_segment *s = ((struct host *)arg)->peek;

	(void)source;
	(void)destination;
	(void)ecn;
	segment_read(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, s);
	rte_pktmbuf_free(m);
}

static struct tcp *
make_stack(struct host *h, bool to_look)
{
	const struct plan_host *p = &h->world->plan.hosts[h->index];
	struct tcp_env env = { h, to_look ? look_at_syn : transmit, random_bytes, h->pools };
	struct tcp *t = tcp_create(&p->tcp, &env);

	if (t == NULL)
		abort();
	tcp_begin(t, world_host_time(h));
	return t;
}

/* Puts the host's clock forward until its numbers stand just below their wrap. */
static void
set_clock(struct host *h)
{
	const struct plan_host *p = &h->world->plan.hosts[h->index];
	const struct plan_conn *c = &h->world->plan.conns[0];
	uint16_t port = (uint16_t)(PLAN_FLOW_PORT + c->flow);
	bool opens = c->opener == h->index;
	struct tcp_endpoints e = { h->address, h->world->hosts[1 - h->index].address,
		opens ? port : PLAN_PORT, opens ? PLAN_PORT : port };
	struct sim_random before = h->random;
	struct wire_segment syn;
	struct tcp_conn *conn;
	struct tcp *t;

	if (p->wrap == PLAN_ANY_NUMBERS)
		return;
	h->peek = &syn;
	t = make_stack(h, true);
	if (tcp_connect(t, &e, &conn) != 0)
		abort();
	tcp_destroy(t);
	h->random = before;                 /* so that the real one draws the same keys */
	if (p->wrap == PLAN_SEQUENCE_WRAPS) /* RFC 6528: one every 4 us */
		h->clock.ns = (int64_t)(0u - p->wraps_after - syn.seq) * 4000;
	else
		h->clock.ns = (int64_t)(0u - p->wraps_after - syn.ts_val) * 1000000;
}

static void
make_host(struct world *w, unsigned index)
{
	static const uint8_t v4[2][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 } };
	static const uint8_t v6[2][16] = { { 0x20, 1, 0xd, 0xb8, [15] = 1 },
		{ 0x20, 1, 0xd, 0xb8, [15] = 2 } };
	struct host *h = &w->hosts[index];

	h->world = w;
	h->index = index;
	h->pools = host_pools[index];
	h->random = sim_random_of(w->plan.seed, 10 + index);
	h->address = w->plan.ipv6 ? address_v6(v6[index]) : address_v4(v4[index]);
	link_init(&w->links[index], w->plan.weather[0].to[index],
	    sim_random_of(w->plan.seed, 20 + index));
}

static void
make_users(struct world *w)
{
	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		const struct plan_conn *c = &w->plan.conns[i];

		for (unsigned side = 0; side < 2; side++)
			w->users[i][side] = (struct user){ .world = w,
				.plan = &c->users[side],
				.conn = i,
				.side = side,
				.host = c->opener ^ side };
		w->try_at[i][0] = world_time(w, c->start);
		w->try_at[i][1] = c->both ? mono_add(w->try_at[i][0], c->both_after) : MONO_NEVER;
	}
}

static void
begin(struct world *w, const struct plan *plan, FILE *trace)
{
	struct link *links = w->links;
	struct ip_address any = { { 0 } };

	memset(w, 0, sizeof(*w));
	w->links = links != NULL ? links : calloc(2, sizeof(*links));
	if (w->links == NULL)
		abort();
	w->plan = *plan;
	w->trace = trace;
	w->start.ns = w->now.ns = 1000000000;
	w->forger = sim_random_of(plan->seed, 30);
	watch_init(w);
	make_host(w, 0);
	make_host(w, 1);
	make_users(w);
	w->weather_next = 1;
	for (unsigned i = 0; i < 2; i++) {
		set_clock(&w->hosts[i]);
		w->hosts[i].tcp = make_stack(&w->hosts[i], false);
		if (tcp_listen(w->hosts[i].tcp, &any, PLAN_PORT) != 0)
			abort();
	}
}

static void
end(struct world *w)
{
	for (unsigned i = 0; i < PLAN_DROUGHT_MAX; i++)
		rte_pktmbuf_free(w->held[i]);
	for (unsigned i = 0; i < 2; i++) {
		tcp_destroy(w->hosts[i].tcp);
		link_fini(&w->links[i]);
		if (rte_mempool_in_use_count(w->hosts[i].pools.data) +
			rte_mempool_in_use_count(w->hosts[i].pools.refs) !=
		    0)
			world_fail(w, "host %u: buffers were not given back", i);
	}
}

static void
take_icmp(struct host *h, const struct flight *f)
{
	struct tcp_endpoints e = { f->destination, f->source,
		(uint16_t)(f->data[0] << 8 | f->data[1]),
		(uint16_t)(f->data[2] << 8 | f->data[3]) };
	uint32_t seq = segment_get32(f->data + 4);

	tcp_icmp(h->tcp, &e, seq, false, f->too_big_mtu);
	if (f->forged)
		tcp_icmp(h->tcp, &e, seq, true, 0);
}

static void
take_segment(struct host *h, const struct flight *f)
{
	struct rte_mbuf *m = link_unload(f, h->pools.data);
	struct wire_segment s;

	if (m == NULL)
		return; /* a port without buffers drops */
	if (segment_read(f->data, f->bytes, f->bytes, &s) && !f->damaged) {
		watch_heard(h, f, &s);
		trace_segment(h->world, 1 - h->index, f->forged ? "< forged" : "<", &s);
	}
	if (!f->damaged)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (tcp_input(h->tcp, m, &f->source, &f->destination, f->ecn) == TCP_INPUT_NO_FLOW)
		tcp_refuse(h->tcp, m, &f->source, &f->destination);
}

/* Mostly all that is owed; where the port is behind, no more than it takes. */
static void
flush(struct host *h)
{
	uint32_t most = h->world->plan.hosts[h->index].way_out;

	if (most == 0) {
		tcp_flush(h->tcp);
		return;
	}
	most = (uint32_t)sim_between(&h->random, 0, most);
	h->data_out = 0;
	h->flushes = true;
	tcp_flush_within(h->tcp, most);
	h->flushes = false;
	if (h->data_out > most)
		world_fail(h->world, "host %u: sends %u segments of data where %u have room",
		    h->index, h->data_out, most);
}

static void
turn(struct host *h)
{
	struct world *w = h->world;
	const struct plan_host *p = &w->plan.hosts[h->index];
	struct tcp_conn *c;
	struct flight *f;

	tcp_begin(h->tcp, world_host_time(h));
	if (p->crowd_ppm > 0 && sim_happens(&h->random, p->crowd_ppm)) {
		h->is_crowded = !h->is_crowded;
		tcp_set_crowded(h->tcp, h->is_crowded);
	}
	while ((f = link_take(&w->links[h->index], w->now)) != NULL) {
		if (f->too_big_mtu != 0)
			take_icmp(h, f);
		else
			take_segment(h, f);
		free(f);
	}
	tcp_run_timers(h->tcp);
	while ((c = tcp_next_ready(h->tcp)) != NULL)
		user_ready(h, c);
	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		struct user *u = &w->users[i][w->plan.conns[i].opener ^ h->index];

		if (user_wakes_at(u).ns <= w->now.ns)
			user_act(u);
	}
	flush(h);
	check_turn(h);
	h->not_before =
	    mono_add(w->now, p->turn_gap.ns > STEP_NS ? p->turn_gap : nanoseconds(STEP_NS));
	if (sim_happens(&h->random, p->stall_ppm))
		h->not_before = mono_add(w->now, p->stall);
	w->turns++;
}

static struct mono
host_wakes_at(const struct host *h)
{
	const struct world *w = h->world;
	struct mono first = link_next(&w->links[h->index]);
	struct mono deadline = tcp_next_deadline(h->tcp);

	uint64_t clock = (uint64_t)h->clock.ns;

	if (deadline.ns != MONO_NEVER.ns)
		first = mono_earlier(
		    first, (struct mono){ deadline.ns > clock ? deadline.ns - clock : 0 });
	for (unsigned i = 0; i < w->plan.conn_count; i++)
		first = mono_earlier(
		    first, user_wakes_at(&w->users[i][w->plan.conns[i].opener ^ h->index]));
	if (first.ns == MONO_NEVER.ns)
		return first;
	return first.ns > h->not_before.ns ? first : h->not_before;
}

/* Opens what is due. Ports that are in use are tried again for a while. */
static void
open_due(struct world *w)
{
	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		struct duration late = mono_since(w->now, world_time(w, w->plan.conns[i].start));

		for (unsigned side = 0; side < 2; side++) {
			struct user *u = &w->users[i][side];
			bool again;

			if (w->try_at[i][side].ns > w->now.ns)
				continue;
			w->try_at[i][side] = MONO_NEVER;
			if (u->tcp != NULL || u->released)
				continue; /* the other side was faster */
			tcp_begin(w->hosts[u->host].tcp, world_host_time(&w->hosts[u->host]));
			if (user_connect(u) || side == 1)
				continue;
			again = late.ns < seconds(RETRY_SECONDS).ns;
			if (again)
				w->try_at[i][0] = mono_add(w->now, milliseconds(RETRY_MS));
			else
				w->skipped[i] = w->users[i][0].released = w->users[i][1].released =
				    true;
		}
	}
}

static void
change_weather(struct world *w)
{
	while (w->weather_next < w->plan.weather_count &&
	       world_time(w, w->plan.weather[w->weather_next].at).ns <= w->now.ns) {
		link_change(&w->links[0], w->plan.weather[w->weather_next].to[0]);
		link_change(&w->links[1], w->plan.weather[w->weather_next].to[1]);
		w->weather_next++;
	}
}

static struct rte_mbuf *
take_buffers(struct rte_mempool *pool, uint32_t leave)
{
	struct rte_mbuf *held = NULL;

	for (uint32_t n = rte_mempool_avail_count(pool); n > leave; n--) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		if (m == NULL)
			break;
		m->next = held;
		m->nb_segs = held == NULL ? 1 : 2; /* with 1, `next` would not be followed */
		held = m;
	}
	return held;
}

static void
change_droughts(struct world *w)
{
	for (unsigned i = 0; i < w->plan.drought_count; i++) {
		const struct plan_drought *d = &w->plan.droughts[i];
		bool on =
		    world_time(w, d->at).ns <= w->now.ns && w->now.ns < world_time(w, d->until).ns;

		if (on && w->held[i] == NULL)
			w->held[i] = take_buffers(w->hosts[d->host].pools.data, d->buffers);
		if (!on) {
			rte_pktmbuf_free(w->held[i]);
			w->held[i] = NULL;
		}
	}
}

/* When something happens next that no host does. */
static struct mono
next_change(const struct world *w)
{
	struct mono next = MONO_NEVER;

	if (w->weather_next < w->plan.weather_count)
		next = world_time(w, w->plan.weather[w->weather_next].at);
	for (unsigned i = 0; i < w->plan.drought_count; i++) {
		struct mono at = world_time(w, w->plan.droughts[i].at);
		struct mono until = world_time(w, w->plan.droughts[i].until);

		if (at.ns > w->now.ns)
			next = mono_earlier(next, at);
		if (until.ns > w->now.ns)
			next = mono_earlier(next, until);
	}
	for (unsigned i = 0; i < w->plan.conn_count; i++)
		next = mono_earlier(next, mono_earlier(w->try_at[i][0], w->try_at[i][1]));
	return next;
}

static void
play(struct world *w)
{
	while (w->failure[0] == '\0') {
		struct mono wake[2] = { host_wakes_at(&w->hosts[0]), host_wakes_at(&w->hosts[1]) };
		struct mono next = mono_earlier(next_change(w), mono_earlier(wake[0], wake[1]));

		if (next.ns == MONO_NEVER.ns) {
			if (check_waiting(w))
				continue;
			check_end(w);
			return;
		}
		if (next.ns > w->now.ns)
			w->now = next;
		change_weather(w);
		change_droughts(w);
		open_due(w);
		for (unsigned i = 0; i < 2; i++) {
			if (wake[i].ns <= w->now.ns)
				turn(&w->hosts[i]);
		}
		check_progress(w);
	}
}

const char *
world_run(struct world *w, const struct plan *plan, FILE *trace)
{
	begin(w, plan, trace);
	play(w);
	end(w);
	return w->failure[0] != '\0' ? w->failure : NULL;
}
