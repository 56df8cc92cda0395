/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments in: header checked, flow found, then what its state asks (established.c: all that both
 * sides opened). Whatever is not a valid segment for a known connection is dropped, counted by
 * cause, and answered only as the RFC says.
 */
#include "dataplane/net/tcp/conn.h"

#include <arpa/inet.h>
#include <rte_ip.h>

#include "dataplane/net/checksum.h"
#include "dataplane/net/tcp/cookies.h"

#define HEADER_BYTES 20

static_assert((RTE_MBUF_F_RX_L4_CKSUM_NONE & RTE_MBUF_F_RX_L4_CKSUM_GOOD) != 0 &&
		  (RTE_MBUF_F_RX_L4_CKSUM_BAD & RTE_MBUF_F_RX_L4_CKSUM_GOOD) == 0,
    "one bit tells of both that the bytes are right");

/* RFC 9293 §3.1. */
static bool
sum_is_right(const struct rte_mbuf *m, const struct tcp_endpoints *e)
{
	uint8_t pseudo[40];
	uint32_t length = htonl(m->pkt_len), sum;
	uint16_t payload;
	unsigned n = address_is_v4(&e->local) ? 4 : 16;

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

/*
 * A port that vouched for the sum is believed only where the configuration says so. It has GOOD
 * set, or, where there is no sum but the host vouches for the bytes (virtio), NONE, which has it
 * too.
 */
static inline bool
checksum_is_right(const struct tcp *t, const struct rte_mbuf *m, const struct tcp_endpoints *e)
{
	return (t->config.checksum_offload_rx &&
		   (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD) != 0) ||
	       sum_is_right(m, e);
}

/*
 * Takes the header apart and leaves the payload in s->m. False: not a segment. This and the sum are
 * asked for by tcp_refuse(), too: where they are calls for that, a segment of data costs 43
 * instructions more.
 */
static __rte_always_inline bool
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
 * cookie is the number the peer knows us by, and its SYN came twice. What it sent first may have
 * been overtaken or lost: the cookie answers its SYN, wherever in the window this one stands.
 */
static bool
acks_our_syn(struct tcp_conn *c, const struct segment *s)
{
	if (seq_is(s->ack, seq_add(c->iss, 1)))
		return true;
	if (c->active || !cookies_are_out(c->tcp) ||
	    !cookies_match(c->tcp, &c->endpoints, c->rcv_nxt, s->ack))
		return false;
	c->iss = c->snd_una = seq_add(s->ack, -1u);
	c->snd_nxt = s->ack;
	c->by_cookie = true;
	c->rtt_timing = false;
	cookies_take_over(c);
	return true;
}

/*
 * The SYN came again and is answered: what it asked for is given a second at least to be ACKed. A
 * peer that counts its retries as we do would else be answered in the moment we give it up, and its
 * ACK met by a RST. What is echoed is this one's timestamp: with the first's the peer would take
 * the time it waited to send again for a round trip.
 */
static void
answer_syn_again(struct tcp_conn *c, const struct segment *s)
{
	struct mono least = mono_add(c->tcp->now, milliseconds(RTO_INITIAL_MS));

	c->rtt_timing = false; /* Karn: our SYN goes again */
	if (c->use_ts && s->options.has_ts && (int32_t)(s->options.ts_val - c->ts_recent) > 0) {
		c->ts_recent = s->options.ts_val;
		c->ts_recent_at = c->tcp->now;
	}
	c->use_ecn &= (s->flags & (FLAG_ECE | FLAG_CWR)) == (FLAG_ECE | FLAG_CWR);
	if (mono_before(c->rto_at, least))
		c->rto_at = least;
	handshake_send_syn(c);
}

/*
 * The ACK of a cookie finds a half-open connection that another SYN began meanwhile, when there was
 * room: anybody's in the peer's name, between our SYN-ACK and its ACK. The cookie proves that its
 * sender heard us, and nothing proves the other, which would keep the peer out till it is given up.
 */
static bool
is_overtaken_by_cookie(const struct tcp_conn *c, const struct segment *s)
{
	return !c->active && (s->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_ACK &&
	       !seq_is(s->ack, seq_add(c->iss, 1)) && !seq_is(s->seq, c->rcv_nxt) &&
	       cookies_may_follow(c->tcp, &c->endpoints) &&
	       cookies_match(c->tcp, &c->endpoints, s->seq, s->ack);
}

/* The cookie's own connection in place of `c`, which is gone; NULL: there is no room. */
static struct tcp_conn *
open_in_place_of(struct tcp_conn *c, const struct segment *s)
{
	struct tcp_endpoints e = c->endpoints;
	struct tcp *t = c->tcp;

	table_remove(c);
	return cookies_open(t, s, &e);
}

/*
 * SYN-RECEIVED: the ACK of our SYN-ACK opens the connection, a SYN again is answered again. A
 * SYN-ACK at the same place is the peer's half of a simultaneous open (RFC 9293 §3.5, figure 7):
 * its SYN is known, its ACK counts.
 */
static void
input_syn_received(struct tcp_conn *c, struct segment *s)
{
	if (is_overtaken_by_cookie(c, s)) {
		c = open_in_place_of(c, s);
		if (c == NULL)
			return;
	}
	if ((s->flags & (FLAG_SYN | FLAG_RST)) == FLAG_SYN && seq_is(s->seq, c->irs)) {
		if ((s->flags & FLAG_ACK) == 0 && !backlog_may_answer(c->tcp, &c->endpoints.remote))
			return;
		if ((s->flags & FLAG_ACK) == 0) {
			answer_syn_again(c, s);
			return;
		}
		s->flags &= (uint8_t)~FLAG_SYN;
		s->window >>= c->snd_scale; /* a SYN's is not scaled */
		s->seq = seq_add(s->seq, 1);
		output_ack_now(c);
	}
	if (!input_is_acceptable(c, s)) {
		input_reject(c, s);
		return;
	}
	if (s->flags & FLAG_RST) {
		input_take_reset(c, s);
		return;
	}
	if (s->flags & FLAG_SYN) {
		ask_if_meant(c);
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

/* RFC 7323 §3.2: the timestamp is on every segment, or a strict peer drops our last ACK. */
static void
acknowledge_time_wait(struct tcp *t, const struct time_wait *w)
{
	uint8_t options[OPTION_BYTES_MAX];
	unsigned n = w->use_ts ? options_build_ts(t, w->ts_offset, w->ts_recent, options) : 0;

	output_stray(t, &w->endpoints, w->snd_nxt, w->rcv_nxt, FLAG_ACK, 0, options, n);
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
		acknowledge_time_wait(t, w);
	} else if (!seq_is(s->seq, w->rcv_nxt) && !mono_before(t->now, w->challenge_at)) {
		w->challenge_at = mono_add(t->now, milliseconds(CHALLENGE_ACK_MS));
		tcp_count(t, TCP_COUNTER_CHALLENGE_ACKS);
		acknowledge_time_wait(t, w);
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
	if (c == NULL || c->state == TCP_CLOSED) { /* over, and its user has not let go of it yet */
		w = table_find_time_wait(t, &e);
		if (c != NULL && w == NULL && (h->tcp_flags & FLAG_SYN) == 0)
			return TCP_INPUT_NO_FLOW; /* §3.10.7.1; a SYN waits for its place */
	}
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

/* The RST that answers a segment of no connection (RFC 9293 §3.10.7.1). */
static void
send_refusal(struct tcp *t, const struct tcp_endpoints *e, const struct segment *s)
{
	tcp_count(t, TCP_COUNTER_OUT_RSTS);
	if (s->flags & FLAG_ACK)
		output_stray(t, e, s->ack, seq_of(0), FLAG_RST, 0, NULL, 0);
	else
		output_stray(t, e, seq_of(0),
		    seq_add(s->seq,
			s->length + ((s->flags & FLAG_SYN) != 0) + ((s->flags & FLAG_FIN) != 0)),
		    FLAG_RST | FLAG_ACK, 0, NULL, 0);
}

/* A segment that nobody knows and the names of its flow. False: it is none. */
static bool
take_apart(const struct tcp *t, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, struct tcp_endpoints *e, struct segment *s)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);

	if (m->data_len < HEADER_BYTES)
		return false;
	*e =
	    (struct tcp_endpoints){ *destination, *source, ntohs(h->dst_port), ntohs(h->src_port) };
	return checksum_is_right(t, m, e) && parse_segment(m, s);
}

void
tcp_refuse(struct tcp *t, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	struct tcp_endpoints e;
	struct segment s;

	if (mono_since(t->now, t->refusals_since).ns > 1000000000) {
		t->refusals_since = t->now;
		t->refusals = 0;
	}
	if (m->data_len < HEADER_BYTES || (h->tcp_flags & FLAG_RST) != 0 ||
	    t->refusals >= REFUSALS_PER_SECOND || !take_apart(t, m, source, destination, &e, &s))
		goto drop;
	if ((s.flags & (FLAG_SYN | FLAG_ACK)) == FLAG_ACK && cookies_may_follow(t, &e) &&
	    !cookies_were_spent(t, &e, s.seq, s.ack))
		goto drop;
	t->refusals++;
	send_refusal(t, &e, &s);
drop:
	rte_pktmbuf_free(m);
}

enum tcp_gone
tcp_refuse_gone(struct tcp *t, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination)
{
	enum tcp_gone told = TCP_GONE_BAD;
	struct tcp_endpoints e;
	struct segment s;

	if (take_apart(t, m, source, destination, &e, &s)) {
		told = (s.flags & FLAG_RST) != 0 ? TCP_GONE_KNOWN : TCP_GONE_RESET;
		if (told == TCP_GONE_RESET)
			send_refusal(t, &e, &s);
	}
	rte_pktmbuf_free(m);
	return told;
}
