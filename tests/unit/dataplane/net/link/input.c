/* SPDX-License-Identifier: BSD-3-Clause */
/* What a link takes, drops and answers: frames in, frames out. */
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/link/wire.h"
#include "tests/unit/harness.h"

static const uint8_t tcp[20] = { 0x30, 0x39, 5, 0x40, [12] = 0x50, 2 };

/* A packet that is right, and a byte that makes it wrong. */
struct change {
	const char *name;
	unsigned at;
	uint8_t value;
	bool resum; /* of the IPv4 header, so that only the change counts */
	enum link_counter dropped;
};

static const struct change changes4[] = {
	{ "version 5", 0, 0x55, true, LINK_COUNTER_IN_BAD_HEADER },
	{ "header of 16 bytes", 0, 0x44, true, LINK_COUNTER_IN_BAD_HEADER },
	{ "header longer than the packet", 0, 0x4f, true, LINK_COUNTER_IN_BAD_HEADER },
	{ "longer than the frame", 2, 0x40, true, LINK_COUNTER_IN_BAD_HEADER },
	{ "wrong sum", 10, 0, false, LINK_COUNTER_IN_CHECKSUM },
	{ "another address", 19, 9, true, LINK_COUNTER_IN_NOT_OURS },
	{ "from a group", 12, 224, true, LINK_COUNTER_IN_BAD_SOURCE },
	{ "from loopback", 12, 127, true, LINK_COUNTER_IN_BAD_SOURCE },
	{ "from ourselves", 15, 2, true, LINK_COUNTER_IN_BAD_SOURCE },
	{ "an unknown protocol", 9, 200, true, LINK_COUNTER_IN_UNKNOWN },
};

static void
resum(uint8_t *packet)
{
	uint16_t sum;

	packet[10] = packet[11] = 0;
	sum = wire_sum(packet, 20, 0);
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

TEST(ipv4_headers)
{
	uint8_t packet[64];

	for (size_t i = 0; i < COUNT_OF(changes4); i++) {
		struct link_wire *w = wire_create(NULL);
		size_t n = wire_ip4(packet, 6, 1, 0, tcp, sizeof(tcp));

		packet[changes4[i].at] = changes4[i].value;
		if (changes4[i].resum)
			resum(packet);
		CHECK_ROW(changes4[i].name, wire_give_ip(w, packet, n) == LINK_TAKEN);
		CHECK_ROW(changes4[i].name, wire_count(w, changes4[i].dropped) == 1);
		CHECK_ROW(changes4[i].name, wire_destroy(w));
	}
}

TEST(segments_reach_tcp_without_padding)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[64];

	CHECK(
	    wire_give_ip(w, packet, wire_ip4(packet, 6, 1, 0x4000, tcp, sizeof(tcp))) == LINK_TCP);
	CHECK(w->packet.segment->pkt_len == 20);
	CHECK(memcmp(rte_pktmbuf_mtod(w->packet.segment, uint8_t *), tcp, 20) == 0);
	rte_pktmbuf_free(w->packet.segment);
	CHECK(wire_give_ip(w, packet, wire_ip6(packet, 6, tcp, sizeof(tcp))) == LINK_TCP);
	CHECK(w->packet.segment->pkt_len == 20);
	rte_pktmbuf_free(w->packet.segment);
	CHECK(wire_destroy(w));
}

TEST(frames_cut_at_every_byte)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t frame[128], packet[96], options[28] = { 60, 0, 1, 4, [8] = 6, 0, 1, 4 };
	size_t n;

	options[0] = 60; /* hop-by-hop, then destination options, then no segment at all */
	n = wire_ip6(packet, 0, options, sizeof(options));
	for (unsigned v4 = 0; v4 < 2; v4++) {
		if (v4)
			n = wire_ip4(packet, 6, 1, 0, tcp, sizeof(tcp));
		memcpy(frame, wire_our_mac, 6);
		memcpy(frame + 6, wire_peer_mac, 6);
		memcpy(frame + 12, v4 ? "\x08\0" : "\x86\xdd", 2);
		memcpy(frame + 14, packet, n);
		for (size_t cut = 1; cut < n + 14; cut++)
			CHECK_SEED(cut, wire_give(w, frame, cut) == LINK_TAKEN);
	}
	CHECK(wire_destroy(w));
}

