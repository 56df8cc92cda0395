/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ledger of connections, in memory that outlives the process, and what the next process does with
 * those it finds there: half-open connections of RFC 9293 §3.5.1, which their peers believe in and
 * nobody else.
 *
 * An entry is written when a connection opens and struck when it is forgotten; its place is the
 * connection's in the table, so neither has to look for one. The check is written last: what a
 * process leaves that died between two stores is no entry.
 *
 * Who is asked gets an empty ACK outside its window. It is answered by the peer's numbers (RFC 9293
 * §3.10.7.4, first), and that answer by a RST at exactly the number that the peer waits for, which
 * RFC 5961 §3.2 wants. Linux answers such a segment once in 500 ms for a connection and has no
 * bound for the host; a SYN, or an ACK of what was never sent, counts against
 * tcp_challenge_ack_limit. Nothing is known of the window, which is at most 2^30: the numbers of
 * two rounds lie further apart than that, so that one of them is outside. A timestamp goes along
 * because some drop what has none where they were agreed on (RFC 7323 §3.2); one that is too old is
 * answered in the same way.
 */
#include "dataplane/net/tcp/conn.h"

#define ROUND_STEP 0x50000000u

static_assert(sizeof(struct tcp_endpoints) == 36, "no gaps: its bytes are its value");
static_assert(sizeof(struct tcp_ledger_entry) == 40, "the ledger's format");

/* Never 0, which stands for none. */
static uint32_t
check_of(const struct tcp_endpoints *e)
{
	uint64_t words[4], h = (uint64_t)e->local_port << 16 | e->remote_port;

	memcpy(words, e, sizeof(words));
	for (unsigned i = 0; i < 4; i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return (uint32_t)h | 1;
}

void
tcp_ledger_write(struct tcp_ledger_entry *entry, const struct tcp_endpoints *e)
{
	entry->endpoints = *e;
	__atomic_signal_fence(__ATOMIC_RELEASE); /* the death of a process is no reordering */
	__atomic_store_n(&entry->check, check_of(e), __ATOMIC_RELAXED);
}

void
tcp_ledger_strike(struct tcp_ledger_entry *entry)
{
	__atomic_store_n(&entry->check, 0, __ATOMIC_RELAXED);
}

bool
tcp_ledger_holds(const struct tcp_ledger_entry *entry)
{
	uint32_t check = __atomic_load_n(&entry->check, __ATOMIC_RELAXED);

	return check != 0 && check == check_of(&entry->endpoints);
}

void
ledger_enter(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;

	if (t->config.ledger != NULL && !c->active)
		tcp_ledger_write(&t->config.ledger[c - t->conns], &c->endpoints);
}

void
ledger_leave(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;

	if (t->config.ledger != NULL)
		tcp_ledger_strike(&t->config.ledger[c - t->conns]);
}

bool
tcp_knows(struct tcp *t, const struct tcp_endpoints *e)
{
	return table_find(t, e) != NULL || table_find_time_wait(t, e) != NULL;
}

bool
tcp_ask(struct tcp *t, const struct tcp_endpoints *e, unsigned round)
{
	uint8_t options[OPTION_BYTES_MAX];
	struct seq seq = seq_add(table_isn(t, e), round * ROUND_STEP);

	if (!tcp_is_listening(t, e) || address_equal(&e->local, &e->remote) ||
	    t->data_free < t->config.pool_reserve)
		return false;
	output_stray(t, e, seq, seq_of(0), FLAG_ACK, 0, options,
	    options_build_ts(t, table_ts_offset(t, e), 0, options));
	return true;
}
