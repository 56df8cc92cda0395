/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that are asked for first, and those that routers give. */
#include <string.h>

#include "tests/unit/dataplane/net/link/wire.h"
#include "tests/unit/harness.h"

static const uint8_t router[16] = { 0xfe, 0x80, [15] = 0xfe };
static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
static const uint8_t nobody[16];
static const uint8_t tcp[20] = { 0x30, 0x39, 5, 0x40, [12] = 0x50, 2 };
/* 2001:db8:1::/64 with our MAC 02:00:00:00:00:02 */
static const uint8_t given[16] = { 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 2 };

static void
with_dad(struct link_config *c)
{
	c->duplicate_address_detection = true;
}

static void
with_routers(struct link_config *c)
{
	c->accept_router_advertisements = true;
}

static void
nothing(struct link_config *c)
{
	(void)c;
}

static bool
hears(struct link_wire *w, const uint8_t address[16])
{
	uint8_t packet[64];
	size_t n = wire_ip6(packet, 6, tcp, sizeof(tcp));

	memcpy(packet + 24, address, 16);
	if (wire_give_ip(w, packet, n) != LINK_TCP)
		return false;
	rte_pktmbuf_free(w->packet.segment);
	return true;
}

static void
neighbor_message(struct link_wire *w, uint8_t type, const uint8_t source[16])
{
	uint8_t packet[128], message[24] = { type };

	memcpy(message + 8, wire_us6, 16);
	wire_give_ip(w, packet, wire_icmp6(packet, source, all_nodes, message, sizeof(message)));
}

TEST(an_address_is_used_after_a_second_of_asking)
{
	struct link_wire *w = wire_create(with_dad);
	const uint8_t *ip;
	size_t bytes;

	CHECK(!hears(w, wire_us6));
	wire_pass(w, milliseconds(600));
	CHECK(w->sent_count == 1);
	ip = wire_sent_ip(w, 0, &bytes);
	CHECK(bytes == 64 && ip[40] == 135 && memcmp(ip + 8, nobody, 16) == 0);
	CHECK(memcmp(ip + 48, wire_us6, 16) == 0);
	CHECK(!hears(w, wire_us6));
	wire_pass(w, milliseconds(1600));
	CHECK(hears(w, wire_us6));
	CHECK(wire_destroy(w));
}

TEST(an_address_of_another_is_never_used_and_told_once)
{
	static const uint8_t types[] = { 136, 135 }; /* it has it; it asks for it as well */

	for (unsigned i = 0; i < 2; i++) {
		struct link_wire *w = wire_create(with_dad);
		struct ip_address told;

		wire_pass(w, milliseconds(600));
		neighbor_message(w, types[i], types[i] == 136 ? wire_us6 : nobody);
		CHECK_SEED(i, link_take_duplicate(w->link, &told));
		CHECK_SEED(i, memcmp(told.bytes, wire_us6, 16) == 0);
		CHECK_SEED(i, !link_take_duplicate(w->link, &told));
		wire_pass(w, seconds(5));
		CHECK_SEED(i, !hears(w, wire_us6));
		CHECK_SEED(i, wire_count(w, LINK_COUNTER_DUPLICATE_ADDRESSES) == 1);
		CHECK_SEED(i, wire_destroy(w));
	}
}

TEST(an_address_in_use_is_defended)
{
	struct link_wire *w = wire_create(nothing);
	const uint8_t *ip;
	size_t bytes;

	neighbor_message(w, 135, nobody);
	CHECK(w->sent_count == 1);
	ip = wire_sent_ip(w, 0, &bytes);
	CHECK(ip[40] == 136 && memcmp(ip + 24, all_nodes, 16) == 0);
	CHECK(hears(w, wire_us6));
	CHECK(wire_destroy(w));
}

/* An advertisement with one prefix; lifetimes in seconds. */
struct advert {
	uint16_t router_s;
	uint32_t valid_s, preferred_s;
	uint8_t bits, flags, hop_limit;
	const uint8_t *source;
};

static const struct advert good = { 600, 3600, 1800, 64, 0xc0, 255, router };

static void
advertise(struct link_wire *w, const struct advert *a)
{
	uint8_t packet[160], m[16 + 32] = { 134, 0, 0, 0, 64, 0, (uint8_t)(a->router_s >> 8),
		(uint8_t)a->router_s, [16] = 3, 4, a->bits, a->flags };
	size_t n;

	for (unsigned i = 0; i < 4; i++) {
		m[20 + i] = (uint8_t)(a->valid_s >> (24 - 8 * i));
		m[24 + i] = (uint8_t)(a->preferred_s >> (24 - 8 * i));
	}
	memcpy(m + 32, given, 8);
	n = wire_icmp6(packet, a->source, all_nodes, m, sizeof(m));
	packet[7] = a->hop_limit;
	wire_give_ip(w, packet, n);
}

TEST(a_router_gives_an_address_for_as_long_as_it_says)
{
	struct link_wire *w = wire_create(with_routers);

	CHECK(!hears(w, given));
	advertise(w, &good);
	CHECK(hears(w, given) && hears(w, wire_us6));
	wire_pass(w, seconds(3590));
	CHECK(hears(w, given));
	wire_pass(w, seconds(20));
	CHECK(!hears(w, given) && hears(w, wire_us6));
	CHECK(wire_destroy(w));
}

