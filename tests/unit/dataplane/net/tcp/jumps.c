/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A caller whose clock jumps, because it was stopped and nobody corrected for it: connections
 * within their user timeout live on, and what was due meanwhile is done once, not as often as it
 * was due.
 */
#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define MIB (1u << 20)

static const int64_t jumps_s[] = { 1, 10, 60 };
#define JUMPS (sizeof(jumps_s) / sizeof(jumps_s[0]))

/* One end stands still in the middle of bodies both ways; the other goes on, and sends again. */
TEST(bodies_both_ways_come_whole_past_a_stop)
{
	struct wire wire = {
		.loss_ppm = 10000, .delay = milliseconds(2), .reorder_delay = milliseconds(1)
	};

	for (uint64_t seed = 0; seed < 10 * JUMPS; seed++) {
		struct sim *s = sim_create(seed, wire);
		const uint64_t *counters = sim_counters(s, SIM_SERVER);
		uint64_t timeouts, resent;

		sim_send(s, SIM_CLIENT, 2 * MIB);
		sim_send(s, SIM_SERVER, 2 * MIB);
		CHECK_SEED(seed, !sim_run(s, milliseconds(60)));
		timeouts = counters[TCP_COUNTER_RTO_EXPIRED];
		sim_stop(s, SIM_SERVER, true);
		sim_run(s, seconds(jumps_s[seed % JUMPS]));
		sim_stop(s, SIM_SERVER, false);
		resent = counters[TCP_COUNTER_RETRANS_SEGS];
		sim_run(s, microseconds(20)); /* its first turn */
		/* What waited acknowledges all that flew and says what was lost of it. */
		CHECK_SEED(seed, counters[TCP_COUNTER_RTO_EXPIRED] <= timeouts + 1);
		CHECK_SEED(seed, counters[TCP_COUNTER_RETRANS_SEGS] <= resent + 10);
		CHECK_SEED(seed, sim_run(s, seconds(300)));
		CHECK_SEED(seed, sim_received(s, SIM_SERVER, 2 * MIB));
		CHECK_SEED(seed, sim_received(s, SIM_CLIENT, 2 * MIB));
		sim_destroy(s);
	}
}

TEST(what_is_overdue_is_sent_again_once)
{
	for (unsigned i = 0; i < JUMPS; i++) {
		struct rig r;
		uint32_t flying;

		rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true });
		rig_accept(&r, i % 2 == 0);
		r.sent_count = 0;
		rig_send(&r, 20000);
		flying = r.sent_count;
		CHECK(flying >= 4);
		r.sent_count = 0;
		rig_turn(&r, seconds(jumps_s[i])); /* 60 s hold eight timeouts, 0.2 s and doubled */
		CHECK(r.sent_count == 1 && r.sent[0].seq == 1);
		CHECK(rig_counter(&r, TCP_COUNTER_RTO_EXPIRED) == 1);
		r.sent_count = 0;
		rig_turn(&r, milliseconds(100));
		CHECK(r.sent_count == 0);
		CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
		CHECK(rig_fini(&r));
	}
}

TEST(keepalive_asks_once_before_it_gives_up)
{
	for (unsigned i = 0; i < JUMPS; i++) {
		struct rig r;

		rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true,
				 .keepalive = milliseconds(900),
				 .keepalive_interval = seconds(1),
				 .keepalive_probes = 3 });
		rig_accept(&r, false);
		r.sent_count = 0;
		rig_turn(&r, seconds(jumps_s[i]));
		CHECK(rig_answered(&r, ACK, 0, 1)); /* an old number: a probe */
		rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
		rig_turn(&r, milliseconds(850));
		CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0 && r.sent_count == 0);
		CHECK(rig_counter(&r, TCP_COUNTER_TIMEOUTS) == 0);
		CHECK(rig_fini(&r));
	}
}
