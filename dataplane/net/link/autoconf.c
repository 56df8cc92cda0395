/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 addresses that must first be asked for, and those that a router tells of (RFC 4862, RFC 4861
 * §6.3). An address is tentative for DAD_WAIT, in which nobody hears it; where another host has it
 * or asks for it too, it is a duplicate and never used, and the counter tells.
 *
 * A router advertisement is believed only with hop limit 255 and a link-local source. It may name
 * itself as a default router (ROUTERS_MAX of them) and give /64 prefixes, in which our address is
 * made of the MAC (RFC 4291 App. A), as long as LINK_ADDRESSES_MAX has room. What it gave lasts as
 * long as it said. Its MTU and DNS are not used: the configuration's MTU is.
 *
 * With several cores, each follows what is heard; the one that leads speaks for all.
 */
#include "dataplane/net/link/internal.h"

#define HEADER_BYTES        40
#define ADVERTISEMENT_BYTES 16
#define PREFIX_BYTES        32
#define SOLICITATIONS_MAX   3 /* RFC 4861 §10 */
#define SOLICITATION_WAIT   seconds(4)
#define LIFETIME_KEPT_S     7200 /* a prefix is not cut shorter than this (RFC 4862 §5.5.3 e) */
#define FOREVER_S           0xffffffffu

static struct mono
lasts(const struct link *l, uint32_t lifetime_s)
{
	return lifetime_s == FOREVER_S ? MONO_NEVER : mono_add(l->now, seconds(lifetime_s));
}

void
autoconf_begin(struct link *l)
{
	for (unsigned i = 0; i < l->config.address_count; i++)
		l->lives[i] = (struct address_life){
			.tentative = l->config.duplicate_address_detection &&
				     !address_is_v4(&l->config.addresses[i].subnet.base),
			.until = MONO_NEVER,
		};
}

/* The index of an address of ours, usable or not; -1: it is not. */
static int
index_of(const struct link *l, const struct ip_address *a)
{
	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (address_equal(&l->config.addresses[i].subnet.base, a))
			return (int)i;
	}
	return -1;
}

bool
autoconf_is_usable(const struct link *l, unsigned i)
{
	return !l->lives[i].tentative && !l->lives[i].duplicate;
}

bool
link_tries_address(const struct link *l, const struct ip_address *a)
{
	int i = index_of(l, a);

	return i >= 0 && l->lives[i].tentative;
}

void
autoconf_conflict(struct link *l, const struct ip_address *target)
{
	int i = index_of(l, target);

	if (i < 0 || !l->lives[i].tentative)
		return;
	l->lives[i].tentative = false;
	l->lives[i].duplicate = true;
	link_count(l, LINK_COUNTER_DUPLICATE_ADDRESSES);
}

static void
remove_address(struct link *l, unsigned i)
{
	unsigned after = --l->config.address_count - i;

	memmove(&l->config.addresses[i], &l->config.addresses[i + 1],
	    after * sizeof(l->config.addresses[0]));
	memmove(&l->lives[i], &l->lives[i + 1], after * sizeof(l->lives[0]));
}

static void
follow_address(struct link *l, unsigned i)
{
	struct address_life *life = &l->lives[i];

	if (!life->tentative)
		return;
	if (!mono_is_set(life->settles)) {
		life->settles = mono_add(l->now, DAD_WAIT);
		if (l->config.leads)
			nd_probe(l, &l->config.addresses[i].subnet.base);
	} else if (!mono_before(l->now, life->settles)) {
		life->tentative = false;
	}
}

void
autoconf_run_timers(struct link *l)
{
	for (unsigned i = 0; i < l->config.address_count;) {
		if (!mono_before(l->now, l->lives[i].until))
			remove_address(l, i);
		else
			follow_address(l, i++);
	}
	for (unsigned i = 0; i < ROUTERS_MAX; i++) {
		if (l->routers[i].used && !mono_before(l->now, l->routers[i].until))
			l->routers[i].used = false;
	}
	if (l->config.leads && l->config.accept_router_advertisements && !l->router_heard &&
	    l->solicitations < SOLICITATIONS_MAX && !mono_before(l->now, l->next_solicitation)) {
		l->solicitations++;
		l->next_solicitation = mono_add(l->now, SOLICITATION_WAIT);
		nd_solicit_router(l);
	}
}

