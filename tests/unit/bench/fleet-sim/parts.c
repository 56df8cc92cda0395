/* SPDX-License-Identifier: BSD-3-Clause */
/* What a fleet is made of: chance, caches, balancers, sandboxes. */
#include <math.h>

#include "bench/fleet-sim/balance.h"
#include "bench/fleet-sim/chance.h"
#include "bench/fleet-sim/in_flight.h"
#include "bench/fleet-sim/sandbox.h"
#include "bench/fleet-sim/verdicts.h"
#include "tests/unit/harness.h"

#define DRAWS 200000

TEST(ranks_come_as_often_as_zipf_says)
{
	static const struct {
		const char *name;
		uint32_t count;
		double exponent;
	} rows[] = { { "flat", 10, 0.1 }, { "web", 10, 0.9 }, { "one", 10, 1.0 },
		{ "steep", 10, 2.5 }, { "two", 2, 1.0 }, { "alone", 1, 0.9 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct chance c = { 42 };
		unsigned found[11] = { 0 };
		double sum = 0;
		struct zipf z;

		zipf_init(&z, rows[i].count, rows[i].exponent);
		for (uint32_t k = 1; k <= rows[i].count; k++)
			sum += pow(k, -rows[i].exponent);
		for (unsigned n = 0; n < DRAWS; n++) {
			uint32_t rank = zipf_draw(&z, &c);

			CHECK_ROW(rows[i].name, rank >= 1 && rank <= rows[i].count);
			found[rank]++;
		}
		for (uint32_t k = 1; k <= rows[i].count; k++) {
			double expected = DRAWS * pow(k, -rows[i].exponent) / sum;

			/* Five standard deviations; the seed is fixed, so it holds or it does not.
			 */
			CHECK_ROW(
			    rows[i].name, fabs(found[k] - expected) <= 5 * sqrt(expected) + 1);
		}
	}
}

TEST(intervals_have_their_mean)
{
	struct chance c = { 7 };
	double sum = 0;

	for (unsigned i = 0; i < DRAWS; i++) {
		double t = chance_interval(&c, 3);

		CHECK(t >= 0 && isfinite(t));
		sum += t;
	}
	CHECK(fabs(sum / DRAWS - 3) < 0.05);
	for (unsigned i = 0; i < 1000; i++)
		CHECK(chance_below(&c, 3) < 3);
}

TEST(the_least_recently_used_of_a_set_gives_way)
{
	struct verdicts v;

	CHECK(verdicts_init(&v, VERDICTS_WAYS) == 0); /* one set */
	for (uint32_t i = 1; i <= VERDICTS_WAYS; i++)
		verdicts_put(&v, i, 1, VERDICT_CLEAN);
	CHECK(verdicts_find(&v, 1) != NULL);
	verdicts_put(&v, 100, 2, VERDICT_BAD);
	CHECK(verdicts_find(&v, 2) == NULL);
	CHECK(verdicts_find(&v, 1) != NULL && verdicts_find(&v, 3) != NULL);
	CHECK(verdicts_find(&v, 100)->verdict == VERDICT_BAD);
	CHECK(verdicts_find(&v, 100)->generation == 2);
	verdicts_put(&v, 100, 3, VERDICT_CLEAN); /* not twice in it */
	CHECK(verdicts_find(&v, 100)->generation == 3);
	CHECK(verdicts_find(&v, 1) != NULL);
	verdicts_clear(&v);
	CHECK(verdicts_find(&v, 1) == NULL && verdicts_find(&v, 100) == NULL);
	verdicts_fini(&v);
}

static void
open_balancer(struct balancer *b, enum balance kind, struct chance *c)
{
	struct fleet_plan p = { .nodes = 10, .connections = 1000, .balance = kind };

	CHECK(balancer_init(b, &p, c) == 0);
}

static uint32_t
connections_of(const struct balancer *b, uint16_t node)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->connection_count; i++)
		n += b->nodes[i] == node;
	CHECK(n == b->load[node]);
	return n;
}

