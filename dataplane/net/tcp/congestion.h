/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much may fly: CUBIC (RFC 9438) with its Reno-friendly region and fast convergence, slow start
 * with byte counting (RFC 5681 §3.1, RFC 6928), which HyStart++ leaves before
 * the path overflows (RFC 9406), restart after idleness (RFC 5681 §4.1), and Proportional Rate
 * Reduction while losses are repaired (RFC 6937). Integers only: windows in bytes, times in
 * milliseconds. Knows no connection and no segment: recovery.c tells it what was acknowledged and
 * what was lost, output.c asks it for cwnd.
 */
#ifndef SLUICE_TCP_CONGESTION_H
#define SLUICE_TCP_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mono.h"

/* Part of a connection, which alone writes it. All windows are bytes. */
struct congestion {
	uint32_t cwnd, ssthresh;
	uint32_t mss;         /* the segment that C and the least windows are counted in */
	uint32_t slow_most;   /* segments by which one ACK opens slow start (L of RFC 9406 §4.2) */
	uint32_t w_max;       /* the window at the last reduction; 0: none to grow back to */
	uint32_t cwnd_prior;  /* the same before fast convergence took from it */
	uint32_t w_est;       /* what Reno would have */
	uint32_t k_ms;        /* from the start of the epoch until cwnd is w_max again */
	uint32_t used;        /* the most that flew in this round */
	uint32_t ack_rtt_us;  /* the least round trip that this ACK measured; 0: none */
	uint64_t credit;      /* growth below a byte, times cwnd */
	uint64_t est_credit;  /* the same of w_est, times 17 cwnd */
	struct mono epoch_at; /* when congestion avoidance began, idleness left out; or MONO_NONE */
	struct mono seen_at;  /* the last acknowledgement */
	/* RFC 9406 §4.2: the least round trips of this round and the last, 0 while unknown; what is
	 * left of this round; the least when conservative slow start began, 0 outside it. */
	uint32_t round_min_us, last_min_us, round_left, css_baseline_us;
	uint8_t round_samples, css_rounds;
	bool limited;  /* cwnd, and nothing else, stopped the sender */
	bool as_linux; /* congestion_linux.c */
	uint32_t recover_fs, prr_delivered, prr_out;   /* RFC 6937 §3, since recovery began */
	uint32_t undo_cwnd, undo_ssthresh, undo_w_max; /* when recovery began */
	uint32_t used_left;                            /* of the round that `used` is of */
	/* congestion_linux.c */
	uint32_t origin_segments; /* what the curve is flat at */
	uint32_t limited_left;    /* of the flight that cwnd stopped last */
	struct mono linux_epoch_at;
};

void congestion_init(struct congestion *g, uint32_t cwnd, uint32_t mss, uint32_t slow_most);
/* After congestion_init(): as Linux does, see congestion_linux.c. */
void congestion_as_linux(struct congestion *g);
/* The path's segment became smaller, or larger (RFC 8201, 4821): windows are counted in the new one
 * from now on, and hold one, or two, at least. */
void congestion_set_mss(struct congestion *g, uint32_t mss);
/*
 * New data was acknowledged outside recovery: `acked` bytes of `flight`. The window grows only
 * where it was used (RFC 9438 §5.8).
 */
void congestion_grow(
    struct congestion *g, struct mono now, struct duration rtt, uint32_t acked, uint32_t flight);
/* So much flies now that what may go went. */
void congestion_note_flight(struct congestion *g, uint32_t flight);
/* A round trip was measured; before congestion_grow() for the same ACK. */
void congestion_take_rtt(struct congestion *g, uint32_t rtt_us);
/*
 * A loss or its ECN signal: ssthresh is what to come down to (RFC 9438 §4.6, §4.7): of cwnd, which
 * §4.6 allows where, as here, a window that is not used does not grow. Of the flight it would be
 * two segments for a client that lost the one it had out, and the next large answer would begin
 * there.
 */
void congestion_reduce(struct congestion *g);
/*
 * Recovery: begun with `flight` bytes between snd_una and snd_nxt; each ACK says how many bytes
 * reached the peer by it and how many still fly, and cwnd becomes what may fly until the next.
 * `safe`: the ACK moved snd_una and showed no further loss (then slow start back up to ssthresh,
 * else what was delivered: SSRB and CRB, as RFC 9937 §6.2 has them).
 */
void congestion_recovery_begin(struct congestion *g, uint32_t flight);
void congestion_recovery_acked(struct congestion *g, uint32_t delivered, uint32_t pipe, bool safe);
void congestion_recovery_end(struct congestion *g);
/* The recovery that began last repaired nothing: as it was before, or better (RFC 4015 §3.2). */
void congestion_undo(struct congestion *g);
/* The retransmission timer expired: one segment, and no old window to grow back to (§4.8). */
void congestion_timeout(struct congestion *g);
/* Nothing was sent for longer than an RTO: the path is not known any more (RFC 5681 §4.1). */
void congestion_restart(struct congestion *g);
/* The same, where the window is kept all the same: the curve has not moved since. */
void congestion_resume(struct congestion *g, struct mono now, struct duration idle);

/* For congestion_linux.c: in the first slow start, where the window was `before` that ACK; Reno's
 * window, where `acked` bytes were acknowledged (§4.3); and how long the curve takes to grow by so
 * many segments (§4.2). */
void congestion_watch_round_trips(
    struct congestion *g, uint32_t before, uint32_t acked, uint32_t flight);
void congestion_grow_estimate(struct congestion *g, uint32_t acked);
uint32_t congestion_k_ms(uint32_t segments);
/* congestion_linux.c: for congestion_grow(), past slow start. */
void congestion_linux_avoid(struct congestion *g, struct mono now, uint32_t acked, uint32_t flight);
/* The same where cwnd did not stop the sender. */
void congestion_linux_unused(
    struct congestion *g, struct mono now, uint32_t acked, uint32_t flight);

#endif
