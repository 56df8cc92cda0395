/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When more comes than the processor takes. Then windows do not bound what the path carries, but
 * what lies before us: whoever's window is wide fills the port's queue with bytes that come no
 * sooner for it, each holds a buffer meanwhile, others wait behind them, and an object's bytes come
 * in long runs of one connection, so that few are at hand at a time for digests in lanes.
 *
 * While the owner says so (tcp_set_crowded()), a connection's window is no wider than twice what
 * came of it in one of its least round trips: what waits in queues is no part of the path, and
 * whose path is long may still double. It is CROWDED_WINDOW_BYTES at least, and its edge never goes
 * back (RFC 9293 §3.8.6): a wider one is used up. While no round trip is known, nothing changes.
 */
#include "dataplane/net/tcp/conn.h"

#define INTERVAL_US \
	4000 /* over which is counted what comes, or a round trip where that is longer */

/* Begins to count anew once an interval is over. */
void
crowd_count(struct tcp_conn *c)
{
	struct crowded *w = &c->crowded;
	uint64_t rtt_us = c->rack.min_rtt_us;
	int64_t interval = rtt_us > INTERVAL_US ? (int64_t)rtt_us : INTERVAL_US, passed;

	if (!c->tcp->is_crowded || !mono_is_set(c->rack.min_rtt_at))
		return;
	passed = mono_since(c->tcp->now, w->since).ns / 1000;
	if (passed < interval)
		return;
	w->window =
	    (uint64_t)(uint32_t)seq_diff(c->rcv_nxt, w->from) * 2 * rtt_us / (uint64_t)passed + 1;
	w->from = c->rcv_nxt;
	w->since = c->tcp->now;
}

void
tcp_set_crowded(struct tcp *t, bool crowded)
{
	t->is_crowded = crowded;
}

uint32_t
crowd_window(const struct tcp_conn *c, uint32_t limit)
{
	uint64_t most = c->crowded.window;

	if (!c->tcp->is_crowded || most == 0)
		return limit;
	if (most < CROWDED_WINDOW_BYTES)
		most = CROWDED_WINDOW_BYTES;
	return most < limit ? (uint32_t)most : limit;
}
