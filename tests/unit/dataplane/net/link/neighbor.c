/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom we learn an address from, and whom not. */
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/link/wire.h"
#include "tests/unit/harness.h"

static const uint8_t stranger4[4] = { 192, 0, 2, 77 }, another4[4] = { 192, 0, 2, 9 };
static const uint8_t stranger6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 77 };
static const uint8_t its_mac[6] = { 2, 0, 0, 0, 0, 0x77 };
static const uint8_t group_mac[6] = { 1, 0, 0x5e, 0, 0, 1 };

static void
give_arp(struct link_wire *w, uint8_t kind, const uint8_t *source, const uint8_t *target,
    const uint8_t *mac)
{
	uint8_t frame[60] = { 0 };

	memcpy(frame, wire_our_mac, 6);
	memcpy(frame + 6, its_mac, 6);
	memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0", 9);
	frame[21] = kind;
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 28, source, 4);
	memcpy(frame + 38, target, 4);
	wire_give(w, frame, sizeof(frame));
}

/* A solicitation (135) of our address or an advertisement (136) of its own, with its MAC. */
static void
give_nd(struct link_wire *w, uint8_t type, const uint8_t *mac)
{
	uint8_t packet[96], message[32] = { type };

	memcpy(message + 8, type == 135 ? wire_us6 : stranger6, 16);
	message[24] = type == 135 ? 1 : 2;
	message[25] = 1;
	memcpy(message + 26, mac, 6);
	wire_give_ip(w, packet, wire_icmp6(packet, stranger6, wire_us6, message, sizeof(message)));
}

/* Where the stranger's packets go: to `its_mac` (true), or into a queue until it is asked for. */
static bool
knows(struct link_wire *w, bool v4)
{
	struct ip_address us = v4 ? address_v4(wire_us4) : address_v6(wire_us6);
	struct ip_address to = v4 ? address_v4(stranger4) : address_v6(stranger6);
	uint64_t asked = wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS);
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);

	CHECK(m != NULL && rte_pktmbuf_append(m, 20) != NULL);
	wire_forget_sent(w);
	link_output(w->link, m, &us, &to, 0);
	CHECK(w->sent_count == 1);
	if (wire_count(w, LINK_COUNTER_NEIGHBOR_REQUESTS) > asked)
		return false;
	CHECK(memcmp(rte_pktmbuf_mtod(w->sent[0], uint8_t *), its_mac, 6) == 0);
	return true;
}

TEST(who_is_learnt_from)
{
	static const struct {
		const char *name;
		bool v4;
		uint8_t kind;
		const uint8_t *target, *mac;
		bool learnt;
	} rows[] = {
		{ "a question to us", true, 1, wire_us4, its_mac, true },
		{ "a question to another", true, 1, another4, its_mac, false },
		{ "an answer nobody asked for", true, 2, wire_us4, its_mac, false },
		{ "a question from a group's MAC", true, 1, wire_us4, group_mac, false },
		{ "a solicitation", false, 135, NULL, its_mac, true },
		{ "an advertisement nobody asked for", false, 136, NULL, its_mac, false },
		{ "a solicitation from a group's MAC", false, 135, NULL, group_mac, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(NULL);

		if (rows[i].v4)
			give_arp(w, rows[i].kind, stranger4, rows[i].target, rows[i].mac);
		else
			give_nd(w, rows[i].kind, rows[i].mac);
		CHECK_ROW(rows[i].name, knows(w, rows[i].v4) == rows[i].learnt);
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

/* An answer to what we asked is learnt, and what waited for it goes. */
TEST(an_answer_is_learnt)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		struct link_wire *w = wire_create(NULL);

		CHECK(!knows(w, v4));
		wire_forget_sent(w);
		if (v4)
			give_arp(w, 2, stranger4, wire_us4, its_mac);
		else
			give_nd(w, 136, its_mac);
		CHECK(w->sent_count == 1);
		CHECK(knows(w, v4));
		CHECK(wire_destroy(w));
	}
}

TEST(our_own_address_is_nobodys)
{
	static const uint8_t zero[4];
	struct link_wire *w = wire_create(NULL);

	for (uint8_t kind = 1; kind <= 2; kind++)
		give_arp(w, kind, wire_us4, wire_us4, its_mac);
	give_arp(w, 1, zero, wire_us4, its_mac);
	CHECK(wire_count(w, LINK_COUNTER_IN_BAD_SOURCE) == 3 && w->sent_count == 0);
	CHECK(wire_destroy(w));
}

/* RFC 4861 §7.1: one option of no length, or one that is cut, and nothing of it counts. */
TEST(options_of_no_length)
{
	static const struct {
		const char *name;
		uint8_t second[2];
		bool answered;
	} rows[] = {
		{ "one that we do not know", { 14, 1 }, true },
		{ "of no length", { 14, 0 }, false },
		{ "of no length, of a kind we know", { 1, 0 }, false },
		{ "past the end", { 14, 2 }, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(NULL);

		for (unsigned first = 0; first < 2; first++) {
			uint8_t packet[96], message[40] = { 135 };
			uint8_t *known = message + (first ? 32 : 24);
			uint8_t *other = message + (first ? 24 : 32);

			wire_forget_sent(w);
			memcpy(message + 8, wire_us6, 16);
			memcpy(known, "\1\1", 2);
			memcpy(known + 2, its_mac, 6);
			memcpy(other, rows[i].second, 2);
			wire_give_ip(w, packet,
			    wire_icmp6(packet, stranger6, wire_us6, message, sizeof(message)));
			CHECK_ROW(rows[i].name, (w->sent_count == 1) == rows[i].answered);
		}
		CHECK_ROW(rows[i].name, knows(w, false) == rows[i].answered);
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}
