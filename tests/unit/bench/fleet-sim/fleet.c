/* SPDX-License-Identifier: BSD-3-Clause */
/* A fleet's results: the same from a seed, and such as the rules of verdicts make them. */
#include "bench/fleet-sim/fleet.h"

#include "tests/unit/harness.h"

static const struct fleet_plan small = { .nodes = 4,
	.population = 2000,
	.connections = 64,
	.cache_entries = 65536,
	.sandbox_slots = 8,
	.share = true,
	.seed = 9,
	.objects = 2000,
	.length_s = 20,
	.zipf = 0.9,
	.objects_per_connection = 100,
	.sandbox_share = 0.1,
	.threat_share = 0.2,
	.sandbox_s = 0.1,
	.down_s = 5,
	.spread_s = 2,
	.judged_us = 30,
	.known_us = 10 };

static struct fleet_result
run(const struct fleet_plan *p)
{
	struct fleet_result r;

	CHECK(fleet_run(p, &r) == 0);
	CHECK(r.objects == r.local + r.shared + r.judged);
	CHECK(r.threats == r.blocked + r.unknown + r.stale);
	CHECK(r.sandbox_busy >= 0 && r.sandbox_busy <= 1);
	CHECK(r.load_max >= r.load_mean);
	return r;
}

TEST(a_seed_makes_one_result)
{
	struct fleet_plan p = small;
	struct fleet_result a, b;

	p.failures = 3;
	p.generations = 2;
	p.share_ms = 5;
	a = run(&p);
	b = run(&p);
	CHECK(memcmp(&a, &b, sizeof(a)) == 0);
	p.seed++;
	b = run(&p);
	CHECK(memcmp(&a, &b, sizeof(a)) != 0);
}

TEST(what_is_shared_at_once_is_judged_once)
{
	struct fleet_plan p = small;
	struct fleet_result shared = run(&p), alone;

	CHECK(shared.objects > 39000 && shared.objects < 41000);
	CHECK(shared.judged <= p.population && shared.judged > p.population / 2);
	CHECK(shared.twice == 0 && shared.shared > 0 && shared.reads > 0 && shared.writes > 0);
	p.share = false;
	alone = run(&p);
	CHECK(alone.shared == 0 && alone.reads == 0 && alone.writes == 0);
	CHECK(alone.judged > 2 * shared.judged && alone.jobs > 2 * shared.jobs);
	CHECK(alone.twice == alone.judged - shared.judged);
	/* Word that comes after the end is none. */
	p.share = true;
	p.share_ms = 1e6;
	CHECK(run(&p).judged == alone.judged);
}

TEST(one_node_needs_no_store)
{
	struct fleet_plan p = small;
	struct fleet_result r;

	p.nodes = 1;
	r = run(&p);
	CHECK(r.twice == 0 && r.stale == 0 && r.shared == 0);
	/* Nothing it knows is forgotten: what is left are the different objects. */
	CHECK(r.judged <= p.population);
	p.cache_entries = 64;
	p.share = false;
	CHECK(run(&p).judged > 2 * r.judged);
}

TEST(a_threat_gets_through_until_it_is_known_and_further_where_it_is_not_told)
{
	struct fleet_plan p = small;
	struct fleet_result told = run(&p), late, alone;

	CHECK(told.threats > 0 && told.blocked > 0 && told.unknown > 0);
	CHECK(told.stale == 0);
	p.share_ms = 500;
	late = run(&p);
	CHECK(late.stale > 0 && late.stale_longest_s <= 0.5);
	p.share = false;
	alone = run(&p);
	CHECK(alone.stale > late.stale && alone.stale_longest_s > 0.5);
}

TEST(sandboxes_that_are_too_few_let_jobs_wait)
{
	struct fleet_plan p = small;
	struct fleet_result many = run(&p), few;

	p.sandbox_slots = 1;
	p.sandbox_s = 1;
	few = run(&p);
	CHECK(few.sandbox_busy > 0.9 && many.sandbox_busy < few.sandbox_busy);
	CHECK(histogram_quantile(&few.wait_us, 500) > histogram_quantile(&many.wait_us, 500));
	CHECK(few.unknown > many.unknown);
}

TEST(new_signatures_are_judged_anew_and_late_nodes_are_told)
{
	struct fleet_plan p = small;
	struct fleet_result before = run(&p), r;

	CHECK(before.old_generation == 0);
	p.generations = 3;
	r = run(&p);
	CHECK(r.judged > before.judged && r.old_generation > 0);
	CHECK(r.old_generation < r.objects / 4); /* of 20 s three times about 1 s */
	p.spread_s = 0;
	CHECK(run(&p).old_generation == 0);
}

TEST(a_failed_node_starts_with_nothing)
{
	struct fleet_plan p = small;
	struct fleet_result before, r;

	p.share = false;
	before = run(&p);
	p.failures = 4;
	r = run(&p);
	CHECK(before.moved == 0 && r.moved > 0);
	CHECK(r.judged > before.judged);
	CHECK(r.objects > 39000);
}

TEST(load_is_what_objects_cost)
{
	struct fleet_plan p = small;
	struct fleet_result r = run(&p);
	double us = (double)r.judged * 30 + (double)(r.objects - r.judged) * 10;
	double mean = us / 1e6 / 20 / 4;

	CHECK(r.load_mean > 0.999 * mean && r.load_mean < 1.001 * mean);
	CHECK(r.nodes_above == 0);
	p.judged_us = p.known_us = 1e6;
	CHECK(run(&p).nodes_above == 4);
}
