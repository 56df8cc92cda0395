/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draws a plan. Most are small and mild, so that thousands run in a minute; each has a few things
 * that are odd, drawn one by one, so that they also meet in pairs.
 */
#include "tests/sim/world/plan.h"

#include <string.h>

#define PERCENT 10000u /* in parts per million */
/* Two of a SYN's retries fall into the calm: the first may still meet a half-open connection that
 * an old or a forged SYN left behind. */
#define TROUBLE_MAX_MS      12000
#define HALF_OPEN_MANY      1024
#define READING_MAX_SECONDS 1000
#define LONG_TROUBLE_MAX_MS 400000

static bool
one_in(struct sim_random *r, uint32_t n)
{
	return sim_below(r, n) == 0;
}

static struct duration
draw_us(struct sim_random *r, uint64_t low, uint64_t high)
{
	return microseconds((int64_t)sim_spread(r, low, high));
}

static uint32_t
pick(struct sim_random *r, const uint32_t *from, unsigned count)
{
	return from[sim_below(r, count)];
}

#define PICK(r, ...)                               \
	pick(r, (const uint32_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* The road itself: what stays when the weather is calm. */
static struct link_quality
draw_road(struct sim_random *r, bool ipv6)
{
	struct link_quality q = { .delay = draw_us(r, 1, one_in(r, 4) ? 300000 : 2000) };

	if (one_in(r, 3))
		q.jitter = draw_us(r, 1, (uint64_t)q.delay.ns / 500 + 1);
	if (one_in(r, 3)) {
		q.bits_per_second = sim_spread(r, 200000, 1000000000);
		q.queue_bytes = (uint32_t)sim_spread(r, 6000, 500000);
	}
	if (one_in(r, 6))
		q.mtu = ipv6 ? PICK(r, 1280, 1400, 1500) : PICK(r, 576, 1006, 1492);
	return q;
}

static void
draw_trouble(struct sim_random *r, struct link_quality *q, bool harsh)
{
	uint32_t most = harsh ? 40 * PERCENT : 5 * PERCENT;

	if (one_in(r, 2))
		q->loss_ppm = (uint32_t)sim_spread(r, 100, most);
	if (one_in(r, 4)) {
		q->burst_enter_ppm = (uint32_t)sim_spread(r, 1000, most);
		q->burst_leave_ppm = (uint32_t)sim_spread(r, 5 * PERCENT, 50 * PERCENT);
		q->burst_loss_ppm = (uint32_t)sim_between(r, 30 * PERCENT, 100 * PERCENT);
	}
	if (one_in(r, 3)) {
		q->reorder_ppm = (uint32_t)sim_spread(r, 1000, 30 * PERCENT);
		q->reorder_delay = draw_us(r, 10, one_in(r, 5) ? 2000000 : 20000);
	}
	if (one_in(r, 4))
		q->duplicate_ppm = (uint32_t)sim_spread(r, 1000, 20 * PERCENT);
	if (one_in(r, 4))
		q->corrupt_ppm = (uint32_t)sim_spread(r, 1000, 10 * PERCENT);
	if (one_in(r, 4))
		q->ecn_mark_ppm = (uint32_t)sim_spread(r, 1000, 30 * PERCENT);
	if (one_in(r, 8))
		q->loss_ppm = 1000000;
}

/* Changes of the MTU stay, as far as this goes: draw_paths() lets a way become wider again. */
static void
draw_weather(struct sim_random *r, struct plan *p)
{
	struct link_quality road[2] = { draw_road(r, p->ipv6), draw_road(r, p->ipv6) };
	bool lasts = one_in(r, 25);
	uint64_t most_ms = lasts ? LONG_TROUBLE_MAX_MS : TROUBLE_MAX_MS;
	uint64_t end_ms = sim_spread(r, 10, most_ms), at_ms = 0;
	unsigned changes = one_in(r, 10) ? 0 : (unsigned)sim_between(r, 1, PLAN_WEATHER_MAX - 1);

	if (one_in(r, 2))
		road[1] = road[0];
	for (unsigned i = 0; i < changes; i++) {
		struct plan_weather *w = &p->weather[p->weather_count++];

		w->at = milliseconds((int64_t)at_ms);
		memcpy(w->to, road, sizeof(road));
		for (unsigned side = 0; side < 2; side++) {
			if (one_in(r, 12))
				road[side].mtu = p->ipv6 ? 1280 : PICK(r, 576, 1300);
			if (!one_in(r, 4))
				draw_trouble(r, &w->to[side], lasts || one_in(r, 4));
		}
		at_ms = sim_between(r, at_ms, end_ms);
	}
	p->calm_at = milliseconds(changes == 0 ? 0 : (int64_t)end_ms);
	p->weather[p->weather_count].at = p->calm_at;
	memcpy(p->weather[p->weather_count++].to, road, sizeof(road));
	p->may_time_out = p->calm_at.ns > milliseconds(TROUBLE_MAX_MS).ns;
}

static void
draw_droughts(struct sim_random *r, struct plan *p)
{
	if (p->calm_at.ns == 0 || !one_in(r, 6))
		return;
	p->drought_count = (unsigned)sim_between(r, 1, PLAN_DROUGHT_MAX);
	for (unsigned i = 0; i < p->drought_count; i++) {
		struct plan_drought *d = &p->droughts[i];
		uint64_t calm_us = (uint64_t)p->calm_at.ns / 1000;

		d->at = microseconds((int64_t)sim_below(r, calm_us));
		d->until =
		    microseconds((int64_t)sim_between(r, (uint64_t)d->at.ns / 1000, calm_us));
		d->host = (unsigned)sim_below(r, 2);
		d->buffers = PICK(r, 0, 1, 2, 5, 20);
	}
}

static void
draw_host(struct sim_random *r, struct plan_host *h)
{
	h->tcp = (struct tcp_config){ .connections_max = 2 * PLAN_CONNS_MAX,
		.time_wait_max = one_in(r, 10) ? 1 : 2 * PLAN_CONNS_MAX,
		.half_open_max = HALF_OPEN_MANY,
		.receive_window_bytes =
		    PICK(r, 2000, 5000, 16384, 65535, 65536, 200000, 1 << 20, 1 << 20),
		.send_queue_bytes = PICK(r, 1000, 8192, 65536, 1 << 20),
		.mss_max = (uint16_t)PICK(r, 576, 1000, 1460, 1460, 1460, 8960),
		.rto_min = milliseconds(one_in(r, 3) ? PICK(r, 20, 50, 1000) : 200),
		.checksum_offload_rx = one_in(r, 2) };
	if (one_in(r, 3)) {
		h->wrap = one_in(r, 3) ? PLAN_TIMESTAMP_WRAPS : PLAN_SEQUENCE_WRAPS;
		h->wraps_after = (uint32_t)sim_spread(r, 1, 40000);
	}
	if (one_in(r, 3))
		h->turn_gap = draw_us(r, 10, 5000);
	if (one_in(r, 10)) {
		h->stall_ppm = (uint32_t)sim_spread(r, 100, 2 * PERCENT);
		h->stall = draw_us(r, 1000, 700000);
	}
}

static enum plan_ending
draw_ending(struct sim_random *r)
{
	switch (sim_below(r, 16)) {
	case 0:
		return PLAN_ABORT;
	case 1:
		return PLAN_DROP;
	case 2:
		return PLAN_DISCARD;
	case 3:
	case 4:
		return PLAN_LET_GO;
	case 5:
	case 6:
		return PLAN_ANSWER;
	default:
		return PLAN_CLOSE;
	}
}

static void
draw_user(struct sim_random *r, struct plan_user *u)
{
	u->bytes = (uint32_t)(one_in(r, 5)    ? 0
			      : one_in(r, 2)  ? sim_spread(r, 1, 3000)
			      : one_in(r, 40) ? sim_spread(r, 1, 1 << 20)
					      : sim_spread(r, 1, 100000));
	u->write_bytes = one_in(r, 4) ? (uint32_t)sim_spread(r, 1, 3000) : 65535;
	u->read_bytes = one_in(r, 4) ? (uint32_t)sim_spread(r, 1, 5000) : UINT32_MAX;
	if (u->bytes / u->write_bytes > 400) /* a run of many steps says no more than a short one */
		u->write_bytes = u->bytes / 400 + 1;
	if (one_in(r, 4))
		u->write_gap = draw_us(r, 10, one_in(r, 8) ? 3000000 : 10000);
	if (one_in(r, 6))
		u->read_gap = draw_us(r, 10, one_in(r, 8) ? 3000000 : 10000);
	if (u->read_gap.ns > 0 && u->read_bytes < 200)
		u->read_bytes = 200;
	if (one_in(r, 8))
		u->read_after = draw_us(r, 1000, one_in(r, 4) ? 200000000 : 3000000);
	u->external = one_in(r, 3);
	u->ending = draw_ending(r);
	u->ending_after = draw_us(r, 1, 5000000);
}

/* Who reads little and seldom would take longer than a run may. */
static void
bound_reading(struct plan_user *u, uint32_t bytes)
{
	int64_t reads = u->read_gap.ns > 0 ? seconds(READING_MAX_SECONDS).ns / u->read_gap.ns : 0;

	if (reads > 0 && bytes / u->read_bytes > reads)
		u->read_bytes = (uint32_t)(bytes / reads) + 1;
}

static void
draw_conn(struct sim_random *r, struct plan *p, unsigned i)
{
	struct plan_conn *c = &p->conns[i];

	c->start = i == 0 ? milliseconds(0) : draw_us(r, 1, one_in(r, 3) ? 4000000 : 20000);
	c->opener = (unsigned)sim_below(r, 2);
	c->flow = i;
	/* Without timestamps nothing tells an old duplicate from the next connection's bytes. */
	if (i > 0 && !p->strips_ts && !p->conns[i - 1].both && one_in(r, 4)) {
		c->flow = p->conns[i - 1].flow;
		c->opener = p->conns[i - 1].opener;
		c->start.ns += p->conns[i - 1].start.ns;
	}
	c->both = c->flow == i && one_in(r, 20);
	c->both_after = draw_us(r, 1, 3000);
	draw_user(r, &c->users[0]);
	draw_user(r, &c->users[1]);
	bound_reading(&c->users[0], c->users[1].bytes);
	bound_reading(&c->users[1], c->users[0].bytes);
	if (c->users[0].ending == PLAN_ANSWER && c->users[1].ending == PLAN_ANSWER)
		c->users[0].ending = PLAN_CLOSE; /* or each waits for the other */
}

bool
plan_has_cookies(const struct plan *p, unsigned host)
{
	return p->hosts[host].tcp.half_open_max < HALF_OPEN_MANY;
}

/*
 * Drawn last, so that what came before means what it did. A host that answers with cookies and then
 * opens the same ports itself would be two things to its peer: not where both open.
 */
static void
draw_cookies(struct sim_random *r, struct plan *p)
{
	for (unsigned i = 0; i < p->conn_count; i++) {
		if (p->conns[i].both)
			return;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (one_in(r, 4))
			p->hosts[i].tcp.half_open_max = PICK(r, 1, 1, 2, 3);
	}
}

/* Drawn behind all else, for the same reason. */
static void
draw_way_out(struct sim_random *r, struct plan *p)
{
	for (unsigned i = 0; i < 2; i++) {
		if (one_in(r, 5))
			p->hosts[i].way_out = PICK(r, 1, 2, 3, 8, 40);
	}
}

/* Hosts that soon try larger segments again, and a way that has become wider before all is over. */
static void
draw_paths(struct sim_random *r, struct plan *p)
{
	for (unsigned i = 0; i < 2; i++) {
		if (one_in(r, 2))
			p->hosts[i].tcp.path_memory = draw_us(r, 1000, 500000);
	}
	if (!one_in(r, 3))
		return;
	for (unsigned i = (unsigned)sim_below(r, p->weather_count); i < p->weather_count; i++)
		p->weather[i].to[0].mtu = p->weather[i].to[1].mtu = 0;
}

void
plan_draw(struct plan *p, uint64_t seed)
{
	struct sim_random random = sim_random_of(seed, 0), *r = &random;
	struct sim_random routers = sim_random_of(seed, 40), crowds = sim_random_of(seed, 41);
	struct sim_random paths = sim_random_of(seed, 42);

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	p->ipv6 = one_in(r, 3);
	p->strips_ts = one_in(r, 5);
	p->strips_sack = one_in(r, 5);
	p->strips_scale = one_in(r, 8);
	p->strips_mss = one_in(r, 12);
	p->forge_ppm = one_in(r, 4) ? (uint32_t)sim_spread(r, 1000, 20 * PERCENT) : 0;
	draw_host(r, &p->hosts[0]);
	draw_host(r, &p->hosts[1]);
	draw_weather(r, p);
	draw_droughts(r, p);
	p->conn_count = one_in(r, 3) ? (unsigned)sim_between(r, 2, PLAN_CONNS_MAX) : 1;
	for (unsigned i = 0; i < p->conn_count; i++)
		draw_conn(r, p, i);
	draw_cookies(r, p);
	draw_way_out(r, p);
	p->says_nothing = one_in(&routers, 3);
	for (unsigned i = 0; i < 2; i++)
		p->hosts[i].crowd_ppm =
		    one_in(&crowds, 4) ? (uint32_t)sim_spread(&crowds, 1000, 20 * PERCENT) : 0;
	draw_paths(&paths, p);
}

static double
in_seconds(struct duration d)
{
	return (double)d.ns / 1e9;
}

static void
print_quality(const struct link_quality *q, unsigned to, FILE *out)
{
	fprintf(out,
	    "    to %u: delay %.6f jitter %.6f loss %u burst %u/%u/%u reorder %u by %.6f twice %u "
	    "damage %u mark %u rate %llu queue %u mtu %u\n",
	    to, in_seconds(q->delay), in_seconds(q->jitter), q->loss_ppm, q->burst_enter_ppm,
	    q->burst_leave_ppm, q->burst_loss_ppm, q->reorder_ppm, in_seconds(q->reorder_delay),
	    q->duplicate_ppm, q->corrupt_ppm, q->ecn_mark_ppm,
	    (unsigned long long)q->bits_per_second, q->queue_bytes, q->mtu);
}

static void
print_host(const struct plan_host *h, unsigned i, FILE *out)
{
	static const char *const wraps[] = { "any", "sequence", "timestamp" };

	fprintf(out,
	    "  host %u: window %u send queue %u mss %u rto_min %.3f half-open %u TIME-WAIT %u "
	    "offload %d, %s "
	    "wraps after %u, turns %.6f apart, stalls %u of %.6f, way out %u, crowds %u, "
	    "believes paths %.6f\n",
	    i, h->tcp.receive_window_bytes, h->tcp.send_queue_bytes, h->tcp.mss_max,
	    in_seconds(h->tcp.rto_min), h->tcp.half_open_max, h->tcp.time_wait_max,
	    h->tcp.checksum_offload_rx, wraps[h->wrap], h->wraps_after, in_seconds(h->turn_gap),
	    h->stall_ppm, in_seconds(h->stall), h->way_out, h->crowd_ppm,
	    in_seconds(h->tcp.path_memory));
}

static void
print_conn(const struct plan_conn *c, unsigned i, FILE *out)
{
	static const char *const endings[] = {
#define X(id, word, help) word,
		PLAN_ENDINGS(X)
#undef X
	};

	fprintf(out, "  connection %u: flow %u, host %u opens at %.6f%s\n", i, c->flow, c->opener,
	    in_seconds(c->start), c->both ? ", both do" : "");
	for (unsigned s = 0; s < 2; s++) {
		const struct plan_user *u = &c->users[s];

		fprintf(out,
		    "    user %u: %u bytes by %u every %.6f%s, reads %u every %.6f after %.6f, %s "
		    "(%.6f)\n",
		    s, u->bytes, u->write_bytes, in_seconds(u->write_gap),
		    u->external ? " by reference" : "", u->read_bytes, in_seconds(u->read_gap),
		    in_seconds(u->read_after), endings[u->ending], in_seconds(u->ending_after));
	}
}

void
plan_print(const struct plan *p, FILE *out)
{
	fprintf(out, "seed %llu: IPv%d, on the way lost:%s%s%s%s, forged %u, calm at %.6f%s\n",
	    (unsigned long long)p->seed, p->ipv6 ? 6 : 4, p->strips_ts ? " TS" : "",
	    p->strips_sack ? " SACK" : "", p->strips_scale ? " scale" : "",
	    p->strips_mss ? " MSS" : "", p->forge_ppm, in_seconds(p->calm_at),
	    p->may_time_out ? ", may time out" : "");
	if (p->says_nothing)
		fprintf(out, "  what is too big for the road vanishes without a word\n");
	for (unsigned i = 0; i < 2; i++)
		print_host(&p->hosts[i], i, out);
	for (unsigned i = 0; i < p->weather_count; i++) {
		fprintf(out, "  weather from %.6f\n", in_seconds(p->weather[i].at));
		print_quality(&p->weather[i].to[0], 0, out);
		print_quality(&p->weather[i].to[1], 1, out);
	}
	for (unsigned i = 0; i < p->drought_count; i++)
		fprintf(out, "  host %u has %u buffers from %.6f to %.6f\n", p->droughts[i].host,
		    p->droughts[i].buffers, in_seconds(p->droughts[i].at),
		    in_seconds(p->droughts[i].until));
	for (unsigned i = 0; i < p->conn_count; i++)
		print_conn(&p->conns[i], i, out);
}
