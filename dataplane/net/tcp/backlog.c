/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may have a connection, where strangers ask: half-open connections and orphans by age, and
 * what each source has.
 *
 * A source is an address, or an IPv6 /64 (one host may have all of it). It is known as long as it
 * has a connection of ours, so there are never more sources than connections. One that has none yet
 * is a stranger: nothing proves that it asks itself, and each SYN-ACK may hit a third. Strangers
 * get SYNS_OF_STRANGER a second; those whose handshakes are completed are not counted, and who has
 * an open connection is not limited so, or a flood in a proxy's name would shut it out.
 *
 *     asks                                              gets
 *     more than a stranger may                          nothing
 *     with connections_per_source_max open              nothing
 *     half-open table, or its share of it, full         a cookie
 *     connection table full, of half-open ones, too     a cookie; its ACK takes the oldest's place
 *     connection table full                             nothing: the peer tries again
 *
 * An orphan is one that its user released and that has still something to do. Past orphans_max the
 * oldest is reset. Everything is allocated in backlog_create(); a SYN costs a hash of its source,
 * where the one before came from elsewhere.
 */
#include "dataplane/net/tcp/conn.h"

#include <errno.h>
#include <stdlib.h>

int
backlog_create(struct tcp *t)
{
	t->sources = calloc(t->config.connections_max, sizeof(*t->sources));
	t->source_buckets = calloc(t->bucket_mask + 1, sizeof(*t->source_buckets));
	if (t->sources == NULL || t->source_buckets == NULL)
		return -ENOMEM;
	t->asked_hash = siphash(&t->flow_key, t->asked.bytes, sizeof(t->asked.bytes));
	for (uint32_t i = 0; i < t->config.connections_max; i++) {
		t->sources[i].hash_next = t->free_sources;
		t->free_sources = &t->sources[i];
	}
	return 0;
}

void
backlog_destroy(struct tcp *t)
{
	free(t->sources);
	free(t->source_buckets);
}

static struct ip_address
source_of(const struct ip_address *remote)
{
	struct ip_address a = *remote;

	if (!address_is_v4(&a))
		memset(a.bytes + 8, 0, 8);
	return a;
}

/* A SYN asks for that of its source several times, and proxies are few. */
static uint64_t
hash_of(struct tcp *t, const struct ip_address *source)
{
	if (!address_equal(&t->asked, source)) {
		t->asked = *source;
		t->asked_hash = siphash(&t->flow_key, source->bytes, sizeof(source->bytes));
	}
	return t->asked_hash;
}

static struct source *
find(struct tcp *t, const struct ip_address *source, uint64_t hash)
{
	struct source *s = t->source_buckets[hash & t->bucket_mask];

	while (s != NULL && !address_equal(&s->address, source))
		s = s->hash_next;
	return s;
}

/* Whose addresses hash alike. */
static struct strangers *
strangers_of(struct tcp *t, uint64_t hash)
{
	return &t->strangers[(hash >> 32) % STRANGERS];
}

void
backlog_note_cookie(struct tcp *t, const struct ip_address *remote, uint64_t period)
{
	struct ip_address a = source_of(remote);

	strangers_of(t, hash_of(t, &a))->cookie_period = period + 1;
}

bool
backlog_had_cookie(struct tcp *t, const struct ip_address *remote, uint64_t period)
{
	struct ip_address a = source_of(remote);
	uint64_t last = strangers_of(t, hash_of(t, &a))->cookie_period;

	return last != 0 && period + 1 - last < 2;
}

static bool
is_proven(const struct source *s)
{
	return s != NULL && s->connections > s->half_open;
}

bool
backlog_may_answer(struct tcp *t, const struct ip_address *remote)
{
	struct ip_address a = source_of(remote);
	uint64_t hash = hash_of(t, &a);

	if (is_proven(find(t, &a, hash)) ||
	    rate_allows(&strangers_of(t, hash)->syns, t->now, SYNS_OF_STRANGER))
		return true;
	tcp_count(t, TCP_COUNTER_STRANGER_DROPS);
	return false;
}

static bool
is_at_its_cap(const struct tcp *t, const struct source *s)
{
	return s != NULL && s->connections - s->half_open >= t->config.connections_per_source_max;
}