/* TTL or hop limit 64, DF, no identity, the mark that was asked for, and a right sum. */
TEST(headers_of_what_is_sent)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		struct ip_address us = v4 ? address_v4(wire_us4) : address_v6(wire_us6);
		struct ip_address to = v4 ? address_v4(wire_peer4) : address_v6(wire_peer6);
		struct link_wire *w = wire_create(NULL);
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
		const uint8_t *ip;
		size_t bytes;

		memcpy(rte_pktmbuf_append(m, sizeof(tcp)), tcp, sizeof(tcp));
		link_output(w->link, m, &us, &to, 2);
		CHECK(w->sent_count == 1);
		ip = wire_sent_ip(w, 0, &bytes);
		if (v4) {
			CHECK(bytes == 40 && ip[0] == 0x45 && ip[1] == 2 && ip[3] == 40);
			CHECK(ip[4] == 0 && ip[5] == 0 && ip[6] == 0x40 && ip[7] == 0);
			CHECK(ip[8] == 64 && ip[9] == 6 && wire_sum(ip, 20, 0) == 0);
		} else {
			CHECK(bytes == 60 && ip[0] == 0x60 && ip[1] == 0x20 && ip[5] == 20);
			CHECK(ip[6] == 6 && ip[7] == 64);
		}
		CHECK(memcmp(ip + bytes - 20, tcp, sizeof(tcp)) == 0);
		CHECK(wire_destroy(w));
	}
}

static void
on_vlan(struct link_config *c)
{
	c->vlan = 7;
}

TEST(vlans)
{
	static const struct {
		const char *name;
		uint16_t tag; /* 0xffff: none */
		bool ours;
	} rows[] = { { "ours", 7, true }, { "ours with a priority", 0xe007, true },
		{ "another", 8, false }, { "a priority tag alone", 0xe000, false },
		{ "no tag", 0xffff, false } };
	uint8_t frame[128], packet[64];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(on_vlan);
		size_t n = wire_ip4(packet, 6, 1, 0, tcp, sizeof(tcp)), at = 12;

		memset(frame, 0, sizeof(frame));
		memcpy(frame, wire_our_mac, 6);
		memcpy(frame + 6, wire_peer_mac, 6);
		if (rows[i].tag != 0xffff) {
			frame[12] = 0x81;
			frame[14] = (uint8_t)(rows[i].tag >> 8);
			frame[15] = (uint8_t)rows[i].tag;
			at = 16;
		}
		memcpy(frame + at, "\x08\0", 2);
		memcpy(frame + at + 2, packet, n);
		if (wire_give(w, frame, 64) == LINK_TCP) {
			CHECK_ROW(rows[i].name, rows[i].ours);
			rte_pktmbuf_free(w->packet.segment);
		} else {
			CHECK_ROW(rows[i].name, !rows[i].ours);
		}
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

/* A header of `words` words of 32 bits, its options no operations, its sum right. */
static size_t
header_of(uint8_t *packet, unsigned words, uint16_t id)
{
	size_t bytes = wire_ip4(packet, 6, id, 0, tcp, sizeof(tcp)) + 4 * words - 20;
	uint16_t sum;

	memmove(packet + 4 * words, packet + 20, sizeof(tcp));
	memset(packet + 20, 1, 4 * words - 20);
	packet[0] = (uint8_t)(0x40 | words);
	packet[3] = (uint8_t)bytes;
	packet[10] = packet[11] = 0;
	sum = wire_sum(packet, 4 * words, 0);
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
	return bytes;
}

/* Of every length, with many a carry: the right sum is taken, and no other that differs in a bit.
 */
TEST(the_sum_of_a_header_is_right_to_the_bit)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[96];
	uint64_t refused = 0;

	for (unsigned words = 5; words <= 15; words++) {
		for (unsigned id = 0; id < 65536; id += 257) {
			size_t n = header_of(packet, words, (uint16_t)id);
			bool taken = wire_give_ip(w, packet, n) == LINK_TCP;

			CHECK_SEED(id, taken);
			if (taken)
				rte_pktmbuf_free(w->packet.segment);
			packet[10 + id % 2] ^= (uint8_t)(1u << id % 8);
			CHECK_SEED(id, wire_give_ip(w, packet, n) == LINK_TAKEN);
			refused++;
		}
	}
	CHECK(wire_count(w, LINK_COUNTER_IN_CHECKSUM) == refused);
	CHECK(wire_destroy(w));
}

