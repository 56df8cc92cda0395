/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that a dead dataplane left: asked in rounds, told, and forgotten. */
#include "dataplane/leftovers.h"

#include <stdlib.h>

#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define SERVICE_PORT 1344
#define FIRST_PORT   2000
#define COUNT_MAX    100
#define ACK          RTE_TCP_ACK_FLAG
#define RST          RTE_TCP_RST_FLAG

/* A core without clients, and what it sent. */
struct fixture {
	struct tcp *tcp;
	struct link *link;
	struct leftovers *leftovers;
	struct asking asking;
	struct core_stats stats;
	struct mono now;
	struct tcp_ledger_entry entries[COUNT_MAX];
	unsigned asked[COUNT_MAX], asked_all, resets;
};

static void
take_segment(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct fixture *f = arg;
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	unsigned which = rte_be_to_cpu_16(h->dst_port) - FIRST_PORT;

	(void)source;
	(void)destination;
	(void)ecn;
	if (h->tcp_flags == RST) {
		f->resets++;
	} else if (h->tcp_flags == ACK && which < COUNT_MAX) {
		f->asked[which]++;
		f->asked_all++;
	}
	rte_pktmbuf_free(m);
}

static void
drop_frame(void *arg, struct rte_mbuf *m)
{
	(void)arg;
	rte_pktmbuf_free(m);
}

static void
not_random(void *arg, void *out, size_t bytes)
{
	(void)arg;
	memset(out, 7, bytes);
}

static struct ip_address
host(uint8_t last)
{
	const uint8_t four[4] = { 192, 0, 2, last };

	return address_v4(four);
}

static struct tcp_endpoints
flow(unsigned which)
{
	return (
	    struct tcp_endpoints){ host(1), host(2), SERVICE_PORT, (uint16_t)(FIRST_PORT + which) };
}

/* The first of `cores` cores, which share what `count` clients were left. */
static struct fixture *
make(uint32_t count, unsigned cores)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tcp_env te = { f, take_segment, not_random, *sim_pools() };
	struct link_env le = { f, drop_frame, not_random, *sim_pools() };
	struct tcp_config tc = { .checksum_offload_rx = true, .connections_max = 16 };
	struct link_config lc = { .vlan = LINK_VLAN_NONE, .mtu = 1500, .address_count = 1 };
	struct ip_address any = { { 0 } };

	if (f == NULL)
		abort();
	lc.addresses[0].subnet = (struct ip_subnet){ host(1), 120 };
	f->now.ns = 1000000000;
	f->tcp = tcp_create(&tc, &te);
	f->link = link_create(&lc, &le);
	for (uint32_t i = 0; i < count; i++) {
		struct tcp_endpoints e = flow(i);

		tcp_ledger_write(&f->entries[i], &e);
	}
	f->leftovers = leftovers_create(f->entries, count, cores);
	if (f->tcp == NULL || f->link == NULL || f->leftovers == NULL ||
	    tcp_listen(f->tcp, &any, SERVICE_PORT) != 0)
		abort();
	leftovers_begin(&f->asking, f->leftovers, &f->stats, 0, cores);
	return f;
}

static void
end(struct fixture *f)
{
	leftovers_destroy(f->leftovers);
	link_destroy(f->link);
	tcp_destroy(f->tcp);
	CHECK(sim_pools_used() == 0);
	free(f);
}

/* Turns for that long, each when it is due. */
static void
run(struct fixture *f, struct duration time)
{
	struct mono until = mono_add(f->now, time);

	for (;;) {
		struct mono due = leftovers_next_deadline(&f->asking);

		if (mono_before(f->now, due))
			f->now = mono_earlier(due, until);
		tcp_begin(f->tcp, f->now);
		link_begin(f->link, f->now);
		link_run_timers(f->link);
		CHECK(leftovers_turn(&f->asking, f->tcp, f->link, f->now) <= LEFTOVERS_PER_BURST);
		if (!mono_before(f->now, until))
			return;
	}
}

