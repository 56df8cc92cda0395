/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC in integers; see congestion.h. C is 0.4 segments/s^3 and beta 0.7 (RFC 9438 §4.6, §5). */
#include "dataplane/net/tcp/congestion.h"

#include "dataplane/net/tcp/tcp_limits.h"

#define BETA_TENTHS   7
#define FASTER_TENTHS 17 /* of a half: (1 + beta) / 2, fast convergence (§4.7) */
/* alpha = 3 (1 - beta) / (1 + beta) = 9/17 (§4.3) */
#define ALPHA_NUMERATOR   9u
#define ALPHA_DENOMINATOR 17u
/* Past a minute on either side of K the curve is steeper than the 1.5 cwnd a round trip that §4.4
 * allows; the bound keeps its cube below 2^63. */
#define CURVE_MS_MAX 60000

static uint32_t
at_least_two(const struct congestion *g, uint64_t bytes)
{
	uint64_t least = 2ull * g->mss;

	return (uint32_t)(bytes > least ? bytes : least);
}

/* The largest n with n^3 <= v. */
static uint32_t
cube_root(uint64_t v)
{
	uint64_t n = 0;

	for (int bit = 21; bit >= 0; bit--) {
		uint64_t m = n | 1ull << bit;

		if (m * m * m <= v)
			n = m;
	}
	return (uint32_t)n;
}

void
congestion_init(struct congestion *g, uint32_t cwnd, uint32_t mss, uint32_t slow_most)
{
	*g = (struct congestion){
		.cwnd = cwnd, .ssthresh = UINT32_MAX, .mss = mss, .slow_most = slow_most
	};
}

void
congestion_as_linux(struct congestion *g)
{
	g->as_linux = true;
}

static void
end_epoch(struct congestion *g)
{
	g->epoch_at = g->linux_epoch_at = MONO_NONE;
}

void
congestion_set_mss(struct congestion *g, uint32_t mss)
{
	g->mss = mss;
	if (g->cwnd < mss)
		g->cwnd = mss;
	if (g->ssthresh < 2 * mss)
		g->ssthresh = 2 * mss;
}

uint32_t
congestion_k_ms(uint32_t segments)
{
	return cube_root(segments * 2500000000ull);
}

/* §4.2: K = cbrt((w_max - cwnd) / C), here in milliseconds: C is 0.4e-9 segments a ms^3. */
static void
begin_epoch(struct congestion *g, struct mono now)
{
	g->epoch_at = now;
	g->credit = g->est_credit = 0;
	g->w_est = g->cwnd;
	if (g->w_max <= g->cwnd) {
		g->w_max = g->cwnd;
		g->k_ms = 0;
	} else {
		g->k_ms = cube_root((uint64_t)(g->w_max - g->cwnd) * 2500000000u / g->mss);
	}
}

/* W_cubic(t) = C (t - K)^3 + w_max (§4.2), in bytes. */
static uint64_t
curve(const struct congestion *g, int64_t t_ms)
{
	int64_t x = t_ms - (int64_t)g->k_ms, w;

	if (x > CURVE_MS_MAX)
		x = CURVE_MS_MAX;
	if (x < -CURVE_MS_MAX)
		x = -CURVE_MS_MAX;
	w = (int64_t)g->w_max + x * x * x / 1000 * (int64_t)g->mss / 2500000;
	return w > 0 ? (uint64_t)w : 0;
}

/* §4.3: Reno's window, first at a rate that is fair to it from beta's higher start. */
void
congestion_grow_estimate(struct congestion *g, uint32_t acked)
{
	uint64_t alpha = g->w_est < g->cwnd_prior ? ALPHA_NUMERATOR : ALPHA_DENOMINATOR;

	g->est_credit += (uint64_t)acked * g->mss * alpha;
	g->w_est += (uint32_t)(g->est_credit / ((uint64_t)g->cwnd * ALPHA_DENOMINATOR));
	g->est_credit %= (uint64_t)g->cwnd * ALPHA_DENOMINATOR;
}

static void
avoid(struct congestion *g, struct mono now, struct duration rtt, uint32_t acked, uint32_t flight)
{
	uint64_t target, most = (uint64_t)g->cwnd * 3 / 2;
	int64_t t_ms;

	if (!mono_is_set(g->epoch_at)) {
		if (g->as_linux) { /* asked here, where it costs an ACK of CUBIC's nothing */
			congestion_linux_avoid(g, now, acked, flight);
			return;
		}
		begin_epoch(g, now);
	}
	t_ms = mono_since(now, g->epoch_at).ns / 1000000;
	congestion_grow_estimate(g, acked);
	if (curve(g, t_ms) < g->w_est) {
		if (g->w_est > g->cwnd)
			g->cwnd = g->w_est;
		return;
	}
	target = curve(g, t_ms + rtt.ns / 1000000);
	if (target > most)
		target = most;
	if (target <= g->cwnd)
		return;
	g->credit += acked * (target - g->cwnd);
	most = g->credit / g->cwnd;
	g->credit %= g->cwnd;
	g->cwnd += (uint32_t)most;
}

