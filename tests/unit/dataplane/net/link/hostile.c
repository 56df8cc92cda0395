/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who lies about addresses, floods, or cuts headers where nobody expects it: what it costs and what
 * still works (docs/tcp-hostile.md).
 */
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/link/wire.h"
#include "tests/unit/harness.h"

static const uint8_t tcp[20] = { 0x30, 0x39, 5, 0x40, [12] = 0x50, 2 };
#define PEERS_MAX 4096 /* four times what the table holds */

static const uint8_t liar_mac[6] = { 2, 0, 0, 0, 0, 0x66 };

/* An ARP message about `address`, or an advertisement that says it was asked for. */
static void
claim(struct link_wire *w, bool v4, const uint8_t *address, const uint8_t mac[6], uint8_t arp_kind)
{
	uint8_t frame[86] = { 0 }, message[32] = { 136, 0, 0, 0, 0x60 };

	if (!v4) {
		memcpy(message + 8, address, 16);
		memcpy(message + 24, "\2\1", 2);
		memcpy(message + 26, mac, 6);
		wire_give_ip(
		    w, frame, wire_icmp6(frame, address, wire_us6, message, sizeof(message)));
		return;
	}
	memcpy(frame, wire_our_mac, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0", 9);
	frame[21] = arp_kind;
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 28, address, 4);
	memcpy(frame + 38, wire_us4, 4);
	wire_give(w, frame, 60);
}

static struct rte_mbuf *
segment(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);

	if (m != NULL)
		memcpy(rte_pktmbuf_append(m, sizeof(tcp)), tcp, sizeof(tcp));
	return m;
}

static void
send_to(struct link_wire *w, bool v4, const uint8_t *address)
{
	struct ip_address us = v4 ? address_v4(wire_us4) : address_v6(wire_us6);
	struct ip_address to = v4 ? address_v4(address) : address_v6(address);

	link_output(w->link, segment(), &us, &to, 0);
}

/* Whether the last frame sent went to that MAC. */
static bool
went_to(const struct link_wire *w, const uint8_t mac[6])
{
	return w->sent_count > 0 &&
	       memcmp(rte_pktmbuf_mtod(w->sent[w->sent_count - 1], uint8_t *), mac, 6) == 0;
}

/* A known neighbour's place is taken only by who asks for it when that one is gone. */
TEST(a_claim_does_not_replace_who_answers)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		const uint8_t *peer = v4 ? wire_peer4 : wire_peer6;
		struct link_wire *w = wire_create(NULL);

		wire_pass(w, seconds(10));
		wire_forget_sent(w);
		for (unsigned i = 0; i < 100; i++)
			claim(w, v4, peer, liar_mac, i % 2 ? 2 : 1);
		/* The neighbour is asked once, whatever the liar repeats; his ARP questions get
		 * their answers. */
		CHECK(wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS) == 1);
		CHECK(wire_count(w, LINK_COUNTER_NEIGHBOR_CLAIMS) == 1);
		send_to(w, v4, peer);
		CHECK(went_to(w, wire_peer_mac));
		claim(w, v4, peer, wire_peer_mac, 2);
		wire_pass(w, seconds(10));
		send_to(w, v4, peer);
		CHECK(went_to(w, wire_peer_mac));
		CHECK(wire_destroy(w));
	}
}

/* One that moved is found again once its old place is silent. */
TEST(a_neighbour_that_moved_is_found_again)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		const uint8_t *peer = v4 ? wire_peer4 : wire_peer6;
		struct link_wire *w = wire_create(NULL);

		wire_pass(w, seconds(10));
		claim(w, v4, peer, liar_mac, 2);
		wire_pass(w, seconds(4));
		wire_forget_sent(w);
		send_to(w, v4, peer);
		claim(w, v4, peer, liar_mac, 2);
		CHECK(went_to(w, liar_mac));
		CHECK(wire_destroy(w));
	}
}

