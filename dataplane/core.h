/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One poll-mode core: its state and its loop. Shares nothing with other cores but the publication
 * of generations (RCU) and the inboxes of exchange.h; never blocks, makes no system call on the way
 * of a packet, and never waits for control.
 */
#ifndef SLUICE_CORE_H
#define SLUICE_CORE_H

#include <stdbool.h>

#include "common/config/config.h"
#include "dataplane/access.h"
#include "dataplane/budget.h"
#include "dataplane/certificates.h"
#include "dataplane/exchange.h"
#include "dataplane/inspect/publication.h"
#include "dataplane/leftovers.h"
#include "dataplane/net/chain.h"
#include "dataplane/port.h"
#include "scanners/digest/engine.h"

struct core;

struct core_config {
	uint16_t core;
	const struct config *config;
	const struct budget *budget;
	struct region *region;
	struct publisher *publisher;
	struct exchange *exchange;
	const struct certificates *certificates;
	const struct access_list *plain_access, *tls_access;
	struct chain_pools pools;
	const struct digest_engine *digests;
	struct tcp_ledger_entry *ledger; /* budget's places_max of them; NULL: none */
	struct leftovers *leftovers;     /* NULL: none */
	const bool *stop; /* set by the attendant: drain, then return from core_run() */
};

/* Everything but the port, which is opened once all pools stand. -errno with a sentence. */
int core_create(
    const struct core_config *config, struct core **out, char error[CONFIG_ERROR_TEXT_MAX]);
/* Gives the core its port and addresses. */
int core_attach_port(struct core *c, struct port *port, char error[CONFIG_ERROR_TEXT_MAX]);
/* The loop; for rte_eal_remote_launch(). Returns 0 after `stop` and the drain. */
int core_run(void *core);
void core_destroy(struct core *c);
/* Any thread: the next address of ours that turned out to be another host's; false: none. */
bool core_take_duplicate(struct core *c, struct ip_address *out);

#endif
