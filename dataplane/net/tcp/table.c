/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is there: flows by a keyed hash of the four-tuple, and those in TIME-WAIT in a compact table
 * of their own, oldest out. Everything is allocated in table_create().
 */
#include "dataplane/net/tcp/flight.h"

#include <errno.h>
#include <stdlib.h>

#include "dataplane/net/tcp/cookies.h"

struct tuple6 {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
};

struct tuple4 {
	uint8_t local[4], remote[4];
	uint16_t local_port, remote_port;
};

/* IPv4 leaves out the prefix that all its addresses share: SipHash takes the length in, so that the
 * two forms never meet. */
static uint64_t
hash_of(const struct siphash_key *key, const struct tcp_endpoints *e)
{
	struct tuple4 t4;
	struct tuple6 t6;

	if (address_is_v4(&e->local) && address_is_v4(&e->remote)) {
		memcpy(t4.local, e->local.bytes + 12, 4);
		memcpy(t4.remote, e->remote.bytes + 12, 4);
		t4.local_port = e->local_port;
		t4.remote_port = e->remote_port;
		return siphash(key, &t4, sizeof(t4));
	}
	memcpy(t6.local, e->local.bytes, 16);
	memcpy(t6.remote, e->remote.bytes, 16);
	t6.local_port = e->local_port;
	t6.remote_port = e->remote_port;
	return siphash(key, &t6, sizeof(t6));
}

/* As far as tables use it. */
static uint32_t
flow_hash(const struct tcp *t, const struct tcp_endpoints *e)
{
	return (uint32_t)hash_of(&t->flow_key, e);
}

static bool
same(const struct tcp_endpoints *a, const struct tcp_endpoints *b)
{
	return a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       address_equal(&a->local, &b->local) && address_equal(&a->remote, &b->remote);
}

/* The next one takes it first, while it is in the caches. */
static void
put_free(struct tcp *t, struct tcp_conn *c)
{
	c->in_use = false;
	c->hash_next = t->free;
	t->free = c;
}

int
table_create(struct tcp *t)
{
	uint32_t buckets = 64;

	while (buckets < t->config.connections_max)
		buckets *= 2;
	t->bucket_mask = buckets - 1;
	t->missed_hash = flow_hash(t, &t->missed);
	t->buckets = calloc(buckets, sizeof(*t->buckets));
	t->time_wait_buckets = calloc(buckets, sizeof(*t->time_wait_buckets));
	t->conns = aligned_alloc(
	    RTE_CACHE_LINE_SIZE, (size_t)t->config.connections_max * sizeof(*t->conns));
	t->time_wait_slots = calloc(t->config.time_wait_max, sizeof(*t->time_wait_slots));
	if (t->buckets == NULL || t->time_wait_buckets == NULL || t->conns == NULL ||
	    t->time_wait_slots == NULL || backlog_create(t) != 0 || lent_create(t) != 0)
		return -ENOMEM;
	memset(t->conns, 0, (size_t)t->config.connections_max * sizeof(*t->conns));
	for (uint32_t i = t->config.connections_max; i-- > 0;)
		put_free(t, &t->conns[i]);
	for (uint32_t i = 0; i < t->config.time_wait_max; i++)
		list_append(&t->free_time_waits, &t->time_wait_slots[i].node);
	return 0;
}

void
table_destroy(struct tcp *t)
{
	backlog_destroy(t);
	lent_destroy(t);
	free(t->buckets);
	free(t->time_wait_buckets);
	free(t->conns);
	free(t->time_wait_slots);
}

/*
 * Where a flow that was found lately is noted. By its port alone: who chooses ports to meet here
 * only has the hash made, as for any flow that is not noted.
 */
static struct tcp_conn **
recent_of(struct tcp *t, const struct tcp_endpoints *e)
{
	return &t->recent[e->remote_port % RECENT_FLOWS];
}

struct tcp_conn *
table_find(struct tcp *t, const struct tcp_endpoints *e)
{
	struct tcp_conn **recent = recent_of(t, e), *c = *recent;
	uint32_t hash;

	if (c != NULL && same(&c->endpoints, e))
		return c; /* a burst is runs of few flows, and they come again */
	hash = flow_hash(t, e);
	c = t->buckets[hash & t->bucket_mask];
	while (c != NULL && !same(&c->endpoints, e))
		c = c->hash_next;
	if (c == NULL) {
		t->missed = *e;
		t->missed_hash = hash;
	} else {
		*recent = c;
	}
	return c;
}

/* The hash of one that has mostly just been sought. */
static uint32_t
hash_of_missed(const struct tcp *t, const struct tcp_endpoints *e)
{
	return same(&t->missed, e) ? t->missed_hash : flow_hash(t, e);
}

