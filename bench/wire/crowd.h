/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that are there and say nothing: each asks for OPTIONS once, so that it has been a
 * session with a request, and then stays open and silent, as a proxy's pool does at night. What
 * they cost the server is for the caller to look at.
 *
 * An address has CROWD_OF_ADDRESS of them, so many need several addresses: the first is ours, the
 * others follow it at CROWD_ADDRESS_STEP, and the caller's link must answer for them. Few are
 * opened at once, so that no queue runs over. One thread; no allocation after crowd_create().
 */
#ifndef SLUICE_BENCH_CROWD_H
#define SLUICE_BENCH_CROWD_H

#include "bench/request.h"
#include "dataplane/net/tcp/tcp.h"

#define CROWD_OF_ADDRESS   25000 /* of the 28,232 ports that tcp_connect() takes */
#define CROWD_ADDRESSES    8
#define CROWD_MAX          (CROWD_OF_ADDRESS * CROWD_ADDRESSES)
#define CROWD_ADDRESS_STEP 16

struct crowd;

struct crowd_config {
	unsigned count;
	struct tcp *tcp;
	struct chain_pools pools;
	struct ip_address local, remote;
	const struct bench_plan *plan; /* whose port, host and path are asked; lent */
};

/* The address of the n-th CROWD_OF_ADDRESS of them. */
struct ip_address crowd_address(const struct ip_address *first, unsigned n);

/* NULL: no memory, or the plan's names are too long. */
struct crowd *crowd_create(const struct crowd_config *config);
/* The connections stay with tcp. */
void crowd_destroy(struct crowd *c);

/* One connection off tcp's ready list. */
void crowd_take_event(struct crowd *c, struct tcp_conn *conn);
/* Opens the next ones. True: all that could be opened are, and were answered. */
bool crowd_turn(struct crowd *c, struct mono now);
/* How many were answered and are open still, and how many failed. */
unsigned crowd_standing(const struct crowd *c);
unsigned crowd_failed(const struct crowd *c);

#endif
