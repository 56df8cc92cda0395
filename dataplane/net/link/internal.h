/* SPDX-License-Identifier: BSD-3-Clause */
/* The link's own view. Only files of this folder include it. */
#ifndef SLUICE_LINK_INTERNAL_H
#define SLUICE_LINK_INTERNAL_H

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "common/base/siphash.h"
#include "common/base/wheel.h"
#include "dataplane/net/link/link.h"
#include "dataplane/net/link/link_counters.h"

#define NEIGHBORS        1024 /* power of two; the oldest of a set gives way */
#define NEIGHBOR_WAYS    4
#define NEIGHBOR_QUEUE   3 /* packets that wait for an answer, each */
#define NEIGHBOR_TRIES   3
#define NEIGHBOR_RETRY   seconds(1)
#define NEIGHBOR_FRESH   seconds(60) /* then asked for again while it is still used */
#define NEIGHBOR_GATEWAY seconds(5)  /* how long an unasked-for answer can't replace a live one */

struct neighbor {
	struct ip_address address;
	uint8_t mac[6];
	bool used, known, refreshing;
	uint8_t tries, queued;
	struct mono fresh_until, asked_at, learnt_at;
	struct rte_mbuf *queue[NEIGHBOR_QUEUE]; /* IP packets */
};

struct link {
	struct link_config config;
	struct link_env env;
	struct mono now, next_scan;
	struct siphash_key key;
	uint16_t ip_id;
	uint64_t counters[LINK_COUNTER_COUNT];
	struct neighbor neighbors[NEIGHBORS];
};

static inline void
link_count(struct link *l, enum link_counter which)
{
	l->counters[which]++;
}

static inline enum link_result
link_drop(struct link *l, struct rte_mbuf *m, enum link_counter why)
{
	link_count(l, why);
	rte_pktmbuf_free(m);
	return LINK_TAKEN;
}

/* Whether an address is one of ours; NULL: no. */
const struct link_address *link_own(const struct link *l, const struct ip_address *a);
/* Which of our addresses reaches `destination`, and over whom; false: none does. */
bool link_route(
    const struct link *l, const struct ip_address *destination, struct ip_address *next);
/* Puts the Ethernet header before an IP packet and sends it. */
void link_send_frame(struct link *l, struct rte_mbuf *packet, const uint8_t mac[6], uint16_t type);
/* An IP packet to whoever is next: at once, or when the neighbour has answered. Takes it. */
void link_send_packet(
    struct link *l, struct rte_mbuf *packet, const struct ip_address *destination);

/* neighbor.c */
struct neighbor *neighbor_find(struct link *l, const struct ip_address *a);
void neighbor_learn(
    struct link *l, const struct ip_address *a, const uint8_t mac[6], bool asked_for);
void neighbor_send(struct link *l, const struct ip_address *next, struct rte_mbuf *packet);
void neighbor_run_timers(struct link *l);
void neighbor_free(struct link *l);

/* arp.c, nd.c */
void arp_input(struct link *l, struct rte_mbuf *m);
void arp_request(struct link *l, const struct ip_address *target, const uint8_t *unicast_to);
void nd_solicit(struct link *l, const struct ip_address *target);
/* ICMPv6 types 135 and 136, IPv6 header first; takes the packet. */
void nd_input(struct link *l, struct rte_mbuf *m);

/* ipv4.c, ipv6.c, icmp.c */
enum link_result ipv4_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet);
enum link_result ipv6_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet);
void ipv4_prepend(struct link *l, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t protocol, uint8_t ecn);
void ipv6_prepend(struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t protocol, uint8_t ecn);
enum link_result icmp4_input(struct link *l, struct rte_mbuf *m, unsigned header_bytes,
    const struct ip_address *source, const struct ip_address *destination,
    struct link_packet *packet);
enum link_result icmp6_input(struct link *l, struct rte_mbuf *m, unsigned header_bytes,
    const struct ip_address *source, const struct ip_address *destination,
    struct link_packet *packet);
/* Sum of a whole chain's ICMPv6 with its pseudo header, folded; 0xffff when it is right. */
uint16_t icmp6_sum(const struct rte_mbuf *m, unsigned offset, const struct ip_address *source,
    const struct ip_address *destination);

#endif
