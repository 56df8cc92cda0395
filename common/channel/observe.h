/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control asks to see of a core's connections and frames, and what the core shows: plain
 * values. A request rides in a command; what is shown comes through the core's ring of
 * observations, which may lose, counted, and is never waited for.
 *
 *     COMMAND_TCP_LIST       OBSERVATION_CONNECTIONS, any number; at last OBSERVATION_SUMS
 *     COMMAND_CAPTURE        OBSERVATION_FRAME, one or several a frame, until …
 *     COMMAND_CAPTURE_END    OBSERVATION_CAPTURE_END
 *     –                      OBSERVATION_FLIGHT, of a connection that came to harm
 *
 * A core works at one list and one capture: a newer request takes the place of the older.
 */
#ifndef SLUICE_CHANNEL_OBSERVE_H
#define SLUICE_CHANNEL_OBSERVE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/tcp_flight.h"
#include "common/base/tcp_states.h"

#define OBSERVE_TERMS_MAX       4
#define OBSERVE_SNAPLEN_MAX     65535
#define OBSERVE_CONNECTIONS_MAX 100000 /* what one list may ask of a core */
#define OBSERVATION_BYTES       2048
#define OBSERVE_ANY             UINT32_MAX /* COMMAND_CAPTURE_END: whatever its serial */

enum observe_term_kind {
	OBSERVE_TERM_NONE, /* an unused place */
	OBSERVE_TERM_NET,  /* either address lies in the subnet */
	OBSERVE_TERM_PORT, /* either port is this */
	OBSERVE_TERM_KIND_COUNT
};

struct observe_term {
	uint8_t kind;
	uint8_t prefix_bits; /* over all 128 bits, as in struct ip_subnet */
	uint16_t port;
	struct ip_address base;
};

/* All terms must hold; none: everything does. */
struct observe_filter {
	struct observe_term terms[OBSERVE_TERMS_MAX];
	uint32_t states; /* bits of enum tcp_state; 0: every state. Frames have none. */
};

struct observe_request {
	uint32_t serial; /* not 0; what is shown for it repeats it */
	uint32_t limit;  /* LIST: connections shown at most, the sums count all. CAPTURE: bytes kept
			    of a frame */
	struct observe_filter filter;
};

enum observation_kind {
	OBSERVATION_CONNECTIONS,
	OBSERVATION_SUMS,
	OBSERVATION_FRAME,
	OBSERVATION_CAPTURE_END,
	OBSERVATION_FLIGHT,
	OBSERVATION_KIND_COUNT
};

#define OBSERVED_TIMESTAMPS 0x01u
#define OBSERVED_SACK       0x02u
#define OBSERVED_SCALE      0x04u
#define OBSERVED_ECN        0x08u
#define OBSERVED_ACTIVE     0x10u /* opened by us */

/* id, the word as ss(8) writes it */
#define OBSERVED_TIMERS(X)            \
	X(NONE, "")                   \
	X(RTO, "on")                  \
	X(PERSIST, "persist")         \
	X(REORDER, "reorder")         \
	X(TAIL_PROBE, "tail-probe")   \
	X(DELAYED_ACK, "delayed-ack") \
	X(KEEPALIVE, "keepalive")     \
	X(CLOSE, "close")             \
	X(TIME_WAIT, "timewait")

enum observed_timer {
#define X(id, word) OBSERVED_TIMER_##id,
	OBSERVED_TIMERS(X)
#undef X
	OBSERVED_TIMER_COUNT
};

/* One connection. In TIME-WAIT only the ends, the state and the timer are known. */
struct observed_connection {
	struct ip_address local, remote;
	uint16_t local_port, remote_port;
	uint8_t state; /* enum tcp_state */
	uint8_t flags; /* OBSERVED_* */
	uint8_t send_scale, receive_scale;
	uint32_t label; /* the log's sid; 0: none yet */
	uint8_t timer;  /* enum observed_timer: the deadline that comes first */
	uint8_t unused[3];
	uint32_t timer_ms; /* until it is due */
	uint32_t rtt_us, rtt_var_us, rto_us;
	uint32_t cwnd_bytes, ssthresh_bytes, mss_bytes;
	uint32_t in_flight_bytes, lost_bytes, sacked_bytes;
	uint32_t send_queue_bytes, receive_queue_bytes, out_of_order_bytes;
	uint32_t send_window_bytes, receive_window_bytes;
	uint64_t age_ms, sent_bytes, received_bytes, retransmitted_segments;
};

#define OBSERVED_CONNECTIONS_MAX 14 /* in one observation */

struct observed_connections {
	uint32_t count, unused;
	struct observed_connection each[OBSERVED_CONNECTIONS_MAX];
};

/* The end of a list: all that passed the filter, shown or not. */
struct observed_sums {
	uint64_t connections[TCP_STATE_COUNT];
	uint64_t send_queue_bytes, receive_queue_bytes, in_flight_bytes, out_of_order_bytes;
	uint64_t retransmitted_segments; /* by connections that are there now */
	uint64_t recorders, recorders_free;
};

#define OBSERVED_PART_BYTES 1984

enum observed_direction {
	OBSERVED_IN,
	OBSERVED_OUT
};

/* A part of a frame; the parts of one frame follow each other, `at` from 0. */
struct observed_frame {
	int64_t wall_ns;
	uint32_t frame_bytes; /* on the wire */
	uint32_t kept_bytes;  /* of all parts */
	uint32_t at;          /* where this part begins */
	uint16_t part_bytes;
	uint8_t direction; /* enum observed_direction */
	uint8_t unused;
	uint8_t bytes[OBSERVED_PART_BYTES];
};

struct observed_capture_end {
	uint64_t seen; /* frames that passed the filter, lost ones included */
	uint64_t lost; /* … for which there was no room */
};

struct observed_flight {
	int64_t wall_ns; /* when it was reported */
	uint32_t at;     /* the same moment, as events count time */
	uint32_t fault;  /* enum tcp_fault */
	uint32_t iss, irs;
	uint32_t events; /* recorded ever; `kept` are here */
	uint32_t kept;
	struct observed_connection connection;
	struct tcp_flight_event event[TCP_FLIGHT_EVENTS];
};

struct observation {
	uint32_t kind;   /* enum observation_kind */
	uint32_t serial; /* of the request; 0: nobody asked */
	union {
		struct observed_connections connections;
		struct observed_sums sums;
		struct observed_frame frame;
		struct observed_capture_end capture_end;
		struct observed_flight flight;
	};
};
static_assert(sizeof(struct observation) <= OBSERVATION_BYTES, "it must fit its slot");

/* Whether every enum, count and length is in range: run on a private copy before any use. */
bool observation_is_sound(const struct observation *o);
bool observe_request_is_sound(const struct observe_request *r);

/* Whether two ends of something pass the terms of a filter. The ports of what has none are 0. */
bool observe_passes(const struct observe_filter *f, const struct ip_address *a, uint16_t a_port,
    const struct ip_address *b, uint16_t b_port);

const char *observed_state_word(unsigned state); /* as RFC 9293 writes it */
const char *observed_timer_word(unsigned timer);
const char *observed_fault_word(unsigned fault);
const char *observed_event_word(unsigned kind);

#endif
