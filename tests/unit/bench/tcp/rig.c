/* SPDX-License-Identifier: BSD-3-Clause */
/* The peers' segments as a stack must find them, and each case done to its end. */
#include "bench/tcp/rig.h"

#include <arpa/inet.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "bench/tcp/cases.h"
#include "dataplane/net/checksum.h"
#include "tests/unit/harness.h"

#define FLOWS 20 /* no multiple of a batch */

int
harness_setup(void)
{
	return rig_start(2 * FLOWS);
}

static struct rig *
rig_with(bool checksum)
{
	struct rig_config config = { .flows = FLOWS, .checksum = checksum };
	struct rig *r = NULL;

	return rig_create(&config, &r) == 0 ? r : NULL;
}

static const struct rte_tcp_hdr *
staged(const struct rig *r, unsigned i)
{
	return rte_pktmbuf_mtod(r->in[i], const struct rte_tcp_hdr *);
}

TEST(a_peer_numbers_its_segments)
{
	struct rig *r = rig_with(false);
	uint32_t seq, ack;

	CHECK(r != NULL);
	if (r == NULL)
		return;
	seq = r->peers[3].seq;
	ack = r->peers[3].ack;
	rig_stage(r, 3, RIG_ACK, 100);
	rig_stage(r, 3, RIG_ACK | RIG_FIN, 0);
	CHECK(r->in_count == 2 && r->in[0]->pkt_len == 32 + 100 && r->in[1]->pkt_len == 32);
	CHECK(ntohl(staged(r, 0)->sent_seq) == seq && ntohl(staged(r, 0)->recv_ack) == ack);
	CHECK(ntohl(staged(r, 1)->sent_seq) == seq + 100 && r->peers[3].seq == seq + 101);
	CHECK(staged(r, 1)->tcp_flags == (RIG_ACK | RIG_FIN) && staged(r, 1)->data_off == 8 << 4);
	rig_unmeasured(r);
	CHECK(r->received_bytes == 100 && r->lost == 0);
	rig_destroy(r);
}

TEST(a_syn_has_the_options_of_one)
{
	static const uint8_t options[] = { 2, 4, 1460 >> 8, 1460 & 255, 4, 2, 8, 10 };
	struct rig *r = rig_with(false);
	const uint8_t *p;

	CHECK(r != NULL);
	if (r == NULL)
		return;
	rig_renew_peer(r, FLOWS);
	rig_stage(r, FLOWS, RIG_SYN, 0);
	p = (const uint8_t *)(staged(r, 0) + 1);
	CHECK(memcmp(p, options, sizeof(options)) == 0);
	CHECK(p[16] == 1 && p[17] == 3 && p[18] == 3 && p[19] == 7);
	CHECK(staged(r, 0)->recv_ack == 0 && staged(r, 0)->data_off == 10 << 4);
	rig_destroy(r);
}

/* RFC 9293 §3.1, summed here by the words of the standard. */
TEST(a_sum_is_right_where_one_is_asked_for)
{
	struct rig *r = rig_with(true);
	uint32_t sum = 0x0a00 + 0x0005 + 0xc000 + 0x0201 + IPPROTO_TCP;
	const uint8_t *p;

	CHECK(r != NULL);
	if (r == NULL)
		return;
	rig_stage(r, 5, RIG_ACK, 100);
	sum += r->in[0]->pkt_len;
	p = (const uint8_t *)staged(r, 0);
	for (uint32_t i = 0; i < r->in[0]->pkt_len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	CHECK(sum == 0xffff);
	CHECK((r->in[0]->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == 0);
	rig_unmeasured(r);
	CHECK(r->received_bytes == 100 && r->lost == 0);
	rig_destroy(r);
}

TEST(a_turn_holds_no_more_than_a_burst)
{
	struct rig *r = rig_with(false);

	CHECK(r != NULL);
	if (r == NULL)
		return;
	for (unsigned i = 0; i < RIG_BURST + 3; i++)
		rig_stage(r, 0, RIG_ACK, 10);
	CHECK(r->in_count == RIG_BURST && r->lost == 3);
	rig_destroy(r);
}

TEST(each_case_comes_to_its_end)
{
	for (unsigned i = 0; i < CASE_COUNT; i++) {
		struct case_result result;
		enum case_id id;

		CHECK_ROW(case_name(i), case_find(case_name(i), &id) && id == i);
		for (unsigned checksum = 0; checksum < 2; checksum++) {
			CHECK_ROW(
			    case_name(i), case_run(i, FLOWS, 100, checksum != 0, &result) == 0);
			CHECK_ROW(case_name(i),
			    result.operations >= 100 && result.operations < 100 + 2 * RIG_BATCH);
		}
	}
}
