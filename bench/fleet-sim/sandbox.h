/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sandboxes of all nodes: each has slots, and a queue before them, first come, first served.
 * Jobs that run stand in one heap by when they end. A node's life has a number: what it had begun
 * in an earlier one is forgotten.
 */
#ifndef SLUICE_BENCH_FLEET_SANDBOX_H
#define SLUICE_BENCH_FLEET_SANDBOX_H

#include "bench/fleet-sim/in_flight.h"

#define SANDBOX_WAITING_MAX (1u << 20) /* of all nodes */

struct sandbox_job {
	double begun, ends; /* begun: when it was asked for, then when it began */
	uint32_t object, next;
	uint16_t node, life, generation;
};

struct sandbox_node {
	uint32_t first, last; /* waiting; 0: none */
	uint32_t running;
	uint16_t life;
};

struct sandboxes {
	double job_s;
	uint32_t slots, node_count, running_count;
	struct sandbox_node *nodes;
	struct sandbox_job *running; /* the heap */
	struct in_flight in_flight;
	struct sandbox_job *waiting; /* a pool; place 0 is not used */
	uint32_t free;
};

/* -ENOMEM. sandboxes_fini(). */
int sandboxes_init(struct sandboxes *s, uint32_t nodes, uint32_t slots, double job_s);
void sandboxes_fini(struct sandboxes *s);

/* Whether this node's sandbox has this object: then it is not to be asked again. */
bool sandboxes_have(const struct sandboxes *s, uint16_t node, uint32_t object);
/*
 * False: too many wait. *wait_s of one that began at once is 0; of others sandboxes_next() tells,
 * negative: it waits.
 */
bool sandboxes_ask(struct sandboxes *s, uint16_t node, uint32_t object, uint16_t generation,
    double now, double *wait_s);
/* When the next job ends; infinity: none runs. */
double sandboxes_end(const struct sandboxes *s);
/*
 * Takes that job, where one runs; the next of its node's queue begins: how long that had waited, in
 * seconds; negative: none did.
 */
double sandboxes_next(struct sandboxes *s, struct sandbox_job *out);
/* Seconds that jobs which still run have taken so far, those since `from`. */
double sandboxes_busy(const struct sandboxes *s, double now, double from);
/* A node failed: its jobs are gone. */
void sandboxes_lose(struct sandboxes *s, uint16_t node);
/* What a node's life is called now, in its word to others. */
uint16_t sandboxes_life(const struct sandboxes *s, uint16_t node);

#endif
