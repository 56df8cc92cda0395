/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening: a SYN for a listener (RFC 9293 §3.10.7.2) and the answer to ours (§3.10.7.3). */
#include "dataplane/net/tcp/cookies.h"
#include "dataplane/net/tcp/flight.h"

bool
tcp_is_listening(const struct tcp *t, const struct tcp_endpoints *e)
{
	for (unsigned i = 0; i < t->listener_count; i++) {
		const struct listener *l = &t->listeners[i];

		if (l->port == e->local_port &&
		    (address_is_any(&l->address) || address_equal(&l->address, &e->local)))
			return true;
	}
	return false;
}

bool
handshake_asks_ecn(const struct tcp *t, const struct segment *syn)
{
	return t->config.ecn != TCP_ECN_OFF &&
	       (syn->flags & (FLAG_ECE | FLAG_CWR)) == (FLAG_ECE | FLAG_CWR);
}

void
handshake_send_syn(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	bool answers = c->state == TCP_SYN_RECEIVED;
	uint8_t flags = (uint8_t)(FLAG_SYN | (answers ? FLAG_ACK : 0));
	struct tcp_options o = { .has_mss = true,
		.mss = tcp_mss_of(t, &c->endpoints),
		.has_ts = c->use_ts,
		.sack_ok = c->use_sack,
		.has_scale = c->rcv_scale != 0,
		.scale = c->rcv_scale,
		.ts_val = ts_clock(t) + c->ts_offset,
		.ts_ecr = c->ts_recent };
	uint8_t options[OPTION_BYTES_MAX];
	uint32_t window = c->window_limit < 65535 ? c->window_limit : 65535;

	/* Unscaled (RFC 7323 §2.2). Where it goes again a challenge may have announced more: that
	 * stands, or it would be taken back with what is kept beyond a hole. */
	if (!answers || !c->syn_ack_sent || seq_before(c->rcv_adv, seq_add(c->rcv_nxt, window)))
		c->rcv_adv = seq_add(c->rcv_nxt, window);
	c->syn_ack_sent = answers;
	/* Some paths drop a SYN that asks for ECN: not the second time (RFC 3168 §6.1.1.1). */
	if (c->use_ecn && (answers || c->syn_retries == 0))
		flags |= answers ? FLAG_ECE : FLAG_ECE | FLAG_CWR;
	output_stray(t, &c->endpoints, c->iss, c->rcv_nxt, flags, window, options,
	    options_build_syn(&o, options));
}

void
handshake_take_syn(struct tcp_conn *c, struct seq irs, const struct tcp_options *o)
{
	uint16_t ours = tcp_mss_of(c->tcp, &c->endpoints), mss = tcp_peer_mss(&c->endpoints, o);

	c->irs = irs;
	c->rcv_nxt = c->last_ack_sent = seq_add(irs, 1);
	if (mss < MSS_FLOOR)
		mss = MSS_FLOOR;
	if (mss > ours)
		mss = ours;
	c->use_ts = o->has_ts;
	c->use_sack = o->sack_ok;
	c->ts_recent = o->ts_val;
	c->ts_recent_at = c->tcp->now;
	path_begin(c, mss);
	c->snd_scale = o->has_scale ? o->scale : 0;
	if (!o->has_scale)
		c->rcv_scale = 0;
	if (c->rcv_scale == 0)
		tcp_forgo_scale(c);
}

/* Our SYN goes out for the first time; its answer is the first measure of the round trip. */
void
handshake_begin(struct tcp_conn *c)
{
	handshake_send_syn(c);
	c->rtt_timing = true;
	c->rtt_seq = seq_add(c->iss, 1);
	c->rtt_sent_at = c->tcp->now;
	c->rto_ns = (uint64_t)RTO_INITIAL_MS * 1000000u;
	recovery_arm_rto(c);
	timers_rearm(c);
}

/* The peer's side of the connection as its SYN or the ACK of ours told it. */
void
handshake_open(struct tcp_conn *c, const struct segment *s)
{
	/* A SYN's window is not scaled (RFC 7323 §2.2). */
	unsigned scale = s->flags & FLAG_SYN ? 0 : c->snd_scale;

	c->state = c->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED;
	c->snd_una = c->snd_nxt = s->ack;
	recovery_init(c, s->ack);
	c->rto_at = c->progress_at = MONO_NONE;
	c->snd_wnd = c->max_snd_wnd = s->window << scale;
	c->wl1 = s->seq;
	c->wl2 = s->ack;
	c->opened = true;
	timers_set_keepalive(c, (uint32_t)(c->tcp->config.keepalive.ns / 1000000));
	flight_note(c, TCP_FLIGHT_OPENED, s->flags, c->irs, c->iss, s->length, s->window);
	ledger_enter(c);
	conn_list_ready(c);
}

/*
 * Where there is no room among the half-open a cookie takes the place of memory. Where buffers are
 * short nothing is opened at all: the peer will try again.
 */
void
handshake_listen(struct tcp *t, struct segment *s, const struct tcp_endpoints *e)
{
	struct tcp_conn *c;

	if (address_equal(&e->local, &e->remote) || t->data_free < t->config.pool_reserve) {
		tcp_count(t, TCP_COUNTER_LISTEN_DROPS);
		return;
	}
	switch (backlog_judge(t, e)) {
	case BACKLOG_OPEN:
		break;
	case BACKLOG_COOKIE:
		cookies_answer(t, s, e, tcp_scale_of(t));
		return;
	case BACKLOG_DROP:
		return;
	}
	c = table_add(t, e);
	c->state = TCP_SYN_RECEIVED;
	backlog_join(c);
	backlog_half_open(c);
	tcp_conn_init(c);
	handshake_take_syn(c, s->seq, &s->options);
	c->use_ecn = handshake_asks_ecn(t, s);
	c->snd_una = c->iss;
	c->snd_nxt = seq_add(c->iss, 1);
	handshake_begin(c);
}

/* Ours was answered; the handshake's last ACK goes with the next flush. */
static void
open_actively(struct tcp_conn *c, const struct segment *s)
{
	handshake_take_syn(c, s->seq, &s->options);
	c->use_ecn =
	    c->use_ecn && c->syn_retries == 0 && (s->flags & (FLAG_ECE | FLAG_CWR)) == FLAG_ECE;
	c->rcv_adv = seq_add(c->rcv_nxt, c->window_limit < 65535 ? c->window_limit : 65535);
	handshake_open(c, s);
	tcp_count(c->tcp, TCP_COUNTER_ACTIVE_OPENS);
	output_ack_now(c);
}

void
handshake_syn_sent(struct tcp_conn *c, struct segment *s)
{
	bool acks_ours = (s->flags & FLAG_ACK) && seq_is(s->ack, seq_add(c->iss, 1));

	if ((s->flags & FLAG_ACK) && !acks_ours) {
		if ((s->flags & FLAG_RST) == 0)
			output_stray(
			    c->tcp, &c->endpoints, s->ack, seq_of(0), FLAG_RST, 0, NULL, 0);
		return;
	}
	if (s->flags & FLAG_RST) {
		if (acks_ours)
			conn_end(c);
		return;
	}
	if ((s->flags & FLAG_SYN) == 0)
		return;
	if (acks_ours) {
		open_actively(c, s);
		return;
	}
	/* Simultaneous open (RFC 9293 §3.5, figure 7): we answer their SYN as a listener would. */
	handshake_take_syn(c, s->seq, &s->options);
	c->state = TCP_SYN_RECEIVED;
	backlog_half_open(c);
	c->rtt_timing = c->use_ecn = false;
	handshake_send_syn(c);
}
