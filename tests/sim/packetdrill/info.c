/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP_INFO from the library's own view of a connection: its face tells an operator less than what
 * Linux's scripts look at, so this file, account.c and memory.c, and no other of the plug, look
 * inside.
 */
#include "tests/sim/packetdrill/info.h"

#include "dataplane/net/tcp/conn.h"
#include "tests/sim/packetdrill/socket.h"

static const enum info_state states[TCP_STATE_COUNT] = { [TCP_CLOSED] = INFO_CLOSED,
	[TCP_SYN_SENT] = INFO_SYN_SENT,
	[TCP_SYN_RECEIVED] = INFO_SYN_RECEIVED,
	[TCP_ESTABLISHED] = INFO_ESTABLISHED,
	[TCP_FIN_WAIT_1] = INFO_FIN_WAIT_1,
	[TCP_FIN_WAIT_2] = INFO_FIN_WAIT_2,
	[TCP_CLOSE_WAIT] = INFO_CLOSE_WAIT,
	[TCP_CLOSING] = INFO_CLOSING,
	[TCP_LAST_ACK] = INFO_LAST_ACK };

static uint32_t
segments(const struct tcp_conn *c, uint32_t bytes)
{
	return c->mss != 0 ? (bytes + c->mss - 1) / c->mss : 0;
}

/* What was sent again and is neither acknowledged nor SACKed nor lost once more. */
static uint32_t
bytes_again(const struct tcp_conn *c)
{
	struct seq start = c->snd_una;
	uint32_t sum = 0;

	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].again && c->sent[i].state == SENT_FLYING)
			sum += (uint32_t)seq_diff(c->sent[i].end, start);
		start = c->sent[i].end;
	}
	return sum;
}

static enum info_repair
repair_of(const struct tcp_conn *c)
{
	if (c->in_loss)
		return INFO_LOSS;
	if (c->in_recovery)
		return INFO_RECOVERY;
	if (c->in_cwr && seq_before(c->snd_una, c->cwr_end))
		return INFO_CWR;
	return c->sacked_bytes > 0 || c->dup_acks > 0 ? INFO_DISORDER : INFO_OPEN;
}

static uint32_t
ms_since(const struct tcp_conn *c, struct mono then)
{
	return mono_is_set(then) ? (uint32_t)(mono_since(c->tcp->now, then).ns / 1000000) : 0;
}

void
info_fill(const struct socket *s, void *out, size_t bytes)
{
	const struct tcp_conn *c = s->conn;
	const struct account *a = &s->account;
	struct info i = { .state = s->kind == SOCKET_LISTENING ? INFO_LISTEN : INFO_CLOSED };

	if (c == NULL) {
		info_for_linux(&i, out, bytes);
		return;
	}
	i.state = states[c->state];
	i.repair = repair_of(c);
	i.timestamps = c->use_ts;
	i.sack = c->use_sack;
	i.scale = c->rcv_scale != 0;
	i.ecn = c->use_ecn;
	i.backoff = c->backoff;
	i.retransmits = mono_is_set(c->persist_at) ? 0 : c->backoff;
	i.probes = mono_is_set(c->persist_at) ? c->backoff : c->keepalive_probes;
	i.send_scale = c->snd_scale;
	i.receive_scale = c->rcv_scale;
	i.rto_us = (uint32_t)(c->rto_ns / 1000) << (c->backoff < 8 ? c->backoff : 8);
	i.rtt_us = (uint32_t)(c->srtt_ns / 1000);
	i.rtt_var_us = (uint32_t)(c->rttvar_ns / 1000);
	i.min_rtt_us = c->rack.min_rtt_us;
	i.mss = c->mss;
	i.announced_mss = tcp_mss_of(c->tcp, &c->endpoints);
	i.cwnd = c->mss != 0 ? c->congestion.cwnd / c->mss : 0;
	i.ssthresh =
	    c->congestion.ssthresh >= CWND_BYTES_MAX ? UINT32_MAX : c->congestion.ssthresh / c->mss;
	i.unacked = segments(c, in_flight(c));
	i.sacked = segments(c, c->sacked_bytes);
	i.again = segments(c, bytes_again(c));
	/* There, what was sent again stays lost until it arrives; a probe at the tail is none. */
	i.lost = segments(c, c->lost_bytes) + (c->in_recovery || c->in_loss ? i.again : 0);
	i.delivered = segments(c, a->delivered_bytes);
	i.reordering = a->reordering;
	i.reorderings = a->reorderings;
	i.received_mss = a->received_mss;
	i.segments_in = a->segments_in;
	i.segments_out = a->segments_out;
	i.data_segments_in = a->data_segments_in;
	i.data_segments_out = a->data_segments_out;
	i.acked = a->acked_bytes;
	i.window_limited_us = account_spent_us(s, ACCOUNT_WINDOW);
	i.buffer_limited_us = account_spent_us(s, ACCOUNT_BUFFER);
	i.busy_us = account_spent_us(s, ACCOUNT_PEER) + i.window_limited_us + i.buffer_limited_us;
	i.retransmitted = c->retransmitted_segments;
	i.sent = c->sent_bytes;
	i.received = c->received_bytes;
	i.unsent = c->snd.bytes > in_flight(c) ? c->snd.bytes - in_flight(c) : 0;
	i.send_window = c->snd_wnd;
	i.receive_window = (uint32_t)seq_diff(c->rcv_adv, c->rcv_nxt);
	i.since_data_sent_ms = ms_since(c, c->data_sent_at);
	i.since_data_came_ms =
	    ms_since(c, mono_is_set(s->data_came_at) ? s->data_came_at : s->opened_at);
	info_for_linux(&i, out, bytes);
}