/* A segment of a client's comes; whether it was of one that was left. */
static bool
comes_to(struct fixture *f, struct asking *a, unsigned which, uint8_t flags)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	struct rte_tcp_hdr *h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, sizeof(*h));
	struct ip_address source = host(2), destination = host(1);

	*h = (struct rte_tcp_hdr){ .src_port = rte_cpu_to_be_16((uint16_t)(FIRST_PORT + which)),
		.dst_port = rte_cpu_to_be_16(SERVICE_PORT),
		.data_off = 0x50,
		.tcp_flags = flags };
	m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (leftovers_take(a, f->tcp, m, &source, &destination))
		return true;
	rte_pktmbuf_free(m);
	return false;
}

static bool
comes(struct fixture *f, unsigned which, uint8_t flags)
{
	return comes_to(f, &f->asking, which, flags);
}

TEST(each_is_asked_told_and_asked_once_more)
{
	struct fixture *f = make(40, 1);
	uint32_t found, reset;

	CHECK(f->stats.counters[COUNTER_CONNECTIONS_LEFT] == 40);
	tcp_begin(f->tcp, f->now);
	leftovers_turn(&f->asking, f->tcp, f->link, f->now);
	CHECK(f->asked_all == LEFTOVERS_PER_BURST); /* not all at once */
	run(f, milliseconds(100));
	for (unsigned i = 0; i < 40; i++) {
		CHECK(f->asked[i] == 1);
		CHECK(comes(f, i, ACK));
	}
	CHECK(f->resets == 40);
	CHECK(comes(f, 5, ACK) && f->resets == 41); /* the first RST may be lost */
	CHECK(f->stats.counters[COUNTER_CONNECTIONS_LEFT_RESET] == 40);
	run(f, milliseconds(300));
	CHECK(f->asked_all == 80);
	for (unsigned i = 0; i < 40; i++)
		CHECK(comes(f, i, RST));
	CHECK(!leftovers_take_outcome(f->leftovers, &found, &reset));
	run(f, seconds(5));
	CHECK(f->asked_all == 80 && f->resets == 41);
	CHECK(leftovers_next_deadline(&f->asking).ns == MONO_NEVER.ns);
	CHECK(leftovers_take_outcome(f->leftovers, &found, &reset) && found == 40 && reset == 40);
	CHECK(!leftovers_take_outcome(f->leftovers, &found, &reset));
	CHECK(!comes(f, 5, ACK)); /* a stranger as any other */
	end(f);
}

TEST(who_is_silent_is_forgotten_in_the_end)
{
	struct fixture *f = make(3, 1);
	uint32_t found, reset;

	run(f, seconds(40));
	CHECK(f->asked[0] == LEFTOVERS_ROUNDS && f->asked[2] == LEFTOVERS_ROUNDS);
	CHECK(comes(f, 1, ACK) && f->resets == 1);
	run(f, seconds(40));
	CHECK(f->asked_all == 3 * LEFTOVERS_ROUNDS);
	for (unsigned i = 0; i < 3; i++)
		CHECK(!tcp_ledger_holds(&f->entries[i]));
	CHECK(leftovers_take_outcome(f->leftovers, &found, &reset) && found == 3 && reset == 1);
	end(f);
}

TEST(only_who_was_left_is_taken)
{
	struct fixture *f = make(3, 1);

	CHECK(!comes(f, 3, ACK));
	tcp_ledger_strike(&f->entries[1]);
	CHECK(!comes(f, 1, ACK));
	CHECK(comes(f, 2, ACK) && f->resets == 1);
	end(f);
}

TEST(who_came_anew_is_left_alone)
{
	struct fixture *f = make(2, 1);
	struct tcp_endpoints e = flow(0);
	struct tcp_conn *conn;

	tcp_begin(f->tcp, f->now);
	CHECK(tcp_connect(f->tcp, &e, &conn) == 0);
	run(f, milliseconds(10));
	CHECK(f->asked[0] == 0 && f->asked[1] == 1);
	CHECK(!tcp_ledger_holds(&f->entries[0]));
	tcp_release(conn);
	end(f);
}

