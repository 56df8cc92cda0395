/* SPDX-License-Identifier: BSD-3-Clause */
/* The link's own view. Only files of this folder include it. */
#ifndef SLUICE_LINK_INTERNAL_H
#define SLUICE_LINK_INTERNAL_H

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "common/base/rate.h"
#include "common/base/siphash.h"
#include "common/base/wheel.h"
#include "dataplane/net/link/link.h"
#include "dataplane/net/link/link_counters.h"

#define NEIGHBORS       1024 /* power of two; who served longest ago gives way */
#define NEIGHBOR_WAYS   4
#define NEIGHBOR_QUEUE  3 /* packets that wait for an answer, each */
#define NEIGHBOR_TRIES  3
#define NEIGHBOR_RETRY  seconds(1)
#define NEIGHBOR_FRESH  seconds(60) /* then asked for again while it is still used */
#define NEIGHBOR_HOLD   seconds(5)  /* who answered is not doubted so soon again */
#define NEIGHBOR_SERVED seconds(2)  /* who served within this does not give way */
/* Against floods that come from addresses nobody has: packets that wait in all, and questions. */
#define NEIGHBOR_WAITING_MAX     128
#define NEIGHBOR_ASKS_PER_SECOND 256

#define DATAGRAMS_MAX      64 /* being put together */
#define DATAGRAMS_OF_ONE   16 /* of one source: then its own oldest gives way */
#define FRAGMENTS_MAX      64 /* of one: 64 KiB in pieces of 1 KiB */
#define FRAGMENT_MBUFS_MAX 512
#define FRAGMENT_LIFE      seconds(30) /* as Linux; RFC 8200 §4.5 allows 60 */

#define ICMP_ERRORS_PER_SECOND 100   /* sent */
#define ICMP_TOLD_PER_SECOND   10000 /* errors handed to TCP */
#define ECHOES_PER_SECOND      1000
#define GATHER_BYTES           256 /* of headers that a port has spread over buffers */
#define ROUTERS_MAX            2
#define DAD_WAIT               seconds(1) /* RetransTimer (RFC 4861 §10) */

struct neighbor {
	struct ip_address address;
	uint8_t mac[6];
	bool used, known, refreshing;
	uint8_t tries, queued;
	struct mono fresh_until, asked_at, learnt_at;
	struct mono served_at;                  /* when a packet last went to it */
	struct rte_mbuf *queue[NEIGHBOR_QUEUE]; /* IP packets */
};

struct fragment_key {
	struct ip_address source, destination;
	uint32_t id;
	uint8_t protocol;
};

struct fragment {
	uint16_t offset, bytes; /* of its payload */
	uint16_t header_bytes;  /* before the payload in `m` */
	struct rte_mbuf *m;
};

struct datagram {
	bool used, condemned;
	struct fragment_key key;
	struct mono expires;
	uint32_t total; /* payload bytes; 0: the last fragment has not come */
	unsigned count;
	struct fragment fragments[FRAGMENTS_MAX];
};

/* Beside each of config.addresses. */
struct address_life {
	bool tentative, duplicate, told; /* told: link_take_duplicate() has given it out */
	bool given;                      /* by a router, not by the configuration */
	struct mono settles, until;
};

struct router {
	bool used;
	struct ip_address address;
	struct mono until;
};

