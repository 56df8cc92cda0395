/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Room for holes. A connection has a few runs (reasm.c) and ranges (scoreboard.c) of its own, which
 * is all that one without losses needs. One that has more is lent a table of each kind from a pool,
 * and gives it back when what it has fits in its own again. So an idle connection pays for none,
 * and there are tables for a quarter of all. Where all are lent, a connection gets along with its
 * few: what comes beyond more holes is dropped and sent again, and SACKs beyond more are not
 * believed.
 */
#include "dataplane/net/tcp/conn.h"

#include <errno.h>
#include <stdlib.h>

static_assert(REASM_RUNS_FEW < REASM_RUNS_MAX, "a table is more");
static_assert(SENT_RANGES_FEW < SENT_RANGES_MAX, "a table is more");

uint32_t
lent_tables(const struct tcp *t)
{
	uint32_t n = t->config.connections_max / LENT_SHARE;

	return n > LENT_MIN ? n : LENT_MIN;
}

int
lent_create(struct tcp *t)
{
	uint32_t n = lent_tables(t);

	t->lent_runs = calloc(n, sizeof(*t->lent_runs));
	t->lent_ranges = calloc(n, sizeof(*t->lent_ranges));
	if (t->lent_runs == NULL || t->lent_ranges == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		t->lent_runs[i].next = i + 1 < n ? &t->lent_runs[i + 1] : NULL;
		t->lent_ranges[i].next = i + 1 < n ? &t->lent_ranges[i + 1] : NULL;
	}
	t->free_runs = t->lent_runs;
	t->free_ranges = t->lent_ranges;
	return 0;
}

void
lent_destroy(struct tcp *t)
{
	free(t->lent_runs);
	free(t->lent_ranges);
}

void
lent_init(struct tcp_conn *c)
{
	c->runs = c->few_runs;
	c->sent = c->few_sent;
}

unsigned
lent_run_room(const struct tcp_conn *c)
{
	return c->runs == c->few_runs ? REASM_RUNS_FEW : REASM_RUNS_MAX;
}

unsigned
lent_range_room(const struct tcp_conn *c)
{
	return c->sent == c->few_sent ? SENT_RANGES_FEW : SENT_RANGES_MAX;
}

bool
lent_more_runs(struct tcp_conn *c)
{
	struct lent_runs *l = c->tcp->free_runs;

	if (c->runs != c->few_runs || l == NULL)
		return false;
	c->tcp->free_runs = l->next;
	memcpy(l->runs, c->few_runs, c->run_count * sizeof(l->runs[0]));
	c->runs = l->runs;
	return true;
}

bool
lent_more_ranges(struct tcp_conn *c)
{
	struct lent_ranges *l = c->tcp->free_ranges;

	if (c->sent != c->few_sent || l == NULL)
		return false;
	c->tcp->free_ranges = l->next;
	memcpy(l->ranges, c->few_sent, c->sent_count * sizeof(l->ranges[0]));
	c->sent = l->ranges;
	return true;
}

/* Half of its few: or it would be lent one again with the next hole. */
void
lent_put_runs(struct tcp_conn *c)
{
	struct lent_runs *l = LIST_ITEM(c->runs, struct lent_runs, runs);

	if (c->runs == c->few_runs || c->run_count > REASM_RUNS_FEW / 2)
		return;
	memcpy(c->few_runs, l->runs, c->run_count * sizeof(l->runs[0]));
	c->runs = c->few_runs;
	l->next = c->tcp->free_runs;
	c->tcp->free_runs = l;
}

void
lent_put_ranges(struct tcp_conn *c)
{
	struct lent_ranges *l = LIST_ITEM(c->sent, struct lent_ranges, ranges);

	if (c->sent == c->few_sent || c->sent_count > SENT_RANGES_FEW / 2)
		return;
	memcpy(c->few_sent, l->ranges, c->sent_count * sizeof(l->ranges[0]));
	c->sent = c->few_sent;
	l->next = c->tcp->free_ranges;
	c->tcp->free_ranges = l;
}
