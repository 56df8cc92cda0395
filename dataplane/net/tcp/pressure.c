/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When buffers run short. The pool keeps a reserve (tcp_config.pool_reserve) for the port's rings,
 * for what we send, and for whatever else shares it, ARP and ping among it; who holds buffers must
 * not get at it:
 *
 *     fewer free than        what is given up
 *     the reserve            new connections (backlog.c)
 *     half of it             what would have a connection hold more than PRESSURE_QUEUE_BYTES,
 *                            or more than a few runs beyond holes, and windows wider than that;
 *                            then peers that do not take what we hold for them, below
 *     an eighth of it        whatever does not find its queue empty
 *
 * What is dropped so, the peer sends again. Peers whose readers keep up go on as ever, also where
 * the path loses: without the few bytes beyond a hole no SACK would tell of it (RFC 6675 §2), and
 * each loss cost them a timeout. What fills a hole is taken where nothing waits to be read.
 *
 * Who lets us hold PRESSURE_HELD_BYTES and more, and takes less than a sixteenth of it in a second,
 * three times in a row, is reset. A few connections are looked at in a turn, and the worst of them
 * goes; bytes that wait for our own reader are not held against the peer. Does nothing, and costs a
 * comparison a turn, while there are buffers.
 */
#include "dataplane/net/tcp/conn.h"

#define LOOKED_AT_IN_A_TURN 32
#define STALLS_MAX          3

/* Without the caches of other threads, who have none in a pool of one core's. */
static uint32_t
count_free(struct rte_mempool *pool)
{
	const struct rte_mempool_cache *cache = rte_mempool_default_cache(pool, rte_lcore_id());

	return rte_mempool_get_ops(pool->ops_index)->get_count(pool) +
	       (cache != NULL ? cache->len : 0);
}

/* Has it taken less than a sixteenth of what we hold for it since the last pass? Notes where it is.
 */
static bool
is_stalled(struct tcp_conn *c, uint32_t pass)
{
	uint64_t held = c->snd.bytes + c->reasm_bytes;
	bool looked_at = c->swept_pass != 0 && c->swept_pass == pass - 1;
	uint32_t taken = (uint32_t)seq_diff(c->snd_una, c->swept_una);

	c->swept_pass = pass;
	c->swept_una = c->snd_una;
	if (!looked_at || held < PRESSURE_HELD_BYTES || taken >= held / 16)
		c->swept_stalls = 0;
	else if (c->swept_stalls < STALLS_MAX)
		c->swept_stalls++;
	return c->swept_stalls == STALLS_MAX;
}

static void
sweep(struct tcp *t)
{
	struct tcp_conn *worst = NULL;

	if (t->sweep_next == 0) { /* a pass begins */
		if (mono_before(t->now, t->sweep_at))
			return;
		t->sweep_at = mono_add(t->now, seconds(1));
		t->sweep_pass++;
	}
	for (unsigned i = 0; i < LOOKED_AT_IN_A_TURN; i++) {
		struct tcp_conn *c = &t->conns[t->sweep_next];

		if (c->tcp != NULL && c->state >= TCP_ESTABLISHED && is_stalled(c, t->sweep_pass) &&
		    (worst == NULL || c->snd.bytes > worst->snd.bytes))
			worst = c;
		if (++t->sweep_next < t->config.connections_max)
			continue;
		t->sweep_next = 0;
		break;
	}
	if (worst == NULL)
		return;
	tcp_count(t, TCP_COUNTER_PRESSURE_RESETS);
	output_reset(worst);
	conn_end(worst);
}

void
pressure_begin(struct tcp *t)
{
	if (t->config.pool_reserve == 0)
		return;
	t->data_free = count_free(t->env.pools.data);
	t->is_short = t->data_free < t->config.pool_reserve / 2;
	if (t->is_short)
		sweep(t);
}

bool
pressure_drops(struct tcp_conn *c, const struct segment *s)
{
	struct tcp *t = c->tcp;
	bool empty = t->data_free < t->config.pool_reserve / 8;
	bool beyond = seq_after(s->seq, c->rcv_nxt);
	bool fits = c->rcv.bytes + c->reasm_bytes + s->length <= PRESSURE_QUEUE_BYTES &&
		    (!beyond || c->run_count < REASM_RUNS_FEW);

	if ((!beyond && c->rcv.bytes == 0) || (!empty && fits))
		return false;
	tcp_count(t, TCP_COUNTER_PRESSURE_DROPS);
	output_ack_now(c);
	return true;
}
