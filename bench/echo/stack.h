/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our link and TCP libraries alone on a port: they accept connections, let go of whatever comes,
 * and answer each end of a body (RFC 3507 §4.4.1's last chunk) by a 204. Nothing is parsed, hashed
 * or scanned, so what this costs an object is what its bytes cost to carry. One thread; turns are
 * the caller's.
 */
#ifndef SLUICE_BENCH_STACK_H
#define SLUICE_BENCH_STACK_H

#include <stdint.h>

#include "common/base/address.h"
#include "dataplane/net/chain.h"

#define STACK_PORT 1344

struct stack;

struct stack_config {
	uint16_t port;                 /* of DPDK's; started, with the queues 0 */
	struct chain_pools pools;      /* the caller's */
	struct ip_subnet address;      /* ours, with the length of its subnet */
	bool tcp_sums_rx, tcp_sums_tx; /* what the port does for us */
	bool ip_sums_rx, ip_sums_tx;
};

/* NULL: no memory. */
struct stack *stack_create(const struct stack_config *config);
void stack_destroy(struct stack *s);

/* Receives, answers, sends; how many frames and connections there was something to do for. */
unsigned stack_turn(struct stack *s);
/* How many bodies were answered. */
uint64_t stack_bodies(const struct stack *s);

#endif
