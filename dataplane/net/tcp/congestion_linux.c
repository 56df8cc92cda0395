/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Congestion avoidance as Linux's CUBIC has it, for who wants to share a path with Linux hosts on
 * the terms that they have among themselves. It departs from RFC 9438 in five ways: windows are
 * whole segments; until a first loss the window grows by a twentieth each round trip at least, as
 * what the path takes is not known yet (§4.2 has the curve alone, flat where it begins); the curve
 * is read a least round trip ahead, not a smoothed one; growth is bounded by half of what is
 * acknowledged, where §4.4 bounds the target by half the window; a flight that filled the window
 * counts as such until all of it is acknowledged. Slow start is left by HyStart, at
 * once (congestion.c). Of the state there: w_max is 0 until a loss, last_min_us the least round
 * trip of all; the other epoch is never begun.
 */
#include "dataplane/net/tcp/congestion.h"
#include "dataplane/net/tcp/tcp_limits.h"

#define NO_GROWTH        100u /* windows: where the curve is below the window */
#define FIRST_GROWTH_MAX 20u  /* acknowledged segments by which a first window grows by one */
#define GROWTH_MIN       2u
#define T_MS_MAX         60000 /* the cube stays below 2^63 */

static void
begin(struct congestion *g, struct mono now)
{
	uint32_t cwnd = g->cwnd / g->mss, w_max = g->w_max / g->mss;

	g->linux_epoch_at = now;
	g->credit = g->est_credit = 0;
	g->w_est = g->cwnd;
	g->origin_segments = w_max > cwnd ? w_max : cwnd;
	g->k_ms = congestion_k_ms(w_max > cwnd ? w_max - cwnd : 0);
}

/* The curve at `t_ms`, in segments. */
static uint32_t
target_at(const struct congestion *g, int64_t t_ms)
{
	int64_t x = t_ms - (int64_t)g->k_ms, w;

	x = x > T_MS_MAX ? T_MS_MAX : x < -T_MS_MAX ? -T_MS_MAX : x;
	w = (int64_t)g->origin_segments + x * x * x / 2500000000;
	return w > 0 ? (uint32_t)w : 0;
}

/* How many segments are acknowledged for one that the window grows by. */
static uint32_t
acked_per_segment(const struct congestion *g, uint32_t target)
{
	uint32_t cwnd = g->cwnd / g->mss, reno = g->w_est / g->mss, n;

	n = target > cwnd ? cwnd / (target - cwnd) : NO_GROWTH * cwnd;
	if (g->w_max == 0 && n > FIRST_GROWTH_MAX)
		n = FIRST_GROWTH_MAX;
	if (reno > cwnd && n > cwnd / (reno - cwnd))
		n = cwnd / (reno - cwnd);
	return n > GROWTH_MIN ? n : GROWTH_MIN;
}

void
congestion_linux_avoid(struct congestion *g, struct mono now, uint32_t acked, uint32_t flight)
{
	uint64_t each;

	if (g->limited)
		g->limited_left = flight; /* and what goes behind it, as it is acknowledged */
	if (g->ack_rtt_us != 0 && (g->last_min_us == 0 || g->ack_rtt_us < g->last_min_us))
		g->last_min_us = g->ack_rtt_us;
	if (!mono_is_set(g->linux_epoch_at))
		begin(g, now);
	congestion_grow_estimate(g, acked);
	each = (uint64_t)g->mss *
	       acked_per_segment(g, target_at(g, mono_since(now, g->linux_epoch_at).ns / 1000000 +
						     g->last_min_us / 1000));
	if (g->credit >= each) { /* it was counted while more was asked for */
		g->credit = 0;
		g->cwnd += g->mss;
	}
	g->credit += acked;
	g->cwnd += (uint32_t)(g->credit / each) * g->mss;
	g->credit %= each;
}

void
congestion_linux_unused(struct congestion *g, struct mono now, uint32_t acked, uint32_t flight)
{
	bool was_limited = g->limited_left > 0;

	if (g->ssthresh == UINT32_MAX)
		congestion_watch_round_trips(g, g->cwnd, acked, flight);
	else if (was_limited && g->cwnd >= g->ssthresh)
		congestion_linux_avoid(g, now, acked, flight);
	g->limited_left -= acked < g->limited_left ? acked : g->limited_left;
}
