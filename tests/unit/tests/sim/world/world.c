/* SPDX-License-Identifier: BSD-3-Clause */
/* A seed is a run: the same every time, whatever ran before it; and what the headers' helpers do.
 */
#include <stdlib.h>

#include "tests/sim/world/world.h"
#include "tests/unit/harness.h"

int
harness_setup(void)
{
	return world_setup();
}

static struct world world;

/* Everything that happened, as text. The caller frees it. */
static char *
trace_of(uint64_t seed)
{
	static struct plan plan;
	char *text = NULL;
	size_t bytes = 0;
	FILE *f = open_memstream(&text, &bytes);

	if (f == NULL)
		abort();
	plan_draw(&plan, seed);
	plan_print(&plan, f);
	CHECK_SEED(seed, world_run(&world, &plan, f) == NULL);
	fclose(f);
	return text;
}

TEST(a_seed_replays_whatever_ran_before)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		char *first = trace_of(seed), *other = trace_of(seed + 1000),
		     *again = trace_of(seed);

		CHECK_SEED(seed, strcmp(first, again) == 0);
		CHECK_SEED(seed, strcmp(first, other) != 0);
		free(first);
		free(other);
		free(again);
	}
}

/* The kinds of things that plans decide do all occur, or nothing is known of them. */
TEST(plans_have_everything)
{
	unsigned both = 0, reused = 0, droughts = 0, late = 0, forged = 0, wraps = 0, endings = 0;
	unsigned narrow = 0;
	static struct plan p;

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		plan_draw(&p, seed);
		droughts += p.drought_count > 0;
		late += p.may_time_out;
		forged += p.forge_ppm > 0;
		wraps += p.hosts[0].wrap != PLAN_ANY_NUMBERS;
		narrow += p.hosts[0].way_out > 0;
		for (unsigned i = 0; i < p.conn_count; i++) {
			both += p.conns[i].both;
			reused += p.conns[i].flow != i;
			endings |= 1u << p.conns[i].users[0].ending;
		}
	}
	CHECK(both > 20 && reused > 100 && droughts > 50 && late > 20);
	CHECK(forged > 200 && wraps > 300 && endings == 0x3f && narrow > 200);
}

static uint16_t
sum_of(const uint8_t *h, unsigned bytes)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < bytes; i += 2)
		sum += (uint32_t)(h[i] << 8 | h[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

TEST(options_are_stripped_and_the_sum_stays_right)
{
	uint8_t h[] = { 0x4e, 0x20, 0x05, 0x40, 0, 0, 0, 9, 0, 0, 0, 0, 0xa0, 2, 0xff, 0xff, 0, 0,
		0, 0, 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 };
	struct wire_segment s;
	uint16_t sum = (uint16_t)~sum_of(h, sizeof(h));

	h[16] = (uint8_t)(sum >> 8);
	h[17] = (uint8_t)sum;
	CHECK(segment_read(h, sizeof(h), sizeof(h), &s));
	CHECK(s.has_mss && s.mss == 1460 && s.sack_ok && s.has_ts && s.ts_val == 0x01020304);
	CHECK(s.has_scale && s.scale == 7 && s.seq == 9 && s.length == 0);
	segment_strip(h, sizeof(h), 1u << 8 | 1u << 3);
	CHECK(segment_read(h, sizeof(h), sizeof(h), &s));
	CHECK(s.has_mss && s.sack_ok && !s.has_ts && !s.has_scale);
	CHECK(sum_of(h, sizeof(h)) == 0xffff);
}

TEST(a_header_that_lies_is_not_read)
{
	static const struct {
		const char *name;
		uint8_t offset;
		uint32_t here;
		bool reads;
	} rows[] = { { "plain", 0x50, 20, true }, { "cut", 0x50, 19, false },
		{ "too short", 0x40, 20, false }, { "past the end", 0x60, 20, false } };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		uint8_t h[20] = { [12] = rows[i].offset };
		struct wire_segment s;

		CHECK_ROW(rows[i].name, segment_read(h, rows[i].here, 20, &s) == rows[i].reads);
	}
}
