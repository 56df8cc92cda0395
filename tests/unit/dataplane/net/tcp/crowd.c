/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows while more comes than the processor takes (crowd.c). */
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define WINDOW  (1u << 20)
#define SEGMENT 1400u

/* A connection of so long a round trip, as its handshake told. */
static void
accept_far(struct rig *r, unsigned rtt_us)
{
	struct tcp_config config = { .checksum_offload_rx = true, .receive_window_bytes = WINDOW };

	rig_init(r, config);
	r->scale = 5;
	rig_in(r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, true, 1000, 0 });
	rig_turn(r, microseconds(rtt_us));
	rig_in(r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, true, 1001, 0 });
}

/* `segments` of `SEGMENT` bytes, one each `us`, each read at once. The last window that was told.
 */
static uint32_t
stream(struct rig *r, uint32_t *seq, unsigned segments, unsigned us)
{
	struct tcp_info info;

	for (unsigned i = 0; i < segments; i++) {
		struct chain bytes = CHAIN_EMPTY;

		rig_turn(r, microseconds(us));
		rig_in(r,
		    (struct rig_segment){ ACK | PSH, *seq, 1, RIG_WINDOW, SEGMENT, true, 1001, 0 });
		*seq += SEGMENT;
		tcp_receive(r->conn, SEGMENT, &bytes);
		chain_free(&bytes);
	}
	rig_turn(r, milliseconds(50)); /* a delayed ACK goes */
	tcp_info(r->conn, &info);
	return info.receive_window_bytes;
}

/* 14 MB/s over a path of 0.2 ms need no more than the least window; with time to spare it is wide.
 */
TEST(a_crowd_narrows_windows_of_short_paths)
{
	struct rig r;
	uint32_t seq = 1;

	accept_far(&r, 200);
	CHECK(stream(&r, &seq, 800, 100) > WINDOW / 2);
	tcp_set_crowded(r.tcp, true);
	CHECK(stream(&r, &seq, 2 * WINDOW / SEGMENT, 100) <= 65536);
	tcp_set_crowded(r.tcp, false);
	CHECK(stream(&r, &seq, 800, 100) > WINDOW / 2);
	CHECK(rig_fini(&r));
}

/* 14 MB/s over 20 ms are 280,000 bytes on their way: twice that is left, and the edge never goes
 * back (the invariants of each turn hold that). */
TEST(a_crowd_leaves_long_paths_what_they_carry)
{
	struct rig r;
	uint32_t seq = 1, window;

	accept_far(&r, 20000);
	tcp_set_crowded(r.tcp, true);
	window = stream(&r, &seq, 2 * WINDOW / SEGMENT, 100);
	CHECK(window > 400000);
	CHECK(window <= 600000);
	CHECK(rig_fini(&r));
}
