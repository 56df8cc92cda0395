/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two TCP stacks joined by a seeded wire, in virtual time: every random choice comes from one seed,
 * so a failure that prints its seed can be replayed. Segments go from stack to stack without IP.
 */
#ifndef SLUICE_TESTS_SIM_H
#define SLUICE_TESTS_SIM_H

#include "dataplane/net/tcp/tcp.h"

/* In parts per million; delay of each segment, and how much longer a reordered one takes. */
struct wire {
	uint32_t loss_ppm, reorder_ppm, duplicate_ppm;
	struct duration delay, reorder_delay;
};

enum sim_side {
	SIM_CLIENT,
	SIM_SERVER
};

struct sim;

/* eal.c. EAL without hugepages, devices or files, and the pools; once a process. 0 or negative. */
int sim_eal_init(void);
const struct chain_pools *sim_pools(void);
uint32_t sim_pools_used(void); /* mbufs that are out of them */

/* A server that listens and a client that has sent its SYN. Aborts when memory is lacking. */
struct sim *sim_create(uint64_t seed, struct wire wire);
void sim_destroy(struct sim *s);

/* Queues that many bytes of a stream that the seed and the side decide. */
void sim_send(struct sim *s, enum sim_side from, size_t bytes);
/* After its data this side closes. */
void sim_close(struct sim *s, enum sim_side side);
/* A side that is paused takes nothing it receives. */
void sim_pause(struct sim *s, enum sim_side side, bool paused);
/* A side that is stopped takes no turns: what reaches it waits, and its clock jumps when it goes
 * on. */
void sim_stop(struct sim *s, enum sim_side side, bool stopped);
/* Runs until nothing is left to do, or `limit` of virtual time has passed; true: all was done. */
bool sim_run(struct sim *s, struct duration limit);
/* Whether this side received exactly the first `bytes` bytes of the other's stream. */
bool sim_received(const struct sim *s, enum sim_side side, size_t bytes);
/* Whether this side saw the other's FIN. */
bool sim_saw_close(const struct sim *s, enum sim_side side);
const uint64_t *sim_counters(const struct sim *s, enum sim_side side);

#endif