/* A table full of strangers: who serves, or served a while ago, keeps its place, and is not asked
 * for anew. */
TEST(strangers_do_not_push_out_who_serves)
{
	for (unsigned idle_s = 0; idle_s <= 10; idle_s += 10) {
		struct link_wire *w = wire_create(NULL);
		uint64_t before = wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS);

		send_to(w, true, wire_peer4);
		wire_pass(w, seconds(idle_s));
		for (uint32_t i = 0; i < 20000; i++) {
			uint8_t stranger[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				(uint8_t)i };

			claim(w, true, stranger, liar_mac, 1);
			wire_forget_sent(w);
		}
		send_to(w, true, wire_peer4);
		CHECK_SEED(idle_s, went_to(w, wire_peer_mac));
		CHECK_SEED(idle_s, wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS) == before);
		CHECK_SEED(idle_s, wire_destroy(w));
	}
}

/* Whether a packet to this one of many peers goes out to it. */
static bool
serves(struct link_wire *w, unsigned i)
{
	uint8_t peer[16];

	memcpy(peer, wire_peer6, 16);
	peer[13] = 1;
	peer[14] = (uint8_t)(i >> 8);
	peer[15] = (uint8_t)i;
	wire_forget_sent(w);
	send_to(w, false, peer);
	claim(w, false, peer, liar_mac, 2);
	wire_forget_sent(w);
	send_to(w, false, peer);
	return went_to(w, liar_mac);
}

/* All that the table holds serve: whoever comes later finds no place, and they keep theirs. */
TEST(a_table_of_those_who_serve_is_kept)
{
	static unsigned known[PEERS_MAX];
	struct link_wire *w = wire_create(NULL);
	uint64_t asked;
	unsigned count = 0;

	for (unsigned i = 0; i < PEERS_MAX; i++) {
		if (serves(w, i))
			known[count++] = i;
		if (i % 16 != 0)
			continue;
		wire_pass(w, milliseconds(100));
		asked = wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS);
		for (unsigned k = 0; k < count; k++)
			CHECK(serves(w, known[k]));
		CHECK(wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS) == asked);
	}
	CHECK(count > 900 && count < PEERS_MAX);
	CHECK(wire_destroy(w));
}

/* SYNs in the name of addresses nobody has make us ask and wait: so many, and no more. */
TEST(packets_to_nobody)
{
	struct link_wire *w = wire_create(NULL);
	uint32_t before = sim_pools_used(), most = 0;
	uint8_t nobody[16];

	memcpy(nobody, wire_peer6, 16);
	for (uint32_t i = 1; i <= 20000; i++) {
		nobody[8] = 1;
		nobody[14] = (uint8_t)(i >> 8);
		nobody[15] = (uint8_t)i;
		nobody[13] = (uint8_t)(i >> 16);
		send_to(w, false, nobody);
		wire_forget_sent(w);
		most = sim_pools_used() > most ? sim_pools_used() : most;
	}
	CHECK(wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS) <= 256);
	CHECK(most - before <= 128 && most - before > 16);
	for (unsigned i = 0; i < 10; i++) {
		wire_pass(w, milliseconds(500));
		wire_forget_sent(w);
	}
	CHECK(sim_pools_used() == before);
	send_to(w, true, wire_peer4);
	CHECK(went_to(w, wire_peer_mac));
	CHECK(wire_destroy(w));
}

