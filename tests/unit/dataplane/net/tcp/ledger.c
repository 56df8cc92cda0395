/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is in the ledger, and what is sent to whom another process left in it. */
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "tests/sim/sim.h"

#define PLACES 16

static struct tcp_config
config_with(struct tcp_ledger_entry *ledger)
{
	memset(ledger, 0, PLACES * sizeof(*ledger));
	return (struct tcp_config){
		.checksum_offload_rx = true, .connections_max = PLACES, .ledger = ledger
	};
}

/* How many entries hold; the last of them. */
static unsigned
held(const struct tcp_ledger_entry *ledger, const struct tcp_ledger_entry **last)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		if (!tcp_ledger_holds(&ledger[i]))
			continue;
		n++;
		*last = &ledger[i];
	}
	return n;
}

TEST(an_entry_lives_as_long_as_its_connection)
{
	struct tcp_ledger_entry ledger[PLACES];
	const struct tcp_ledger_entry *entry = NULL;
	struct rig r;

	rig_init(&r, config_with(ledger));
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(held(ledger, &entry) == 0); /* half open: its peer sends again by itself */
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(held(ledger, &entry) == 1);
	CHECK(memcmp(&entry->endpoints, &r.endpoints, sizeof(r.endpoints)) == 0);

	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	tcp_release(r.conn);
	rig_turn(&r, microseconds(10));
	CHECK(held(ledger, &entry) == 1); /* our FIN is out and may be lost */
	rig_in(&r, (struct rig_segment){ ACK, 2, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(held(ledger, &entry) == 0);
	CHECK(rig_fini(&r));
}

TEST(who_was_told_nothing_stays_in_the_ledger)
{
	struct tcp_ledger_entry ledger[PLACES];
	const struct tcp_ledger_entry *entry;
	struct rig r;

	rig_init(&r, config_with(ledger));
	rig_accept(&r, true);
	tcp_release(r.conn);
	CHECK(rig_fini(&r));
	CHECK(held(ledger, &entry) == 1);
}

TEST(what_we_open_is_not_in_the_ledger)
{
	struct tcp_ledger_entry ledger[PLACES];
	const struct tcp_ledger_entry *entry;
	struct rig r;

	rig_init(&r, config_with(ledger));
	rig_connect(&r);
	rig_in(&r, (struct rig_segment){ SYN | ACK, 0, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
	CHECK(held(ledger, &entry) == 0);
	tcp_release(r.conn);
	CHECK(rig_fini(&r));
}

TEST(a_half_written_entry_is_none)
{
	struct tcp_ledger_entry whole, cut;
	struct rig r;

	rig_init(&r, (struct tcp_config){ 0 });
	tcp_ledger_write(&whole, &r.endpoints);
	CHECK(tcp_ledger_holds(&whole));
	for (size_t n = 0; n < sizeof(whole); n++) { /* each byte in turn */
		cut = whole;
		((uint8_t *)&cut)[n] ^= 0x10;
		CHECK(!tcp_ledger_holds(&cut));
	}
	memset(&cut, 0, sizeof(cut));
	CHECK(!tcp_ledger_holds(&cut));
	cut.endpoints = whole.endpoints; /* the check is not there yet */
	CHECK(!tcp_ledger_holds(&cut));
	tcp_ledger_strike(&whole);
	CHECK(!tcp_ledger_holds(&whole));
	CHECK(rig_fini(&r));
}

/* Another stack, as a client that is left would be, gets it. */
TEST(who_is_asked_tells_its_numbers)
{
	static const bool with_ts[] = { false, true };
	struct rig r, next;

	for (unsigned i = 0; i < COUNT_OF(with_ts); i++) {
		unsigned answers = 0;
		uint32_t seq[2];

		rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true });
		rig_accept(&r, with_ts[i]);
		rig_init(&next, (struct tcp_config){ .checksum_offload_rx = true });
		for (unsigned round = 0; round < 2; round++) {
			next.sent_count = 0;
			CHECK(tcp_ask(next.tcp, &next.endpoints, round));
			CHECK(next.sent_count == 1 && next.sent[0].flags == ACK &&
			      next.sent[0].length == 0 && next.sent[0].has_ts);
			seq[round] = next.sent[0].seq;
			rig_turn(&r, seconds(1));
			rig_in(&r, (struct rig_segment){
				       ACK, seq[round], 0, 0, 0, true, next.sent[0].ts_val, 0 });
			answers += rig_answered(&r, ACK, 1, 1);
		}
		CHECK(answers >= 1);               /* one of two is outside any window */
		CHECK(seq[1] - seq[0] > 1u << 30); /* RFC 7323 §2.3 */
		CHECK(seq[0] - seq[1] > 1u << 30);
		tcp_release(r.conn);
		CHECK(rig_fini(&r) && rig_fini(&next));
	}
}

TEST(nobody_is_asked_who_could_not_come_here)
{
	struct rig r;
	struct tcp_endpoints e;

	rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true });
	e = r.endpoints;
	e.local_port++; /* nobody listens */
	CHECK(!tcp_ask(r.tcp, &e, 0));
	e = r.endpoints;
	e.remote = e.local;
	CHECK(!tcp_ask(r.tcp, &e, 0));
	CHECK(r.sent_count == 0);
	CHECK(rig_fini(&r));
}

