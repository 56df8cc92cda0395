/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From frames to transport segments and back: Ethernet, 802.1Q, ARP, IPv4, IPv6, ICMP, ND,
 * fragments. One `struct link` is one core's view of one interface. It forwards nothing.
 *
 * Time, random bytes and the way out are handed in, as in tcp.h. Answers to ARP, ND and echo leave
 * through env.transmit at once. Packets whose neighbour is being asked for wait, a few each.
 *
 * With several cores each has a table of neighbours of its own, and a port delivers an ARP or ND
 * answer to one core only: the caller hands such frames to every core (link_concerns_all()).
 * One thread; no locks, no malloc after link_create().
 */
#ifndef SLUICE_NET_LINK_H
#define SLUICE_NET_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/mono.h"
#include "dataplane/net/chain.h"

struct link;

#define LINK_ADDRESSES_MAX 8
#define LINK_VLAN_NONE     0xffff

/* An address of ours, its subnet's length (over 128 bits), and the router beyond (any: none). */
struct link_address {
	struct ip_subnet subnet; /* subnet.base is our own address */
	struct ip_address gateway;
};

struct link_config {
	uint8_t mac[6];
	uint16_t vlan; /* LINK_VLAN_NONE: untagged */
	uint16_t mtu;  /* of IP packets */
	struct link_address addresses[LINK_ADDRESSES_MAX];
	unsigned address_count;
	bool accept_router_advertisements; /* RFC 4861, RFC 4862: a prefix and a default router */
	bool duplicate_address_detection;  /* RFC 4862 §5.4, of IPv6 addresses */
	bool leads;               /* one core asks for all: probes and router solicitations */
	bool checksum_offload_rx; /* believe the port's verdict on the IPv4 header */
	bool checksum_offload_tx; /* leave the IPv4 header's sum to the port */
};

struct link_env {
	void *arg;
	void (*transmit)(void *arg, struct rte_mbuf *frame); /* takes a whole Ethernet frame */
	void (*random)(void *arg, void *out, size_t bytes);
	struct chain_pools pools;
};

/* What link_input() found. */
enum link_result {
	LINK_TAKEN,      /* handled here, or dropped and counted */
	LINK_TCP,        /* `packet` holds a TCP segment for an address of ours */
	LINK_ICMP_ERROR, /* `packet` tells of an ICMP error about a TCP segment we sent; the frame
			    is freed */
};

struct link_packet {
	struct rte_mbuf *segment; /* TCP header first, cut to the IP length; the caller's */
	struct ip_address source, destination;
	uint8_t ecn;
	/* LINK_ICMP_ERROR: source and destination are those of the quoted packet (ours first) */
	uint16_t quoted_source_port, quoted_destination_port;
	uint32_t quoted_seq;
	bool unreachable;
	uint32_t mtu; /* of "too big", else 0 */
};

struct link *link_create(const struct link_config *config, const struct link_env *env);
void link_destroy(struct link *l);

void link_begin(struct link *l, struct mono now);

/* One received frame; takes it. */
enum link_result link_input(struct link *l, struct rte_mbuf *frame, struct link_packet *packet);

/* Whether a received frame (not yet given to link_input()) tells of neighbours: ARP, ND, RA. */
bool link_concerns_all(const struct rte_mbuf *frame);

/*
 * Sends a TCP segment (TCP header first, with head room for IP and Ethernet): adds the headers,
 * finds the neighbour, asks for it if it must. Takes the segment. Sets l2_len and l3_len where the
 * segment asks the port for a TCP checksum.
 */
void link_output(struct link *l, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn);

/* Whether an address is ours, and may be used now. */
bool link_has_address(const struct link *l, const struct ip_address *a);
/* Whether it is ours, and is not used yet: it is being found out that nobody else has it (RFC 4862
 * §5.4). That takes DAD_WAIT, then it is used or never will be. */
bool link_tries_address(const struct link *l, const struct ip_address *a);

void link_run_timers(struct link *l);
struct mono link_next_deadline(const struct link *l);

/* The next address of ours that another host turned out to have, each once; false: none. Not used.
 */
bool link_take_duplicate(struct link *l, struct ip_address *out);

/* Counters by name, in link_counters.h; written by this core only. */
const uint64_t *link_counters(const struct link *l);

#endif
