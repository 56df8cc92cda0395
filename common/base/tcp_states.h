/* SPDX-License-Identifier: BSD-3-Clause */
/* States of a TCP connection (RFC 9293 §3.3.2): id, name as the RFC writes it. TIME-WAIT is last:
 * the library keeps those apart. (netinet/tcp.h has the short names.) */
#ifndef SLUICE_BASE_TCP_STATES_H
#define SLUICE_BASE_TCP_STATES_H

#define TCP_STATES(X)                   \
	X(CLOSED, "CLOSED")             \
	X(SYN_SENT, "SYN-SENT")         \
	X(SYN_RECEIVED, "SYN-RECEIVED") \
	X(ESTABLISHED, "ESTABLISHED")   \
	X(FIN_WAIT_1, "FIN-WAIT-1")     \
	X(FIN_WAIT_2, "FIN-WAIT-2")     \
	X(CLOSE_WAIT, "CLOSE-WAIT")     \
	X(CLOSING, "CLOSING")           \
	X(LAST_ACK, "LAST-ACK")         \
	X(TIME_WAIT, "TIME-WAIT")

enum tcp_state {
#define X(id, word) TCP_STATE_##id,
	TCP_STATES(X)
#undef X
	TCP_STATE_COUNT
};

#endif
