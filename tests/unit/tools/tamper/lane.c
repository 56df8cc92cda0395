/* SPDX-License-Identifier: BSD-3-Clause */
/* A tamper link does what its spec says, no more, and the same again for the same seed. */
#include "tools/tamper/lane.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define FRAMES 100000u

struct seen {
	uint32_t numbers[FRAMES * 2 + 16];
	uint32_t count, changed_bits;
};

static void
see(void *arg, const uint8_t *frame, uint32_t bytes)
{
	struct seen *s = arg;
	uint32_t number, again;

	memcpy(&number, frame, 4);
	memcpy(&again, frame + 4, 4);
	s->changed_bits += (uint32_t)__builtin_popcount(number ^ again);
	if (s->count < FRAMES * 2 + 16)
		s->numbers[s->count++] = number;
	CHECK(bytes == 8);
}

static struct seen *
run(const char *text, uint64_t seed, uint32_t frames, struct lane_counts *counts)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct tamper_spec spec;
	char error[256];
	struct lane *l;

	CHECK(tamper_spec_parse(text, &spec, error, sizeof(error)) == 0);
	l = lane_create(&spec, seed, see, s);
	for (uint32_t i = 0; i < frames; i++) {
		uint32_t twice[2] = { i, i };

		lane_frame(l, i, (const uint8_t *)twice, 8);
		lane_turn(l, i);
	}
	CHECK(lane_turn(l, frames + 100000000) == UINT64_MAX);
	*counts = *lane_counts(l);
	lane_destroy(l);
	return s;
}

static bool
is_near(uint64_t n, double share)
{
	return (double)n > FRAMES * share * 0.8 && (double)n < FRAMES * share * 1.2;
}

TEST(shares_are_kept_and_counted)
{
	struct lane_counts c;
	struct seen *s = run("loss=1%,reorder=2%,dup=0.5%", 7, FRAMES, &c);

	CHECK(c.frames == FRAMES);
	CHECK(is_near(c.lost, 0.01) && is_near(c.reordered, 0.02) && is_near(c.doubled, 0.005));
	CHECK(s->count == FRAMES - c.lost + c.doubled);
	CHECK(s->changed_bits == 0 && c.corrupted == 0 && c.dropped == 0);
	free(s);
}

TEST(the_same_seed_does_the_same)
{
	struct lane_counts a, b, c;
	struct seen *x = run("loss=3%,reorder=3%,dup=3%", 5, FRAMES, &a);
	struct seen *y = run("loss=3%,reorder=3%,dup=3%", 5, FRAMES, &b);
	struct seen *z = run("loss=3%,reorder=3%,dup=3%", 6, FRAMES, &c);

	CHECK(memcmp(x, y, sizeof(*x)) == 0);
	CHECK(memcmp(x, z, sizeof(*x)) != 0);
	free(x);
	free(y);
	free(z);
}

TEST(reordering_loses_nothing_and_reaches_not_far)
{
	static uint8_t arrived[FRAMES];
	struct lane_counts c;
	struct seen *s = run("reorder=10%", 3, FRAMES, &c);
	uint32_t late = 0, highest = 0;

	memset(arrived, 0, sizeof(arrived));
	for (uint32_t i = 0; i < s->count; i++) {
		arrived[s->numbers[i]]++;
		late += s->numbers[i] < highest;
		CHECK_SEED(i, s->numbers[i] + 64 > highest);
		highest = s->numbers[i] > highest ? s->numbers[i] : highest;
	}
	for (uint32_t i = 0; i < FRAMES; i++)
		CHECK_SEED(i, arrived[i] == 1);
	CHECK(late > c.reordered / 2);
	free(s);
}

TEST(corruption_turns_one_bit)
{
	struct lane_counts c;
	struct seen *s = run("corrupt=1%", 3, FRAMES, &c);

	CHECK(is_near(c.corrupted, 0.01));
	CHECK(s->changed_bits == c.corrupted);
	free(s);
}