struct link {
	struct link_config config; /* addresses: those of routers behind the configuration's */
	struct address_life lives[LINK_ADDRESSES_MAX];
	struct router routers[ROUTERS_MAX];
	bool router_heard;
	unsigned solicitations;
	struct mono next_solicitation;
	struct rate errors, told, echoes, asks;
	uint32_t waiting; /* packets in the queues of neighbours */
	bool group_frame; /* the frame in hand was sent to a group */
	uint32_t fragment_mbufs;
	uint32_t fragment_id; /* of datagrams we cut */
	struct datagram datagrams[DATAGRAMS_MAX];
	struct link_env env;
	struct mono now, next_scan;
	struct siphash_key key;
	uint64_t counters[LINK_COUNTER_COUNT];
	uint32_t neighbor_last; /* found the last time: mostly a router, or one of few clients */
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

/* Whether an address is one of ours and may be used; NULL: no. */
const struct link_address *link_own(const struct link *l, const struct ip_address *a);
/* Which of our addresses reaches `destination`, and over whom; false: none does. */
bool link_route(
    const struct link *l, const struct ip_address *destination, struct ip_address *next);
/* Brings the first `bytes` of a packet, or all of a shorter one, into its first buffer. False: no
 * room, or the buffer is not ours alone. */
bool link_gather(struct rte_mbuf *m, uint32_t bytes);
/* Puts the Ethernet header before an IP packet and sends it. */
void link_send_frame(struct link *l, struct rte_mbuf *packet, const uint8_t mac[6], uint16_t type);
/* An IP packet to whoever is next: at once, or when the neighbour has answered. Takes it. */
void link_send_packet(
    struct link *l, struct rte_mbuf *packet, const struct ip_address *destination);

/* neighbor.c */
struct neighbor *neighbor_find(struct link *l, const struct ip_address *a);
/* Somebody says that `a` has this MAC. Who is known under another is asked before that is believed.
 */
void neighbor_learn(struct link *l, const struct ip_address *a, const uint8_t mac[6]);
void neighbor_send(struct link *l, const struct ip_address *next, struct rte_mbuf *packet);
void neighbor_run_timers(struct link *l);
void neighbor_free(struct link *l);

/* arp.c, nd.c */
void arp_input(struct link *l, struct rte_mbuf *m);
void arp_request(struct link *l, const struct ip_address *target, const uint8_t *unicast_to);
void nd_solicit(struct link *l, const struct ip_address *target);
/* Whether somebody has an address that we want (RFC 4862 §5.4.2); whether a router is there. */
void nd_probe(struct link *l, const struct ip_address *target);
void nd_solicit_router(struct link *l);
/* ICMPv6 types 134 to 136, IPv6 header first; takes the packet. */
void nd_input(struct link *l, struct rte_mbuf *m);

/* ipv4.c, ipv6.c, icmp.c */
enum link_result ipv4_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet);
enum link_result ipv6_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet);
/* No IP-ID: what carries DF needs none (RFC 6864 §4.1), and a counter would tell of our traffic. */
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
/* fragment.c: takes a fragment, its headers first; the whole datagram once nothing is missing, with
 * the first one's headers as they came, else NULL. */
struct rte_mbuf *fragment_take(struct link *l, const struct fragment_key *key, struct rte_mbuf *m,
    uint16_t header_bytes, uint32_t offset, bool more);
void fragment_run_timers(struct link *l);
void fragment_free(struct link *l);
/* split.c: an IP packet of ours with no options, in as many fragments as it takes. Takes it. */
void split_send(struct link *l, struct rte_mbuf *m, const struct ip_address *destination);

/* icmp_error.c: about the IP packet `m`, which it takes; silent where none may be sent */
enum icmp_error_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP4_UNREACHABLE = 0x103, /* the type is the low byte */
	ICMP4_TIME_EXCEEDED = 0x10b
};
void icmp_error(struct link *l, struct rte_mbuf *m, enum icmp_error_type type, uint8_t code,
    uint32_t parameter);

/* autoconf.c */
void autoconf_begin(struct link *l);
void autoconf_run_timers(struct link *l);
bool autoconf_is_usable(const struct link *l, unsigned address);
/* Somebody else has or wants this address. */
void autoconf_conflict(struct link *l, const struct ip_address *target);
/* One that nd.c found right as such: hop limit, length, options. */
void autoconf_advertisement(struct link *l, const struct rte_mbuf *m);
const struct ip_address *autoconf_router(const struct link *l); /* NULL: none is known */

/* Sum of a whole chain's ICMPv6 with its pseudo header, folded; 0xffff when it is right. */
uint16_t icmp6_sum(const struct rte_mbuf *m, unsigned offset, const struct ip_address *source,
    const struct ip_address *destination);

#endif
