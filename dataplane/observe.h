/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a core shows of itself when control asks: its connections (`sluicectl tcp`), its frames
 * (`sluicectl capture`); and, unasked, the flights of connections that came to harm. Embedded in
 * the core, used by its thread alone. Waits for nothing: a list goes on when the ring has room, a
 * frame or a flight without room is counted. Both end by themselves when control dies.
 *
 * Bounds: OBSERVE_PLACES_PER_TURN places of a table are looked at in a turn, so 100,000 connections
 * are a list of 1,600 turns and no turn is long; FLIGHTS_PER_SECOND are told.
 *
 * Files: observe.c (lists, flights, life), observe_frame.c (captures).
 */
#ifndef SLUICE_DATAPLANE_OBSERVE_H
#define SLUICE_DATAPLANE_OBSERVE_H

#include <rte_mbuf.h>

#include "common/base/mono.h"
#include "common/channel/channel.h"
#include "dataplane/net/tcp/tcp.h"

#define OBSERVE_PLACES_PER_TURN 64
#define OBSERVE_SPARE_SLOTS     8    /* of the ring: what frames leave to the rest */
#define OBSERVE_BEAT_MS         2000 /* control's silence that ends everything */
#define FLIGHTS_PER_SECOND      10

struct observe_list {
	struct observe_request request; /* serial 0: none */
	uint32_t place, shown;
	bool in_time_wait; /* the second table */
	struct observed_sums sums;
};

struct observe_capture {
	struct observe_request request;
	bool has_terms;
	uint64_t seen, lost;
};

struct observer {
	struct channel_core *channel;
	struct core_stats *stats;
	struct tcp *tcp;
	bool capturing; /* what the packets' way looks at */
	bool end_due;   /* of the capture: control is to be told */
	struct observe_capture capture;
	struct observe_list list;
	struct mono flights_since;
	unsigned flights_told;
	struct tcp_flight_report report; /* large: not on the stack */
	struct tcp_flight_event events[TCP_FLIGHT_EVENTS];
};

void observer_init(struct observer *o, struct channel_core *channel, struct tcp *tcp);

/* One for which command_observes(). */
void observer_command(struct observer *o, const struct command *command);

/* A turn's share of what is due. `last_beat_ns` is region_last_beat(). Returns how much was done:
 * a core that has some left to do must not sleep. */
unsigned observer_turn(struct observer *o, struct mono now, int64_t wall_ns, uint64_t last_beat_ns);

/* A frame of the port, while o->capturing; whole, link header first. It stays the caller's. */
void observer_capture(struct observer *o, const struct rte_mbuf *frame,
    enum observed_direction direction, int64_t wall_ns);

/* Both ends of a frame, as far as it has them: addresses of IP and ARP, ports of TCP and UDP (none
 * in a later fragment). False: it has no addresses. */
struct frame_ends {
	struct ip_address source, destination;
	uint16_t source_port, destination_port;
};
bool observe_frame_ends(const struct rte_mbuf *frame, struct frame_ends *out);

#endif