TEST(what_is_ours_no_more_is_silent)
{
	struct fixture *f = make(0, 1);
	struct tcp_endpoints e = flow(0);

	end(f);
	f = make(2, 1);
	e.local = host(9);
	tcp_ledger_write(&f->entries[0], &e);
	e = flow(1);
	e.local_port++;
	tcp_ledger_write(&f->entries[1], &e);
	run(f, seconds(70));
	CHECK(f->asked_all == 0);
	end(f);
}

TEST(an_address_that_is_still_tried_is_waited_for)
{
	struct fixture *f = make(0, 1);
	struct link_env le = { f, drop_frame, not_random, *sim_pools() };
	struct link_config lc = { .vlan = LINK_VLAN_NONE,
		.mtu = 1500,
		.address_count = 2,
		.duplicate_address_detection = true };
	struct tcp_endpoints e = flow(0);
	struct leftovers *l;

	tcp_ledger_write(&f->entries[0], &e);
	e = flow(1);
	e.local = (struct ip_address){ { 0xfd, [15] = 1 } };
	e.remote = (struct ip_address){ { 0xfd, [15] = 2 } };
	tcp_ledger_write(&f->entries[1], &e);
	lc.addresses[0].subnet = (struct ip_subnet){ host(1), 120 };
	lc.addresses[1].subnet = (struct ip_subnet){ e.local, 64 };
	link_destroy(f->link);
	f->link = link_create(&lc, &le);
	l = leftovers_create(f->entries, 2, 1);
	leftovers_begin(&f->asking, l, &f->stats, 0, 1);
	run(f, milliseconds(900));
	CHECK(f->asked[0] == 4 && f->asked[1] == 0);
	run(f, milliseconds(700)); /* once it is used, all rounds are before it */
	CHECK(f->asked[1] >= 1 && f->asked[1] <= 3);
	run(f, seconds(70));
	CHECK(f->asked[1] == LEFTOVERS_ROUNDS);
	CHECK(leftovers_next_deadline(&f->asking).ns == MONO_NEVER.ns);
	leftovers_destroy(l);
	end(f);
}

TEST(cores_share_and_any_may_get_the_answer)
{
	struct fixture *f = make(5, 2);
	struct asking other;
	uint32_t found, reset;

	leftovers_begin(&other, f->leftovers, &f->stats, 1, 2);
	CHECK(f->stats.counters[COUNTER_CONNECTIONS_LEFT] == 5); /* told by one of them */
	run(f, milliseconds(10));
	CHECK(f->asked_all == 3 && f->asked[1] == 0 && f->asked[3] == 0);
	CHECK(comes_to(f, &other, 0, ACK) && comes(f, 1, ACK) && f->resets == 2);
	run(f, seconds(70));
	CHECK(!leftovers_take_outcome(f->leftovers, &found, &reset)); /* the other asks on */
	CHECK(comes(f, 3, ACK));
	f->asking = other;
	run(f, seconds(70));
	CHECK(leftovers_take_outcome(f->leftovers, &found, &reset) && found == 5 && reset == 3);
	end(f);
}

TEST(one_that_is_twice_in_the_file_is_one)
{
	struct fixture *f = make(4, 1);
	struct leftovers *l;

	f->entries[3] = f->entries[0];
	l = leftovers_create(f->entries, 4, 1);
	leftovers_begin(&f->asking, l, &f->stats, 0, 1);
	run(f, milliseconds(10));
	CHECK(f->asked[0] == 1 && f->asked_all == 3);
	leftovers_destroy(l);
	end(f);
}

TEST(without_a_list_nobody_is_asked)
{
	struct fixture *f = make(0, 1);

	CHECK(leftovers_next_deadline(&f->asking).ns == MONO_NEVER.ns);
	leftovers_begin(&f->asking, NULL, &f->stats, 0, 1);
	run(f, seconds(1));
	CHECK(f->asked_all == 0 && !comes(f, 0, ACK));
	end(f);
}
