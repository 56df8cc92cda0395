/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client: one connection, its ICAP session and the object it is at. Moves bytes between the
 * connection's stream and icap, and events from icap to inspect; the only place that knows all
 * three. One set a core.
 *
 * A turn has two passes, heads and then what is made of them, objects and their bodies: the code
 * for either fits a core's instruction cache of 32 KiB, that for both does not, and each object
 * would fetch it anew.
 *
 * A turn takes at most ICAP_SLICE_BYTES from a connection that has been served alone for a while
 * (ALONE_AFTER), SHARED_SLICE_BYTES from others, less of a body that has been coming for long where
 * requests begin beside it, so that small objects need not wait for a large one; and nothing while
 * its answers wait for a slow reader, so that the receive window follows what was scanned and sent.
 *
 * When every place is taken, a newcomer gets that of a connection which is idle, or which has been
 * sending next to nothing of its request for ten seconds; where there is none it is refused.
 */
#ifndef SLUICE_CLIENT_H
#define SLUICE_CLIENT_H

#include "dataplane/icap/icap.h"
#include "dataplane/inspect/inspect.h"
#include "dataplane/access.h"
#include "dataplane/certificates.h"
#include "dataplane/net/tcp/tcp.h"

struct clients;

struct clients_config {
	uint16_t core, cores;
	uint32_t clients_max;
	struct tcp *tcp;
	struct icap *icap;
	struct inspect *inspect;
	struct core_stats *stats;
	struct chain_pools pools;
	const struct certificates *certificates;
	uint16_t tls_port; /* connections to it speak ICAPS; 0: none */
	struct duration handshake_timeout;
	const struct access_list *plain_access, *tls_access; /* who may come, by port */
};

/* NULL when memory is lacking; lends `config`'s lists. */
struct clients *clients_create(const struct clients_config *config);
/* Ends every client without a word on the wire. */
void clients_destroy(struct clients *c);

/* A turn, once its frames were taken; `backlog`: more wait at the port. Whether the turn before
 * left bytes of one connection for the sake of others. */
bool clients_begin(struct clients *c, struct mono now, bool backlog);

/* One connection off tcp's ready list, up to a request or the first bytes of a body. */
void clients_take_event(struct clients *c, struct tcp_conn *conn);
/* Goes on with the one whose request or body has waited longest. False: there is none. */
bool clients_inspect_next(struct clients *c);
/* Sends what inspect answered meanwhile; runs ICAP's timeouts. Returns how many had something. */
unsigned clients_take_settled(struct clients *c);
void clients_run_timers(struct clients *c);
struct mono clients_next_deadline(const struct clients *c);

/* The appliance stops: answers in progress are finished, then each connection is closed. */
void clients_drain(struct clients *c);
uint32_t clients_now(const struct clients *c);

#endif
