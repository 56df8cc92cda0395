/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows that a peer chooses: no choice makes a chain of the table long, for the hash has a key. */
#include "dataplane/net/tcp/flight.h"

#include <stdlib.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define FLOWS       16384
#define LONGEST_MAX 12 /* of 16,384 in as many buckets: by chance 8 */

static void
drop_segment(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	(void)arg;
	(void)source;
	(void)destination;
	(void)ecn;
	rte_pktmbuf_free(m);
}

static void
some_key(void *arg, void *out, size_t bytes)
{
	(void)arg;
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(i * 91 + bytes * 17);
}

static struct tcp_endpoints
flow_of(unsigned pattern, uint32_t i)
{
	static const uint8_t ours[4] = { 192, 0, 2, 1 };
	uint8_t theirs[4] = { 10, 0, 0, 1 };
	uint16_t port = 1024;

	switch (pattern) {
	case 0: /* ports in a row */
		port = (uint16_t)(1024 + i);
		break;
	case 1: /* addresses in a row */
		theirs[2] = (uint8_t)(i >> 8);
		theirs[3] = (uint8_t)i;
		break;
	case 2: /* what differs stands where a sum would not see it */
		theirs[1] = (uint8_t)(i >> 8);
		theirs[2] = (uint8_t)i;
		theirs[3] = (uint8_t) ~(uint8_t)i;
		port = (uint16_t) ~(i & 0xff00);
		break;
	default: /* the same low bits everywhere */
		theirs[0] = (uint8_t)(i >> 8);
		theirs[1] = (uint8_t)i;
		break;
	}
	return (struct tcp_endpoints){ address_v4(ours), address_v4(theirs), 1344, port };
}

static unsigned
longest_chain(const struct tcp *t)
{
	unsigned longest = 0;

	for (uint32_t i = 0; i <= t->bucket_mask; i++) {
		unsigned n = 0;

		for (const struct tcp_conn *c = t->buckets[i]; c != NULL; c = c->hash_next)
			n++;
		longest = n > longest ? n : longest;
	}
	return longest;
}

static unsigned
longest_source_chain(const struct tcp *t)
{
	unsigned longest = 0;

	for (uint32_t i = 0; i <= t->bucket_mask; i++) {
		unsigned n = 0;

		for (const struct source *s = t->source_buckets[i]; s != NULL; s = s->hash_next)
			n++;
		longest = n > longest ? n : longest;
	}
	return longest;
}

TEST(chosen_flows_do_not_collide)
{
	struct tcp_config config = { .connections_max = FLOWS };
	struct tcp_env env = { NULL, drop_segment, some_key, *sim_pools() };

	for (unsigned pattern = 0; pattern < 4; pattern++) {
		struct tcp *t = tcp_create(&config, &env);
		bool found = true;

		for (uint32_t i = 0; i < FLOWS; i++) {
			struct tcp_endpoints e = flow_of(pattern, i);

			backlog_join(table_add(t, &e));
		}
		CHECK_SEED(pattern, longest_chain(t) <= LONGEST_MAX);
		CHECK_SEED(pattern, longest_source_chain(t) <= LONGEST_MAX);
		for (uint32_t i = 0; i < FLOWS; i++) {
			struct tcp_endpoints e = flow_of(pattern, i);

			found = found && table_find(t, &e) != NULL;
		}
		CHECK_SEED(pattern, found);
		tcp_destroy(t);
	}
}

static struct tcp *
stack_of(uint32_t connections)
{
	struct tcp_config config = { .connections_max = connections };
	struct tcp_env env = { NULL, drop_segment, some_key, *sim_pools() };
	struct tcp *t = tcp_create(&config, &env);

	if (t == NULL)
		abort();
	tcp_begin(t, (struct mono){ 1000000000 });
	return t;
}

/* A flow that is gone is not found by the short cut, and its name opened again is the new one. */
TEST(one_found_lately_is_never_one_that_is_gone)
{
	struct tcp *t = stack_of(4);
	struct tcp_endpoints a = flow_of(0, 1), b = flow_of(0, 2);
	struct tcp_conn **recent = &t->recent[a.remote_port % RECENT_FLOWS];
	struct tcp_conn *first = table_add(t, &a), *other = table_add(t, &b), *second;

	CHECK(table_find(t, &a) == first && *recent == first);
	CHECK(table_find(t, &a) == first);
	table_remove(first);
	CHECK(table_find(t, &a) == NULL);
	CHECK(table_find(t, &a) == NULL); /* nor by what the search left behind */
	CHECK(table_find(t, &b) == other);
	second = table_add(t, &a);
	CHECK(second != NULL && table_find(t, &a) == second);
	table_remove(other); /* the other stays noted */
	CHECK(*recent == second && table_find(t, &b) == NULL);
	CHECK(table_find(t, &a) == second);
	tcp_destroy(t);
}

/* One that is over and that its user still holds has the name of the next: that is found. */
TEST(a_name_opened_again_hides_the_one_that_is_over)
{
	struct tcp *t = stack_of(4);
	struct tcp_endpoints a = flow_of(0, 1);
	struct tcp_conn *over = table_add(t, &a), *next;

	CHECK(table_find(t, &a) == over);
	next = table_add(t, &a);
	CHECK(table_find(t, &a) == next);
	table_remove(over);
	CHECK(table_find(t, &a) == next);
	table_remove(next);
	CHECK(table_find(t, &a) == NULL);
	tcp_destroy(t);
}

/* What was used last is in the caches yet: a connection for each object goes round one place. */
TEST(the_place_and_the_recorder_that_went_last_come_back_first)
{
	struct tcp *t = stack_of(64);
	struct tcp_endpoints a = flow_of(0, 1), b = flow_of(0, 2), d = flow_of(0, 3);
	struct tcp_conn *stays = table_add(t, &a), *goes = table_add(t, &b);
	struct flight *recorder;

	stays->state = goes->state = TCP_ESTABLISHED;
	CHECK(flight_claim(stays) != NULL);
	recorder = flight_claim(goes);
	CHECK(recorder != NULL && recorder != stays->flight);
	table_remove(goes);
	goes = table_add(t, &d);
	CHECK(goes == &t->conns[1]);
	goes->state = TCP_ESTABLISHED;
	CHECK(flight_claim(goes) == recorder);
	tcp_destroy(t);
}

/* Two flows of one place among the recent ones each give way to the other, and both are found; when
 * the one that is noted goes, the other is not taken for it. */
TEST(flows_that_share_a_recent_place_are_told_apart)
{
	struct tcp *t = stack_of(4);
	struct tcp_endpoints a = flow_of(0, 1), b = flow_of(0, 1 + RECENT_FLOWS),
			     other = flow_of(1, 7);
	struct tcp_conn *first = table_add(t, &a), *second = table_add(t, &b);
	struct tcp_conn **recent = &t->recent[a.remote_port % RECENT_FLOWS];

	CHECK(recent == &t->recent[b.remote_port % RECENT_FLOWS] && *recent == second);
	CHECK(table_find(t, &a) == first && *recent == first);
	CHECK(table_find(t, &b) == second && *recent == second);
	other.remote_port = a.remote_port; /* the same port of another host */
	CHECK(table_find(t, &other) == NULL && *recent == second);
	table_remove(first);
	CHECK(*recent == second && table_find(t, &a) == NULL);
	table_remove(second);
	CHECK(*recent == NULL && table_find(t, &b) == NULL);
	tcp_destroy(t);
}
