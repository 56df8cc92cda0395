/* SPDX-License-Identifier: BSD-3-Clause */
/* What the plug remembers of each connection's segments, to set PSH where Linux does (flow.c). */
#ifndef SLUICE_TESTS_PACKETDRILL_FLOW_H
#define SLUICE_TESTS_PACKETDRILL_FLOW_H

#include "tests/sim/packetdrill/plug.h"

#define FLOW_WRITES 64 /* ends of writes that are remembered */

/* Owned by the plug until its end. */
struct flow {
	struct flow *next;
	struct tcp_endpoints endpoints;
	uint32_t first, high; /* the first byte's number; behind the highest that was sent */
	uint32_t write_ends[FLOW_WRITES];
	unsigned write_count;
};

/* A write ended `bytes` bytes after the stream's beginning, and nothing says that more follows. */
void flow_note_write(struct plug *p, const struct tcp_endpoints *e, uint64_t bytes);
/* A segment of ours is about to wait in `q`. */
void flow_note_segment(struct plug *p, const struct tcp_endpoints *e, struct plug_packet *q,
    uint8_t *segment, size_t bytes);
/* The turn is over: what left together is known. */
void flow_end_bursts(struct plug *p);
void flows_fini(struct plug *p);

#endif
