/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments in: header checked, flow found, then the steps of RFC 9293 §3.10.7.4 in their order.
 * Whatever is not a valid segment for a known connection is dropped, counted by cause, and answered
 * only as the RFC says.
 */
#include "dataplane/net/tcp/conn.h"

#include <arpa/inet.h>
#include <rte_ip.h>

#include "dataplane/net/checksum.h"

#define HEADER_BYTES 20

/* RFC 9293 §3.1. A port that vouched for the sum is believed only where the configuration says so.
 */
static bool
checksum_is_right(const struct tcp *t, const struct rte_mbuf *m, const struct tcp_endpoints *e)
{
	uint8_t pseudo[40];
	uint32_t length = htonl(m->pkt_len), sum;
	uint16_t payload;
	unsigned n = address_is_v4(&e->local) ? 4 : 16;

	if (t->config.checksum_offload_rx &&
	    (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		return true;
	/* The sum does not depend on the order of its 16-bit words: one form for both versions. */
	memcpy(pseudo, e->remote.bytes + 16 - n, n);
	memcpy(pseudo + n, e->local.bytes + 16 - n, n);
	memcpy(pseudo + 2 * n, &length, 4);
	memset(pseudo + 2 * n + 4, 0, 3);
	pseudo[2 * n + 7] = IPPROTO_TCP;
	sum = rte_raw_cksum(pseudo, 2 * n + 8);
	payload = checksum_chain(m, 0);
	sum += payload;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* Takes the header apart and leaves the payload in s->m. False: not a segment. */
static bool
parse_segment(struct rte_mbuf *m, struct segment *s)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	unsigned bytes;

	if (m->data_len < HEADER_BYTES)
		return false;
	bytes = (unsigned)(h->data_off >> 4) * 4;
	if (bytes < HEADER_BYTES || bytes > m->data_len)
		return false;
	s->seq = seq_of(ntohl(h->sent_seq));
	s->ack = seq_of(ntohl(h->recv_ack));
	s->window = ntohs(h->rx_win);
	s->flags = h->tcp_flags;
	if (!options_parse((const uint8_t *)(h + 1), bytes - HEADER_BYTES, &s->options))
		return false;
	s->length = m->pkt_len - bytes;
	s->m = m;
	rte_pktmbuf_adj(m, (uint16_t)bytes);
	return true;
}

/* RFC 7323 §5.3: an old timestamp, unless the connection slept for 24 days. Never for a RST. */
static bool
is_old_duplicate(struct tcp_conn *c, const struct segment *s)
{
	uint64_t idle_ms = (uint64_t)mono_since(c->tcp->now, c->ts_recent_at).ns / 1000000u;

	return c->use_ts && s->options.has_ts && (s->flags & FLAG_RST) == 0 &&
	       (int32_t)(s->options.ts_val - c->ts_recent) < 0 && idle_ms < PAWS_IDLE_MS;
}

/* First step: does any of it lie in the window? (RFC 9293 §3.4) */
static bool
is_acceptable(const struct tcp_conn *c, const struct segment *s)
{
	/* A RST counts by its number alone, even where the window is shut (MUST-66). */
	uint32_t length = s->flags & FLAG_RST ? 0 : s->length + ((s->flags & FLAG_FIN) != 0);
	struct seq end = seq_add(s->seq, length), edge = seq_later(c->rcv_adv, c->rcv_nxt);

	if (length == 0)
		return !seq_before(s->seq, c->rcv_nxt) && !seq_after(s->seq, edge);
	return seq_after(end, c->rcv_nxt) && seq_before(s->seq, edge);
}

/* Cuts off what was received before, and what lies beyond the window or the peer's FIN. */
static void
trim(struct tcp_conn *c, struct segment *s)
{
	struct seq edge = seq_later(c->rcv_adv, c->rcv_nxt);
	struct chain bytes = CHAIN_EMPTY;
	int32_t old = seq_diff(c->rcv_nxt, s->seq), over;

	if (c->fin_received && seq_before(c->fin_seq, edge))
		edge = c->fin_seq;
	chain_append(&bytes, s->m);
	s->m = NULL;
	if (old > 0) {
		uint32_t n = (uint32_t)old < s->length ? (uint32_t)old : s->length;

		c->dsack = (struct seq_range){ s->seq, seq_add(s->seq, n) };
		c->tcp->counters[TCP_COUNTER_OVERLAPS] += n;
		c->quick_acks = QUICK_ACKS;
		chain_drop(&bytes, n);
		s->seq = seq_add(s->seq, n);
		s->length -= n;
		output_ack_now(c);
	}
	over = seq_diff(seq_add(s->seq, s->length), edge);
	if (over > 0) {
		struct chain inside = CHAIN_EMPTY;
		uint32_t keep = (uint32_t)over < s->length ? s->length - (uint32_t)over : 0;

		if (chain_take(&bytes, &c->tcp->env.pools, keep, &inside) != 0)
			keep = 0;
		chain_free(&bytes);
		bytes = inside;
		s->length = keep;
		output_ack_now(c);
	}
	s->m = bytes.first;
}

/* Of what was received lately: a peer that misjudges a loss sends thousands, and means no harm. */
static bool
is_late_copy(const struct tcp_conn *c, const struct segment *s)
{
	int32_t behind = seq_diff(c->rcv_nxt, s->seq);

	return s->length > 0 && behind > 0 && (uint32_t)behind <= c->window_limit;
}

/* Outside the window: an ACK tells where we are; an empty segment is answered rarely (ACK wars). */
static void
reject(struct tcp_conn *c, const struct segment *s)
{
	struct seq end = seq_add(s->seq, s->length);

	tcp_count(c->tcp, TCP_COUNTER_OUT_OF_WINDOW);
	if (!is_late_copy(c, s))
		flight_rejected(c);
	if (s->flags & FLAG_RST)
		return;
	if (s->length > 0 || (s->flags & FLAG_FIN)) {
		if (seq_before(s->seq, c->rcv_nxt)) {
			c->dsack = (struct seq_range){ s->seq, seq_earlier(end, c->rcv_nxt) };
			c->quick_acks = QUICK_ACKS;
		}
		output_ack_now(c);
	} else if (!seq_is(s->seq, seq_add(c->rcv_nxt, 0u - 1)) || !c->ack_now) {
		output_challenge(c);
	}
}

/* Second step, RFC 5961 §3: exactly rcv_nxt ends it, elsewhere in the window it must prove itself.
 */
static void
take_reset(struct tcp_conn *c, const struct segment *s)
{
	if (!seq_is(s->seq, c->rcv_nxt)) {
		output_challenge(c);
		return;
	}
	tcp_count(c->tcp, TCP_COUNTER_ESTAB_RESETS);
	if (c->snd.bytes > 0)
		flight_report(c, TCP_FAULT_RESET); /* it cuts what we were sending */
	else
		flight_freeze(c, TCP_FAULT_RESET);
	conn_end(c);
}

/* RFC 7323 §4.3: only what lies at the left edge of the last ACK moves the echo. */
static void
take_timestamp(struct tcp_conn *c, const struct segment *s)
{
	if (c->use_ts && s->options.has_ts && !seq_after(s->seq, c->last_ack_sent) &&
	    (int32_t)(s->options.ts_val - c->ts_recent) >= 0) {
		c->ts_recent = s->options.ts_val;
		c->ts_recent_at = c->tcp->now;
	}
}

/*
 * RFC 3168 §6.1.3: a mark is echoed on every ACK until the peer says CWR. Marks on what we drop or
 * on pure ACKs mean nothing. The first is told at once, as a loss would be.
 */
static void
take_mark(struct tcp_conn *c, const struct segment *s)
{
	if (!c->use_ecn)
		return;
	if (s->flags & FLAG_CWR)
		c->ecn_echo = false;
	if (s->ecn == ECN_CE && s->length > 0) {
		tcp_count(c->tcp, TCP_COUNTER_ECN_MARKS);
		if (!c->ecn_echo)
			output_ack_now(c);
		c->ecn_echo = true;
	}
}

/*
 * Is this segment's window newer than the one we know? RFC 9293 §3.10.7.4 asks for SEG.SEQ first;
 * then one that was sent again, behind others that came early, moves snd_una and not the window,
 * and the old window from the new left edge is more than was ever announced. An ACK never goes
 * back, so it says what is newer before SEG.SEQ does.
 */
static bool
is_newer_window(const struct tcp_conn *c, const struct segment *s)
{
	return seq_after(s->ack, c->wl2) || (seq_is(s->ack, c->wl2) && !seq_before(s->seq, c->wl1));
}

static void
take_window(struct tcp_conn *c, const struct segment *s)
{
	uint32_t window = s->window << c->snd_scale;
	bool was_shut = c->snd_wnd == 0;

	if (!is_newer_window(c, s))
		return;
	c->snd_wnd = window;
	c->wl1 = s->seq;
	c->wl2 = s->ack;
	if (window > c->max_snd_wnd)
		c->max_snd_wnd = window;
	if (was_shut && window > 0) {
		/* Probes may have been dropped: what they carried goes again at once, and a lone
		 * probe's byte with what follows it. */
		if (in_flight(c) == 1 && !c->fin_sent) {
			c->snd_nxt = c->snd_una;
			scoreboard_clear(c);
		}
		recovery_resend_all(c);
		c->backoff = 0;
		c->persist_at = c->progress_at = c->rto_at = MONO_NONE;
		if (c->congestion.cwnd < 2u * c->mss)
			c->congestion.cwnd = 2u * c->mss;
	}
	output_schedule(c);
}

/* Fifth step, the ACK field. False: the segment goes no further. */
static bool
take_ack(struct tcp_conn *c, const struct segment *s)
{
	if (seq_after(s->ack, c->snd_nxt)) {
		output_challenge(c);
		return false;
	}
	if (seq_diff(c->snd_una, s->ack) >
	    (int32_t)(c->max_snd_wnd > INT32_MAX ? INT32_MAX : c->max_snd_wnd)) {
		output_challenge(c);
		return false;
	}
	recovery_take_ack(c, s);
	if (!seq_before(s->ack, c->snd_una))
		take_window(c, s);
	conn_list_ready(c);
	return true;
}

/* Our FIN was acknowledged: where that leads. False: the connection is gone. */
static bool
after_fin_acked(struct tcp_conn *c)
{
	switch (c->state) {
	case TCP_FIN_WAIT_1:
		c->state = TCP_FIN_WAIT_2;
		c->close_at =
		    c->released ? mono_add(c->tcp->now, milliseconds(FIN_WAIT_2_MS)) : MONO_NONE;
		return true;
	case TCP_CLOSING:
		conn_time_wait(c);
		return false;
	case TCP_LAST_ACK:
		conn_end(c);
		return false;
	default:
		return true;
	}
}

/* Eighth step: the FIN counts once every byte before it has come. False: the connection is gone. */
static bool
after_fin_reached(struct tcp_conn *c)
{
	c->fin_reached = true;
	c->rcv_nxt = seq_add(c->rcv_nxt, 1);
	output_ack_now(c);
	conn_list_ready(c);
	switch (c->state) {
	case TCP_ESTABLISHED:
		c->state = TCP_CLOSE_WAIT;
		return true;
	case TCP_FIN_WAIT_1:
		c->state = TCP_CLOSING;
		return true;
	case TCP_FIN_WAIT_2:
		conn_time_wait(c);
		return false;
	default:
		return true;
	}
}

/*
 * Notes where the peer's FIN stands. The first one stands for good, and one below bytes that are
 * held already is a lie: what came first wins. Only after the ACK field has proved itself, or a
 * blind FIN could cut an object short (RFC 5961 §5).
 */
static void
take_fin(struct tcp_conn *c, const struct segment *s)
{
	struct seq at = seq_add(s->seq, s->length);

	if (c->fin_received || seq_after(at, seq_later(c->rcv_adv, c->rcv_nxt)) ||
	    seq_before(at, reasm_end(c)))
		return;
	c->fin_received = true;
	c->fin_seq = at;
	if (seq_after(s->seq, c->rcv_nxt))
		output_ack_now(c); /* beyond a hole: RFC 5681 §4.2 */
}

static void
take_text(struct tcp_conn *c, struct segment *s)
{
	if (s->flags & FLAG_URG)
		tcp_count(c->tcp, TCP_COUNTER_URGENT);
	if (c->fin_reached || s->length == 0)
		return;
	reasm_take(c, s);
	if (!c->ack_now && !mono_is_set(c->delayed_ack_at))
		c->delayed_ack_at = mono_add(c->tcp->now, milliseconds(DELAYED_ACK_MS));
	output_schedule(c);
}

void
input_established(struct tcp_conn *c, struct segment *s)
{
	c->heard_at = c->tcp->now;
	flight_note(c, TCP_FLIGHT_IN, s->flags, s->seq, s->ack, s->length, s->window);
	if (c->keepalive_probes > 0)
		timers_set_keepalive(c, c->keepalive_ms);
	if (is_old_duplicate(c, s)) {
		tcp_count(c->tcp, TCP_COUNTER_PAWS_REJECTED);
		reject(c, s);
		return;
	}
	if (!is_acceptable(c, s)) {
		/* A shut window must not stop the ACK field of what stands right at it (§3.10.7.4).
		 */
		bool at_edge = seq_is(s->seq, c->rcv_nxt) &&
			       (s->flags & (FLAG_ACK | FLAG_RST | FLAG_SYN)) == FLAG_ACK;

		reject(c, s);
		if (at_edge && take_ack(c, s) && c->fin_acked)
			after_fin_acked(c);
		return;
	}
	if (s->flags & FLAG_RST) {
		take_reset(c, s);
		return;
	}
	if (s->flags & FLAG_SYN) {
		output_challenge(c);
		return;
	}
	if ((s->flags & FLAG_ACK) == 0)
		return;
	take_timestamp(c, s);
	take_mark(c, s);
	if (!take_ack(c, s))
		return;
	if (s->flags & FLAG_FIN)
		take_fin(c, s);
	if (c->fin_acked && !after_fin_acked(c))
		return;
	if (s->length > 0 && !(c->tcp->is_short && pressure_drops(c, s))) {
		trim(c, s);
		take_text(c, s);
	}
	if (c->fin_received && !c->fin_reached && seq_is(c->fin_seq, c->rcv_nxt))
		after_fin_reached(c);
}

/* The ACK of our SYN came: whoever waits for this connection is told. */
static void
open_from_syn_received(struct tcp_conn *c, const struct segment *s)
{
	struct tcp *t = c->tcp;

	backlog_opened(c);
	handshake_open(c, s);
	tcp_count(t, c->active ? TCP_COUNTER_ACTIVE_OPENS : TCP_COUNTER_PASSIVE_OPENS);
}

/*
 * The ACK of our SYN-ACK, or of a cookie that went before it while there was no room: then the
 * cookie is the number the peer knows us by, and its SYN came twice.
 */
static bool
acks_our_syn(struct tcp_conn *c, const struct segment *s)
{
	if (seq_is(s->ack, seq_add(c->iss, 1)))
		return true;
	if (c->active || !cookies_are_out(c->tcp) ||
	    !cookies_match(c->tcp, &c->endpoints, s->seq, s->ack))
		return false;
	c->iss = c->snd_una = seq_add(s->ack, -1u);
	c->snd_nxt = s->ack;
	c->rtt_timing = false;
	return true;
}

/*
 * SYN-RECEIVED: the ACK of our SYN-ACK opens the connection, a SYN again is answered again. A
 * SYN-ACK at the same place is the peer's half of a simultaneous open (RFC 9293 §3.5, figure 7):
 * its SYN is known, its ACK counts.
 */
static void
input_syn_received(struct tcp_conn *c, struct segment *s)
{
	if ((s->flags & (FLAG_SYN | FLAG_RST)) == FLAG_SYN && seq_is(s->seq, c->irs)) {
		if ((s->flags & FLAG_ACK) == 0 && !backlog_may_answer(c->tcp, &c->endpoints.remote))
			return;
		if ((s->flags & FLAG_ACK) == 0) {
			c->rtt_timing = false; /* Karn: our SYN goes again */
			c->use_ecn &= (s->flags & (FLAG_ECE | FLAG_CWR)) == (FLAG_ECE | FLAG_CWR);
			output_syn(c);
			return;
		}
		s->flags &= (uint8_t)~FLAG_SYN;
		s->window >>= c->snd_scale; /* a SYN's is not scaled */
		s->seq = seq_add(s->seq, 1);
		output_ack_now(c);
	}
	if (!is_acceptable(c, s)) {
		reject(c, s);
		return;
	}
	if (s->flags & FLAG_RST) {
		take_reset(c, s);
		return;
	}
	if (s->flags & FLAG_SYN) {
		output_challenge(c);
		return;
	}
	if ((s->flags & FLAG_ACK) == 0)
		return;
	if (!acks_our_syn(c, s)) {
		if (s->length > 0 && cookies_may_follow(c->tcp, &c->endpoints))
			return;
		output_stray(c->tcp, &c->endpoints, s->ack, seq_of(0), FLAG_RST, 0, NULL, 0);
		return;
	}
	open_from_syn_received(c, s);
	input_established(c, s);
}

static void
input_conn(struct tcp_conn *c, struct segment *s)
{
	switch (c->state) {
	case TCP_CLOSED:
		break;
	case TCP_SYN_SENT:
		handshake_syn_sent(c, s);
		break;
	case TCP_SYN_RECEIVED:
		input_syn_received(c, s);
		break;
	default:
		input_established(c, s);
		break;
	}
}

/*
 * RFC 6191 §2: may this SYN open a flow that is in TIME-WAIT? A newer timestamp says that it is no
 * old duplicate, an older one that it is; where timestamps do not speak, the sequence number does.
 */
static bool
may_reopen(const struct time_wait *w, const struct segment *s)
{
	int32_t newer = (int32_t)(s->options.ts_val - w->ts_recent);

	if ((s->flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
		return false;
	if (s->options.has_ts && !w->use_ts)
		return true;
	if (s->options.has_ts && newer != 0)
		return newer > 0;
	return seq_after(s->seq, w->rcv_nxt);
}

/* RFC 9293 §3.10.7.4, RFC 1337 (a RST is ignored). True: a new SYN opens the flow again, where it
 * `may`. */
static bool
input_time_wait(struct tcp *t, struct time_wait *w, const struct segment *s, bool may)
{
	if (s->flags & FLAG_RST)
		return false;
	if (may && may_reopen(w, s) && tcp_is_listening(t, &w->endpoints)) {
		table_leave_time_wait(t, w);
		return true;
	}
	if ((s->flags & FLAG_FIN) && seq_is(seq_add(s->seq, s->length + 1), w->rcv_nxt))
		table_renew_time_wait(t, w);
	/* First step, with the window of nothing that we announce; what is empty seldom (ACK wars).
	 */
	if (s->length > 0 || (s->flags & (FLAG_FIN | FLAG_SYN))) {
		output_time_wait_ack(t, w);
	} else if (!seq_is(s->seq, w->rcv_nxt) && !mono_before(t->now, w->challenge_at)) {
		w->challenge_at = mono_add(t->now, milliseconds(CHALLENGE_ACK_MS));
		tcp_count(t, TCP_COUNTER_CHALLENGE_ACKS);
		output_time_wait_ack(t, w);
	}
	return false;
}

/* A segment of no flow that we know: a SYN for a listener, or the ACK of a cookie? */
static bool
may_open(struct tcp *t, const struct rte_tcp_hdr *h, const struct tcp_endpoints *e)
{
	unsigned kind = h->tcp_flags & (FLAG_SYN | FLAG_ACK | FLAG_RST);

	if (kind == FLAG_ACK && cookies_are_out(t) && tcp_is_listening(t, e))
		return cookies_match(t, e, seq_of(ntohl(h->sent_seq)), seq_of(ntohl(h->recv_ack)));
	return kind == FLAG_SYN && tcp_is_listening(t, e);
}

enum tcp_input_result
tcp_input(struct tcp *t, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	struct tcp_endpoints e = { .local = *destination, .remote = *source };
	struct segment s;
	struct tcp_conn *c;
	struct time_wait *w = NULL;

	if (m->data_len < HEADER_BYTES) {
		tcp_count(t, TCP_COUNTER_IN_ERRORS);
		rte_pktmbuf_free(m);
		return TCP_INPUT_TAKEN;
	}
	e.local_port = ntohs(h->dst_port);
	e.remote_port = ntohs(h->src_port);
	c = table_find(t, &e);
	if (c == NULL || c->state == TCP_CLOSED) /* over, and its user has not let go of it yet */
		w = table_find_time_wait(t, &e);
	if (c == NULL && w == NULL && !may_open(t, h, &e)) {
		if ((h->tcp_flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) != 0 ||
		    !tcp_is_listening(t, &e))
			return TCP_INPUT_NO_FLOW;
		rte_pktmbuf_free(m); /* a listener drops it (§3.10.7.2, fourth) */
		return TCP_INPUT_TAKEN;
	}
	tcp_count(t, TCP_COUNTER_IN_SEGS);
	if (!checksum_is_right(t, m, &e)) {
		tcp_count(t, TCP_COUNTER_IN_CSUM_ERRORS);
		rte_pktmbuf_free(m);
		return TCP_INPUT_TAKEN;
	}
	if (!parse_segment(m, &s)) {
		tcp_count(t, TCP_COUNTER_IN_ERRORS);
		rte_pktmbuf_free(m);
		return TCP_INPUT_TAKEN;
	}
	s.ecn = ecn;
	if (w != NULL ? input_time_wait(t, w, &s, c == NULL) : c == NULL) {
		if (s.flags & FLAG_SYN)
			handshake_listen(t, &s, &e);
		else
			c = cookies_open(t, &s, &e);
	}
	if (c != NULL && w == NULL)
		input_conn(c, &s);
	rte_pktmbuf_free(s.m);
	return TCP_INPUT_TAKEN;
}

void
tcp_refuse(struct tcp *t, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	struct tcp_endpoints e = { .local = *destination, .remote = *source };
	struct segment s;

	if (mono_since(t->now, t->refusals_since).ns > 1000000000) {
		t->refusals_since = t->now;
		t->refusals = 0;
	}
	if (m->data_len < HEADER_BYTES || (h->tcp_flags & FLAG_RST) != 0 ||
	    t->refusals >= REFUSALS_PER_SECOND)
		goto drop;
	e.local_port = ntohs(h->dst_port);
	e.remote_port = ntohs(h->src_port);
	if (!checksum_is_right(t, m, &e) || !parse_segment(m, &s))
		goto drop;
	if ((s.flags & (FLAG_SYN | FLAG_ACK)) == FLAG_ACK &&
	    (s.length > 0 || (s.flags & FLAG_FIN) != 0) && cookies_may_follow(t, &e))
		goto drop;
	t->refusals++;
	tcp_count(t, TCP_COUNTER_OUT_RSTS);
	if (s.flags & FLAG_ACK)
		output_stray(t, &e, s.ack, seq_of(0), FLAG_RST, 0, NULL, 0);
	else
		output_stray(t, &e, seq_of(0),
		    seq_add(s.seq,
			s.length + ((s.flags & FLAG_SYN) != 0) + ((s.flags & FLAG_FIN) != 0)),
		    FLAG_RST | FLAG_ACK, 0, NULL, 0);
drop:
	rte_pktmbuf_free(m);
}
