/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold for every connection whenever the library is left, that is, after tcp_flush(): the
 * simulator, the fuzz targets and the packet scripts ask after every event. Reads, changes nothing.
 * Each group is a function that names the first rule it finds broken.
 */
#include "dataplane/net/tcp/conn.h"

#include <stdio.h>
#include <stdlib.h>

/* True is what must hold. */
#define RULE(condition, name)        \
	do {                         \
		if (!(condition))    \
			return name; \
	} while (0)

static bool
is_synchronized(const struct tcp_conn *c)
{
	return c->state >= TCP_ESTABLISHED;
}

static const char *
check_sending(const struct tcp_conn *c)
{
	uint32_t fin = c->fin_sent && !c->fin_acked ? 1 : 0;
	uint32_t mss = c->mss + (c->use_ts ? TS_OPTION_BYTES : 0u); /* as the option has it */

	RULE(!seq_after(c->snd_una, c->snd_nxt), "snd_una is behind snd_nxt");
	if (!is_synchronized(c))
		return NULL;
	RULE(in_flight(c) <= c->snd.bytes + fin, "no more flies than is queued");
	RULE(c->in_recovery || c->congestion.cwnd >= c->mss,
	    "cwnd holds a segment, or PRR shares out less");
	RULE(c->mss > 0 && c->rto_ns > 0, "mss and RTO are set");
	RULE(c->snd_wnd <= c->max_snd_wnd, "max_snd_wnd is the largest window");
	RULE(mss <= c->mss_most, "the MSS is what both sides take");
	RULE(c->mss_is_low == (mss < c->mss_most), "the MSS is low where it says so");
	return NULL;
}

/* Ranges of what was sent, in order, nothing twice; scoreboard.c knows its own. */
static const char *
check_scoreboard(const struct tcp_conn *c)
{
	RULE(c->sent_count <= lent_range_room(c), "the scoreboard is bounded");
	RULE(!is_synchronized(c) || scoreboard_is_sound(c), "the scoreboard covers what flies");
	return NULL;
}

static const char *
check_runs(const struct tcp_conn *c)
{
	struct seq last = c->rcv_nxt;
	uint64_t bytes = 0;

	RULE(c->run_count <= lent_run_room(c), "out-of-order runs are bounded");
	for (unsigned i = 0; i < c->run_count; i++) {
		const struct reasm_run *r = &c->runs[i];

		RULE(seq_after(r->start, last), "runs are sorted, apart, and beyond rcv_nxt");
		RULE(r->bytes.bytes > 0, "no run is empty");
		bytes += r->bytes.bytes;
		last = seq_add(r->start, (uint32_t)r->bytes.bytes);
	}
	RULE(bytes == c->reasm_bytes, "reasm_bytes is what the runs hold");
	RULE(c->run_count == 0 || !seq_after(last, c->rcv_adv), "runs lie in the window");
	return NULL;
}

static const char *
check_receiving(const struct tcp_conn *c)
{
	int32_t announced = seq_diff(c->rcv_adv, c->rcv_nxt);

	/* One segment may exceed the window (established.c). */
	RULE(c->rcv.bytes + c->reasm_bytes < c->queue_limit + 65535u,
	    "the receive queue is bounded");
	RULE(announced <= 0 || c->rcv.bytes + (uint32_t)announced <= c->queue_limit,
	    "no more is announced than there is room for");
	RULE(!c->fin_received || c->fin_reached || !seq_before(c->fin_seq, c->rcv_nxt),
	    "a FIN that was not reached lies ahead");
	RULE(!c->fin_reached || seq_is(c->rcv_nxt, seq_add(c->fin_seq, 1)),
	    "a FIN that was reached is the last that was received");
	return check_runs(c);
}

/* The states of RFC 9293 §3.3.2 said in FINs: ours queued or acknowledged, theirs reached. */
static const char *
check_state(const struct tcp_conn *c)
{
	static const struct {
		bool fin_queued, fin_acked, fin_reached;
	} states[TCP_STATE_COUNT] = {
		[TCP_ESTABLISHED] = { false, false, false },
		[TCP_FIN_WAIT_1] = { true, false, false },
		[TCP_FIN_WAIT_2] = { true, true, false },
		[TCP_CLOSE_WAIT] = { false, false, true },
		[TCP_CLOSING] = { true, false, true },
		[TCP_LAST_ACK] = { true, false, true },
	};

	RULE(!c->released || c->fin_queued, "who was released closes");
	RULE(!c->ended, "who ended is CLOSED");
	if (!is_synchronized(c))
		return NULL;
	RULE(c->fin_queued == states[c->state].fin_queued, "the state knows our FIN");
	RULE(c->fin_acked == states[c->state].fin_acked, "the state knows our FIN's ACK");
	RULE(c->fin_reached == states[c->state].fin_reached, "the state knows the peer's FIN");
	return NULL;
}