enum backlog_answer
backlog_judge(struct tcp *t, const struct tcp_endpoints *e)
{
	struct ip_address a = source_of(&e->remote);
	struct source *s = find(t, &a, hash_of(t, &a));
	uint32_t share = t->config.half_open_max / HALF_OPEN_SHARES;

	if (share < HALF_OPEN_OF_ONE_MIN)
		share = HALF_OPEN_OF_ONE_MIN;
	if (!backlog_may_answer(t, &e->remote))
		return BACKLOG_DROP;
	if (is_at_its_cap(t, s)) {
		tcp_count(t, TCP_COUNTER_SOURCE_DROPS);
		return BACKLOG_DROP;
	}
	if (t->free == NULL && list_is_empty(&t->half_opens)) {
		tcp_count(t, TCP_COUNTER_LISTEN_DROPS);
		return BACKLOG_DROP;
	}
	if (t->half_open_count >= t->config.half_open_max || t->free == NULL ||
	    (s != NULL && s->half_open >= share))
		return BACKLOG_COOKIE;
	return BACKLOG_OPEN;
}

bool
backlog_make_room(struct tcp *t, const struct tcp_endpoints *e)
{
	struct ip_address a = source_of(&e->remote);

	if (is_at_its_cap(t, find(t, &a, hash_of(t, &a)))) {
		tcp_count(t, TCP_COUNTER_SOURCE_DROPS);
		return false;
	}
	if (t->free == NULL && !list_is_empty(&t->half_opens))
		table_remove(LIST_ITEM(t->half_opens.next, struct tcp_conn, age_node));
	if (t->free != NULL)
		return true;
	tcp_count(t, TCP_COUNTER_LISTEN_DROPS); /* the peer sends its ACK again */
	return false;
}

void
backlog_join(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct ip_address a = source_of(&c->endpoints.remote);
	uint64_t hash = hash_of(t, &a);
	struct source *s = find(t, &a, hash);

	if (s == NULL) {
		s = t->free_sources; /* there is one for each connection */
		t->free_sources = s->hash_next;
		*s = (struct source){ .address = a,
			.hash = hash,
			.hash_next = t->source_buckets[hash & t->bucket_mask] };
		t->source_buckets[hash & t->bucket_mask] = s;
	}
	s->connections++;
	c->source = s;
}

static void
leave_source(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct source *s = c->source, **at;

	c->source = NULL;
	if (s == NULL || --s->connections > 0)
		return;
	at = &t->source_buckets[s->hash & t->bucket_mask];
	while (*at != s)
		at = &(*at)->hash_next;
	*at = s->hash_next;
	s->hash_next = t->free_sources;
	t->free_sources = s;
}

void
backlog_half_open(struct tcp_conn *c)
{
	c->tcp->half_open_count++;
	list_append(&c->tcp->half_opens, &c->age_node);
	if (c->source != NULL)
		c->source->half_open++;
}

void
backlog_settled(struct tcp_conn *c)
{
	c->tcp->half_open_count--;
	if (!c->orphan)
		list_unlink(&c->age_node);
	if (c->source != NULL)
		c->source->half_open--;
}

void
backlog_opened(struct tcp_conn *c)
{
	struct rate *r;

	backlog_settled(c);
	if (c->source == NULL)
		return;
	r = &strangers_of(c->tcp, c->source->hash)->syns;
	if (mono_before(c->tcp->now, r->until) && r->left < SYNS_OF_STRANGER)
		r->left++;
}

void
backlog_orphaned(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;

	list_unlink(&c->age_node);
	list_append(&t->orphans, &c->age_node);
	c->orphan = true;
	t->orphan_count++;
	while (t->orphan_count > t->config.orphans_max) {
		struct tcp_conn *oldest = LIST_ITEM(t->orphans.next, struct tcp_conn, age_node);

		tcp_count(t, TCP_COUNTER_ORPHANS_RESET);
		output_reset(oldest);
		table_remove(oldest);
	}
}

void
backlog_leave(struct tcp_conn *c)
{
	if (c->state == TCP_SYN_RECEIVED)
		backlog_settled(c);
	if (c->orphan)
		c->tcp->orphan_count--;
	c->orphan = false;
	list_unlink(&c->age_node);
	leave_source(c);
}

unsigned
backlog_syn_ack_retries(const struct tcp *t)
{
	return t->half_open_count > t->config.half_open_max / 2 ? SYN_ACK_RETRIES_PRESSED
								: SYN_ACK_RETRIES_MAX;
}
