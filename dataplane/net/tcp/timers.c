/* SPDX-License-Identifier: BSD-3-Clause */
/* One wheel timer a connection, armed for the earliest of its deadlines and re-armed lazily. */
#include "dataplane/net/tcp/conn.h"

static struct mono
earliest(const struct tcp_conn *c)
{
	struct mono all[] = { c->rto_at, c->delayed_ack_at, c->persist_at, c->close_at,
		c->rack.reorder_at, c->rack.probe_at };
	struct mono first = MONO_NEVER;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (mono_is_set(all[i]))
			first = mono_earlier(first, all[i]);
	}
	return first;
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

/* RFC 9293 §3.8.3: nothing was acknowledged for too long. A shut window is given more. */
static bool
gave_up(const struct tcp_conn *c)
{
	struct duration limit =
	    c->snd_wnd == 0 ? milliseconds(PERSIST_TIMEOUT_MS) : c->tcp->config.user_timeout;

	return mono_is_set(c->progress_at) && mono_since(c->tcp->now, c->progress_at).ns > limit.ns;
}

static void
run_handshake_timer(struct tcp_conn *c)
{
	if (++c->syn_retries > SYN_RETRIES_MAX) {
		tcp_count(c->tcp, TCP_COUNTER_TIMEOUTS);
		conn_end(c);
		return;
	}
	c->backoff++;
	c->rtt_timing = false; /* Karn: which SYN will be acknowledged is not known */
	output_syn(c);
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
	if (is_due(c, c->close_at) || gave_up(c)) {
		tcp_count(c->tcp, TCP_COUNTER_TIMEOUTS);
		output_reset(c);
		conn_end(c);
		return;
	}
	if (is_due(c, c->rack.reorder_at))
		recovery_reorder_timeout(c);
	if (is_due(c, c->rack.probe_at))
		rack_probe(c); /* in the place of an RTO that is due as well */
	if (is_due(c, c->rto_at))
		recovery_timeout(c);
	if (is_due(c, c->persist_at)) {
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