TEST(echo_and_icmp_errors_are_limited_each_second)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[128], echo[8] = { 8, 0, 0xf7, 0xff }, echo6[8] = { 128 },
			     error[36] = { 3, 1 };
	unsigned answers = 0, told = 0;
	uint16_t sum;

	memcpy(error + 8, "\x45\0\0\x28\0\0\x40\0\x40\6\0\0", 12);
	memcpy(error + 20, wire_us4, 4);
	memcpy(error + 24, wire_peer4, 4);
	sum = wire_sum(error, sizeof(error), 0);
	error[2] = (uint8_t)(sum >> 8);
	error[3] = (uint8_t)sum;
	for (unsigned i = 0; i < 20000; i++) {
		wire_give_ip(w, packet, wire_ip4(packet, 1, 1, 0, echo, sizeof(echo)));
		answers += w->sent_count;
		wire_forget_sent(w);
		wire_give_ip(
		    w, packet, wire_icmp6(packet, wire_peer6, wire_us6, echo6, sizeof(echo6)));
		answers += w->sent_count;
		wire_forget_sent(w);
		told += wire_give_ip(w, packet, wire_ip4(packet, 1, 1, 0, error, sizeof(error))) ==
			LINK_ICMP_ERROR;
	}
	CHECK(answers == 1000); /* of either version */
	CHECK(told == 10000);
	CHECK(wire_count(w, LINK_COUNTER_ICMP_LIMITED) == 49000);
	wire_pass(w, seconds(1));
	wire_forget_sent(w);
	wire_give_ip(w, packet, wire_ip4(packet, 1, 1, 0, echo, sizeof(echo)));
	CHECK(w->sent_count == 1);
	CHECK(wire_destroy(w));
}

static unsigned
id_of(const struct link_wire *w, unsigned i)
{
	size_t bytes;
	const uint8_t *ip = wire_sent_ip(w, i, &bytes);

	return (unsigned)ip[4] << 8 | ip[5];
}

/* RFC 6864: none where DF is set; that of fragments tells nothing of how many there were. */
TEST(ip_ids_do_not_count)
{
	static uint8_t icmp[2008], packet[1500];
	struct link_wire *w = wire_create(NULL);
	unsigned ids[8], near = 0;
	uint16_t sum;

	icmp[0] = 8;
	sum = wire_sum(icmp, sizeof(icmp), 0);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	for (unsigned i = 0; i < COUNT_OF(ids); i++) {
		wire_forget_sent(w);
		send_to(w, true, wire_peer4);
		CHECK(id_of(w, 0) == 0);
		wire_forget_sent(w);
		wire_give_ip(w, packet, wire_ip4(packet, 1, (uint16_t)(i + 9), 0x2000, icmp, 1480));
		wire_give_ip(w, packet,
		    wire_ip4(
			packet, 1, (uint16_t)(i + 9), 1480 / 8, icmp + 1480, sizeof(icmp) - 1480));
		CHECK(w->sent_count == 2);
		ids[i] = id_of(w, 0);
		CHECK(id_of(w, 1) == ids[i]);
		near += i > 0 && (uint16_t)(ids[i] - ids[i - 1]) < 256;
	}
	CHECK(near <= 1);
	CHECK(wire_destroy(w));
}

