/* SPDX-License-Identifier: BSD-3-Clause */
/* Linux's struct tcp_info: layout from the system's header, units and numbers as Linux has them. */
#include "tests/sim/packetdrill/info.h"

#include <linux/tcp.h>
#include <string.h>

#define SSTHRESH_NONE 0x7fffffffu

/* include/net/tcp_states.h of Linux; no header of the system that does not clash has them. */
static const uint8_t states[] = { [INFO_CLOSED] = 7,
	[INFO_LISTEN] = 10,
	[INFO_SYN_SENT] = 2,
	[INFO_SYN_RECEIVED] = 3,
	[INFO_ESTABLISHED] = 1,
	[INFO_FIN_WAIT_1] = 4,
	[INFO_FIN_WAIT_2] = 5,
	[INFO_CLOSE_WAIT] = 8,
	[INFO_CLOSING] = 11,
	[INFO_LAST_ACK] = 9 };

void
info_for_linux(const struct info *i, void *out, size_t bytes)
{
	struct tcp_info l = { 0 };

	l.tcpi_state = states[i->state];
	l.tcpi_ca_state = (uint8_t)i->repair;
	l.tcpi_retransmits = i->retransmits;
	l.tcpi_probes = i->probes;
	l.tcpi_backoff = i->backoff;
	l.tcpi_options =
	    (uint8_t)((i->timestamps ? TCPI_OPT_TIMESTAMPS : 0) | (i->sack ? TCPI_OPT_SACK : 0) |
		      (i->scale ? TCPI_OPT_WSCALE : 0) | (i->ecn ? TCPI_OPT_ECN : 0));
	l.tcpi_snd_wscale = i->send_scale & 15;
	l.tcpi_rcv_wscale = i->receive_scale & 15;
	l.tcpi_rto = i->rto_us;
	l.tcpi_snd_mss = i->mss;
	l.tcpi_rcv_mss = i->received_mss;
	l.tcpi_advmss = i->announced_mss;
	l.tcpi_unacked = i->unacked;
	l.tcpi_sacked = i->sacked;
	l.tcpi_lost = i->lost;
	l.tcpi_retrans = i->again;
	l.tcpi_rtt = i->rtt_us;
	l.tcpi_rttvar = i->rtt_var_us;
	l.tcpi_min_rtt = i->min_rtt_us;
	l.tcpi_snd_cwnd = i->cwnd;
	l.tcpi_snd_ssthresh = i->ssthresh != UINT32_MAX ? i->ssthresh : SSTHRESH_NONE;
	l.tcpi_reordering = i->reordering;
	l.tcpi_reord_seen = i->reorderings;
	l.tcpi_delivered = i->delivered;
	l.tcpi_segs_in = i->segments_in;
	l.tcpi_segs_out = i->segments_out;
	l.tcpi_data_segs_in = i->data_segments_in;
	l.tcpi_data_segs_out = i->data_segments_out;
	l.tcpi_bytes_acked = i->acked;
	l.tcpi_busy_time = i->busy_us;
	l.tcpi_rwnd_limited = i->window_limited_us;
	l.tcpi_sndbuf_limited = i->buffer_limited_us;
	l.tcpi_total_retrans = (uint32_t)i->retransmitted;
	l.tcpi_bytes_sent = i->sent;
	l.tcpi_bytes_received = i->received;
	l.tcpi_notsent_bytes = (uint32_t)i->unsent;
	l.tcpi_snd_wnd = i->send_window;
	l.tcpi_last_data_sent = i->since_data_sent_ms;
	l.tcpi_last_data_recv = i->since_data_came_ms;
	memset(out, 0, bytes);
	memcpy(out, &l, bytes < sizeof(l) ? bytes : sizeof(l));
}
