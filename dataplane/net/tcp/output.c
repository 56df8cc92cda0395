/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments out. A head is built in an mbuf of its own; payload is attached by reference, or copied
 * behind the head when it is small. output_flush() sends what the turn owes: what is to be sent
 * again, then new data as far as window and congestion window go, then the ACK if nothing carried
 * it.
 */
#include "dataplane/net/tcp/flight.h"

#include <arpa/inet.h>
#include <rte_ip.h>

#include "dataplane/net/checksum.h"

#define HEADER_BYTES 20

static struct rte_tcp_hdr *
head_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct rte_tcp_hdr *);
}

/* RFC 9293 §3.1: over the pseudo header, the TCP header and the payload. */
static void
set_checksum(const struct tcp *t, struct rte_mbuf *m, const struct tcp_endpoints *e)
{
	struct {
		uint8_t source[16], destination[16];
		uint32_t length, protocol;
	} pseudo;
	uint32_t sum;
	uint16_t payload;

	if (address_is_v4(&e->local)) {
		struct {
			uint8_t source[4], destination[4];
			uint16_t protocol, length;
		} v4;

		memcpy(v4.source, e->local.bytes + 12, 4);
		memcpy(v4.destination, e->remote.bytes + 12, 4);
		v4.protocol = htons(IPPROTO_TCP);
		v4.length = htons((uint16_t)m->pkt_len);
		sum = rte_raw_cksum(&v4, sizeof(v4));
	} else {
		memcpy(pseudo.source, e->local.bytes, 16);
		memcpy(pseudo.destination, e->remote.bytes, 16);
		pseudo.length = htonl(m->pkt_len);
		pseudo.protocol = htonl(IPPROTO_TCP);
		sum = rte_raw_cksum(&pseudo, sizeof(pseudo));
	}
	head_of(m)->cksum = 0;
	if (t->config.checksum_offload_tx) {
		head_of(m)->cksum = (uint16_t)sum;
		m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
		m->l4_len = (uint64_t)(head_of(m)->data_off >> 4) * 4;
		return;
	}
	payload = checksum_chain(m, 0);
	sum += payload;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	head_of(m)->cksum = (uint16_t)~sum;
}

/* A head with options; NULL when the pool is empty. */
static struct rte_mbuf *
make_head(struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack,
    uint8_t flags, uint16_t window, const uint8_t *options, unsigned option_bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t->env.pools.data);
	struct rte_tcp_hdr *h;

	if (m == NULL) {
		tcp_count(t, TCP_COUNTER_NO_BUFFER);
		return NULL;
	}
	h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, (uint16_t)(HEADER_BYTES + option_bytes));
	h->src_port = htons(e->local_port);
	h->dst_port = htons(e->remote_port);
	h->sent_seq = htonl(seq.v);
	h->recv_ack = flags & FLAG_ACK ? htonl(ack.v) : 0;
	h->data_off = (uint8_t)((HEADER_BYTES + option_bytes) / 4 << 4);
	h->tcp_flags = flags;
	h->rx_win = htons(window);
	h->tcp_urp = 0;
	if (option_bytes == TS_OPTION_BYTES) /* nearly always: no call */
		memcpy(h + 1, options, TS_OPTION_BYTES);
	else
		memcpy(h + 1, options, option_bytes);
	return m;
}

static void
transmit(struct tcp *t, struct rte_mbuf *m, const struct tcp_endpoints *e, uint8_t ecn)
{
	set_checksum(t, m, e);
	tcp_count(t, TCP_COUNTER_OUT_SEGS);
	t->room -= t->room > 0;
	t->env.transmit(t->env.arg, m, &e->local, &e->remote, ecn);
}

/* Room in the receive queue, less than which the window never shrinks (RFC 9293 §3.8.6). */
static uint32_t
window_room(const struct tcp_conn *c)
{
	uint64_t used = c->rcv.bytes + c->reasm_bytes;
	uint32_t limit = c->queue_limit;

	if (c->tcp->is_short && limit > PRESSURE_QUEUE_BYTES)
		limit = PRESSURE_QUEUE_BYTES > 2u * c->mss ? PRESSURE_QUEUE_BYTES : 2u * c->mss;
	else
		limit = crowd_window(c, limit);
	return used < limit ? (uint32_t)(limit - used) : 0;
}

