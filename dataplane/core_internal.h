/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in a core: for core.c, its turns, and core_create.c, its beginning and end. */
#ifndef SLUICE_CORE_INTERNAL_H
#define SLUICE_CORE_INTERNAL_H

#include "dataplane/client.h"
#include "dataplane/core.h"
#include "dataplane/icap/icap.h"
#include "dataplane/idle.h"
#include "dataplane/inspect/inspect.h"
#include "dataplane/net/link/link.h"
#include "dataplane/net/tcp/tcp.h"
#include "dataplane/observe.h"
#include "dataplane/patience.h"

#define TRANSMIT_SLOTS 4096 /* frames that wait for the port; more are dropped */

struct core {
	struct core_config config;
	struct port *port;
	struct link *link;
	struct tcp *tcp;
	struct icap *icap;
	struct inspect *inspect;
	struct clients *clients;
	struct channel_core *channel;
	struct core_stats *stats;
	struct observer observer;
	struct asking asking;
	struct idle idle;
	struct mono now, drain_until;
	struct patience patience; /* the clock of tcp, icap, clients and inspect */
	uint32_t crowded_turns;   /* a bit for each of the last: more had come than it took */
	bool worked;              /* the turn before this one */
	int64_t wall_ns, wall_second;
	struct ip_address duplicate; /* for the attendant, while duplicate_due */
	bool duplicate_due;
	uint64_t
	    announced; /* stamp of the publication whose ISTag the answers carry, and the mode */
	enum mode announced_mode;
	unsigned transmit_count;
	struct rte_mbuf *transmit[TRANSMIT_SLOTS];
};

/* What link hands over: whole frames; and tcp: segments. `arg` is the core. */
void core_queue_frame(void *arg, struct rte_mbuf *frame);
void core_queue_segment(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn);

#endif
