/* SPDX-License-Identifier: BSD-3-Clause */
/* The link does what its quality says, and the same again for the same seed. */
#include <stdlib.h>

#include "tests/sim/link.h"
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define SEGMENT_BYTES 1000
#define SENT          10000

int
harness_setup(void)
{
	return sim_eal_init();
}

static struct rte_mbuf *
segment_of(uint16_t bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);

	if (m == NULL)
		abort();
	memset(rte_pktmbuf_append(m, bytes), 0x5a, bytes);
	return m;
}

static unsigned
send_at(struct link *l, uint64_t ns, struct rte_mbuf *m)
{
	struct ip_address a = address_v4((const uint8_t[]){ 192, 0, 2, 1 });

	return link_send(l, (struct mono){ ns }, m, &a, &a, 2);
}

/* What came of SENT segments, one every microsecond. */
struct tally {
	unsigned arrived, damaged, marked, overtaken;
	uint64_t digest;
};

static struct tally
run(struct link_quality q, uint64_t seed)
{
	struct link *l = malloc(sizeof(*l));
	struct rte_mbuf *m = segment_of(SEGMENT_BYTES);
	struct tally t = { 0 };
	struct flight *f;
	uint32_t last = 0, number;

	link_init(l, q, sim_random_of(seed, 0));
	for (uint32_t i = 1; i <= SENT; i++) {
		memcpy(rte_pktmbuf_mtod(m, void *), &i, 4);
		send_at(l, i * 1000u, m);
		while ((f = link_take(l, (struct mono){ i < SENT ? i * 1000u : UINT64_MAX })) !=
		       NULL) {
			memcpy(&number, f->data, 4);
			t.arrived++;
			t.damaged += f->damaged;
			t.marked += f->ecn == 3;
			t.overtaken += number < last;
			t.digest = t.digest * 31 + f->at.ns + number;
			last = number;
			free(f);
		}
	}
	link_fini(l);
	free(l);
	rte_pktmbuf_free(m);
	return t;
}

TEST(each_quality_shows_as_often_as_it_says)
{
	static const struct {
		const char *name;
		struct link_quality q;
		unsigned arrived, damaged, marked, overtaken; /* expected, give or take a fifth */
	} rows[] = {
		{ "good", { 0 }, SENT, 0, 0, 0 },
		{ "loss", { .loss_ppm = 200000 }, SENT * 8 / 10, 0, 0, 0 },
		{ "blackout", { .loss_ppm = 1000000 }, 0, 0, 0, 0 },
		{ "bursts: half the time, all lost",
		    { .burst_enter_ppm = 50000,
			.burst_leave_ppm = 50000,
			.burst_loss_ppm = 1000000 },
		    SENT / 2, 0, 0, 0 },
		{ "twice", { .duplicate_ppm = 500000 }, SENT * 3 / 2, 0, 0, 0 },
		{ "damage", { .corrupt_ppm = 100000 }, SENT, SENT / 10, 0, 0 },
		{ "marks", { .ecn_mark_ppm = 100000 }, SENT, 0, SENT / 10, 0 },
		{ "reorder", { .reorder_ppm = 100000, .reorder_delay = { 1500 } }, SENT, 0, 0,
		    SENT * 9 / 100 },
		{ "jitter keeps the order", { .jitter = { 1000000 } }, SENT, 0, 0, 0 },
		{ "MTU", { .mtu = 1019 }, 0, 0, 0, 0 },
		{ "MTU fits", { .mtu = 1020 }, SENT, 0, 0, 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct tally t = run(rows[i].q, 1);

		CHECK_ROW(rows[i].name,
		    abs((int)(t.arrived - rows[i].arrived)) * 5 <= (int)rows[i].arrived);
		CHECK_ROW(rows[i].name,
		    abs((int)(t.damaged - rows[i].damaged)) * 5 <= (int)rows[i].damaged);
		CHECK_ROW(
		    rows[i].name, abs((int)(t.marked - rows[i].marked)) * 5 <= (int)rows[i].marked);
		CHECK_ROW(rows[i].name,
		    abs((int)(t.overtaken - rows[i].overtaken)) * 5 <= (int)rows[i].overtaken);
	}
	CHECK(sim_pools_used() == 0);
}

TEST(a_seed_repeats_and_another_differs)
{
	struct link_quality q = { .loss_ppm = 100000,
		.duplicate_ppm = 10000,
		.reorder_ppm = 10000,
		.reorder_delay = { 50000 },
		.jitter = { 3000 } };

	CHECK(run(q, 7).digest == run(q, 7).digest);
	CHECK(run(q, 7).digest != run(q, 8).digest);
}

TEST(bandwidth_spaces_and_the_queue_overflows)
{
	struct link *l = malloc(sizeof(*l));
	struct rte_mbuf *m = segment_of(980); /* 1,000 with its IP header: 1 ms at 8 Mbit/s */
	struct flight *f;
	unsigned sent = 0;

	link_init(l, (struct link_quality){ .bits_per_second = 8000000, .queue_bytes = 5000 },
	    sim_random_of(1, 0));
	while (send_at(l, 1, m) == 0)
		sent++;
	CHECK(sent == 6); /* one leaves, five wait */
	CHECK(send_at(l, 1, m) == LINK_QUEUE_FULL);
	for (unsigned i = 1; i <= sent; i++) {
		f = link_take(l, MONO_NEVER);
		CHECK(f != NULL && f->at.ns == i * 1000000u + 1);
		free(f);
	}
	CHECK(send_at(l, 3000001, m) == 0); /* the queue has drained */
	link_fini(l);
	free(l);
	rte_pktmbuf_free(m);
}

TEST(what_is_unloaded_is_what_was_sent)
{
	struct link *l = malloc(sizeof(*l));
	struct rte_mbuf *m = segment_of(1500), *twin;
	struct flight *f;

	link_init(l, (struct link_quality){ 0 }, sim_random_of(1, 0));
	m->next = segment_of(1500);
	m->nb_segs = 2;
	m->pkt_len = 3000;
	CHECK(send_at(l, 1, m) == 0);
	rte_pktmbuf_free(m);
	f = link_take(l, MONO_NEVER);
	twin = link_unload(f, sim_pools()->data);
	CHECK(twin->pkt_len == 3000 && twin->nb_segs == 2 && twin->next->next == NULL);
	CHECK(*rte_pktmbuf_mtod_offset(twin->next, uint8_t *, twin->next->data_len - 1) == 0x5a);
	rte_pktmbuf_free(twin);
	free(f);
	link_fini(l);
	free(l);
	CHECK(sim_pools_used() == 0);
}
