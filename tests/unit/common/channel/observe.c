/* SPDX-License-Identifier: BSD-3-Clause */
/* Observations: their ring, their checks, what passes a filter, and the kernel's counter names. */
#include <rte_ring.h>

#include "tests/unit/common/channel/peer.h"

static struct ip_address
v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return address_v4((uint8_t[4]){ a, b, c, d });
}

TEST(observations_come_in_order_and_their_room_is_known)
{
	static struct observation out;
	struct peers p;
	unsigned sent = 0;

	peers_open(&p);
	CHECK(observation_room(p.core) == peer_shape.observations - 1);
	for (struct observation *o; (o = observation_reserve(p.core)) != NULL; sent++) {
		memset(o, 0, sizeof(*o));
		o->kind = OBSERVATION_CAPTURE_END;
		o->serial = 7;
		o->capture_end.seen = sent;
		observation_commit(p.core);
	}
	CHECK(sent == peer_shape.observations - 1 && observation_room(p.core) == 0);
	for (unsigned i = 0; i < sent; i++) {
		CHECK(observation_peek(p.reader, &out) && out.capture_end.seen == i);
		observation_done(p.reader);
		CHECK(observation_room(p.core) == i + 1);
	}
	CHECK(!observation_peek(p.reader, &out));
	p.core->observations.ring->cons.tail += 1000; /* what cannot be leaves no room */
	CHECK(observation_room(p.core) == 0 && channel_unsound(p.core) == 1);
	peers_close(&p);
}

TEST(unsound_observations_are_skipped_and_counted)
{
	static const struct {
		const char *name;
		struct observation o;
		bool is_sound;
	} cases[] = {
		{ "kind", { .kind = OBSERVATION_KIND_COUNT }, false },
		{ "connections", { .kind = OBSERVATION_CONNECTIONS, .connections.count = 14 },
		    true },
		{ "too many", { .kind = OBSERVATION_CONNECTIONS, .connections.count = 15 }, false },
		{ "state",
		    { .kind = OBSERVATION_CONNECTIONS,
			.connections = { .count = 1, .each[0].state = TCP_STATE_COUNT } },
		    false },
		{ "timer",
		    { .kind = OBSERVATION_CONNECTIONS,
			.connections = { .count = 1, .each[0].timer = OBSERVED_TIMER_COUNT } },
		    false },
		{ "frame",
		    { .kind = OBSERVATION_FRAME,
			.frame = { .frame_bytes = 60, .kept_bytes = 60, .part_bytes = 60 } },
		    true },
		{ "a part beyond the frame",
		    { .kind = OBSERVATION_FRAME,
			.frame = { .frame_bytes = 60,
			    .kept_bytes = 60,
			    .at = 1,
			    .part_bytes = 60 } },
		    false },
		{ "a part beyond the slot",
		    { .kind = OBSERVATION_FRAME,
			.frame = { .frame_bytes = 4000, .kept_bytes = 4000, .part_bytes = 1985 } },
		    false },
		{ "more kept than there was",
		    { .kind = OBSERVATION_FRAME, .frame = { .frame_bytes = 60, .kept_bytes = 61 } },
		    false },
		{ "direction", { .kind = OBSERVATION_FRAME, .frame = { .direction = 2 } }, false },
		{ "fault", { .kind = OBSERVATION_FLIGHT, .flight.fault = TCP_FAULT_COUNT }, false },
		{ "events kept",
		    { .kind = OBSERVATION_FLIGHT, .flight = { .events = 99, .kept = 65 } }, false },
		{ "event kind",
		    { .kind = OBSERVATION_FLIGHT,
			.flight = { .events = 1,
			    .kept = 1,
			    .event[0].kind = TCP_FLIGHT_KIND_COUNT } },
		    false },
		{ "flight", { .kind = OBSERVATION_FLIGHT, .flight = { .events = 1, .kept = 1 } },
		    true },
	};
	static struct observation out;
	struct peers p;
	uint64_t unsound = 0;

	peers_open(&p);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct observation *o = observation_reserve(p.core);

		*o = cases[i].o;
		observation_commit(p.core);
		unsound += !cases[i].is_sound;
		CHECK_ROW(cases[i].name, observation_peek(p.reader, &out) == cases[i].is_sound);
		CHECK_ROW(cases[i].name, channel_unsound(p.reader) == unsound);
		if (cases[i].is_sound)
			observation_done(p.reader);
	}
	peers_close(&p);
}

