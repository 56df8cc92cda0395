/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the flight recorder of a TCP connection holds: its last events, compactly, as values that
 * the TCP library writes and control prints. Here because both know it and neither the other.
 */
#ifndef SLUICE_BASE_TCP_FLIGHT_H
#define SLUICE_BASE_TCP_FLIGHT_H

#include <assert.h>
#include <stdint.h>

#define TCP_FLIGHT_EVENTS   64
#define TCP_FLIGHT_AT_SHIFT 12 /* `at` counts 2^12 ns: it wraps after 4.9 hours */

/* id, the word in tcp.log, what happened */
#define TCP_FLIGHT_KINDS(X)                                        \
	X(OPENED, "opened", "the handshake ended")                 \
	X(IN, "in", "a segment came")                              \
	X(OUT, "out", "a segment went")                            \
	X(AGAIN, "again", "a segment went again")                  \
	X(RTO, "rto", "the retransmission timer ran out")          \
	X(REORDER, "reorder", "RACK's reordering timer ran out")   \
	X(TAIL_PROBE, "tail-probe", "the tail loss probe was due") \
	X(PERSIST, "persist", "a shut window was probed")          \
	X(KEEPALIVE, "keepalive", "a silent peer was probed")      \
	X(SEND, "send", "bytes were given to be sent")             \
	X(SHUTDOWN, "shutdown", "our user will send no more")      \
	X(ABORT, "abort", "our user reset it")                     \
	X(RELEASE, "release", "our user let go of it")

enum tcp_flight_kind {
#define X(id, word, help) TCP_FLIGHT_##id,
	TCP_FLIGHT_KINDS(X)
#undef X
	TCP_FLIGHT_KIND_COUNT
};

/* Why a flight was reported: id, the words in tcp.log. */
#define TCP_FAULTS(X)                                             \
	X(NONE, "nothing")                                        \
	X(RESET, "reset by peer")                                 \
	X(NO_PROGRESS, "nothing acknowledged within the timeout") \
	X(KEEPALIVE, "keepalive probes unanswered")               \
	X(FLOOD, "flooded with segments outside the window")      \
	X(STALLED, "the peer's next bytes did not come in time")  \
	X(CUT, "ended in the middle of an object")

enum tcp_fault {
#define X(id, words) TCP_FAULT_##id,
	TCP_FAULTS(X)
#undef X
	TCP_FAULT_COUNT
};

struct tcp_flight_event {
	uint32_t at;       /* of the monotonic clock, in units of 2^TCP_FLIGHT_AT_SHIFT ns */
	uint32_t seq, ack; /* OPENED: the two initial numbers, theirs and ours */
	uint16_t length;   /* bytes of payload; SEND: at most 65535 */
	uint16_t window;   /* as in the header, unscaled */
	uint8_t kind;      /* enum tcp_flight_kind */
	uint8_t flags;     /* of the TCP header */
	uint8_t state;     /* enum tcp_state, before an incoming segment was looked at */
	uint8_t unused;
};
static_assert(sizeof(struct tcp_flight_event) == 20, "a recorder is 1.25 KiB");

#endif
