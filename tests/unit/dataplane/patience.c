/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock of clients' deadlines: it stands while a core does. */
#include "dataplane/patience.h"

#include "tests/unit/harness.h"

static const struct mono begun = { 7000000000u };

static struct mono
after_ms(int64_t ms)
{
	return mono_add(begun, milliseconds(ms));
}

TEST(turns_in_time_count_in_full)
{
	struct patience p = { 0 };

	CHECK(patience_turn(&p, begun).ns == begun.ns);
	for (int64_t ms = 100; ms <= 60000; ms += 100)
		CHECK(patience_turn(&p, after_ms(ms)).ns == after_ms(ms).ns);
	CHECK(patience_due(&p, after_ms(61000)).ns == after_ms(61000).ns);
}

TEST(a_stop_counts_for_no_more_than_a_turn)
{
	static const int64_t stops_ms[] = { 101, 1000, 10000, 60000, 86400000 };

	for (unsigned i = 0; i < sizeof(stops_ms) / sizeof(stops_ms[0]); i++) {
		struct patience p = { 0 };
		int64_t stop = stops_ms[i];

		patience_turn(&p, begun);
		CHECK(patience_turn(&p, after_ms(stop)).ns == after_ms(100).ns);
		CHECK(patience_turn(&p, after_ms(stop + 1)).ns == after_ms(101).ns);
		/* what is due 1 s after the beginning waits for what is left of it */
		CHECK(patience_due(&p, after_ms(1000)).ns == after_ms(stop + 900).ns);
	}
}

/* Turns that are long by their work make deadlines longer; none is put off for ever. */
TEST(it_goes_on_however_long_turns_are)
{
	struct patience p = { 0 };
	struct mono last = patience_turn(&p, begun);

	for (int64_t turn = 1; turn <= 1000; turn++) {
		struct mono t = patience_turn(&p, after_ms(turn * 1000));

		CHECK(mono_since(t, last).ns == milliseconds(PATIENCE_TURN_MS).ns);
		last = t;
	}
	CHECK(last.ns == after_ms(100000).ns);
}

TEST(no_deadline_stays_none)
{
	struct patience p = { 0 };

	patience_turn(&p, begun);
	patience_turn(&p, after_ms(5000));
	CHECK(patience_due(&p, MONO_NEVER).ns == MONO_NEVER.ns);
}
