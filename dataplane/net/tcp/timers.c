/* SPDX-License-Identifier: BSD-3-Clause */
/* One wheel timer a connection, armed for the earliest of its deadlines and re-armed lazily. */
#include "dataplane/net/tcp/flight.h"

/*
 * RFC 9293 §3.8.3: when to give up what nothing was acknowledged of. A shut window is given more,
 * but answers to its probes do not put this off.
 */
static struct mono
give_up_at(const struct tcp_conn *c)
{
	uint32_t limit_ms = c->snd_wnd == 0 && c->user_timeout_ms < PERSIST_TIMEOUT_MS
				? PERSIST_TIMEOUT_MS
				: c->user_timeout_ms;

	return mono_is_set(c->progress_at) && c->state >= TCP_ESTABLISHED
		   ? mono_add(c->progress_at, milliseconds(limit_ms))
		   : MONO_NONE;
}

/* `first` is one less than a deadline: what is not set, 0, is the latest of all. No branch. */
static inline uint64_t
sooner(uint64_t first, struct mono t)
{
	return t.ns - 1 < first ? t.ns - 1 : first;
}

/* Not by an array, which is written in parts and read whole: that waits for the cache. */
static struct mono
earliest(const struct tcp_conn *c)
{
	uint64_t first = sooner(UINT64_MAX, c->rto_at);

	first = sooner(first, c->delayed_ack_at);
	first = sooner(first, c->persist_at);
	first = sooner(first, c->close_at);
	first = sooner(first, c->rack.reorder_at);
	first = sooner(first, c->rack.probe_at);
	first = sooner(first, c->keepalive_at);
	first = sooner(first, give_up_at(c));
	return first == UINT64_MAX ? MONO_NEVER : (struct mono){ first + 1 };
}

void
timers_rearm(struct tcp_conn *c)
{
	struct mono first = earliest(c);

	if (c->state == TCP_CLOSED || first.ns == MONO_NEVER.ns)
		wheel_disarm(&c->tcp->wheel, &c->timer);
	else
		wheel_arm(&c->tcp->wheel, &c->timer, first);
}

static bool
is_due(const struct tcp_conn *c, struct mono t)
{
	return mono_is_set(t) && !mono_before(c->tcp->now, t);
}

/* A connection that no longer lives: the peer is told, and so is our user. A bound on closing that
 * ran out is no fault. */
static void
give_up(struct tcp_conn *c, enum tcp_fault fault)
{
	tcp_count(c->tcp, TCP_COUNTER_TIMEOUTS);
	output_reset(c);
	if (fault != TCP_FAULT_NONE)
		flight_report(c, fault);
	conn_end(c);
}

/*
 * RFC 9293 §3.8.4: only where nothing is outstanding and nothing was heard for the whole time; no
 * single probe decides. False: it was given up. The timer is not moved for each segment: it looks
 * when it fires.
 */
static bool
run_keepalive(struct tcp_conn *c)
{
	const struct tcp_config *f = &c->tcp->config;
	struct mono silent = mono_add(c->heard_at, milliseconds(c->keepalive_ms));

	if (in_flight(c) > 0 || c->snd.bytes > 0) {
		c->keepalive_at = mono_add(c->tcp->now, milliseconds(c->keepalive_ms));
	} else if (mono_before(c->tcp->now, silent)) {
		c->keepalive_at = silent;
	} else if (c->keepalive_probes >= f->keepalive_probes) {
		give_up(c, TCP_FAULT_KEEPALIVE);
		return false;
	} else {
		c->keepalive_probes++;
		ask_if_alive(c);
		c->keepalive_at = mono_add(c->tcp->now, f->keepalive_interval);
	}
	return true;
}

void
timers_set_keepalive(struct tcp_conn *c, uint32_t idle_ms)
{
	c->keepalive_ms = idle_ms;
	c->keepalive_probes = 0;
	c->heard_at = c->tcp->now;
	c->keepalive_at = idle_ms > 0 ? mono_add(c->tcp->now, milliseconds(idle_ms)) : MONO_NONE;
	timers_rearm(c);
}

static void
run_handshake_timer(struct tcp_conn *c)
{
	if (++c->syn_retries > (c->active ? SYN_RETRIES_MAX : backlog_syn_ack_retries(c->tcp))) {
		tcp_count(c->tcp, TCP_COUNTER_TIMEOUTS);
		conn_end(c);
		return;
	}
	c->backoff++;
	c->rtt_timing = false; /* Karn: which SYN will be acknowledged is not known */
	handshake_send_syn(c);
	recovery_arm_rto(c);
	timers_rearm(c);
}

void
timers_run(struct tcp_conn *c)
{
	if (c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED) {
		if (is_due(c, c->rto_at))
			run_handshake_timer(c);
		else
			timers_rearm(c);
		return;
	}
	if (is_due(c, c->close_at) || is_due(c, give_up_at(c))) {
		give_up(c, is_due(c, give_up_at(c)) ? TCP_FAULT_NO_PROGRESS : TCP_FAULT_NONE);
		return;
	}
	if (is_due(c, c->keepalive_at) && !run_keepalive(c))
		return;
	if (is_due(c, c->rack.reorder_at)) {
		flight_note_event(c, TCP_FLIGHT_REORDER, 0);
		recovery_reorder_timeout(c);
	}
	if (is_due(c, c->rack.probe_at)) {
		flight_note_event(c, TCP_FLIGHT_TAIL_PROBE, 0);
		rack_probe(c); /* in the place of an RTO that is due as well */
	}
	if (is_due(c, c->rto_at)) {
		flight_note_event(c, TCP_FLIGHT_RTO, 0);
		recovery_timeout(c);
	}
	if (is_due(c, c->persist_at)) {
		flight_note_event(c, TCP_FLIGHT_PERSIST, 0);
		c->persist_at = MONO_NONE;
		if (c->backoff < 16)
			c->backoff++;
		output_probe(c);
		output_schedule(c);
	}
	if (is_due(c, c->delayed_ack_at)) {
		c->delayed_ack_at = MONO_NONE;
		output_ack_now(c);
	}
	timers_rearm(c);
}