/* SWS avoidance (RFC 9293 §3.8.6.2.2): the edge moves by a full segment, or half the buffer. */
uint32_t
output_window(struct tcp_conn *c)
{
	uint32_t announced = (uint32_t)seq_diff(c->rcv_adv, c->rcv_nxt);
	uint32_t room, least = c->queue_limit / 2;

	crowd_count(c);
	room = window_room(c);
	if (seq_before(c->rcv_adv, c->rcv_nxt))
		announced = 0;
	if (c->mss < least)
		least = c->mss;
	if (room >= announced + least) {
		uint32_t unit = 1u << c->rcv_scale, most = c->window_limit;

		announced = (room < most ? room : most) & ~(unit - 1);
		c->rcv_adv = seq_add(c->rcv_nxt, announced);
	}
	return announced;
}

bool
output_window_grew(const struct tcp_conn *c)
{
	int32_t announced = seq_diff(c->rcv_adv, c->rcv_nxt);
	uint32_t least = 2u * c->mss;

	if (c->window_limit / 2 < least)
		least = c->window_limit / 2;
	return window_room(c) >= (uint32_t)(announced > 0 ? announced : 0) + least &&
	       (announced <= 0 || (uint32_t)announced < c->window_limit / 2);
}

static uint16_t
window_field(struct tcp_conn *c)
{
	uint32_t w = output_window(c) >> c->rcv_scale;

	return (uint16_t)(w < 65535 ? w : 65535);
}

/* An ACK left: nothing is owed any more. */
static void
note_ack_sent(struct tcp_conn *c)
{
	c->ack_now = false;
	c->segments_unacked = 0;
	c->delayed_ack_at = MONO_NONE;
	c->last_ack_sent = c->rcv_nxt;
	c->echoes_copy = false;
}

static uint8_t
ack_flags(const struct tcp_conn *c)
{
	return (uint8_t)(FLAG_ACK | (c->ecn_echo ? FLAG_ECE : 0));
}

/* Where our FIN stands in the sequence space. */
static struct seq
fin_position(const struct tcp_conn *c)
{
	return seq_add(c->snd_una, (uint32_t)c->snd.bytes);
}

/* Payload of [offset, offset + bytes) of the send queue behind the head. 0 or -ENOBUFS. */
static int
attach_payload(struct tcp_conn *c, struct rte_mbuf *m, uint32_t offset, uint32_t bytes)
{
	struct chain payload = CHAIN_EMPTY;

	if (bytes <= COPY_BYTES_MAX && rte_pktmbuf_tailroom(m) >= bytes) {
		chain_copy_out(&c->snd, offset, rte_pktmbuf_append(m, (uint16_t)bytes), bytes);
		return 0;
	}
	if (chain_share(&c->snd, &c->tcp->env.pools, offset, bytes, &payload) != 0)
		return -1;
	m->next = payload.first;
	m->nb_segs = (uint16_t)(1 + chain_mbufs(&payload));
	m->pkt_len += bytes;
	return 0;
}

/* Payload that fits beside the options this segment will carry. */
static uint32_t
segment_room(const struct tcp_conn *c)
{
	unsigned blocks = c->run_count + (seq_before(c->dsack.start, c->dsack.end) ? 1 : 0);

	if (!c->use_sack || blocks == 0)
		return c->mss;
	return c->mss - 4u - 8u * (blocks < 4 ? blocks : 4u);
}

/*
 * RFC 3168 §6.1.1, §6.1.5, §6.1.6: data that goes for the first time, within the window, may be
 * marked instead of dropped. CWR rides on it where it is due.
 */
static uint8_t
ecn_of(const struct tcp_conn *c, struct seq seq, uint32_t bytes)
{
	bool is_new = !seq_before(seq, c->snd_nxt);
	bool is_probe = seq_after(seq_add(seq, bytes), seq_add(c->snd_una, c->snd_wnd));

	return c->use_ecn && bytes > 0 && is_new && !is_probe ? ECN_ECT0 : 0;
}