TEST(a_delay_keeps_order_and_is_bounded)
{
	struct lane_counts c;
	struct seen *s = run("delay=1ms", 1, FRAMES, &c);

	CHECK(s->count == FRAMES && c.dropped == 0);
	for (uint32_t i = 0; i < s->count; i++)
		CHECK_SEED(i, s->numbers[i] == i);
	free(s);
	s = run("delay=10000ms", 1, FRAMES, &c);
	CHECK(s->count == LANE_DELAYED_MAX && c.dropped == FRAMES - LANE_DELAYED_MAX);
	free(s);
}

static void
see_mark(void *arg, const uint8_t *frame, uint32_t bytes)
{
	uint32_t *marked = arg;

	CHECK(bytes == 34);
	*marked += (frame[15] & 3) == 3;
}

/* A share of those that may be marked is, and of the others none; nothing is lost for it. */
TEST(marks_are_a_share_of_what_may_be_marked)
{
	uint8_t frame[34] = { [12] = 8, [14] = 0x45, [17] = 20, [22] = 64, [23] = 6 };
	struct tamper_spec spec;
	char error[256];

	CHECK(tamper_spec_parse("ce=5%", &spec, error, sizeof(error)) == 0);
	for (uint8_t ecn = 0; ecn < 4; ecn++) {
		uint32_t marked = 0;
		struct lane *l = lane_create(&spec, 9, see_mark, &marked);
		bool may = ecn == 1 || ecn == 2;

		frame[15] = ecn;
		for (uint32_t i = 0; i < FRAMES; i++)
			lane_frame(l, i, frame, sizeof(frame));
		CHECK_ROW("marked",
		    may ? is_near(lane_counts(l)->marked, 0.05) : lane_counts(l)->marked == 0);
		CHECK_ROW("seen", marked == (ecn == 3 ? FRAMES : lane_counts(l)->marked));
		CHECK(lane_counts(l)->frames == FRAMES && lane_counts(l)->lost == 0);
		lane_destroy(l);
	}
}

TEST(all_and_nothing)
{
	struct lane_counts c;
	struct seen *s = run("loss=100%", 1, 1000, &c);

	CHECK(s->count == 0 && c.lost == 1000);
	free(s);
	s = run("loss=0%", 1, 1000, &c);
	CHECK(s->count == 1000);
	free(s);
}

static const struct {
	const char *name, *text, *says;
} bad[] = {
	{ "empty", "", "expected 1 to" },
	{ "no value", "loss", "'loss': expected KEY=VALUE" },
	{ "no share", "loss=1", "loss='1': expected a share" },
	{ "over 100", "dup=101%", "dup='101%': expected a share" },
	{ "negative", "reorder=-1%", "reorder='-1%': expected a share" },
	{ "not a number", "loss=nan%", "loss='nan%': expected a share" },
	{ "unknown", "loss=1%,speed=3", "'speed': expected loss, reorder" },
	{ "empty pair", "loss=1%,", "'': expected KEY=VALUE" },
	{ "mark without share", "ce=1", "ce='1': expected a share" },
	{ "VLAN 0", "vlan=0", "vlan='0': expected a number from 1 to 4094" },
	{ "VLAN 4095", "vlan=4095", "vlan='4095': expected" },
	{ "VLAN in words", "loss=1%,vlan=1x", "vlan='1x': expected" },
	{ "delay without unit", "delay=5", "delay='5': expected a time" },
	{ "delay too long", "delay=11000ms", "expected a time up to 10 s" },
};

TEST(a_bad_spec_is_told_where_and_why)
{
	struct tamper_spec spec;
	char error[256];

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		error[0] = 0;
		CHECK_ROW(
		    bad[i].name, tamper_spec_parse(bad[i].text, &spec, error, sizeof(error)) != 0);
		CHECK_ROW(bad[i].name, strstr(error, bad[i].says) != NULL);
	}
	CHECK(tamper_spec_parse("loss=0.05%,delay=500us", &spec, error, sizeof(error)) == 0);
	CHECK(spec.vlan == 0);
	CHECK(tamper_spec_parse("vlan=4094,loss=1%", &spec, error, sizeof(error)) == 0);
	CHECK(spec.vlan == 4094 && spec.loss_ppm == 10000);
	CHECK(tamper_spec_parse("loss=0.05%,delay=500us", &spec, error, sizeof(error)) == 0);
	CHECK(spec.loss_ppm == 500 && spec.delay_us == 500 && spec.dup_ppm == 0);
}
