/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole transfers between two of our stacks, on good wires and bad ones; invariants after each
 * event. */
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define MIB (1u << 20)

int
harness_setup(void)
{
	return sim_eal_init();
}

static struct wire
clean_wire(void)
{
	return (struct wire){ .delay = microseconds(50), .reorder_delay = microseconds(400) };
}

static struct wire
tampered_wire(void)
{
	struct wire w = clean_wire();

	w.loss_ppm = 10000;
	w.reorder_ppm = 20000;
	w.duplicate_ppm = 1000;
	return w;
}

TEST(bulk_both_ways_on_a_clean_wire)
{
	struct sim *s = sim_create(1, clean_wire());

	sim_send(s, SIM_CLIENT, 2 * MIB);
	sim_send(s, SIM_SERVER, MIB);
	CHECK(sim_run(s, seconds(20)));
	CHECK(sim_received(s, SIM_SERVER, 2 * MIB));
	CHECK(sim_received(s, SIM_CLIENT, MIB));
	sim_destroy(s);
}

TEST(bulk_both_ways_with_loss_reordering_and_duplication)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct sim *s = sim_create(seed, tampered_wire());

		sim_send(s, SIM_CLIENT, MIB);
		sim_send(s, SIM_SERVER, MIB);
		sim_close(s, SIM_CLIENT);
		sim_close(s, SIM_SERVER);
		CHECK_SEED(seed, sim_run(s, seconds(300)));
		CHECK_SEED(seed, sim_received(s, SIM_SERVER, MIB));
		CHECK_SEED(seed, sim_received(s, SIM_CLIENT, MIB));
		CHECK_SEED(seed, sim_saw_close(s, SIM_CLIENT) && sim_saw_close(s, SIM_SERVER));
		sim_destroy(s);
	}
}

TEST(heavy_loss_ends_all_the_same)
{
	for (uint64_t seed = 100; seed < 110; seed++) {
		struct wire w = tampered_wire();
		struct sim *s;

		w.loss_ppm = 100000;
		s = sim_create(seed, w);
		sim_send(s, SIM_CLIENT, MIB / 8);
		CHECK_SEED(seed, sim_run(s, seconds(600)));
		CHECK_SEED(seed, sim_received(s, SIM_SERVER, MIB / 8));
		sim_destroy(s);
	}
}

TEST(a_shut_window_opens_again)
{
	struct sim *s = sim_create(7, clean_wire());

	sim_pause(s, SIM_SERVER, true);
	sim_send(s, SIM_CLIENT, 3 * MIB);
	sim_run(s, seconds(65));
	sim_pause(s, SIM_SERVER, false);
	CHECK(sim_run(s, seconds(120)));
	CHECK(sim_received(s, SIM_SERVER, 3 * MIB));
	sim_destroy(s);
}

TEST(half_close_still_delivers_the_other_way)
{
	struct sim *s = sim_create(9, clean_wire());

	sim_send(s, SIM_CLIENT, 1000);
	sim_close(s, SIM_CLIENT);
	CHECK(sim_run(s, seconds(5)));
	CHECK(sim_saw_close(s, SIM_SERVER));
	sim_send(s, SIM_SERVER, MIB);
	CHECK(sim_run(s, seconds(20)));
	CHECK(sim_received(s, SIM_CLIENT, MIB));
	sim_destroy(s);
}

TEST(nothing_leaks)
{
	struct sim *s = sim_create(11, tampered_wire());
	uint32_t held;

	sim_send(s, SIM_CLIENT, MIB);
	sim_run(s, seconds(1));
	sim_destroy(s);
	s = sim_create(12, clean_wire());
	sim_run(s, seconds(2));
	held = sim_pools_used();
	CHECK(held == 0);
	sim_destroy(s);
}
