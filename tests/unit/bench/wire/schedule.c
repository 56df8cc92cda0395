/* SPDX-License-Identifier: BSD-3-Clause */
/* What is due in an open loop, when, and how late it was seen. */
#include "bench/wire/schedule.h"

#include "tests/unit/harness.h"

static const struct mono start = { 5000000000 };

static struct mono
after_us(int64_t us)
{
	return mono_add(start, microseconds(us));
}

TEST(objects_are_due_evenly_from_the_start_to_the_end)
{
	struct schedule s;
	struct mono due = { 0 };

	schedule_begin(&s, 1000, start, milliseconds(10));
	for (int i = 0; i < 10; i++) {
		CHECK(!schedule_next(&s, after_us(i * 1000 - 1), &due));
		CHECK(schedule_next(&s, after_us(i * 1000), &due));
		CHECK(due.ns == after_us(i * 1000).ns);
		CHECK(schedule_left(&s) == 10u - (unsigned)i);
		schedule_take(&s);
	}
	CHECK(schedule_left(&s) == 0);
	CHECK(!schedule_next(&s, after_us(9999), &due));
}

TEST(what_was_not_taken_stays_due_until_the_end_only)
{
	struct schedule s;
	struct mono due = { 0 };

	schedule_begin(&s, 1000, start, milliseconds(10));
	schedule_take(&s);
	CHECK(schedule_next(&s, after_us(7500), &due) && due.ns == after_us(1000).ns);
	CHECK(!schedule_next(&s, after_us(10000), &due));
	CHECK(schedule_left(&s) == 9);
}

TEST(without_a_rate_nothing_is_due)
{
	struct schedule s;
	struct mono due = { 0 };
	struct histogram lag = { 0 };

	schedule_begin(&s, 0, start, milliseconds(10));
	CHECK(!schedule_next(&s, after_us(5000), &due));
	schedule_note_lag(&s, after_us(5000), &lag);
	CHECK(lag.count == 0 && schedule_left(&s) == 0);
}

TEST(times_of_the_lead_in_do_not_count)
{
	static const struct {
		const char *name;
		int64_t length_us, lead_us;
	} rows[] = {
		{ "a tenth", 10000, 1000 },
		{ "the most", 2000000, 20000 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct schedule s;
		struct histogram lag = { 0 };
		uint64_t due, led;

		schedule_begin(&s, 10000, start, microseconds(rows[i].length_us));
		CHECK_ROW(rows[i].name, !schedule_is_timed(&s, after_us(rows[i].lead_us - 1)));
		CHECK_ROW(rows[i].name, schedule_is_timed(&s, after_us(rows[i].lead_us)));
		/* One every 100 us; seen once, when half of the time is over, and once at the end.
		 */
		due = (uint64_t)rows[i].length_us / 100;
		led = (uint64_t)rows[i].lead_us / 100;
		schedule_note_lag(&s, after_us(rows[i].lead_us - 1), &lag);
		CHECK_ROW(rows[i].name, lag.count == 0);
		schedule_note_lag(&s, after_us(rows[i].length_us / 2 - 1), &lag);
		CHECK_ROW(rows[i].name, lag.count == due / 2 - led);
		schedule_note_lag(&s, after_us(rows[i].length_us), &lag);
		CHECK_ROW(rows[i].name, lag.count == due - led);
		CHECK_ROW(rows[i].name, lag.max == (uint64_t)(rows[i].length_us / 2) * 1000);
	}
}
