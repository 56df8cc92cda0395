/* SPDX-License-Identifier: BSD-3-Clause */
/* Differences from sample to sample, over restarts and around the ring. */
#include "control/web/rates.h"

#include "tests/unit/harness.h"

static const struct rates_sample first = {
	.boot = 1, .at_ms = 1000, .age_ms = 9, .objects = 10, .bytes = 5
};

TEST(a_step_is_the_difference_of_two_samples)
{
	struct rates r = { 0 };
	struct rates_step step;

	CHECK(!rates_at(&r, 0).known && !rates_sum(&r, RATES_STEPS).known);
	rates_add(&r, &first);
	CHECK(!rates_at(&r, 0).known); /* nothing came before it */
	rates_add(&r, &(struct rates_sample){ 1, 6000, 5009, 110, 505, 3 });
	step = rates_at(&r, 0);
	CHECK(step.known && step.ms == 5000 && step.objects == 100 && step.bytes == 500 &&
	      step.bad == 3);
	CHECK(!rates_at(&r, 1).known);
}

TEST(what_does_not_follow_is_not_known)
{
	static const struct {
		const char *name;
		struct rates_sample next;
	} cases[] = {
		{ "no dataplane", { 0, 2000, 1000, 0, 0, 0 } },
		{ "another dataplane", { 2, 2000, 1000, 11, 6, 0 } },
		{ "no time has passed", { 1, 1000, 1000, 11, 6, 0 } },
		{ "fewer objects", { 1, 2000, 1000, 9, 6, 0 } },
		{ "fewer bytes", { 1, 2000, 1000, 11, 4, 0 } },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct rates r = { 0 };
		struct rates_sample then = cases[i].next;

		rates_add(&r, &first);
		rates_add(&r, &cases[i].next);
		CHECK_ROW(cases[i].name, !rates_at(&r, 0).known);
		then.at_ms += 1000;
		then.objects++;
		rates_add(&r, &then);
		CHECK_ROW(cases[i].name, rates_at(&r, 0).known == (then.boot != 0));
	}
}

/* A dataplane that began since the sample before has counted nothing outside this step. */
TEST(a_dataplane_that_has_just_begun_is_counted_whole)
{
	static const struct {
		const char *name;
		struct rates_sample before, now;
		bool known;
	} cases[] = {
		{ "it is the first", { 0, 1000, 0, 0, 0, 0 }, { 2, 6000, 4000, 30, 20, 10 }, true },
		{ "after another", { 1, 1000, 9, 50, 50, 50 }, { 2, 6000, 4000, 30, 20, 10 },
		    true },
		{ "it ran before", { 0, 1000, 0, 0, 0, 0 }, { 2, 6000, 5000, 30, 20, 10 }, false },
		{ "its age is not known", { 0, 1000, 0, 0, 0, 0 },
		    { 2, 6000, UINT64_MAX, 30, 20, 10 }, false },
		{ "no sample before", { 0, 0, 0, 0, 0, 0 }, { 2, 6000, 4000, 30, 20, 10 }, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct rates r = { 0 };
		struct rates_step step;

		rates_add(&r, &cases[i].before);
		rates_add(&r, &cases[i].now);
		step = rates_at(&r, 0);
		CHECK_ROW(cases[i].name, step.known == cases[i].known);
		CHECK_ROW(cases[i].name, !step.known || (step.ms == 5000 && step.objects == 30 &&
							    step.bytes == 20 && step.bad == 10));
	}
}

TEST(the_oldest_steps_are_forgotten)
{
	struct rates r = { 0 };
	struct rates_step sum;

	for (uint64_t i = 0; i < 3 * RATES_STEPS; i++)
		rates_add(&r, &(struct rates_sample){ 1, 1000 * i, 9000, i * i, i, 0 });
	for (unsigned age = 0; age < RATES_STEPS; age++) {
		uint64_t i = 3 * RATES_STEPS - 1 - age;

		CHECK(rates_at(&r, age).objects == 2 * i - 1);
	}
	CHECK(!rates_at(&r, RATES_STEPS).known);
	sum = rates_sum(&r, 3);
	CHECK(sum.ms == 3000 && sum.bytes == 3);
	CHECK(rates_sum(&r, 2 * RATES_STEPS).bytes == RATES_STEPS);
}