/* One segment of the send queue; a FIN rides where it ends the queue. False: no buffer. */
static bool
send_segment(struct tcp_conn *c, struct seq seq, uint32_t bytes)
{
	uint8_t options[OPTION_BYTES_MAX], ecn = ecn_of(c, seq, bytes);
	uint8_t flags = ack_flags(c);
	uint32_t offset = (uint32_t)seq_diff(seq, c->snd_una);
	struct seq end = seq_add(seq, bytes);
	unsigned option_bytes = options_build(c, options);
	struct rte_mbuf *m;
	bool again;

	if (c->fin_queued && seq_is(end, fin_position(c)))
		flags |= FLAG_FIN;
	if (bytes > 0 && seq_is(end, fin_position(c)))
		flags |= FLAG_PSH;
	if (ecn != 0 && c->cwr_due)
		flags |= FLAG_CWR;
	m = make_head(
	    c->tcp, &c->endpoints, seq, c->rcv_nxt, flags, window_field(c), options, option_bytes);
	if (m == NULL)
		return false;
	if (bytes > 0 && attach_payload(c, m, offset, bytes) != 0) {
		rte_pktmbuf_free(m);
		tcp_count(c->tcp, TCP_COUNTER_NO_BUFFER);
		return false;
	}
	if (flags & FLAG_CWR)
		c->cwr_due = false;
	if (flags & FLAG_FIN) {
		c->fin_sent = true;
		end = seq_add(end, 1);
	}
	scoreboard_sent(c, seq, end);
	again = !seq_after(end, c->snd_nxt);
	if (!again) {
		c->rack.probe_at = MONO_NONE; /* anew with the flush */
		if (!c->rtt_timing && bytes > 0) {
			c->rtt_timing = true;
			c->rtt_seq = end;
			c->rtt_sent_at = c->tcp->now;
		}
		c->snd_nxt = end;
	} else {
		c->rtt_timing = false; /* Karn: RFC 6298 §3 */
		c->retransmitted_segments++;
		tcp_count(c->tcp, TCP_COUNTER_RETRANS_SEGS);
		undo_note_resent(c, seq, end);
		if (c->mss_is_low)
			path_resent(c, seq, end);
	}
	flight_note(c, again ? TCP_FLIGHT_AGAIN : TCP_FLIGHT_OUT, flags, seq, c->rcv_nxt, bytes,
	    ntohs(head_of(m)->rx_win));
	c->sent_bytes += bytes;
	c->congestion.prr_out += bytes;
	c->data_sent_at = c->tcp->now;
	if (!seq_after(end, seq_add(c->snd_una, c->snd_wnd)))
		note_ack_sent(c); /* beyond the window its ACK may be dropped with it */
	transmit(c->tcp, m, &c->endpoints, ecn);
	return true;
}

/*
 * The number of a segment without data: snd_nxt, but never beyond the peer's window, where a probe
 * of a shut window stands, or what was sent before it shrank: the peer would drop it with the ACK
 * that it carries (RFC 9293 §3.4). A window that shrank by no more than its scale cannot express is
 * as it was.
 */
static struct seq
acceptable_seq(const struct tcp_conn *c)
{
	struct seq edge = seq_add(c->snd_una, c->snd_wnd);
	int32_t over = seq_diff(c->snd_nxt, edge);

	if (over <= 0 || c->state < TCP_ESTABLISHED || /* its window is not known yet */
	    (c->snd_wnd > 0 && over < 1 << c->snd_scale))
		return c->snd_nxt;
	return edge;
}

void
output_ack(struct tcp_conn *c)
{
	uint8_t options[OPTION_BYTES_MAX];
	unsigned n = options_build(c, options);
	struct rte_mbuf *m = make_head(c->tcp, &c->endpoints, acceptable_seq(c), c->rcv_nxt,
	    ack_flags(c), window_field(c), options, n);

	if (m == NULL) {
		c->delayed_ack_at = mono_add(c->tcp->now, milliseconds(DELAYED_ACK_MS));
		return;
	}
	note_ack_sent(c);
	flight_note(
	    c, TCP_FLIGHT_OUT, ack_flags(c), c->snd_nxt, c->rcv_nxt, 0, ntohs(head_of(m)->rx_win));
	transmit(c->tcp, m, &c->endpoints, 0);
}

/* The way out is full: the next flush goes on with this connection. */
static bool
is_out_of_room(struct tcp_conn *c)
{
	if (c->tcp->room > 0)
		return false;
	output_schedule(c);
	return true;
}

/* What is lost goes first; false when the congestion window, the way out or the pool ends it. */
static bool
send_lost(struct tcp_conn *c)
{
	struct seq start;
	uint32_t bytes;

	while (recovery_next(c, &start, &bytes)) {
		if (bytes > segment_room(c))
			bytes = segment_room(c);
		if (!c->resend_one && recovery_pipe(c) + bytes > c->congestion.cwnd &&
		    recovery_pipe(c) != 0)
			return false;
		if (is_out_of_room(c) || !send_segment(c, start, bytes))
			return false;
		c->resend_one = false;
	}
	return true;
}

/* SWS avoidance of the sender (RFC 9293 §3.8.6.2.1): a full segment, or all there is, or half of
 * the largest window ever seen. Nagle is off: answers are whole when they are given to us. */
