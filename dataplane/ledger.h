/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RUN/connections: who is connected, in a file that outlives the process. A kernel closes the
 * sockets of a process that dies; of our connections it knows nothing, so the next dataplane has to
 * tell their peers (leftovers.h), and reads here who they are.
 *
 * The file is a header, an entry for each place of each core's table of connections, and those
 * that earlier processes left and nobody has told yet. Each entry has one writer at a time and
 * is written by plain stores; nothing is written for a segment or an object. A process makes a file
 * of its own and puts it in the place of the last, so that nobody writes what it has not made, and
 * who dies while it starts leaves the last one as it was. What is read is untrusted: whatever is
 * not whole is no entry.
 */
#ifndef SLUICE_LEDGER_H
#define SLUICE_LEDGER_H

#include <stdint.h>

#include "common/config/config.h"
#include "dataplane/net/tcp/tcp.h"

#define LEDGER_LEFT_MAX (1u << 22) /* 160 MiB; more than connections_max may be */

struct ledger;

/*
 * Reads what the file at `path` holds, tells on stderr where that is no ledger, and begins a new
 * one for so many cores with so many places each. -errno with a sentence: there is none, and what
 * was there stays.
 */
int ledger_open(const char *path, unsigned cores, uint32_t places, struct ledger **out,
    char error[CONFIG_ERROR_TEXT_MAX]);
/* The entries of a core, for tcp_config.ledger; NULL where there is no ledger. */
struct tcp_ledger_entry *ledger_of_core(const struct ledger *l, unsigned core);
/* What was left, to be struck when it is done with; lent until ledger_close(). */
struct tcp_ledger_entry *ledger_left(const struct ledger *l, uint32_t *count);
/* Removes the file where nothing is left in it. NULL is none. */
void ledger_close(struct ledger *l);

#endif
