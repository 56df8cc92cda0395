/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Room for holes. A connection has a few runs (reasm.c) and ranges (scoreboard.c) of its own, which
 * is all that one without losses needs. One that has more is lent a table of each kind from a pool,
 * and gives it back when what it has fits in its own again. So an idle connection pays for none,
 * and there are tables for a quarter of all; one that was never lent was never written to, and
 * takes no memory but of addresses. Where all are lent, a connection gets along with its few: what
 * comes beyond more holes is dropped and sent again, and SACKs beyond more are not believed.
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
	return t->lent_runs != NULL && t->lent_ranges != NULL ? 0 : -ENOMEM;
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

/* One that came back, or else the next that was never lent; NULL: all are lent. */
static struct lent_runs *
take_runs(struct tcp *t)
{
	struct lent_runs *l = t->free_runs;

	if (l != NULL)
		t->free_runs = l->next;
	else if (t->fresh_runs < lent_tables(t))
		l = &t->lent_runs[t->fresh_runs++];
	return l;
}

static struct lent_ranges *
take_ranges(struct tcp *t)
{
	struct lent_ranges *l = t->free_ranges;

	if (l != NULL)
		t->free_ranges = l->next;
	else if (t->fresh_ranges < lent_tables(t))
		l = &t->lent_ranges[t->fresh_ranges++];
	return l;
}

bool
lent_more_runs(struct tcp_conn *c)
{
	struct lent_runs *l = c->runs == c->few_runs ? take_runs(c->tcp) : NULL;

	if (l == NULL)
		return false;
	memcpy(l->runs, c->few_runs, c->run_count * sizeof(l->runs[0]));
	c->runs = l->runs;
	return true;
}

bool
lent_more_ranges(struct tcp_conn *c)
{
	struct lent_ranges *l = c->sent == c->few_sent ? take_ranges(c->tcp) : NULL;

	if (l == NULL)
		return false;
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
