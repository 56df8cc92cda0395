/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows against the formulas of RFC 9438, computed here in floating point. */
#include "dataplane/net/tcp/congestion.h"

#include <math.h>

#include "dataplane/net/tcp/tcp_limits.h"
#include "tests/unit/harness.h"

#define MSS 1000u

/* A sender that always fills its window, an ACK for every second segment. */
static void
run_for(struct congestion *g, struct mono *now, struct duration rtt, struct duration time)
{
	g->limited = true;
	for (int64_t rounds = time.ns / rtt.ns; rounds > 0; rounds--) {
		uint32_t acks = g->cwnd / (2 * MSS) + 1;

		for (uint32_t i = 0; i < acks; i++) {
			*now = mono_add(*now, nanoseconds(rtt.ns / acks));
			congestion_grow(g, *now, rtt, g->cwnd / acks, g->cwnd);
		}
	}
}

/* In congestion avoidance with `segments`, after a loss at that window divided by beta. */
static struct congestion
after_loss(uint32_t lost_at)
{
	struct congestion g;

	congestion_init(&g, lost_at * MSS, MSS, SLOW_START_SEGMENTS);
	congestion_reduce(&g);
	g.cwnd = g.ssthresh;
	return g;
}

static bool
is_near(double got, double wanted, double part)
{
	if (fabs(got - wanted) <= wanted * part)
		return true;
	fprintf(stderr, "  %.0f is not %.0f\n", got, wanted);
	return false;
}