static bool
worth_sending(const struct tcp_conn *c, uint32_t bytes, uint32_t waiting)
{
	return bytes >= segment_room(c) || bytes == waiting || bytes >= c->max_snd_wnd / 2;
}

/* Nothing flies and nothing was sent for longer than an RTO (RFC 5681 §4.1). */
static bool
is_idle(const struct tcp_conn *c)
{
	return in_flight(c) == 0 && mono_is_set(c->data_sent_at) &&
	       (uint64_t)mono_since(c->tcp->now, c->data_sent_at).ns > c->rto_ns;
}

static __rte_noinline void
begin_again(struct tcp_conn *c)
{
	struct mono now = c->tcp->now;

	if (c->tcp->config.keep_window_after_idle)
		congestion_resume(&c->congestion, now, mono_since(now, c->data_sent_at));
	else
		congestion_restart(&c->congestion);
}

/* One larger segment of new data, where it is time to ask whether the path takes it. Rare, and out
 * of line: a request costs 30 instructions more where it is not. */
static __rte_noinline void
send_mtu_probe(struct tcp_conn *c)
{
	struct seq start = c->snd_nxt;
	uint32_t bytes = segment_room(c) == c->mss ? path_probe(c) : 0;

	if (bytes > 0 && !is_out_of_room(c) && send_segment(c, start, bytes))
		path_probe_sent(c, start, bytes);
}

/* Leaves in congestion.limited whether cwnd, and nothing else, ended it. */
static void
send_new(struct tcp_conn *c)
{
	struct congestion *g = &c->congestion;

	if (is_idle(c) && c->snd_wnd > 0) /* what waits for a window begins nothing yet */
		begin_again(c);
	if (c->mss_is_low)
		send_mtu_probe(c);
	for (;;) {
		uint32_t sent = in_flight(c);
		uint32_t queued = (uint32_t)c->snd.bytes;
		uint32_t waiting = queued > sent ? queued - sent : 0;
		uint32_t window = c->snd_wnd > sent ? c->snd_wnd - sent : 0;
		uint32_t pipe = recovery_pipe(c), room = g->cwnd > pipe ? g->cwnd - pipe : 0;
		bool fin_due = c->fin_queued && !c->fin_sent;
		uint32_t bytes = waiting < segment_room(c) ? waiting : segment_room(c);

		if (bytes > window)
			bytes = window;
		g->limited = false;
		if (waiting == 0 && !fin_due)
			return;
		if (waiting > 0 && (bytes == 0 || !worth_sending(c, bytes, waiting)))
			return;
		if (bytes > room && pipe != 0) {
			g->limited = true;
			return;
		}
		if (is_out_of_room(c) || !send_segment(c, c->snd_nxt, bytes))
			return;
		if (bytes == waiting && !c->fin_queued)
			return;
	}
}

/*
 * Data waits and nothing flies: the window is shut, and we ask now and then (RFC 9293 §3.8.6.1), or
 * there was no buffer, and we try again. A FIN alone needs no window, but a buffer.
 */
static void
arm_persist(struct tcp_conn *c)
{
	bool waits = c->snd.bytes > 0 || (c->fin_queued && !c->fin_sent);
	bool stuck = waits && in_flight(c) == 0 && c->state >= TCP_ESTABLISHED;

	if (!stuck) {
		c->persist_at = MONO_NONE;
		return;
	}
	if (!mono_is_set(c->persist_at)) {
		uint64_t wait = c->rto_ns > (uint64_t)PERSIST_MIN_MS * 1000000u
				    ? c->rto_ns
				    : (uint64_t)PERSIST_MIN_MS * 1000000u;

		wait <<= c->backoff < 8 ? c->backoff : 8;
		if (wait > (uint64_t)RTO_MAX_MS * 1000000u)
			wait = (uint64_t)RTO_MAX_MS * 1000000u;
		c->persist_at = mono_add(c->tcp->now, nanoseconds((int64_t)wait));
		if (!mono_is_set(c->progress_at))
			c->progress_at = c->tcp->now;
	}
}

/* The ACK that is due, and duplicates: one that tells news is none of them, nor is data. */
static void
send_acks(struct tcp_conn *c, bool tells_news)
{
	bool acked = c->ack_now;

	if (acked)
		output_ack(c);
	if (c->run_count == 0)
		return;
	if (acked && !tells_news && c->duplicates_owed > 0)
		c->duplicates_owed--;
	for (; c->duplicates_owed > 0; c->duplicates_owed--)
		output_ack(c);
}

