/* SPDX-License-Identifier: BSD-3-Clause */
/* A link under test: frames are built and given to it, what it sends is kept, time is a variable.
 */
#ifndef SLUICE_TESTS_LINK_WIRE_H
#define SLUICE_TESTS_LINK_WIRE_H

#include "dataplane/net/link/link.h"
#include "dataplane/net/link/link_counters.h"

#define WIRE_SENT_MAX 512

struct link_wire {
	struct link *link;
	struct mono now;
	struct rte_mbuf *sent[WIRE_SENT_MAX]; /* whole frames */
	unsigned sent_count;
	struct link_packet packet; /* of the last LINK_TCP or LINK_ICMP_ERROR */
};

extern const uint8_t wire_our_mac[6], wire_peer_mac[6];
extern const uint8_t wire_us4[4], wire_peer4[4], wire_us6[16], wire_peer6[16];

/* 192.0.2.2/24 and 2001:db8::2/64; `tweak` may change the configuration first (NULL: nothing). */
struct link_wire *wire_create(void (*tweak)(struct link_config *c));
/* True when no buffer was lost. */
bool wire_destroy(struct link_wire *w);
void wire_forget_sent(struct link_wire *w);
void wire_pass(struct link_wire *w, struct duration d); /* in steps that run the timers */

/* One frame, Ethernet header included. */
enum link_result wire_give(struct link_wire *w, const uint8_t *frame, size_t bytes);
/* An IP packet from the peer behind an Ethernet header of that type. */
enum link_result wire_give_ip(struct link_wire *w, const uint8_t *packet, size_t bytes);
uint64_t wire_count(const struct link_wire *w, enum link_counter which);
/* The i-th sent frame's IP packet; its length in *bytes. */
const uint8_t *wire_sent_ip(const struct link_wire *w, unsigned i, size_t *bytes);

/* IP headers before `payload`, sums right; the packet's bytes. `where`: fragment word in host
 * order. */
size_t wire_ip4(
    uint8_t *out, uint8_t protocol, uint16_t id, uint16_t where, const void *payload, size_t bytes);
size_t wire_ip6(uint8_t *out, uint8_t next, const void *payload, size_t bytes);
/* An ICMPv6 message from `source` to `destination`, hop limit 255, its sum filled in. */
size_t wire_icmp6(uint8_t *out, const uint8_t source[16], const uint8_t destination[16],
    uint8_t *message, size_t bytes);
uint16_t wire_sum(const void *bytes, size_t count, uint32_t start); /* folded, inverted */

#endif
