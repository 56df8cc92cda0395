/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICAP clients on our own TCP library, a closed loop: each of N connections sends a RESPMOD,
 * checks the whole answer and sends the next. Bodies are sent by reference out of the corpus.
 *
 * A plan may want one connection more, which carries large bodies in a closed loop (`beside`).
 * A plan may want a mix of many kinds of objects, with previews and threats (mix.h).
 *
 * A plan may set a rate: then objects are due evenly, whether or not answers come (an open loop).
 *
 * A plan may ask for OPTIONS or for REQMOD without a body instead. It may close each connection
 * after its object, or open and close connections that carry none: our FIN goes first, and the next
 * is opened once the server's has come.
 *
 * It knows no port and no clock: the caller runs the turns of `tcp` (tcp.h), hands every ready
 * connection over, and calls load_turn() once a turn. When the plan's time is over nothing new is
 * begun, and what is on its way is waited for and counted, so that a server's cost over the
 * run is that of whole objects. One thread; no allocation after load_create().
 */
#ifndef SLUICE_BENCH_LOAD_H
#define SLUICE_BENCH_LOAD_H

#include "bench/mix.h"
#include "dataplane/net/tcp/tcp.h"

struct load;

struct load_config {
	const struct bench_plan *plan; /* warmup is not waited for: there is none */
	const struct corpus *corpus;   /* whose body_max is load_body_max() at least */
	struct tcp *tcp;
	struct chain_pools pools;
	struct ip_address local, remote;
	uint64_t *bodies; /* how many were begun so far: the next plan goes on behind them */
};

/* Bytes of the largest body of a plan. */
size_t load_body_max(const struct bench_plan *plan);

/* The plan, corpus and result outlive it. NULL: no memory, or the plan's names are too long. */
struct load *load_create(
    const struct load_config *config, struct mono now, struct bench_result *result);
/* Ends what is open with a RST. */
void load_destroy(struct load *l);

/* One connection off tcp's ready list. */
void load_take_event(struct load *l, struct tcp_conn *conn, struct mono now);
/* Opens what is to be opened, gives up what is too slow. True: the plan is over. */
bool load_turn(struct load *l, struct mono now);

#endif