TEST(requests_are_checked)
{
	static const struct {
		const char *name;
		struct observe_request request;
		bool is_sound;
	} cases[] = {
		{ "all", { .serial = 1 }, true },
		{ "no serial", { .serial = 0 }, false },
		{ "term", { .serial = 1, .filter.terms[3].kind = OBSERVE_TERM_KIND_COUNT }, false },
		{ "prefix",
		    { .serial = 1, .filter.terms[0] = { OBSERVE_TERM_NET, 129, 0, { { 0 } } } },
		    false },
		{ "limit", { .serial = 1, .limit = OBSERVE_CONNECTIONS_MAX + 1 }, false },
	};
	struct command out;
	struct peers p;

	peers_open(&p);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct command c = { .kind = COMMAND_TCP_LIST, .observe = cases[i].request };

		CHECK(command_send(p.reader, &c) == 0);
		CHECK_ROW(cases[i].name, command_take(p.core, &out) == cases[i].is_sound);
	}
	peers_close(&p);
}

TEST(filters_pass_what_all_their_terms_hold_for)
{
	struct ip_address client = v4(10, 0, 0, 2), us = v4(10, 9, 0, 1), other = v4(192, 0, 2, 1);
	struct observe_term host = { OBSERVE_TERM_NET, 128, 0, client };
	struct observe_term net = { OBSERVE_TERM_NET, 112, 0, v4(10, 9, 0, 0) };
	struct observe_term port = { OBSERVE_TERM_PORT, 0, 1344, { { 0 } } };
	struct observe_filter all = { 0 }, f = { .terms = { host, net, port } };

	CHECK(observe_passes(&all, &client, 1, &us, 2));
	CHECK(observe_passes(&f, &client, 4711, &us, 1344));
	CHECK(observe_passes(&f, &us, 1344, &client, 4711)); /* either way round */
	CHECK(!observe_passes(&f, &other, 4711, &us, 1344));
	CHECK(!observe_passes(&f, &client, 4711, &other, 1344));
	CHECK(!observe_passes(&f, &client, 4711, &us, 1345));
}

TEST(kernel_names_are_names_of_the_kernel_and_each_stands_once)
{
	unsigned known = 0;

	for (unsigned i = 0; i < TCP_COUNTER_COUNT; i++) {
		const char *name = tcp_counter_kernel_word(i);

		CHECK(tcp_counter_word(i)[0] != 0 && tcp_counter_help(i)[0] != 0);
		if (name == NULL)
			continue;
		known++;
		CHECK_ROW(name, strncmp(name, "Tcp", 3) == 0 || strncmp(name, "IpExt", 5) == 0);
		for (unsigned k = 0; k < i; k++)
			CHECK_ROW(name, tcp_counter_kernel_word(k) == NULL ||
					    strcmp(tcp_counter_kernel_word(k), name) != 0);
	}
	CHECK(known > 20);
	CHECK(tcp_counter_kernel_word(TCP_COUNTER_COUNT) == NULL);
	CHECK(strcmp(tcp_counter_kernel_word(TCP_COUNTER_RETRANS_SEGS), "TcpRetransSegs") == 0);
}

TEST(tcp_counters_add_up)
{
	static struct core_stats sum, one;

	memset(&sum, 0, sizeof(sum));
	memset(&one, 0, sizeof(one));
	one.tcp[TCP_COUNTER_OUT_RSTS] = 3;
	channel_stats_add(&sum, &one);
	channel_stats_add(&sum, &one);
	CHECK(sum.tcp[TCP_COUNTER_OUT_RSTS] == 6);
}