TEST(a_lost_node_moves_what_its_balancing_moves)
{
	static const enum balance kinds[] = { BALANCE_ECMP, BALANCE_RESILIENT, BALANCE_TCP };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct chance c = { 3 };
		struct balancer b;
		uint32_t had, all = 0;

		open_balancer(&b, kinds[i], &c);
		had = connections_of(&b, 4);
		CHECK(had > 50);
		balancer_lose(&b, 4);
		CHECK(connections_of(&b, 4) == 0);
		CHECK(kinds[i] == BALANCE_ECMP ? b.moved > had : b.moved == had);
		for (uint16_t n = 0; n < 10; n++)
			all += connections_of(&b, n);
		CHECK(all == 1000);
		balancer_regain(&b, 4);
		CHECK((connections_of(&b, 4) > 50) == (kinds[i] != BALANCE_TCP));
		for (uint32_t k = 0; k < 1000; k++)
			balancer_reopen(&b, k, &c);
		CHECK(connections_of(&b, 4) > 50);
		if (kinds[i] == BALANCE_TCP) {
			for (uint16_t n = 0; n < 10; n++)
				CHECK(connections_of(&b, n) == 100);
		}
		balancer_fini(&b);
	}
}

TEST(jobs_wait_for_a_slot_first_come_first_served)
{
	struct sandbox_job job;
	struct sandboxes s;
	double wait;

	CHECK(sandboxes_init(&s, 2, 1, 10) == 0);
	CHECK(isinf(sandboxes_end(&s)));
	CHECK(sandboxes_ask(&s, 0, 11, 0, 1, &wait) && wait >= 0);
	CHECK(sandboxes_ask(&s, 0, 12, 0, 2, &wait) && wait < 0);
	CHECK(sandboxes_ask(&s, 0, 13, 0, 3, &wait) && wait < 0);
	CHECK(sandboxes_ask(&s, 1, 21, 0, 4, &wait) && wait >= 0);
	CHECK(sandboxes_end(&s) == 11);
	CHECK(sandboxes_have(&s, 0, 11) && sandboxes_have(&s, 0, 13) && !sandboxes_have(&s, 1, 11));
	CHECK(sandboxes_busy(&s, 5, 0) == 5 && sandboxes_busy(&s, 5, 4.5) == 1);
	CHECK(sandboxes_next(&s, &job) == 9 && job.object == 11); /* 12 waited from 2 to 11 */
	CHECK(sandboxes_next(&s, &job) < 0 && job.object == 21);
	CHECK(!sandboxes_have(&s, 0, 11) && sandboxes_have(&s, 0, 12));
	sandboxes_lose(&s, 0);
	CHECK(!sandboxes_have(&s, 0, 12) && !sandboxes_have(&s, 0, 13));
	CHECK(isinf(sandboxes_end(&s)) && sandboxes_life(&s, 0) == 1 && sandboxes_life(&s, 1) == 0);
	CHECK(sandboxes_ask(&s, 0, 14, 0, 30, &wait) && wait >= 0);
	CHECK(sandboxes_next(&s, &job) < 0 && job.object == 14 && job.life == 1);
	sandboxes_fini(&s);
}

TEST(too_many_jobs_are_refused_and_their_places_come_back)
{
	struct sandboxes s;
	uint32_t asked = 0;
	double wait;

	CHECK(sandboxes_init(&s, 1, 1, 10) == 0);
	while (asked <= SANDBOX_WAITING_MAX && sandboxes_ask(&s, 0, asked + 1, 0, 0, &wait))
		asked++;
	CHECK(asked == SANDBOX_WAITING_MAX); /* one runs, all but the first place wait */
	sandboxes_lose(&s, 0);
	for (uint32_t i = 0; i < SANDBOX_WAITING_MAX; i++) {
		if (sandboxes_have(&s, 0, i + 1) || !sandboxes_ask(&s, 0, i + 1, 0, 0, &wait))
			asked = 0;
	}
	CHECK(asked == SANDBOX_WAITING_MAX);
	sandboxes_fini(&s);
}

/* In a table so full that searches run into each other. */
TEST(what_is_in_flight_is_found_until_it_is_taken_out)
{
	static bool in[4][65];
	struct chance c = { 5 };
	struct in_flight f;
	unsigned count = 0;

	CHECK(in_flight_init(&f, 64) == 0);
	for (unsigned step = 0; step < 20000; step++) {
		uint16_t node = (uint16_t)chance_below(&c, 4);
		uint32_t object = 1 + chance_below(&c, 64);

		CHECK(in_flight_has(&f, node, object) == in[node][object]);
		if (in[node][object])
			in_flight_remove(&f, node, object);
		else if (count < 120)
			in_flight_add(&f, node, object);
		else
			continue;
		in[node][object] = !in[node][object];
		count += in[node][object] ? 1u : -1u;
	}
	CHECK(count > 60);
	in_flight_fini(&f);
}
