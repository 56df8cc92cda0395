/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments, good and hostile. Each table row is a datagram of 64 bytes of payload in pieces. */
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/link/wire.h"
#include "tests/unit/harness.h"

#define PAYLOAD 64

struct piece {
	uint16_t from, bytes;
	bool more;
};

enum outcome {
	WAITS, /* for what is missing */
	WHOLE, /* with the last piece given */
	ENDS,  /* nothing of it is kept, and no other piece helps */
};

struct fragment_case {
	const char *name;
	struct piece pieces[6];
	enum outcome outcome;
};

static const struct fragment_case cases[] = {
	{ "two in order", { { 0, 32, true }, { 32, 32, false } }, WHOLE },
	{ "two in disorder", { { 32, 32, false }, { 0, 32, true } }, WHOLE },
	{ "four mixed", { { 48, 16, false }, { 16, 16, true }, { 0, 16, true }, { 32, 16, true } },
	    WHOLE },
	{ "one twice", { { 0, 32, true }, { 0, 32, true }, { 32, 32, false } }, WHOLE },
	{ "a gap", { { 0, 24, true }, { 32, 32, false } }, WAITS },
	{ "no last one", { { 0, 32, true }, { 32, 32, true } }, WAITS },
	{ "overlap by a piece", { { 0, 40, true }, { 32, 32, false } }, ENDS },
	{ "overlap, then the rest", { { 0, 40, true }, { 32, 32, false }, { 40, 24, false } },
	    ENDS },
	{ "one inside another", { { 0, 48, true }, { 16, 16, true }, { 48, 16, false } }, ENDS },
	{ "one around another", { { 16, 16, true }, { 8, 32, true }, { 40, 24, false } }, ENDS },
	{ "two ends", { { 32, 16, false }, { 32, 32, false }, { 0, 32, true } }, ENDS },
	{ "beyond the end", { { 32, 16, false }, { 48, 16, true }, { 0, 32, true } }, ENDS },
	{ "an end before what came", { { 32, 32, true }, { 16, 8, false } }, ENDS },
	{ "not a multiple of eight", { { 0, 30, true } }, ENDS },
};

static void
fill(uint8_t *payload)
{
	for (unsigned i = 0; i < PAYLOAD; i++)
		payload[i] = (uint8_t)(i * 7 + 1);
}

static size_t
piece4(uint8_t *out, uint16_t id, const struct piece *p, const uint8_t *payload)
{
	return wire_ip4(out, 6, id, (uint16_t)(p->from / 8 | (p->more ? 0x2000 : 0)),
	    payload + p->from, p->bytes);
}

static size_t
piece6(uint8_t *out, uint16_t id, const struct piece *p, const uint8_t *payload)
{
	uint8_t f[8 + PAYLOAD] = { 6, 0, (uint8_t)(p->from >> 8),
		(uint8_t)((p->from & 0xf8) | p->more), 0, 0, (uint8_t)(id >> 8), (uint8_t)id };

	memcpy(f + 8, payload + p->from, p->bytes);
	return wire_ip6(out, 44, f, 8 + p->bytes);
}

/* Gives all pieces; whether the last one made a TCP segment of exactly the payload. */
static bool
give(struct link_wire *w, const struct fragment_case *c, bool v4, uint16_t id)
{
	uint8_t payload[PAYLOAD], packet[256], got[PAYLOAD];
	enum link_result result = LINK_TAKEN;
	bool right;

	fill(payload);
	for (unsigned i = 0; i < 6 && c->pieces[i].bytes > 0; i++) {
		size_t n = (v4 ? piece4 : piece6)(packet, id, &c->pieces[i], payload);

		CHECK_ROW(c->name, result == LINK_TAKEN);
		result = wire_give_ip(w, packet, n);
	}
	if (result != LINK_TCP)
		return false;
	right = w->packet.segment->pkt_len == PAYLOAD &&
		memcmp(rte_pktmbuf_read(w->packet.segment, 0, PAYLOAD, got), payload, PAYLOAD) == 0;
	CHECK_ROW(c->name, right);
	rte_pktmbuf_free(w->packet.segment);
	return true;
}

TEST(datagrams_in_pieces)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		for (size_t i = 0; i < COUNT_OF(cases); i++) {
			struct link_wire *w = wire_create(NULL);

			CHECK_ROW(cases[i].name,
			    give(w, &cases[i], v4 == 1, 1) == (cases[i].outcome == WHOLE));
			CHECK_ROW(
			    cases[i].name, (sim_pools_used() > 0) == (cases[i].outcome == WAITS));
			/* Another datagram is not disturbed. */
			CHECK_ROW(cases[i].name, give(w, &cases[0], v4 == 1, 2));
			CHECK_ROW(cases[i].name, wire_destroy(w));
		}
	}
}

TEST(what_never_gets_whole_is_let_go_of_and_told)
{
	struct link_wire *w = wire_create(NULL);
	const uint8_t *ip;
	size_t bytes;

	give(w, &cases[4], true, 1);
	give(w, &cases[4], false, 1);
	wire_pass(w, seconds(29));
	CHECK(w->sent_count == 0);
	wire_pass(w, seconds(3));
	CHECK(wire_count(w, LINK_COUNTER_FRAGMENT_TIMEOUTS) == 2 && w->sent_count == 2);
	ip = wire_sent_ip(w, 0, &bytes);
	CHECK(bytes >= 28 + 20 && ip[0] == 0x45 && ip[9] == 1 && ip[20] == 11 && ip[21] == 1);
	CHECK(wire_sum(ip + 20, bytes - 20, 0) == 0);
	ip = wire_sent_ip(w, 1, &bytes);
	CHECK(bytes >= 48 + 40 && ip[0] >> 4 == 6 && ip[6] == 58 && ip[40] == 3 && ip[41] == 1);
	CHECK(wire_destroy(w));
}

