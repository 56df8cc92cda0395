/* SPDX-License-Identifier: BSD-3-Clause */
/* What tried signatures found: counted once an object, by rule, kept within bounds, and forgotten
 * when the next try begins. */
#include "tests/unit/control/store/place.h"

static void
put_hit(struct store *s, uint32_t number, const char *threat, bool is_new)
{
	uint8_t uuid[16] = { 0 };

	memcpy(uuid, &number, sizeof(number));
	store_put_trial_hit(s, &(struct store_trial_hit){ .uuid = uuid,
				   .wall_ns = number,
				   .is_new = is_new,
				   .threat = threat,
				   .client = "192.0.2.7",
				   .url = "example.test/a",
				   .verdict = is_new ? "clean" : "bad",
				   .source = "scanned",
				   .offset = 12 });
}

struct seen {
	unsigned count;
	struct store_trial_rule rules[4];
	char threats[4][32];
	int64_t wall_ns[4];
};

static void
see_rule(void *arg, const struct store_trial_rule *r)
{
	struct seen *seen = arg;

	if (seen->count < 4) {
		seen->rules[seen->count] = *r;
		snprintf(seen->threats[seen->count], 32, "%s", r->threat);
	}
	seen->count++;
}

static void
see_hit(void *arg, const struct store_trial_hit *h)
{
	struct seen *seen = arg;

	if (seen->count < 4) {
		seen->wall_ns[seen->count] = h->wall_ns;
		snprintf(seen->threats[seen->count], 32, "%s", h->threat);
		CHECK(strcmp(h->url, "example.test/a") == 0 && h->filename[0] == 0);
		CHECK(strcmp(h->client, "192.0.2.7") == 0 && h->offset == 12);
		CHECK(strcmp(h->verdict, h->is_new ? "clean" : "bad") == 0);
	}
	seen->count++;
}

TEST(what_rules_found_is_counted_once_an_object)
{
	struct place p;
	struct seen rules = { 0 }, hits = { 0 };

	place_make(&p);
	CHECK(place_open(&p) == 0);
	for (unsigned i = 0; i < 2; i++) { /* as a control that was killed sees them again */
		CHECK(store_begin(p.store) == 0);
		put_hit(p.store, 1, "Seldom", false);
		put_hit(p.store, 2, "Often", true);
		put_hit(p.store, 3, "Often", false);
		put_hit(p.store, 4, "Often", true);
		CHECK(store_commit(p.store) == 0);
	}
	CHECK(store_trial_rules(p.store, 10, see_rule, &rules) == 0 && rules.count == 2);
	CHECK(strcmp(rules.threats[0], "Often") == 0 && strcmp(rules.threats[1], "Seldom") == 0);
	CHECK(rules.rules[0].objects == 3 && rules.rules[0].objects_new == 2);
	CHECK(rules.rules[0].first_ns == 2 && rules.rules[0].last_ns == 4);
	CHECK(rules.rules[1].objects == 1 && rules.rules[1].objects_new == 0);
	CHECK(store_trial_hits(p.store, 3, see_hit, &hits) == 0 && hits.count == 3);
	CHECK(hits.wall_ns[0] == 4 && hits.wall_ns[2] == 2);
	place_remove(&p);
}

TEST(totals_add_up_and_outlive_the_process)
{
	struct place p;
	struct store_trial_totals add = { .objects = { [SHADOW_CLEAN] = 5, [SHADOW_BAD] = 1 } },
				  sum;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(store_begin(p.store) == 0);
		store_put_trial_totals(p.store, &add);
		CHECK(store_commit(p.store) == 0);
	}
	store_close(p.store);
	CHECK(place_open(&p) == 0);
	CHECK(store_trial_totals(p.store, &sum) == 0);
	CHECK(sum.objects[SHADOW_CLEAN] == 15 && sum.objects[SHADOW_BAD] == 3);
	CHECK(sum.objects[SHADOW_ERROR] == 0);
	place_remove(&p);
}

TEST(the_next_try_begins_with_nothing)
{
	struct place p;
	struct store_trial_totals add = { .objects = { [SHADOW_BAD] = 1 } }, sum;
	struct seen rules = { 0 }, hits = { 0 };

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	put_hit(p.store, 1, "Before", true);
	store_put_trial_totals(p.store, &add);
	store_clear_trial(p.store);
	put_hit(p.store, 1, "After", true);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_trial_totals(p.store, &sum) == 0 && sum.objects[SHADOW_BAD] == 0);
	CHECK(store_trial_rules(p.store, 10, see_rule, &rules) == 0 && rules.count == 1);
	CHECK(store_trial_hits(p.store, 10, see_hit, &hits) == 0 && hits.count == 1);
	CHECK(strcmp(rules.threats[0], "After") == 0 && strcmp(hits.threats[0], "After") == 0);
	place_remove(&p);
}

/* A rule that finds everything costs so many rows and no more; its count goes on. */
TEST(only_the_newest_objects_are_kept)
{
	const uint32_t more = STORE_TRIAL_HITS_MAX + 1500;
	struct place p;
	struct seen rules = { 0 }, hits = { 0 };

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	for (uint32_t i = 1; i <= more; i++)
		put_hit(p.store, i, "Everything", true);
	CHECK(store_commit(p.store) == 0);
	while (store_prune(p.store, 1) > 0)
		;
	CHECK(store_trial_hits(p.store, 2 * STORE_TRIAL_HITS_MAX, see_hit, &hits) == 0);
	CHECK(hits.count == STORE_TRIAL_HITS_MAX && hits.wall_ns[0] == more);
	CHECK(store_trial_rules(p.store, 10, see_rule, &rules) == 0);
	CHECK(rules.count == 1 && rules.rules[0].objects == more);
	place_remove(&p);
}