void
congestion_take_rtt(struct congestion *g, uint32_t rtt_us)
{
	if (g->ack_rtt_us == 0 || rtt_us < g->ack_rtt_us)
		g->ack_rtt_us = rtt_us > 0 ? rtt_us : 1;
}

/* For HyStart: the least round trip of all; no round begins while the window is small. */
static void
count_as_linux(struct congestion *g, uint32_t before, uint32_t least_us)
{
	if (least_us != 0 && (g->last_min_us == 0 || least_us < g->last_min_us))
		g->last_min_us = least_us;
	if (before < HYSTART_LEAST_SEGMENTS * g->mss)
		g->round_left = 0;
}

/*
 * A round ends when what flew at its start was acknowledged (RFC 9406 §4.2); the first ACK of more
 * begins the next. An ACK of a whole flight leaves nothing of it: what flew before that ACK is no
 * part of the round that it begins, or its round trip would be the new one's and the last one's.
 */
static void
count_rounds(struct congestion *g, uint32_t before, uint32_t acked, uint32_t flight)
{
	if (acked <= g->round_left) {
		g->round_left -= acked;
		return;
	}
	g->round_left = flight > acked ? flight - acked : 0;
	if (g->as_linux)
		count_as_linux(g, before, g->round_min_us);
	else
		g->last_min_us = g->round_min_us;
	g->round_min_us = 0;
	/* the first sample is one in hand where RFC 9406 has eight, and Linux looks at the ninth */
	g->round_samples = !g->as_linux;
	if (g->css_baseline_us != 0 && ++g->css_rounds >= HYSTART_CSS_ROUNDS)
		g->ssthresh = g->cwnd;
}

static void
take_sample(struct congestion *g)
{
	if (g->ack_rtt_us == 0)
		return;
	if (g->round_min_us == 0 || g->ack_rtt_us < g->round_min_us)
		g->round_min_us = g->ack_rtt_us;
	if (g->round_samples <= HYSTART_SAMPLES)
		g->round_samples++;
}

/*
 * HyStart++ (RFC 9406 §4.2), in the first slow start only: where the round trip grows the queue
 * does, so growth is slowed, and after five such rounds ended; unless the round trip comes down
 * again.
 */
void
congestion_watch_round_trips(struct congestion *g, uint32_t before, uint32_t acked, uint32_t flight)
{
	bool enough;

	count_rounds(g, before, acked, flight);
	take_sample(g);
	enough = g->round_samples > HYSTART_SAMPLES;
	if (enough && g->css_baseline_us != 0 && g->round_min_us < g->css_baseline_us) {
		g->css_baseline_us = 0;
	} else if (enough && g->css_baseline_us == 0 && g->last_min_us != 0) {
		uint32_t rise = g->last_min_us / 8;

		rise = rise < HYSTART_RISE_MIN_US   ? HYSTART_RISE_MIN_US
		       : rise > HYSTART_RISE_MAX_US ? HYSTART_RISE_MAX_US
						    : rise;
		if (g->round_min_us >= g->last_min_us + rise && g->as_linux) {
			g->cwnd = g->ssthresh = before; /* HyStart: at once */
		} else if (g->round_min_us >= g->last_min_us + rise) {
			g->css_baseline_us = g->round_min_us;
			g->css_rounds = 0;
		}
	}
}

/* In the order of §4.2: the ACK that shows the rise grew the window as those before it. */
static void
start_slowly(struct congestion *g, uint32_t acked, uint32_t flight)
{
	uint64_t most = (uint64_t)g->slow_most * g->mss;
	uint32_t more = acked < most ? acked : (uint32_t)most;
	uint32_t before = g->cwnd;

	g->cwnd += g->css_baseline_us != 0 ? more / HYSTART_CSS_DIVISOR : more;
	if (g->ssthresh == UINT32_MAX)
		congestion_watch_round_trips(g, before, acked, flight);
	if (g->cwnd > g->ssthresh)
		g->cwnd = g->ssthresh;
}

void
congestion_grow(
    struct congestion *g, struct mono now, struct duration rtt, uint32_t acked, uint32_t flight)
{
	bool slow = g->cwnd < g->ssthresh;

