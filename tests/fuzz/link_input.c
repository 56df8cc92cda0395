/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: tests/sim dataplane/net/link dataplane/net/tcp dataplane/net common/base
 *
 * A link that meets any frames, in virtual time: the input is a list of frames, each with a length,
 * a kind of head that is filled in so that its content is reached, and time that passes. Whatever
 * comes, bounded buffers are held, what is handed up lies inside its buffer, and none is lost.
 */
#include <assert.h>
#include <string.h>

#include "dataplane/net/checksum.h"
#include "dataplane/net/link/link.h"
#include "tests/sim/sim.h"

#define FRAMES_MAX 200
#define HELD_MAX   (512 + 3 * 1024) /* fragments, and packets that wait for neighbours */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t us4[4] = { 192, 0, 2, 2 };
static const uint8_t us6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 2 };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sim_eal_init();
}

static void
let_go(void *arg, struct rte_mbuf *frame)
{
	(void)arg;
	assert(frame->pkt_len >= 14 && frame->data_len <= frame->pkt_len);
	rte_pktmbuf_free(frame);
}

static void
no_random(void *arg, void *out, size_t bytes)
{
	(void)arg;
	memset(out, 7, bytes);
}

static struct link *
make_link(uint8_t setting)
{
	struct link_config c = { .vlan = setting & 1 ? 7 : LINK_VLAN_NONE,
		.mtu = 1500,
		.address_count = 2,
		.leads = true,
		.accept_router_advertisements = (setting & 2) != 0,
		.duplicate_address_detection = (setting & 4) != 0,
		.checksum_offload_rx = (setting & 8) != 0 };
	struct link_env env = { NULL, let_go, no_random, *sim_pools() };

	memcpy(c.mac, mac, 6);
	c.addresses[0].subnet = (struct ip_subnet){ address_v4(us4), 120 };
	c.addresses[1].subnet = (struct ip_subnet){ address_v6(us6), 64 };
	return link_create(&c, &env);
}

/* Makes the head right, as far as the kind says, so that what follows is looked at. */
static void
fill_in(uint8_t *p, size_t bytes, unsigned kind, struct rte_mbuf *m)
{
	uint8_t *ip = p + 14;

	if (bytes < 14 + 40 || kind % 8 == 0)
		return;
	memcpy(p, mac, 6);
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (kind % 8 < 4) {
		uint16_t sum;

		memcpy(p + 12, "\x08\0", 2);
		ip[0] = 0x45;
		ip[2] = (uint8_t)((bytes - 14) >> 8);
		ip[3] = (uint8_t)(bytes - 14);
		memcpy(ip + 16, us4, 4);
		ip[10] = ip[11] = 0;
		sum = (uint16_t)~rte_raw_cksum(ip, 20);
		memcpy(ip + 10, &sum, 2);
		return;
	}
	memcpy(p + 12, "\x86\xdd", 2);
	ip[0] = 0x60;
	ip[4] = (uint8_t)((bytes - 54) >> 8);
	ip[5] = (uint8_t)(bytes - 54);
	memcpy(ip + 24, us6, 16);
	if (kind % 8 == 7 && bytes >= 54 + 8) { /* ICMPv6 with a right sum */
		uint8_t pseudo[40] = { [39] = IPPROTO_ICMPV6 };
		uint32_t sum;

		ip[6] = IPPROTO_ICMPV6;
		ip[7] = 255;
		memcpy(pseudo, ip + 8, 32);
		pseudo[34] = ip[4];
		pseudo[35] = ip[5];
		ip[42] = ip[43] = 0;
		sum = (uint32_t)rte_raw_cksum(pseudo, 40) + rte_raw_cksum(ip + 40, bytes - 54);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
		memcpy(ip + 42, &sum, 2);
	}
}

static void
give(struct link *l, struct span frame, unsigned kind)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	struct link_packet packet;
	uint8_t *p;

	if (m == NULL)
		return;
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)frame.bytes);
	memcpy(p, frame.data, frame.bytes);
	fill_in(p, frame.bytes, kind, m);
	link_concerns_all(m);
	if (link_input(l, m, &packet) != LINK_TCP)
		return;
	assert(packet.segment->pkt_len <= UINT16_MAX);
	rte_mbuf_sanity_check(packet.segment, 1);
	rte_pktmbuf_free(packet.segment);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span left = span_of(data, size);
	struct mono now = { 1000000000 };
	struct link *l;

	if (size < 1)
		return -1;
	l = make_link(data[0]);
	assert(l != NULL);
	left = span_from(left, 1);
	for (unsigned i = 0; i < FRAMES_MAX && left.bytes > 3; i++) {
		size_t bytes = (size_t)(left.data[0] | (left.data[1] & 7) << 8);
		unsigned kind = left.data[1] >> 3;

		now = mono_add(
		    now, milliseconds(left.data[2] < 200 ? 0 : (left.data[2] - 199) * 200));
		left = span_from(left, 3);
		bytes = bytes < left.bytes ? bytes : left.bytes;
		bytes = bytes < 1600 ? bytes : 1600;
		link_begin(l, now);
		give(l, span_first(left, bytes), kind);
		link_run_timers(l);
		left = span_from(left, bytes);
		assert(sim_pools_used() <= HELD_MAX);
	}
	link_destroy(l);
	assert(sim_pools_used() == 0);
	return 0;
}
