/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of a link: id, name, what it counts. */
#ifndef SLUICE_LINK_COUNTERS_H
#define SLUICE_LINK_COUNTERS_H

#define LINK_COUNTERS(X)                                                                           \
	X(IN_SHORT, "in_short", "dropped: shorter than its headers")                               \
	X(IN_NOT_OURS, "in_not_ours", "dropped: another station's, VLAN's or address's")           \
	X(IN_UNKNOWN, "in_unknown", "dropped: a protocol we do not speak")                         \
	X(IN_BAD_HEADER, "in_bad_header", "dropped: a header that can't be")                       \
	X(IN_BAD_SOURCE, "in_bad_source", "dropped: a source that can't send")                     \
	X(IN_CHECKSUM, "in_checksum", "dropped: wrong IPv4 header checksum")                       \
	X(IN_FRAGMENTS, "in_fragments", "dropped: IP fragments of datagrams that never got whole") \
	X(REASSEMBLED, "reassembled", "datagrams put together from fragments")                     \
	X(FRAGMENT_TIMEOUTS, "fragment_timeouts",                                                  \
	    "datagrams whose fragments did not come in time")                                      \
	X(ICMP_ERRORS, "icmp_errors", "ICMP errors sent")                                          \
	X(ICMP_LIMITED, "icmp_limited", "dropped: more ICMP than is handled in a second")          \
	X(ROUTER_ADVERTISEMENTS, "router_advertisements", "router advertisements heard")           \
	X(DUPLICATE_ADDRESSES, "duplicate_addresses", "addresses of ours that another host has")   \
	X(ECHO_REPLIES, "echo_replies", "echo requests answered")                                  \
	X(NEIGHBOR_REQUESTS, "neighbor_requests", "ARP requests and neighbour solicitations sent") \
	X(NEIGHBOR_FULL, "neighbor_full", "packets dropped: neighbour unknown, queue full")        \
	X(NEIGHBOR_CLAIMS, "neighbor_claims",                                                      \
	    "claims to a known neighbour's address: it was asked")                                 \
	X(NO_ROUTE, "no_route", "packets dropped: no address of ours reaches them")                \
	X(NO_BUFFER, "no_buffer", "packets dropped: no buffer")

enum link_counter {
#define X(id, word, help) LINK_COUNTER_##id,
	LINK_COUNTERS(X)
#undef X
	LINK_COUNTER_COUNT
};

#endif