TEST(advertisements_that_are_not_believed)
{
	static const struct {
		const char *name;
		struct advert a;
	} rows[] = { { "from afar", { 600, 3600, 1800, 64, 0xc0, 254, router } },
		{ "not link-local", { 600, 3600, 1800, 64, 0xc0, 255, wire_peer6 } },
		{ "another length", { 600, 3600, 1800, 63, 0xc0, 255, router } },
		{ "not autonomous", { 600, 3600, 1800, 64, 0x80, 255, router } },
		{ "preferred longer than valid", { 600, 60, 1800, 64, 0xc0, 255, router } },
		{ "no lifetime", { 600, 0, 0, 64, 0xc0, 255, router } } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_wire *w = wire_create(with_routers);

		advertise(w, &rows[i].a);
		CHECK_ROW(rows[i].name, !hears(w, given));
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

TEST(an_advertisement_with_an_option_of_no_length_is_dropped)
{
	struct link_wire *w = wire_create(with_routers);
	uint8_t packet[160],
	    m[56] = { 134, [6] = 2, [16] = 3, 4, 64, 0xc0, 0, 0, 14, 16, [48] = 5 };

	memcpy(m + 32, given, 8);
	wire_give_ip(w, packet, wire_icmp6(packet, router, all_nodes, m, sizeof(m)));
	CHECK(!hears(w, given) && wire_count(w, LINK_COUNTER_IN_BAD_HEADER) == 1);
	CHECK(wire_destroy(w));
}

TEST(advertisements_are_ignored_when_off)
{
	struct link_wire *w = wire_create(nothing);

	advertise(w, &good);
	CHECK(!hears(w, given));
	CHECK(wire_destroy(w));
}

TEST(a_given_address_is_not_taken_away_by_a_short_lifetime)
{
	static const struct advert cut = { 600, 1, 1, 64, 0xc0, 255, router };
	struct link_wire *w = wire_create(with_routers);

	advertise(w, &good);
	advertise(w, &cut);
	wire_pass(w, seconds(60));
	CHECK(hears(w, given)); /* two hours at least (RFC 4862 §5.5.3 e) */
	CHECK(wire_destroy(w));
}

/* RFC 4862 §5.5.3 e: what is left may grow, or shrink to two hours, or stays where it is less. */
TEST(a_lifetime_grows_or_shrinks_to_two_hours)
{
	static const struct {
		const char *name;
		uint32_t first_s, later_s; /* advertised at once, and after 1,000 s */
		unsigned lasts_s;          /* from the second on; 0: for ever */
	} rows[] = {
		{ "it grows", 3600, 20000, 20000 },
		{ "to less than two hours, and grows", 1500, 3600, 3600 },
		{ "it stays", 3600, 60, 2600 },
		{ "it shrinks to two hours", 40000, 60, 7200 },
		{ "for ever shrinks, too", 0xffffffff, 60, 7200 },
		{ "to more than two hours", 0xffffffff, 9000, 9000 },
		{ "it becomes for ever", 3600, 0xffffffff, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct advert first = { 600, rows[i].first_s, 0, 64, 0xc0, 255, router };
		struct advert later = { 600, rows[i].later_s, 0, 64, 0xc0, 255, router };
		struct link_wire *w = wire_create(with_routers);

		advertise(w, &first);
		wire_pass(w, seconds(1000));
		advertise(w, &later);
		wire_pass(w, seconds((rows[i].lasts_s > 0 ? rows[i].lasts_s : 90000) - 5));
		CHECK_ROW(rows[i].name, hears(w, given));
		wire_pass(w, seconds(10));
		CHECK_ROW(rows[i].name, hears(w, given) == (rows[i].lasts_s == 0));
		CHECK_ROW(rows[i].name, wire_destroy(w));
	}
}

static void
with_given_configured(struct link_config *c)
{
	c->accept_router_advertisements = true;
	c->addresses[1].subnet = (struct ip_subnet){ address_v6(given), 64 };
}

TEST(what_was_configured_is_not_a_routers_to_take)
{
	struct link_wire *w = wire_create(with_given_configured);

	advertise(w, &good);
	wire_pass(w, seconds(8000));
	CHECK(hears(w, given));
	CHECK(wire_destroy(w));
}

TEST(prefixes_without_end_fill_no_memory)
{
	struct link_wire *w = wire_create(with_routers);

	for (unsigned i = 0; i < 1000; i++) {
		uint8_t packet[160],
		    m[48] = { 134, [6] = 2, [16] = 3, 4, 64, 0xc0, 0, 0, 14, 16, 0, 0, 14 };

		memcpy(m + 32, given, 8);
		m[36] = (uint8_t)(i >> 8);
		m[37] = (uint8_t)i;
		wire_give_ip(w, packet, wire_icmp6(packet, router, all_nodes, m, sizeof(m)));
	}
	CHECK(hears(w, wire_us6));
	CHECK(wire_destroy(w));
}

TEST(a_router_is_asked_for_three_times)
{
	struct link_wire *w = wire_create(with_routers);
	const uint8_t *ip;
	size_t bytes;

	wire_pass(w, seconds(60));
	CHECK(w->sent_count == 3);
	ip = wire_sent_ip(w, 0, &bytes);
	CHECK(ip[40] == 133 && ip[7] == 255);
	CHECK(wire_destroy(w));
}