TEST(rfc9438_4_2_window_follows_the_curve)
{
	static const struct {
		const char *name;
		uint32_t lost_at;
		double at_s; /* since the loss */
	} cases[] = {
		{ "concave, half of K", 1000, 4.5 },
		{ "at K", 1000, 9.09 },
		{ "convex, three seconds past K", 1000, 12 },
		{ "small", 100, 8 },
		{ "huge", 50000, 20 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct congestion g = after_loss(cases[i].lost_at);
		struct mono now = { 1000000000 };
		double w = cases[i].lost_at, k = cbrt(w * 0.3 / 0.4), x = cases[i].at_s - k;

		run_for(&g, &now, milliseconds(200), milliseconds((int64_t)(cases[i].at_s * 1e3)));
		CHECK_ROW(cases[i].name, is_near(g.cwnd, (w + 0.4 * x * x * x) * MSS, 0.03));
	}
}

/* On a short path Reno's line lies above the curve: 9/17 of a segment a round trip, then a whole.
 */
TEST(rfc9438_4_3_is_no_slower_than_reno)
{
	struct congestion g = after_loss(40);
	struct mono now = { 1000000000 };

	run_for(&g, &now, milliseconds(1), milliseconds(10));
	CHECK(is_near(g.cwnd, (28 + 10 * 9.0 / 17) * MSS, 0.03));
	run_for(&g, &now, milliseconds(1), milliseconds(13) /* 22.7 rounds until 40 */);
	CHECK(is_near(g.cwnd, 40 * MSS, 0.04));
	run_for(&g, &now, milliseconds(1), milliseconds(20));
	CHECK(is_near(g.cwnd, 60 * MSS, 0.04));
}

TEST(rfc9438_4_4_never_more_than_half_again_in_a_round_trip)
{
	struct congestion g = after_loss(10);
	struct mono now = { 1000000000 };
	uint32_t before;

	g.limited = true;
	congestion_grow(&g, now, milliseconds(100), MSS, g.cwnd);
	before = g.cwnd;
	now = mono_add(now, seconds(60));
	run_for(&g, &now, milliseconds(100), milliseconds(100));
	CHECK(g.cwnd > before + MSS);
	CHECK(g.cwnd <= before + before * 2 / 3);
}

TEST(rfc9438_4_6_multiplicative_decrease)
{
	struct congestion g;

	congestion_init(&g, 100 * MSS, MSS, SLOW_START_SEGMENTS);
	congestion_reduce(&g);
	CHECK(g.ssthresh == 70 * MSS);
	CHECK(g.w_max == 100 * MSS);
	g.cwnd = 2 * MSS;
	congestion_reduce(&g);
	CHECK(g.ssthresh == 2 * MSS);
}

TEST(rfc9438_4_7_fast_convergence)
{
	struct congestion g = after_loss(100);

	congestion_reduce(&g);
	CHECK(g.w_max == 70 * MSS * 17 / 20);
	CHECK(g.cwnd_prior == 70 * MSS);
}

/* A timeout: one segment, slow start to ssthresh, and from there up at once: K is 0. */
TEST(rfc9438_4_8_timeout)
{
	struct congestion g;
	struct mono now = { 1000000000 };

	congestion_init(&g, 100 * MSS, MSS, SLOW_START_SEGMENTS);
	congestion_reduce(&g);
	congestion_timeout(&g);
	CHECK(g.cwnd == MSS && g.ssthresh == 70 * MSS);
	run_for(&g, &now, milliseconds(100), milliseconds(1500));
	CHECK(g.cwnd >= 70 * MSS);
	CHECK(g.k_ms == 0 && g.w_max >= 70 * MSS);
}

/* Without use nothing grows, and the time without use does not count towards the curve. */
TEST(rfc9438_5_8_application_limited)
{
	struct congestion g = after_loss(1000), h = g;
	struct mono now = { 1000000000 }, then = now;
	uint32_t before;

	run_for(&g, &now, milliseconds(200), seconds(2));
	before = g.cwnd;
	g.limited = false;
	for (unsigned i = 0; i < 100; i++) {
		now = mono_add(now, milliseconds(200));
		congestion_grow(&g, now, milliseconds(200), MSS, MSS);
	}
	CHECK(g.cwnd == before);
	run_for(&g, &now, milliseconds(200), seconds(2));
	run_for(&h, &then, milliseconds(200), seconds(4));
	CHECK(is_near(g.cwnd, h.cwnd, 0.01));
}

/* An ACK of two segments every 100 ms, whose round trip is `rtt`; the flight fills the window. */
static void
linux_acks(struct congestion *g, struct mono *now, unsigned acks, uint32_t rtt_us)
{
	for (; acks > 0; acks--) {
		*now = mono_add(*now, milliseconds(100));
		g->limited = true;
		congestion_take_rtt(g, rtt_us);
		congestion_grow(g, *now, milliseconds(rtt_us / 1000), 2 * MSS, g->cwnd);
	}
}

/* Held against the least round trip of all, at the ninth ACK of a round: that opens nothing. */
TEST(linux_hystart_leaves_at_the_ninth_sample)
{
	struct congestion g;
	struct mono now = { 1000000000 };

	congestion_init(&g, 20 * MSS, MSS, UINT32_MAX);
	congestion_as_linux(&g);
	linux_acks(&g, &now, 10, 100000); /* a round */
	CHECK(g.cwnd == 40 * MSS);
	linux_acks(&g, &now, 8, 200000);
	CHECK(g.cwnd == 56 * MSS);
	CHECK(g.ssthresh == UINT32_MAX);
	linux_acks(&g, &now, 1, 200000);
	CHECK(g.cwnd == 56 * MSS);
	CHECK(g.ssthresh == 56 * MSS);
}

/* Until a first loss a window grows by one for twenty segments that are acknowledged, then for two;
 * after one, as the curve says. */
TEST(linux_cubic_grows_by_a_twentieth_before_a_loss)
{
	struct congestion g, h;
	struct mono now = { 1000000000 }, then = now;

	congestion_init(&g, 48 * MSS, MSS, UINT32_MAX);
	congestion_as_linux(&g);
	g.ssthresh = g.cwnd;
	linux_acks(&g, &now, 9, 100000);
	CHECK(g.cwnd == 48 * MSS);
	linux_acks(&g, &now, 1, 100000);
	CHECK(g.cwnd == 49 * MSS);
	linux_acks(&g, &now, 50, 100000);
	h = g;
	linux_acks(&g, &now, 10, 100000);
	CHECK(g.cwnd == h.cwnd + 10 * MSS);

	congestion_init(&h, 100 * MSS, MSS, UINT32_MAX);
	congestion_as_linux(&h);
	congestion_reduce(&h);
	h.cwnd = h.ssthresh;
	run_for(&h, &then, milliseconds(100), milliseconds(4200)); /* K is 4.217 s */
	CHECK(is_near(h.cwnd, 100 * MSS, 0.02));
}

/* What filled the window counts until it was acknowledged, also when nothing follows it. */
TEST(linux_cubic_counts_a_flight_to_its_end)
{
	struct congestion g;
	struct mono now = { 1000000000 };

	congestion_init(&g, 20 * MSS, MSS, UINT32_MAX);
	congestion_as_linux(&g);
	g.ssthresh = g.cwnd;
	linux_acks(&g, &now, 9, 100000);
	g.limited = false;
	congestion_grow(&g, mono_add(now, seconds(1)), milliseconds(100), 18 * MSS, 18 * MSS);
	CHECK(g.cwnd > 21 * MSS);
	congestion_grow(&g, mono_add(now, seconds(1)), milliseconds(100), 18 * MSS, 18 * MSS);
	now.ns += 2000000000;
	g.ssthresh = 20 * MSS;
	for (uint32_t before = g.cwnd, i = 0; i < 9; i++) {
		congestion_grow(&g, now, milliseconds(100), 18 * MSS, 18 * MSS);
		CHECK(g.cwnd == before);
	}
}

/* Time without sending moves the curve of neither, where the window is kept. */
TEST(a_window_kept_while_idle_gains_nothing)
{
	for (int as_linux = 0; as_linux < 2; as_linux++) {
		struct congestion g, h;
		struct mono now = { 1000000000 }, then;

		congestion_init(&g, 100 * MSS, MSS, UINT32_MAX);
		if (as_linux)
			congestion_as_linux(&g);
		congestion_reduce(&g);
		g.cwnd = g.ssthresh;
		linux_acks(&g, &now, 10, 100000);
		h = g;
		then = mono_add(now, seconds(60));
		congestion_resume(&h, then, seconds(60));
		linux_acks(&g, &now, 20, 100000);
		linux_acks(&h, &then, 20, 100000);
		CHECK(h.cwnd == g.cwnd);
	}
}

TEST(rfc5681_3_1_slow_start_counts_bytes)
{
	struct congestion g;
	struct mono now = { 1000000000 };

	congestion_init(&g, 10 * MSS, MSS, SLOW_START_SEGMENTS);
	congestion_note_flight(&g, 10 * MSS);
	congestion_grow(&g, now, milliseconds(1), 10, 10 * MSS);
	CHECK(g.cwnd == 10 * MSS + 10);
	congestion_grow(&g, now, milliseconds(1), 1000 * MSS, 10 * MSS);
	CHECK(g.cwnd == (10 + SLOW_START_SEGMENTS) * MSS + 10);
	congestion_note_flight(&g, 9 * MSS); /* less than half is used */
	congestion_grow(&g, now, milliseconds(1), MSS, 3 * MSS);
	CHECK(g.cwnd == (10 + SLOW_START_SEGMENTS) * MSS + 10);
}

/* What flew at once counts until it was acknowledged; a larger flight counts from then on. */
TEST(slow_start_goes_to_twice_what_flew)
{
	struct congestion g;
	struct mono now = { 1000000000 };

	congestion_init(&g, 10 * MSS, MSS, SLOW_START_SEGMENTS);
	congestion_note_flight(&g, 6 * MSS);
	for (unsigned i = 1; i <= 3; i++) {
		congestion_grow(&g, now, milliseconds(1), 2 * MSS, (6 - 2 * i) * MSS);
		congestion_note_flight(&g, (6 - 2 * i) * MSS);
		CHECK(g.cwnd == 12 * MSS);
	}
	congestion_note_flight(&g, 5 * MSS); /* a new round, of less */
	congestion_grow(&g, now, milliseconds(1), 5 * MSS, 0);
	CHECK(g.cwnd == 12 * MSS);
	congestion_note_flight(&g, 5 * MSS);
	congestion_note_flight(&g, 8 * MSS); /* more in the same round */
	congestion_grow(&g, now, milliseconds(1), 2 * MSS, 6 * MSS);
	congestion_grow(&g, now, milliseconds(1), 2 * MSS, 4 * MSS);
	congestion_grow(&g, now, milliseconds(1), 4 * MSS, 0);
	CHECK(g.cwnd == 16 * MSS);
}

TEST(rfc5681_4_1_restart_after_idleness)
{
	struct congestion g;

	congestion_init(&g, 100 * MSS, MSS, SLOW_START_SEGMENTS);
	g.ssthresh = 50 * MSS;
	congestion_restart(&g);
	CHECK(g.cwnd == INITIAL_SEGMENTS * MSS && g.ssthresh == 50 * MSS);
	g.cwnd = 2 * MSS;
	congestion_restart(&g);
	CHECK(g.cwnd == 2 * MSS);
}

/* Whatever a peer acknowledges, no window wraps and none is nothing. */
TEST(no_input_overflows)
{
	static const uint32_t sizes[] = { 88, 1460, 8960, 65495 };

	for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
		struct congestion g;
		struct mono now = { 1000000000 };

		congestion_init(&g, 10 * sizes[i], sizes[i], SLOW_START_SEGMENTS);
		for (unsigned n = 0; n < 3000; n++) {
			now = mono_add(now, milliseconds(n * 37));
			g.limited = true;
			congestion_grow(&g, now, seconds(60), UINT32_MAX, g.cwnd);
			CHECK(g.cwnd >= sizes[i]);
			CHECK(g.cwnd <= CWND_BYTES_MAX);
			if (n % 500 == 499)
				congestion_reduce(&g);
			if (n % 700 == 699)
				congestion_timeout(&g);
		}
	}
}