/* Hands the stack a segment of a flow that it does not know. */
static enum tcp_gone
refuse_gone(struct rig *r, uint8_t flags, uint16_t bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	struct rte_tcp_hdr *h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, bytes);

	memset(h, 0, bytes);
	if (bytes >= sizeof(*h)) {
		h->src_port = rte_cpu_to_be_16(r->endpoints.remote_port);
		h->dst_port = rte_cpu_to_be_16(r->endpoints.local_port);
		h->recv_ack = rte_cpu_to_be_32(77);
		h->data_off = 0x50;
		h->tcp_flags = flags;
	}
	m->ol_flags |= r->verdict;
	return tcp_refuse_gone(r->tcp, m, &r->endpoints.remote, &r->endpoints.local);
}

TEST(who_is_known_to_be_gone_is_told_without_a_rate)
{
	struct rig r;
	uint32_t more = 3000; /* than strangers get in a second */

	rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true });
	CHECK(refuse_gone(&r, RST, 20) == TCP_GONE_KNOWN && r.sent_count == 0);
	CHECK(refuse_gone(&r, ACK, 12) == TCP_GONE_BAD && r.sent_count == 0);
	CHECK(refuse_gone(&r, ACK, 20) == TCP_GONE_RESET);
	CHECK(r.sent_count == 1 && r.sent[0].flags == RST && r.sent[0].seq + r.iss == 77);
	for (uint32_t i = 0; i < more; i++)
		CHECK(refuse_gone(&r, ACK, 20) == TCP_GONE_RESET);
	CHECK(rig_counter(&r, TCP_COUNTER_OUT_RSTS) == more + 1);
	r.verdict = RTE_MBUF_F_RX_L4_CKSUM_BAD;
	CHECK(refuse_gone(&r, RST, 20) == TCP_GONE_BAD);
	CHECK(rig_fini(&r));
}

TEST(a_connection_is_ended_by_its_place)
{
	struct tcp_ledger_entry ledger[PLACES];
	const struct tcp_ledger_entry *entry;
	struct rig r;
	unsigned ended = 0;

	rig_init(&r, config_with(ledger));
	rig_accept(&r, false);
	r.sent_count = 0;
	for (uint32_t i = 0; i < tcp_places(r.tcp); i++)
		ended += tcp_abort_at(r.tcp, i);
	CHECK(ended == 1 && r.sent_count == 1 && r.sent[0].flags == (RST | ACK));
	for (uint32_t i = 0; i < tcp_places(r.tcp); i++)
		CHECK(!tcp_abort_at(r.tcp, i));
	tcp_release(r.conn);
	CHECK(held(ledger, &entry) == 0);
	CHECK(rig_fini(&r));
}