/* Something is owed: then a timer is armed that will see to it. */
static const char *
check_timers(const struct tcp_conn *c)
{
	const struct mono all[] = { c->rto_at, c->delayed_ack_at, c->persist_at, c->close_at,
		c->rack.reorder_at, c->rack.probe_at };
	bool unsent = c->snd.bytes > 0 || (c->fin_queued && !c->fin_sent);

	if (!list_is_empty(&c->flush_node))
		return NULL; /* there was no room: the next flush sees to it */
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		RULE(!mono_is_set(all[i]) ||
			 (wheel_is_armed(&c->timer) && !mono_before(all[i], c->timer.due)),
		    "the wheel is armed for the earliest deadline");
	if (!is_synchronized(c)) {
		RULE(mono_is_set(c->rto_at), "a SYN is sent again");
		return NULL;
	}
	RULE(in_flight(c) == 0 || mono_is_set(c->rto_at), "what flies has an RTO");
	RULE(in_flight(c) > 0 || !unsent || mono_is_set(c->persist_at),
	    "what waits and does not fly has a persist timer");
	RULE(seq_is(c->last_ack_sent, c->rcv_nxt) || mono_is_set(c->delayed_ack_at),
	    "an ACK that is owed has a timer");
	RULE(c->state != TCP_FIN_WAIT_2 || !c->released || mono_is_set(c->close_at),
	    "FIN-WAIT-2 without a user ends");
	return NULL;
}

static const char *
check_conn(const struct tcp_conn *c)
{
	static const char *(*const checks[])(const struct tcp_conn *) = { check_sending,
		check_scoreboard, check_receiving, check_state, check_timers };
	const char *broken = NULL;

	for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]) && broken == NULL; i++)
		broken = checks[i](c);
	return broken;
}

/* One that is over and that its user still holds: it has nothing but what can still be read. */
static const char *
check_ended(const struct tcp_conn *c)
{
	RULE(c->ended && !c->released, "who is CLOSED waits for its user");
	RULE(chain_is_empty(&c->snd) && c->run_count == 0, "who ended holds nothing to send");
	RULE(c->runs == c->few_runs && c->sent == c->few_sent, "who ended is lent nothing");
	RULE(!wheel_is_armed(&c->timer), "who ended has no timer");
	return NULL;
}

static const char *
check_time_waits(const struct tcp *t)
{
	const struct list *head = &t->time_waits;
	struct mono last = MONO_NONE;
	uint32_t count = 0;

	for (const struct list *n = head->next; n != head; n = n->next) {
		const struct time_wait *w = LIST_ITEM(n, struct time_wait, node);

		RULE(!mono_before(w->until, last), "TIME-WAIT is in the order it expires");
		last = w->until;
		count++;
	}
	RULE(count <= t->config.time_wait_max, "TIME-WAIT is bounded");
	return NULL;
}

/* The sources know what their connections are. */
static const char *
check_sources(const struct tcp *t, uint32_t passive)
{
	uint32_t connections = 0;

	for (uint32_t i = 0; i < t->config.connections_max; i++) {
		const struct source *s = &t->sources[i];

		RULE(s->half_open <= s->connections, "a source's half-open ones are among its all");
		connections += s->connections;
	}
	RULE(connections == passive, "each connection counts for its source");
	return NULL;
}

/* Each table for holes was never lent, is free, or is with one connection. */
static const char *
check_lent(const struct tcp *t)
{
	uint32_t all = lent_tables(t), runs = all - t->fresh_runs, ranges = all - t->fresh_ranges;

	for (const struct lent_runs *l = t->free_runs; l != NULL && runs <= all; l = l->next)
		runs++;
	for (const struct lent_ranges *l = t->free_ranges; l != NULL && ranges <= all; l = l->next)
		ranges++;
	for (uint32_t i = 0; i < t->config.connections_max; i++) {
		const struct tcp_conn *c = &t->conns[i];

		if (c->tcp == NULL)
			continue;
		runs += c->runs != c->few_runs;
		ranges += c->sent != c->few_sent;
	}
	RULE(runs == all, "each table of runs is somewhere");
	RULE(ranges == all, "each table of ranges is somewhere");
	return NULL;
}

const char *
tcp_broken_invariant(const struct tcp *t)
{
	uint32_t half_open = 0, count = 0, orphans = 0, passive = 0;
	const char *broken;

	for (uint32_t i = 0; i < t->config.connections_max; i++) {
		const struct tcp_conn *c = &t->conns[i];

		if (!c->in_use)
			continue;
		count++;
		half_open += c->state == TCP_SYN_RECEIVED;
		orphans += c->orphan;
		passive += c->source != NULL;
		broken = c->state == TCP_CLOSED ? check_ended(c) : check_conn(c);
		if (broken != NULL)
			return broken;
	}
	RULE(count == t->connection_count, "connections are counted");
	RULE(half_open == t->half_open_count, "half-open connections are counted");
	RULE(orphans == t->orphan_count, "orphans are counted");
	RULE(orphans <= t->config.orphans_max, "orphans are bounded");
	broken = check_sources(t, passive);
	if (broken == NULL)
		broken = check_lent(t);
	return broken != NULL ? broken : check_time_waits(t);
}

void
tcp_check_invariants(const struct tcp *t)
{
	const char *broken = tcp_broken_invariant(t);

	if (broken == NULL)
		return;
	fprintf(stderr, "TCP: broken: %s\n", broken);
	abort();
}
