/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which node each connection is on. A node that goes loses its connections, which come again at
 * once; one that comes back gets what its kind of balancing gives it.
 */
#ifndef SLUICE_BENCH_FLEET_BALANCE_H
#define SLUICE_BENCH_FLEET_BALANCE_H

#include "bench/fleet-sim/chance.h"
#include "bench/fleet-sim/plan.h"

struct balancer {
	enum balance kind;
	uint32_t node_count, connection_count, up_count;
	uint64_t moved; /* connections that a node's going or coming took from one to another */
	uint64_t
	    *flows; /* of each connection: what ECMP hashes; a new one each time it is opened */
	uint16_t *nodes; /* of each connection */
	uint16_t *up;    /* the nodes there are, ascending */
	uint32_t *load;  /* of each node: connections */
};

/* All nodes are up, all connections open. -ENOMEM. balancer_fini(). */
int balancer_init(struct balancer *b, const struct fleet_plan *plan, struct chance *chance);
void balancer_fini(struct balancer *b);

/* A connection ended and is opened anew. */
void balancer_reopen(struct balancer *b, uint32_t connection, struct chance *chance);
/* A node that is up, and not the last one, goes; one that is not comes. */
void balancer_lose(struct balancer *b, uint16_t node);
void balancer_regain(struct balancer *b, uint16_t node);

#endif