const struct ip_address *
autoconf_router(const struct link *l)
{
	for (unsigned i = 0; i < ROUTERS_MAX; i++) {
		if (l->routers[i].used)
			return &l->routers[i].address;
	}
	return NULL;
}

/* Lifetime 0: it is no default router any longer. A full list keeps the ones it has. */
static void
take_router(struct link *l, const struct ip_address *source, uint16_t lifetime_s)
{
	struct router *free = NULL;

	for (unsigned i = 0; i < ROUTERS_MAX; i++) {
		struct router *r = &l->routers[i];

		if (r->used && address_equal(&r->address, source)) {
			r->used = lifetime_s > 0;
			r->until = lasts(l, lifetime_s);
			return;
		}
		free = r->used ? free : r;
	}
	if (free != NULL && lifetime_s > 0)
		*free = (struct router){ true, *source, lasts(l, lifetime_s) };
}

/* The MAC's modified EUI-64 below the prefix. */
static struct ip_address
address_in(const struct link *l, const uint8_t prefix[8])
{
	const uint8_t *mac = l->config.mac;
	struct ip_address a = {
		{ [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] }
	};

	memcpy(a.bytes, prefix, 8);
	return a;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* As long as is said now; but nobody, who may be a liar, cuts it below two hours or what is left of
 * less (RFC 4862 §5.5.3 e). */
static void
renew(struct address_life *life, struct mono said, struct mono kept)
{
	if (mono_before(said, kept) && mono_before(said, life->until))
		said = mono_before(kept, life->until) ? kept : life->until;
	life->until = said;
}

static void
take_prefix(struct link *l, const uint8_t *p)
{
	uint32_t valid_s = get32(p + 4);
	uint32_t preferred_s = get32(p + 8);
	bool on_link = (p[3] & 0x80) != 0, autonomous = (p[3] & 0x40) != 0;
	struct ip_address a = address_in(l, p + 16);
	int i = index_of(l, &a);

	if (!autonomous || p[2] != 64 || preferred_s > valid_s || p[16] == 0xff ||
	    (p[16] == 0xfe && (p[17] & 0xc0) == 0x80))
		return;
	if (i >= 0) {
		if (l->lives[i].given)
			renew(&l->lives[i], lasts(l, valid_s), lasts(l, LIFETIME_KEPT_S));
		return;
	}
	if (valid_s == 0 || l->config.address_count == LINK_ADDRESSES_MAX)
		return;
	l->config.addresses[l->config.address_count] =
	    (struct link_address){ .subnet = { a, on_link ? 64 : 128 } };
	l->lives[l->config.address_count++] = (struct address_life){
		.tentative = l->config.duplicate_address_detection,
		.given = true,
		.until = lasts(l, valid_s),
	};
}

void
autoconf_advertisement(struct link *l, const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *p = (const uint8_t *)(h + 1);
	struct ip_address source = address_v6(h->src_addr);
	unsigned bytes = m->data_len - HEADER_BYTES, at = ADVERTISEMENT_BYTES;

	if (source.bytes[0] != 0xfe || (source.bytes[1] & 0xc0) != 0x80) {
		link_count(l, LINK_COUNTER_IN_BAD_HEADER);
		return;
	}
	if (!l->config.accept_router_advertisements) {
		link_count(l, LINK_COUNTER_IN_UNKNOWN);
		return;
	}
	l->router_heard = true;
	link_count(l, LINK_COUNTER_ROUTER_ADVERTISEMENTS);
	take_router(l, &source, (uint16_t)(p[6] << 8 | p[7]));
	for (; at < bytes; at += (unsigned)p[at + 1] * 8) {
		if (p[at] == 1 && p[at + 1] == 1)
			neighbor_learn(l, &source, p + at + 2);
		if (p[at] == 3 && p[at + 1] * 8 == PREFIX_BYTES)
			take_prefix(l, p + at);
	}
}