void
output_flush(struct tcp_conn *c)
{
	bool tells_news = !seq_is(c->last_ack_sent, c->rcv_nxt);

	if (c->state == TCP_SYN_RECEIVED && c->ack_now) {
		output_ack(c); /* a challenge; where no buffer is to be had, none is due later */
		c->ack_now = false;
		c->delayed_ack_at = MONO_NONE;
	}
	if (c->state == TCP_CLOSED || c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED)
		return;
	if (c->snd.bytes == 0 && (!c->fin_queued || c->fin_acked)) {
		/* Nothing flies and nothing waits: what is owed is an ACK at most. */
		c->congestion.limited = false;
		c->persist_at = MONO_NONE;
		send_acks(c, tells_news);
		timers_rearm(c);
		return;
	}
	if (send_lost(c))
		send_new(c);
	congestion_note_flight(&c->congestion, in_flight(c));
	send_acks(c, tells_news);
	if (in_flight(c) > 0 && !mono_is_set(c->rto_at))
		recovery_arm_rto(c);
	if (!mono_is_set(c->rack.probe_at))
		rack_arm_probe(c);
	arm_persist(c);
	timers_rearm(c);
}

/* Who is listed keeps its place: it has one segment more to answer, not a turn of its own. */
void
output_schedule(struct tcp_conn *c)
{
	if (list_is_empty(&c->flush_node))
		list_append(&c->tcp->flush, &c->flush_node);
}

void
output_ack_now(struct tcp_conn *c)
{
	c->ack_now = true;
	output_schedule(c);
}

void
output_ack_soon(struct tcp_conn *c)
{
	if (!c->ack_now && !mono_is_set(c->delayed_ack_at))
		c->delayed_ack_at = mono_add(c->tcp->now, milliseconds(DELAYED_ACK_MS));
	output_schedule(c);
}

/* RFC 7323 §3.2: the timestamp should be on it. */
void
output_reset(struct tcp_conn *c)
{
	uint8_t options[OPTION_BYTES_MAX];
	unsigned n = c->use_ts ? options_build_ts(c->tcp, c->ts_offset, c->ts_recent, options) : 0;
	struct seq seq = acceptable_seq(c);

	output_stray(c->tcp, &c->endpoints, seq, c->rcv_nxt, FLAG_RST | FLAG_ACK, 0, options, n);
	flight_note(c, TCP_FLIGHT_OUT, FLAG_RST | FLAG_ACK, seq, c->rcv_nxt, 0, 0);
	tcp_count(c->tcp, TCP_COUNTER_OUT_RSTS);
}

/* One byte beyond the window, the first that was not acknowledged; its answer tells the window. */
void
output_probe(struct tcp_conn *c)
{
	if (chain_is_empty(&c->snd))
		return; /* a FIN that found no buffer: the flush that follows tries again */
	tcp_count(c->tcp, TCP_COUNTER_PERSIST_PROBES);
	if (c->tcp->config.probe_without_data)
		ask_without_data(c);
	else if (send_segment(c, c->snd_una, 1))
		c->rtt_timing = false;
}

/* Whether the FIN went in a segment of its own. */
static bool
fin_is_alone(const struct tcp_conn *c)
{
	struct seq from = c->sent_count > 1 ? c->sent[c->sent_count - 2].end : c->snd_una;

	return c->fin_sent && !c->fin_acked && !seq_before(from, fin_position(c));
}

bool
output_tail_probe(struct tcp_conn *c)
{
	uint32_t flight = in_flight(c), queued = (uint32_t)c->snd.bytes;
	uint32_t bytes = segment_room(c) < queued ? segment_room(c) : queued;
	struct seq start = c->snd_nxt;

	if (queued > flight && c->snd_wnd > flight) {
		bytes = queued - flight < bytes ? queued - flight : bytes;
		bytes = c->snd_wnd - flight < bytes ? c->snd_wnd - flight : bytes;
	} else if (fin_is_alone(c)) {
		start = fin_position(c);
		bytes = 0;
	} else {
		/* The last segment, and the FIN on it where there is one. */
		bytes = flight < bytes ? flight : bytes;
		start = seq_add(c->snd_una, (flight < queued ? flight : queued) - bytes);
	}
	return send_segment(c, start, bytes);
}

void
output_stray(struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack,
    uint8_t flags, uint32_t window, const uint8_t *options, unsigned option_bytes)
{
	static const uint8_t none[1];
	struct rte_mbuf *m = make_head(t, e, seq, ack, flags, (uint16_t)window,
	    options != NULL ? options : none, option_bytes);

	if (m != NULL)
		transmit(t, m, e, 0);
}