TEST(martians_routing_headers_and_tunnels)
{
	static const struct {
		const char *name;
		bool v4;
		uint8_t next;
		uint8_t source[16];
		enum link_counter dropped;
	} rows[] = {
		{ "from 0/8", true, 6, { 0, 1, 2, 3 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from loopback", true, 6, { 127, 1, 2, 3 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from a group", true, 6, { 239, 1, 2, 3 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from everybody", true, 6, { 255, 255, 255, 255 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from all our subnet", true, 6, { 192, 0, 2, 255 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from our subnet itself", true, 6, { 192, 0, 2, 0 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "land", true, 6, { 192, 0, 2, 2 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "IPv4 in IPv4", true, 4, { 192, 0, 2, 1 }, LINK_COUNTER_IN_UNKNOWN },
		{ "IPv6 in IPv4", true, 41, { 192, 0, 2, 1 }, LINK_COUNTER_IN_UNKNOWN },
		{ "GRE", true, 47, { 192, 0, 2, 1 }, LINK_COUNTER_IN_UNKNOWN },
		{ "from ::1", false, 6, { [15] = 1 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from nobody", false, 6, { 0 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "from a group, 6", false, 6, { 0xff, 2, [15] = 1 }, LINK_COUNTER_IN_BAD_SOURCE },
		{ "mapped", false, 6, { [10] = 0xff, 0xff, 192, 0, 2, 1 },
		    LINK_COUNTER_IN_BAD_SOURCE },
		{ "land, 6", false, 6, { 0x20, 1, 0x0d, 0xb8, [15] = 2 },
		    LINK_COUNTER_IN_BAD_SOURCE },
		{ "IPv4 in IPv6", false, 4, { 0x20, 1, 0x0d, 0xb8, [15] = 1 },
		    LINK_COUNTER_IN_UNKNOWN },
		{ "IPv6 in IPv6", false, 41, { 0x20, 1, 0x0d, 0xb8, [15] = 1 },
		    LINK_COUNTER_IN_UNKNOWN },
	};
	uint8_t packet[128];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(NULL);
		size_t n = rows[i].v4 ? wire_ip4(packet, rows[i].next, 1, 0, tcp, sizeof(tcp))
				      : wire_ip6(packet, rows[i].next, tcp, sizeof(tcp));
		uint16_t sum;

		memcpy(packet + (rows[i].v4 ? 12 : 8), rows[i].source, rows[i].v4 ? 4 : 16);
		packet[10] = rows[i].v4 ? 0 : packet[10];
		packet[11] = rows[i].v4 ? 0 : packet[11];
		sum = wire_sum(packet, 20, 0);
		if (rows[i].v4) {
			packet[10] = (uint8_t)(sum >> 8);
			packet[11] = (uint8_t)sum;
		}
		CHECK_ROW(rows[i].name, wire_give_ip(w, packet, n) == LINK_TAKEN);
		CHECK_ROW(rows[i].name, wire_count(w, rows[i].dropped) == 1);
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

/* Whatever stands behind them: what we do not follow, and what the packet has no room for. */
TEST(extension_headers_that_lead_nowhere)
{
	static const struct {
		const char *name;
		uint8_t next, header[8];
		bool taken;
	} rows[] = {
		{ "destination options", 60, { 6, 0, 1, 4 }, true },
		{ "a routing header", 43, { 6, 0, 4, 0 }, false },
		{ "a routing header, none of it left", 43, { 6, 0, 0, 0 }, false },
		{ "options past the packet", 60, { 6, 4, 1, 4 }, false },
		{ "as many as can be said", 60, { 6, 255, 1, 4 }, false },
		{ "hop-by-hop past the packet", 0, { 6, 4, 1, 4 }, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(NULL);
		uint8_t packet[128], payload[8 + sizeof(tcp)];
		size_t n;

		memcpy(payload, rows[i].header, 8);
		memcpy(payload + 8, tcp, sizeof(tcp));
		n = wire_ip6(packet, rows[i].next, payload, sizeof(payload));
		if (wire_give_ip(w, packet, n) == LINK_TCP) {
			CHECK_ROW(rows[i].name, rows[i].taken);
			CHECK_ROW(rows[i].name, w->packet.segment->pkt_len == sizeof(tcp));
			rte_pktmbuf_free(w->packet.segment);
		} else {
			CHECK_ROW(rows[i].name, !rows[i].taken);
			CHECK_ROW(rows[i].name, wire_count(w, LINK_COUNTER_IN_UNKNOWN) == 1);
			CHECK_ROW(rows[i].name, w->sent_count == 0);
		}
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

/* RFC 1122 §3.3.6: a segment for us alone in a frame for everybody. */
TEST(a_segment_in_a_group_frame_is_dropped)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		struct link_wire *w = wire_create(NULL);
		uint8_t frame[128] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8 };
		size_t n = v4 ? wire_ip4(frame + 14, 6, 1, 0, tcp, sizeof(tcp))
			      : wire_ip6(frame + 14, 6, tcp, sizeof(tcp));

		if (!v4)
			memcpy(frame + 12, "\x86\xdd", 2);
		CHECK(wire_give(w, frame, n + 14) == LINK_TAKEN);
		CHECK(wire_count(w, LINK_COUNTER_IN_NOT_OURS) == 1);
		CHECK(wire_destroy(w));
	}
}

/* A frame in buffers of `piece` bytes each. */
static enum link_result
give_in_pieces(struct link_wire *w, const uint8_t *frame, size_t bytes, size_t piece)
{
	struct rte_mbuf *first = NULL;

	for (size_t at = 0; at < bytes; at += piece) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
		size_t n = bytes - at < piece ? bytes - at : piece;

		memcpy(rte_pktmbuf_append(m, (uint16_t)n), frame + at, n);
		if (first == NULL)
			first = m;
		else
			rte_pktmbuf_chain(first, m);
	}
	return link_input(w->link, first, &w->packet);
}

TEST(headers_split_over_buffers)
{
	uint8_t frame[1514], payload[1000], flat[1000];

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	memcpy(payload, tcp, sizeof(tcp));
	payload[12] = 0xf0; /* 60 bytes of header */
	for (size_t piece = 1; piece < 400; piece += piece < 100 ? 1 : 37) {
		struct link_wire *w = wire_create(NULL);
		unsigned v4 = piece % 2;
		size_t n = v4 ? wire_ip4(frame + 14, 6, 1, 0, payload, sizeof(payload))
			      : wire_ip6(frame + 14, 6, payload, sizeof(payload));
		struct rte_mbuf *m;

		memcpy(frame, wire_our_mac, 6);
		memcpy(frame + 6, wire_peer_mac, 6);
		memcpy(frame + 12, v4 ? "\x08\0" : "\x86\xdd", 2);
		CHECK_SEED(piece, give_in_pieces(w, frame, n + 14, piece) == LINK_TCP);
		m = w->packet.segment;
		CHECK_SEED(piece, m->pkt_len == sizeof(payload) && m->data_len >= 60);
		CHECK_SEED(piece, memcmp(rte_pktmbuf_read(m, 0, sizeof(payload), flat), payload,
				      sizeof(payload)) == 0);
		rte_pktmbuf_free(m);
		CHECK_SEED(piece, wire_destroy(w));
	}
}

/* Eight bytes of TCP header in the first fragment, the rest in the next (RFC 1858's trick). */
TEST(headers_split_over_fragments)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[128];

	CHECK(wire_give_ip(w, packet, wire_ip4(packet, 6, 7, 0x2000, tcp, 8)) == LINK_TAKEN);
	CHECK(wire_give_ip(w, packet, wire_ip4(packet, 6, 7, 1, tcp + 8, 12)) == LINK_TCP);
	CHECK(w->packet.segment->data_len == 20);
	CHECK(memcmp(rte_pktmbuf_mtod(w->packet.segment, uint8_t *), tcp, 20) == 0);
	rte_pktmbuf_free(w->packet.segment);
	CHECK(wire_destroy(w));
}

/* Datagrams without end from one source cost that source its own, and nobody else his. */
TEST(fragments_of_one_source_do_not_push_out_anothers)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[128], payload[64] = { 0 };
	size_t n;

	memcpy(payload, tcp, sizeof(tcp));
	wire_give_ip(w, packet, wire_ip4(packet, 6, 1, 0x2000, payload, 32));
	for (unsigned i = 0; i < 5000; i++) {
		uint16_t sum;

		n = wire_ip4(packet, 6, (uint16_t)i, 0x2000, payload, 32);
		packet[15] = 77;
		packet[10] = packet[11] = 0;
		sum = wire_sum(packet, 20, 0);
		packet[10] = (uint8_t)(sum >> 8);
		packet[11] = (uint8_t)sum;
		wire_give_ip(w, packet, n);
		CHECK(sim_pools_used() <= 17);
	}
	CHECK(wire_give_ip(w, packet, wire_ip4(packet, 6, 1, 4, payload + 32, 32)) == LINK_TCP);
	rte_pktmbuf_free(w->packet.segment);
	CHECK(wire_destroy(w));
}
