/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/ticks.h"

#include "tests/unit/harness.h"

/* Of a rate, what so many ticks are; the scale is rounded down, by less than a nanosecond here. */
TEST(ticks_are_told_by_their_rate)
{
	static const struct {
		const char *name;
		uint64_t hz, ticks, ns;
	} rows[] = {
		{ "none yet", 2800000000, 0, 0 },
		{ "a nanosecond each", 1000000000, 5000, 5000 },
		{ "three in one", 3000000000, 30000000, 10000000 },
		{ "one in ten", 100000000, 10000, 100000 },
		{ "the longest while of a fast one", 5000000000, UINT32_MAX, 858993459 },
	};
	struct mono since = { 12345 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ticks t = ticks_of(rows[i].hz);
		uint64_t right = since.ns + rows[i].ns, told;

		ticks_begin(&t, since);
		told = ticks_time(&t, t.at + rows[i].ticks).ns;
		CHECK_ROW(rows[i].name, told <= right && told + 1 >= right);
	}
}

/* No rate, a while too long, a counter that was set back: what was begun with is of no matter. */
TEST(ticks_that_tell_no_time_are_the_kernels)
{
	static const struct {
		const char *name;
		uint64_t hz, ticks;
	} rows[] = {
		{ "no rate", 0, 1000 },
		{ "a while too long", 2800000000, (uint64_t)1 << 32 },
		{ "a year", 2800000000, 88300000000000000 },
		{ "set back by one", 2800000000, UINT64_MAX },
		{ "set back by much", 2800000000, -(uint64_t)28000000000 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ticks t = ticks_of(rows[i].hz);
		struct mono before = mono_now(), told;

		ticks_begin(&t, (struct mono){ 1 });
		told = ticks_time(&t, t.at + rows[i].ticks);
		CHECK_ROW(rows[i].name, !mono_before(told, before));
		CHECK_ROW(rows[i].name, !mono_before(mono_now(), told));
	}
}

TEST(ticks_go_forward)
{
	struct ticks t = ticks_of(2500000000);
	struct mono last = mono_now();

	ticks_begin(&t, last);
	for (unsigned i = 0; i < 1000; i++) {
		struct mono now = ticks_now(&t);

		CHECK(!mono_before(now, last));
		last = now;
	}
}
