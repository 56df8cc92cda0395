/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What TCP_INFO tells, between the two files that know one side each: info.c the library's own view
 * of a connection, linux_info.c the layout and the numbers of Linux. (Both call theirs tcp_info.)
 */
#ifndef SLUICE_TESTS_PACKETDRILL_INFO_H
#define SLUICE_TESTS_PACKETDRILL_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum info_state {
	INFO_CLOSED,
	INFO_LISTEN,
	INFO_SYN_SENT,
	INFO_SYN_RECEIVED,
	INFO_ESTABLISHED,
	INFO_FIN_WAIT_1,
	INFO_FIN_WAIT_2,
	INFO_CLOSE_WAIT,
	INFO_CLOSING,
	INFO_LAST_ACK
};

/* Linux's names for how things go: all well, something SACKed, ECN, recovery, after a timeout. */
enum info_repair {
	INFO_OPEN,
	INFO_DISORDER,
	INFO_CWR,
	INFO_RECOVERY,
	INFO_LOSS
};

struct info {
	enum info_state state;
	enum info_repair repair;
	bool timestamps, sack, scale, ecn;
	uint8_t backoff, retransmits, probes, send_scale, receive_scale;
	uint32_t rto_us, rtt_us, rtt_var_us, min_rtt_us, mss, announced_mss, received_mss;
	/* segments */
	uint32_t cwnd, ssthresh, unacked, sacked, lost, again, delivered, reordering, reorderings;
	uint32_t segments_in, segments_out, data_segments_in, data_segments_out;
	uint64_t retransmitted;
	/* bytes */
	uint64_t sent, received, unsent, acked;
	uint32_t send_window, receive_window;
	uint64_t busy_us, window_limited_us, buffer_limited_us;
	uint32_t since_data_sent_ms, since_data_came_ms;
};

/* Fills `bytes` bytes of Linux's struct tcp_info; what there is beyond the system's own is 0. */
void info_for_linux(const struct info *i, void *out, size_t bytes);

#endif