TEST(source_routes_are_dropped_and_other_options_skipped)
{
	static const struct {
		const char *name;
		uint8_t option[4];
		bool taken;
	} rows[] = { { "no operation", { 1, 1, 1, 0 }, true },
		{ "router alert", { 148, 4, 0, 0 }, true },
		{ "loose source route", { 131, 3, 4, 0 }, false },
		{ "strict source route", { 137, 3, 4, 0 }, false },
		{ "a length of one", { 148, 1, 0, 0 }, false } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(NULL);
		uint8_t packet[64];
		uint16_t sum;

		wire_ip4(packet, 6, 1, 0, tcp, sizeof(tcp));
		memmove(packet + 24, packet + 20, 20);
		memcpy(packet + 20, rows[i].option, 4);
		packet[0] = 0x46;
		packet[3] = 44;
		packet[10] = packet[11] = 0;
		sum = wire_sum(packet, 24, 0);
		packet[10] = (uint8_t)(sum >> 8);
		packet[11] = (uint8_t)sum;
		if (wire_give_ip(w, packet, 44) == LINK_TCP) {
			CHECK_ROW(rows[i].name, rows[i].taken);
			rte_pktmbuf_free(w->packet.segment);
		} else {
			CHECK_ROW(rows[i].name, !rows[i].taken);
		}
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

TEST(errors_are_sent_where_they_may_and_no_more_than_a_hundred_a_second)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[128], udp[8] = { 0 }, icmp_error[8] = { 3, 3, 0xfc, 0xfc };
	const uint8_t *ip;
	size_t bytes;

	wire_give_ip(w, packet, wire_ip4(packet, 17, 1, 0, udp, 8));
	wire_give_ip(w, packet, wire_ip4(packet, 200, 1, 0, udp, 8));
	wire_give_ip(w, packet, wire_ip6(packet, 17, udp, 8));
	wire_give_ip(w, packet, wire_ip6(packet, 200, udp, 8));
	CHECK(w->sent_count == 4);
	ip = wire_sent_ip(w, 0, &bytes);
	CHECK(ip[20] == 3 && ip[21] == 3 && bytes == 56 && wire_sum(ip + 20, 36, 0) == 0);
	ip = wire_sent_ip(w, 1, &bytes);
	CHECK(ip[20] == 3 && ip[21] == 2);
	ip = wire_sent_ip(w, 2, &bytes);
	CHECK(ip[40] == 1 && ip[41] == 4);
	ip = wire_sent_ip(w, 3, &bytes);
	CHECK(ip[40] == 4 && ip[41] == 1 && ip[47] == 6);
	wire_forget_sent(w);
	wire_give_ip(w, packet, wire_ip4(packet, 1, 1, 0, icmp_error, 8)); /* never about ICMP */
	CHECK(w->sent_count == 0);
	for (unsigned i = 0; i < 1000; i++)
		wire_give_ip(w, packet, wire_ip4(packet, 17, 1, 0, udp, 8));
	CHECK(w->sent_count == 96);
	wire_forget_sent(w);
	wire_pass(w, seconds(1));
	wire_give_ip(w, packet, wire_ip4(packet, 17, 1, 0, udp, 8));
	CHECK(w->sent_count == 1);
	CHECK(wire_destroy(w));
}

TEST(a_group_frame_gets_no_error)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8 }, udp[8] = { 0 };

	wire_ip4(frame + 14, 17, 1, 0, udp, 8);
	wire_give(w, frame, 60);
	CHECK(w->sent_count == 0 && wire_count(w, LINK_COUNTER_IN_UNKNOWN) == 1);
	CHECK(wire_destroy(w));
}
