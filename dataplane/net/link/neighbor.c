/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has which address on this link, for ARP and ND alike (RFC 826, RFC 4861 §7). A fixed table of
 * small sets by keyed hash. Unknown: asked for three times, a second apart, with a few packets
 * waiting. Known: used for a minute, then asked for again while it still serves.
 */
#include "dataplane/net/link/internal.h"

static struct neighbor *
set_of(struct link *l, const struct ip_address *a)
{
	uint64_t h = siphash(&l->key, a->bytes, 16);

	return &l->neighbors[(h & (NEIGHBORS / NEIGHBOR_WAYS - 1)) * NEIGHBOR_WAYS];
}

struct neighbor *
neighbor_find(struct link *l, const struct ip_address *a)
{
	struct neighbor *set = set_of(l, a);

	for (unsigned i = 0; i < NEIGHBOR_WAYS; i++) {
		if (set[i].used && address_equal(&set[i].address, a))
			return &set[i];
	}
	return NULL;
}

static void
drop_queue(struct neighbor *n)
{
	for (unsigned i = 0; i < n->queued; i++)
		rte_pktmbuf_free(n->queue[i]);
	n->queued = 0;
}

/* A free place in the set, else the one learnt longest ago. */
static struct neighbor *
make_entry(struct link *l, const struct ip_address *a)
{
	struct neighbor *set = set_of(l, a), *n = &set[0];

	for (unsigned i = 0; i < NEIGHBOR_WAYS; i++) {
		if (!set[i].used) {
			n = &set[i];
			break;
		}
		if (mono_before(set[i].learnt_at, n->learnt_at))
			n = &set[i];
	}
	drop_queue(n);
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

void
neighbor_learn(struct link *l, const struct ip_address *a, const uint8_t mac[6], bool asked_for)
{
	struct neighbor *n = neighbor_find(l, a);

	if (rte_is_multicast_ether_addr((const struct rte_ether_addr *)mac))
		return;
	if (n == NULL)
		n = make_entry(l, a);
	/* What nobody asked for can't take a living neighbour's place. */
	if (n->known && !asked_for && memcmp(n->mac, mac, 6) != 0 &&
	    mono_since(l->now, n->learnt_at).ns < NEIGHBOR_GATEWAY.ns)
		return;
	memcpy(n->mac, mac, 6);
	n->known = true;
	n->refreshing = false;
	n->tries = 0;
	n->learnt_at = l->now;
	n->fresh_until = mono_add(l->now, NEIGHBOR_FRESH);
	for (unsigned i = 0; i < n->queued; i++)
		link_send_frame(l, n->queue[i], n->mac, type_of(a));
	n->queued = 0;
}

void
neighbor_send(struct link *l, const struct ip_address *next, struct rte_mbuf *packet)
{
	struct neighbor *n = neighbor_find(l, next);

	if (n == NULL) {
		n = make_entry(l, next);
		ask(l, n);
	}
	if (n->known) {
		if (mono_before(n->fresh_until, l->now) && !n->refreshing) {
			n->refreshing = true;
			n->tries = 0;
			ask(l, n);
		}
		link_send_frame(l, packet, n->mac, type_of(next));
	} else if (n->queued < NEIGHBOR_QUEUE) {
		n->queue[n->queued++] = packet;
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
			drop_queue(n);
			n->used = false;
		}
	}
}

void
neighbor_free(struct link *l)
{
	for (unsigned i = 0; i < NEIGHBORS; i++)
		drop_queue(&l->neighbors[i]);
}
