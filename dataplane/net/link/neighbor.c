/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has which address on this link, for ARP and ND alike (RFC 826, RFC 4861 §7). A fixed table of
 * small sets by keyed hash. Unknown: asked for three times, a second apart, with a few packets
 * waiting. Known: used for a minute, then asked for again while it still serves.
 *
 * Whoever claims a known neighbour's address under another MAC is believed only once that one has
 * not answered three times: a living neighbour can't be replaced, and one that has moved is found
 * again within three seconds. Nor can one that serves be pushed out of its set by others. Packets
 * that wait, and questions a second, are bounded over all.
 */
#include "dataplane/net/link/internal.h"

static struct neighbor *
set_of(struct link *l, const struct ip_address *a)
{
	uint64_t h = siphash(&l->key, a->bytes, 16);

	return &l->neighbors[(h & (NEIGHBORS / NEIGHBOR_WAYS - 1)) * NEIGHBOR_WAYS];
}

static bool
is_of(const struct neighbor *n, const struct ip_address *a)
{
	return n->used && address_equal(&n->address, a);
}

struct neighbor *
neighbor_find(struct link *l, const struct ip_address *a)
{
	struct neighbor *set;

	if (is_of(&l->neighbors[l->neighbor_last], a))
		return &l->neighbors[l->neighbor_last];
	set = set_of(l, a);
	for (unsigned i = 0; i < NEIGHBOR_WAYS; i++) {
		if (!is_of(&set[i], a))
			continue;
		l->neighbor_last = (uint32_t)(&set[i] - l->neighbors);
		return &set[i];
	}
	return NULL;
}

static void
drop_queue(struct link *l, struct neighbor *n)
{
	l->waiting -= n->queued;
	for (unsigned i = 0; i < n->queued; i++)
		rte_pktmbuf_free(n->queue[i]);
	n->queued = 0;
}

/* Who never served goes first, then who served longest ago. */
static bool
is_worth_less(const struct neighbor *a, const struct neighbor *b)
{
	if (!a->used || !b->used)
		return !a->used;
	return a->served_at.ns != b->served_at.ns ? mono_before(a->served_at, b->served_at)
						  : mono_before(a->learnt_at, b->learnt_at);
}

/* A place in the set; NULL: all of it serves. */
static struct neighbor *
make_entry(struct link *l, const struct ip_address *a)
{
	struct neighbor *set = set_of(l, a), *n = &set[0];

	for (unsigned i = 1; i < NEIGHBOR_WAYS; i++) {
		if (is_worth_less(&set[i], n))
			n = &set[i];
	}
	if (n->used && mono_is_set(n->served_at) &&
	    mono_since(l->now, n->served_at).ns < NEIGHBOR_SERVED.ns)
		return NULL;
	drop_queue(l, n);
	memset(n, 0, sizeof(*n));
	n->used = true;
	n->address = *a;
	n->learnt_at = l->now;
	return n;
}

static void
ask(struct link *l, struct neighbor *n)
{
	n->asked_at = l->now;
	n->tries++;
	link_count(l, LINK_COUNTER_NEIGHBOR_REQUESTS);
	if (address_is_v4(&n->address))
		arp_request(l, &n->address, n->known ? n->mac : NULL);
	else
		nd_solicit(l, &n->address);
}

static uint16_t
type_of(const struct ip_address *a)
{
	return address_is_v4(a) ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6;
}

/* Is it still there? If it does not say so it is forgotten, and asked for anew. */
static void
doubt(struct link *l, struct neighbor *n)
{
	if (n->refreshing || mono_since(l->now, n->learnt_at).ns < NEIGHBOR_HOLD.ns ||
	    !rate_allows(&l->asks, l->now, NEIGHBOR_ASKS_PER_SECOND))
		return;
	link_count(l, LINK_COUNTER_NEIGHBOR_CLAIMS);
	n->refreshing = true;
	n->tries = 0;
	ask(l, n);
}

void
neighbor_learn(struct link *l, const struct ip_address *a, const uint8_t mac[6])
{
	struct neighbor *n = neighbor_find(l, a);

	if (rte_is_multicast_ether_addr((const struct rte_ether_addr *)mac))
		return;
	if (n == NULL)
		n = make_entry(l, a);
	if (n == NULL)
		return;
	if (n->known && memcmp(n->mac, mac, 6) != 0) {
		doubt(l, n);
		return;
	}
	memcpy(n->mac, mac, 6);
	n->known = true;
	n->refreshing = false;
	n->tries = 0;
	n->learnt_at = l->now;
	n->fresh_until = mono_add(l->now, NEIGHBOR_FRESH);
	for (unsigned i = 0; i < n->queued; i++)
		link_send_frame(l, n->queue[i], n->mac, type_of(a));
	l->waiting -= n->queued;
	n->queued = 0;
}

void
neighbor_send(struct link *l, const struct ip_address *next, struct rte_mbuf *packet)
{
	struct neighbor *n = neighbor_find(l, next);

	if (n == NULL && rate_allows(&l->asks, l->now, NEIGHBOR_ASKS_PER_SECOND)) {
		n = make_entry(l, next);
		if (n != NULL)
			ask(l, n);
	}
	if (n == NULL) {
		link_drop(l, packet, LINK_COUNTER_NEIGHBOR_FULL);
		return;
	}
	if (n->known) {
		n->served_at = l->now;
		if (mono_before(n->fresh_until, l->now) && !n->refreshing) {
			n->refreshing = true;
			n->tries = 0;
			ask(l, n);
		}
		link_send_frame(l, packet, n->mac, type_of(next));
	} else if (n->queued < NEIGHBOR_QUEUE && l->waiting < NEIGHBOR_WAITING_MAX) {
		n->queue[n->queued++] = packet;
		l->waiting++;
	} else {
		link_drop(l, packet, LINK_COUNTER_NEIGHBOR_FULL);
	}
}

void
neighbor_run_timers(struct link *l)
{
	for (unsigned i = 0; i < NEIGHBORS; i++) {
		struct neighbor *n = &l->neighbors[i];

		if (!n->used || (n->known && !n->refreshing) ||
		    mono_since(l->now, n->asked_at).ns < NEIGHBOR_RETRY.ns)
			continue;
		if (n->tries < NEIGHBOR_TRIES) {
			ask(l, n);
		} else {
			drop_queue(l, n);
			n->used = false;
		}
	}
}

void
neighbor_free(struct link *l)
{
	for (unsigned i = 0; i < NEIGHBORS; i++)
		drop_queue(l, &l->neighbors[i]);
}