struct tcp_conn *
table_add(struct tcp *t, const struct tcp_endpoints *e)
{
	uint32_t hash = hash_of_missed(t, e);
	struct tcp_conn **bucket = &t->buckets[hash & t->bucket_mask];
	struct tcp_conn *c = t->free;

	if (c == NULL)
		return NULL;
	t->free = c->hash_next;
	memset(c, 0, sizeof(*c));
	c->in_use = true;
	list_init(&c->ready_node);
	list_init(&c->flush_node);
	list_init(&c->age_node);
	wheel_timer_init(&c->timer);
	lent_init(c);
	c->tcp = t;
	c->endpoints = *e;
	c->flow_hash = hash;
	c->opened_at = (uint32_t)(t->now.ns >> OPENED_AT_SHIFT);
	c->hash_next = *bucket;
	*bucket = c;
	*recent_of(t, e) = c; /* not another of the same name that is over and still held */
	t->connection_count++;
	return c;
}

void
table_remove(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct tcp_conn **at = &t->buckets[c->flow_hash & t->bucket_mask];
	struct tcp_conn **recent = recent_of(t, &c->endpoints);

	while (*at != c)
		at = &(*at)->hash_next;
	*at = c->hash_next;
	if (*recent == c)
		*recent = NULL;
	ledger_leave(c);
	backlog_leave(c);
	if (c->by_cookie)
		cookies_spend(c);
	c->state = TCP_CLOSED;
	wheel_disarm(&t->wheel, &c->timer);
	list_unlink(&c->ready_node);
	list_unlink(&c->flush_node);
	chain_free(&c->snd);
	chain_free(&c->rcv);
	reasm_free(c);
	scoreboard_clear(c);
	flight_put(c);
	put_free(t, c);
	t->connection_count--;
}

static struct time_wait **
time_wait_bucket(struct tcp *t, const struct tcp_endpoints *e)
{
	return &t->time_wait_buckets[hash_of_missed(t, e) & t->bucket_mask];
}

struct time_wait *
table_find_time_wait(struct tcp *t, const struct tcp_endpoints *e)
{
	struct time_wait *w;

	if (list_is_empty(&t->time_waits))
		return NULL;
	w = *time_wait_bucket(t, e);
	while (w != NULL && !same(&w->endpoints, e))
		w = w->hash_next;
	return w;
}

void
table_leave_time_wait(struct tcp *t, struct time_wait *w)
{
	struct time_wait **at = time_wait_bucket(t, &w->endpoints);

	while (*at != w)
		at = &(*at)->hash_next;
	*at = w->hash_next;
	w->until = MONO_NONE; /* tcp_time_wait_at() goes by it */
	list_unlink(&w->node);
	list_append(&t->free_time_waits, &w->node);
}

void
table_renew_time_wait(struct tcp *t, struct time_wait *w)
{
	w->until = mono_add(t->now, milliseconds(TIME_WAIT_MS));
	list_unlink(&w->node);
	list_append(&t->time_waits, &w->node);
}

void
table_enter_time_wait(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct time_wait **bucket = &t->time_wait_buckets[c->flow_hash & t->bucket_mask];
	struct list *node;
	struct time_wait *w;

	if (list_is_empty(&t->free_time_waits) && !list_is_empty(&t->time_waits))
		table_leave_time_wait(t, LIST_ITEM(t->time_waits.next, struct time_wait, node));
	node = list_take_first(&t->free_time_waits);
	if (node == NULL)
		return;
	w = LIST_ITEM(node, struct time_wait, node);
	w->endpoints = c->endpoints;
	w->snd_nxt = c->snd_nxt;
	w->rcv_nxt = c->rcv_nxt;
	w->challenge_at = MONO_NONE;
	w->use_ts = c->use_ts;
	w->ts_recent = c->ts_recent;
	w->ts_offset = c->ts_offset;
	w->hash_next = *bucket;
	*bucket = w;
	table_renew_time_wait(t, w);
	tcp_count(t, TCP_COUNTER_TIME_WAIT);
}

void
table_expire_time_waits(struct tcp *t)
{
	for (unsigned n = 0; n < TIMERS_PER_TURN && !list_is_empty(&t->time_waits); n++) {
		struct time_wait *w = LIST_ITEM(t->time_waits.next, struct time_wait, node);

		if (mono_before(t->now, w->until))
			return;
		table_leave_time_wait(t, w);
	}
}

/* RFC 6528: a clock of 4 us ticks plus a keyed hash of the four-tuple. */
struct seq
table_isn(struct tcp *t, const struct tcp_endpoints *e)
{
	return seq_of((uint32_t)(t->now.ns / 4000u) + (uint32_t)hash_of(&t->isn_key, e));
}

uint32_t
table_ts_offset(struct tcp *t, const struct tcp_endpoints *e)
{
	return (uint32_t)hash_of(&t->ts_key, e);
}