/* One segment lost of 20: seven new ones for every ten that arrive, and ssthresh at the end. */
TEST(rfc6937_3_proportional_part)
{
	struct congestion g;
	uint32_t pipe = 16 * MSS, sent = 0;

	congestion_init(&g, 20 * MSS, MSS, SLOW_START_SEGMENTS);
	congestion_recovery_begin(&g, 20 * MSS);
	for (unsigned acks = 1; acks <= 17; acks++) {
		uint32_t before = pipe;

		congestion_recovery_acked(&g, MSS, pipe, false);
		CHECK(g.cwnd >= pipe);
		while (pipe + MSS <= g.cwnd) {
			pipe += MSS;
			g.prr_out += MSS;
			sent++;
		}
		CHECK(pipe - before <= MSS);
		pipe -= MSS;
		if (acks == 10)
			CHECK(sent == 7);
	}
	CHECK(pipe >= 12 * MSS && pipe <= 14 * MSS);
	congestion_recovery_end(&g);
	CHECK(g.cwnd == 14 * MSS);
}

struct prr_case {
	const char *name;
	uint32_t delivered, out; /* before this ACK, in bytes */
	uint32_t pipe, news;
	bool safe;
	uint32_t cwnd;
};

/* Below ssthresh (14 segments): never more than it, slowly where losses go on. */
TEST(rfc6937_3_reduction_bounds)
{
	static const struct prr_case cases[] = {
		{ "the first goes at once", 0, 0, 18000, 1000, false, 19000 },
		{ "heavy loss: no more than arrived", 3000, 1000, 5000, 1000, false, 8000 },
		{ "no more loss: one more", 3000, 1000, 5000, 1000, true, 9000 },
		{ "no more loss, all spent: two", 3000, 3000, 5000, 1000, true, 7000 },
		{ "up to ssthresh", 9000, 1000, 13500, 1000, true, 14000 },
		{ "at ssthresh: nothing", 9000, 1000, 14000, 1000, true, 14000 },
		{ "all spent, heavy loss: as much as came", 3000, 4000, 5000, 1000, false, 6000 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		const struct prr_case *k = &cases[i];
		struct congestion g;

		congestion_init(&g, 20 * MSS, MSS, SLOW_START_SEGMENTS);
		congestion_recovery_begin(&g, 20 * MSS);
		g.prr_delivered = k->delivered;
		g.prr_out = k->out;
		congestion_recovery_acked(&g, k->news, k->pipe, k->safe);
		CHECK_ROW(k->name, g.cwnd == k->cwnd);
	}
}

/* Slow start over a path whose round trip is `rtt_us` in this round; a sample for each ACK. */
static void
slow_round(struct congestion *g, struct mono *now, uint32_t rtt_us)
{
	uint32_t flight = g->cwnd, acks = flight / (2 * MSS);

	g->limited = true;
	*now = mono_add(*now, microseconds(rtt_us));
	for (uint32_t i = 0; i < acks; i++) {
		congestion_take_rtt(g, rtt_us + i % 3 * 100);
		congestion_grow(g, *now, microseconds(rtt_us), flight / acks, flight);
	}
}

TEST(rfc9406_4_2_slow_start_ends_where_the_queue_grows)
{
	struct mono now = { 1000000000 };
	struct congestion g;
	uint32_t before;

	congestion_init(&g, 20 * MSS, MSS, SLOW_START_SEGMENTS);
	slow_round(&g, &now, 40000);
	slow_round(&g, &now, 40500); /* less than an eighth: nothing */
	CHECK(is_near(g.cwnd, 80 * MSS, 0.02));
	before = g.cwnd;
	slow_round(&g, &now, 47000); /* an eighth and more: a quarter of the growth */
	CHECK(is_near(g.cwnd, before * 1.25, 0.15));
	CHECK(g.ssthresh == UINT32_MAX);
	for (unsigned i = 0; i < HYSTART_CSS_ROUNDS; i++)
		slow_round(&g, &now, 50000);
	CHECK(g.ssthresh != UINT32_MAX);
	before = g.cwnd;
	slow_round(&g, &now, 50000);
	CHECK(g.k_ms == 0 && g.w_max >= g.ssthresh); /* RFC 9438 §4.10 */
	CHECK(is_near(g.cwnd, before, 0.02));
}

TEST(rfc9406_4_2_a_round_trip_that_comes_down_resumes_slow_start)
{
	struct mono now = { 1000000000 };
	struct congestion g;
	uint32_t before;

	congestion_init(&g, 20 * MSS, MSS, SLOW_START_SEGMENTS);
	slow_round(&g, &now, 40000);
	slow_round(&g, &now, 40000);
	slow_round(&g, &now, 50000);
	CHECK(g.css_baseline_us != 0);
	slow_round(&g, &now, 41000);
	CHECK(g.css_baseline_us == 0);
	before = g.cwnd;
	slow_round(&g, &now, 41000);
	CHECK(is_near(g.cwnd, before * 2, 0.02));
	CHECK(g.ssthresh == UINT32_MAX);
}

/* One ACK for a whole flight, then ACKs of a queue: the round trip is held against the flight's. */
TEST(rfc9406_4_2_a_flight_acknowledged_at_once_is_a_round)
{
	struct mono now = { 1000000000 };
	struct congestion g;

	congestion_init(&g, 10 * MSS, MSS, UINT32_MAX);
	g.limited = true;
	congestion_take_rtt(&g, 200000);
	congestion_grow(&g, now, microseconds(200000), 10 * MSS, 10 * MSS);
	for (uint32_t i = 0; i < HYSTART_SAMPLES; i++) {
		CHECK(g.css_baseline_us == 0);
		congestion_take_rtt(&g, 240000 + i * 1000);
		congestion_grow(&g, now, microseconds(240000), 2 * MSS, (20 - 2 * i) * MSS);
	}
	CHECK(g.css_baseline_us == 240000);
	CHECK(g.cwnd == (20 + 2 * HYSTART_SAMPLES) * MSS); /* slower from the next ACK on */
	congestion_grow(&g, now, microseconds(240000), 2 * MSS, 4 * MSS);
	CHECK(g.cwnd == (20 + 2 * HYSTART_SAMPLES) * MSS + 2 * MSS / HYSTART_CSS_DIVISOR);
}

/* While the application sends too little to grow by, rounds go by all the same: the next that
 * grows is held against the last, and does not begin in the middle of an old one. */
TEST(rfc9406_4_2_rounds_go_by_while_little_is_sent)
{
	struct mono now = { 1000000000 };
	struct congestion g;

	congestion_init(&g, 100 * MSS, MSS, UINT32_MAX);
	g.limited = true;
	congestion_take_rtt(&g, 50000);
	congestion_grow(&g, now, microseconds(50000), 2 * MSS, 100 * MSS);
	CHECK(g.round_left == 98 * MSS);
	g.limited = false;
	for (uint32_t i = 0; i < 50; i++)
		congestion_grow(&g, now, microseconds(50000), 2 * MSS, 4 * MSS);
	CHECK(g.cwnd == 102 * MSS && g.round_left == 0);
	g.limited = true;
	for (uint32_t i = 0; i < HYSTART_SAMPLES; i++) {
		congestion_take_rtt(&g, 70000);
		congestion_grow(&g, now, microseconds(70000), 2 * MSS, 100 * MSS);
	}
	CHECK(g.css_baseline_us == 70000);
}

/* On a LAN a rise below four milliseconds is no queue worth ending slow start for. */
TEST(rfc9406_4_3_least_rise)
{
	struct mono now = { 1000000000 };
	struct congestion g;

	congestion_init(&g, 20 * MSS, MSS, SLOW_START_SEGMENTS);
	slow_round(&g, &now, 100);
	slow_round(&g, &now, 1000);
	slow_round(&g, &now, 3000);
	CHECK(g.css_baseline_us == 0);
	CHECK(is_near(g.cwnd, 160 * MSS, 0.02));
}