	/* What is not used is not tested; time without a test does not move the curve. Slow start
	 * goes on to twice what flew in this round, or a sender that writes in bursts would never
	 * leave it: while a burst is acknowledged, ever less of it flies. */
	if (!g->limited && !(slow && g->cwnd / 2 < g->used)) {
		if (mono_is_set(g->epoch_at))
			g->epoch_at = mono_add(g->epoch_at, mono_since(now, g->seen_at));
		if (g->as_linux)
			congestion_linux_unused(g, now, acked, flight);
		else
			g->round_left -= acked < g->round_left ? acked : g->round_left;
	} else if (slow) {
		start_slowly(g, acked, flight);
		if (g->as_linux && g->cwnd >= g->ssthresh && !mono_is_set(g->linux_epoch_at))
			congestion_linux_avoid(g, now, acked, flight); /* this ACK is its first */
	} else {
		avoid(g, now, rtt, acked < g->cwnd ? acked : g->cwnd, flight);
	}
	if (g->cwnd > CWND_BYTES_MAX)
		g->cwnd = g->w_est = CWND_BYTES_MAX;
	g->used_left -= acked < g->used_left ? acked : g->used_left;
	g->ack_rtt_us = 0;
	g->seen_at = now;
}

void
congestion_note_flight(struct congestion *g, uint32_t flight)
{
	if (flight > g->used || g->used_left == 0)
		g->used = g->used_left = flight;
}

void
congestion_reduce(struct congestion *g)
{
	g->cwnd_prior = g->cwnd;
	g->w_max = g->cwnd < g->w_max
		       ? (uint32_t)((uint64_t)g->cwnd * FASTER_TENTHS / 20) /* §4.7 */
		       : g->cwnd;
	g->ssthresh = at_least_two(g, (uint64_t)g->cwnd * BETA_TENTHS / 10);
	end_epoch(g);
	g->css_baseline_us = 0;
	g->used = g->used_left = 0; /* the round was another window's */
}

void
congestion_recovery_begin(struct congestion *g, uint32_t flight)
{
	g->undo_cwnd = g->cwnd;
	g->undo_ssthresh = g->ssthresh;
	g->undo_w_max = g->w_max;
	congestion_reduce(g);
	g->recover_fs = flight;
	g->prr_delivered = g->prr_out = 0;
}

void
congestion_recovery_acked(struct congestion *g, uint32_t delivered, uint32_t pipe, bool safe)
{
	uint64_t due;

	g->prr_delivered += delivered;
	if (pipe > g->ssthresh) {
		due =
		    ((uint64_t)g->prr_delivered * g->ssthresh + g->recover_fs - 1) / g->recover_fs;
		due = due > g->prr_out ? due - g->prr_out : 0;
	} else {
		due = g->prr_delivered > g->prr_out ? g->prr_delivered - g->prr_out : 0;
		due = (due > delivered ? due : delivered) + (safe ? g->mss : 0);
		if (due > g->ssthresh - pipe)
			due = g->ssthresh - pipe;
	}
	if (g->prr_out == 0 && due < g->mss)
		due = g->mss; /* the first loss goes again at once */
	g->cwnd = (uint32_t)(pipe + due < CWND_BYTES_MAX ? pipe + due : CWND_BYTES_MAX);
}

void
congestion_recovery_end(struct congestion *g)
{
	g->cwnd = g->ssthresh;
}

void
congestion_undo(struct congestion *g)
{
	if (g->cwnd < g->undo_cwnd)
		g->cwnd = g->undo_cwnd;
	if (g->ssthresh < g->undo_ssthresh)
		g->ssthresh = g->undo_ssthresh;
	g->w_max = g->undo_w_max;
	end_epoch(g);
}

void
congestion_timeout(struct congestion *g)
{
	g->cwnd = g->mss;
	g->w_max = 0;
	end_epoch(g);
}

void
congestion_restart(struct congestion *g)
{
	uint32_t restart = INITIAL_SEGMENTS * g->mss;

	if (g->cwnd > restart)
		g->cwnd = restart;
	end_epoch(g);
	g->limited = false;
}

void
congestion_resume(struct congestion *g, struct mono now, struct duration idle)
{
	if (mono_is_set(g->epoch_at)) {
		g->epoch_at = mono_earlier(mono_add(g->epoch_at, idle), now);
		g->seen_at = now;
	}
	if (mono_is_set(g->linux_epoch_at))
		g->linux_epoch_at = mono_earlier(mono_add(g->linux_epoch_at, idle), now);
}
