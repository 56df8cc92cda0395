/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of a tamper link: takes frames, and gives each to `send` never, once or twice, now
 * or later, whole or with one bit turned, as its spec and its seed say. It knows no socket and no
 * clock, so the same seed, frames and times give the same result.
 *
 * A frame is picked for at most one of loss, corruption, duplication, reordering and a CE mark,
 * which only a frame that asks for one gets (mark.h). A reordered one is overtaken by 1 to
 * LANE_OVERTAKEN_MAX others, or sent after LANE_HOLD_US when none comes. Bounds: LANE_HELD_MAX
 * frames held for reordering, LANE_DELAYED_MAX for the delay; what does not fit is dropped and
 * counted.
 */
#ifndef SLUICE_TAMPER_LANE_H
#define SLUICE_TAMPER_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/tamper/spec.h"

#define LANE_FRAME_BYTES_MAX 9234 /* 9,216 and an 802.1Q tag, rounded */
#define LANE_HELD_MAX        64
#define LANE_DELAYED_MAX     4096
#define LANE_OVERTAKEN_MAX   4
#define LANE_HOLD_US         2000

struct lane_counts {
	uint64_t frames, lost, corrupted, doubled, reordered, marked, dropped;
};

typedef void (*lane_send)(void *arg, const uint8_t *frame, uint32_t bytes);

struct lane; /* owns the frames it holds; one thread */

/* NULL: out of memory. */
struct lane *lane_create(const struct tamper_spec *spec, uint64_t seed, lane_send send, void *arg);
void lane_destroy(struct lane *l);
/* A frame arrived; it is copied where it is kept, and never changed in place. */
void lane_frame(struct lane *l, uint64_t now_us, const uint8_t *frame, uint32_t bytes);
/* Sends what is due; the time of the next that will be, UINT64_MAX: none. */
uint64_t lane_turn(struct lane *l, uint64_t now_us);
const struct lane_counts *lane_counts(const struct lane *l);

#endif