TEST(a_flood_of_pieces_is_bounded)
{
	struct link_wire *w = wire_create(NULL);
	static const struct fragment_case lone = { "lone", { { 0, 32, true } }, WAITS };

	for (unsigned id = 0; id < 20000; id++)
		give(w, &lone, id % 2 == 0, (uint16_t)id);
	CHECK(wire_count(w, LINK_COUNTER_IN_FRAGMENTS) ==
	      20000 - 2 * 16); /* a source of each version */
	CHECK(give(w, &cases[0], true, 60000));
	CHECK(wire_destroy(w));
}

/* Every second piece of one datagram, without end (FragmentSmack, CVE-2018-5391). */
TEST(one_datagram_of_endless_pieces_is_bounded)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[64], payload[8] = { 0 };

	for (unsigned i = 0; i < 4000; i++) {
		size_t n = wire_ip4(packet, 6, 9, (uint16_t)(0x2000 | (i * 2)), payload, 8);

		CHECK_SEED(i, wire_give_ip(w, packet, n) == LINK_TAKEN);
		CHECK_SEED(i, sim_pools_used() <= 64);
	}
	CHECK(give(w, &cases[0], true, 10));
	CHECK(wire_destroy(w));
}

/* As many datagrams as one source may begin, each of as many pieces as one may have but a few. */
TEST(pieces_of_all_datagrams_are_bounded)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[64], payload[8] = { 0 };
	unsigned pieces = 0;

	for (unsigned id = 0; id < 16; id++) {
		for (unsigned i = 0; i < 60; i++, pieces++) {
			size_t n = wire_ip4(
			    packet, 6, (uint16_t)id, (uint16_t)(0x2000 | (i * 2)), payload, 8);

			CHECK_SEED(pieces, wire_give_ip(w, packet, n) == LINK_TAKEN);
			CHECK_SEED(
			    pieces, pieces + 1 - wire_count(w, LINK_COUNTER_IN_FRAGMENTS) <= 512);
		}
	}
	CHECK(wire_count(w, LINK_COUNTER_IN_FRAGMENTS) < 960 - 400); /* and many are kept */
	CHECK(wire_destroy(w));
}

TEST(a_datagram_past_64_KiB_is_refused)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[1500], payload[1400] = { 0 };

	CHECK(wire_give_ip(w, packet, wire_ip4(packet, 6, 3, 0x2000 | 0x1fff, payload, 1400)) ==
	      LINK_TAKEN);
	CHECK(wire_give_ip(w, packet, wire_ip4(packet, 6, 4, 0x1fff, payload, 1400)) == LINK_TAKEN);
	CHECK(wire_count(w, LINK_COUNTER_IN_FRAGMENTS) == 2);
	CHECK(wire_destroy(w));
}

TEST(an_atomic_fragment_is_whole_by_itself)
{
	static const struct fragment_case atomic = { "atomic", { { 0, 64, false } }, WHOLE };
	struct link_wire *w = wire_create(NULL);

	give(w, &cases[5], false,
	    1); /* the same id is being put together: not disturbed (RFC 6946) */
	CHECK(give(w, &atomic, false, 1));
	CHECK(wire_destroy(w));
}

/* What is put together is not looked into for more of the kind. */
TEST(fragments_of_a_fragment_are_dropped)
{
	struct link_wire *w = wire_create(NULL);
	uint8_t packet[128], payload[16 + 20] = { 44, [7] = 1, [8] = 6, [15] = 2, [28] = 0x50 };

	CHECK(
	    wire_give_ip(w, packet, wire_ip6(packet, 44, payload, sizeof(payload))) == LINK_TAKEN);
	CHECK(wire_count(w, LINK_COUNTER_IN_FRAGMENTS) == 1 && w->sent_count == 0);
	CHECK(wire_destroy(w));
}

TEST(echo_longer_than_the_mtu_goes_there_and_back)
{
	static uint8_t icmp[4008], packet[1500];
	struct link_wire *w = wire_create(NULL);
	uint32_t at = 0;
	uint16_t sum;

	icmp[0] = 8;
	for (unsigned i = 8; i < sizeof(icmp); i++)
		icmp[i] = (uint8_t)(i * 31);
	sum = wire_sum(icmp, sizeof(icmp), 0);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	for (; at < sizeof(icmp); at += 1480) {
		size_t n = sizeof(icmp) - at < 1480 ? sizeof(icmp) - at : 1480;

		wire_give_ip(w, packet,
		    wire_ip4(packet, 1, 5,
			(uint16_t)(at / 8 | (at + n < sizeof(icmp) ? 0x2000 : 0)), icmp + at, n));
	}
	CHECK(w->sent_count == 3);
	at = 0;
	for (unsigned i = 0; i < w->sent_count; i++) {
		size_t bytes;
		const uint8_t *ip = wire_sent_ip(w, i, &bytes);

		CHECK(bytes <= 1500 && wire_sum(ip, 20, 0) == 0);
		CHECK((unsigned)((ip[6] & 0x1f) << 8 | ip[7]) * 8 == at);
		CHECK(((ip[6] & 0x20) != 0) == (i < 2));
		CHECK(memcmp(ip + 20 + (i == 0 ? 8 : 0), icmp + at + (i == 0 ? 8 : 0),
			  bytes - 20 - (i == 0 ? 8 : 0)) == 0);
		at += (uint32_t)bytes - 20;
	}
	CHECK(at == sizeof(icmp));
	CHECK(wire_destroy(w));
}
