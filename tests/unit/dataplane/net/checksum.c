/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum over mbufs cut at every place, odd ones too, against the sum as RFC 1071
 * §4.1 writes it.
 */
#include "dataplane/net/checksum.h"

#include <arpa/inet.h>

#include "dataplane/net/chain.h"
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

/* The sum of big-endian words, the last byte padded with zero. */
static uint16_t
plain_sum(const uint8_t *bytes, size_t count)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
add_piece(struct chain *c, const uint8_t *bytes, size_t count)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);

	memcpy(rte_pktmbuf_mtod(m, void *), bytes, count);
	m->data_len = (uint16_t)count;
	chain_append(c, m);
}

/* All of 0xff carries at every word; the others are sums that differ when bytes change places. */
TEST(sums_of_mbufs_cut_anywhere)
{
	uint8_t bytes[2][33];

	memset(bytes[0], 0xff, sizeof(bytes[0]));
	for (unsigned i = 0; i < sizeof(bytes[1]); i++)
		bytes[1][i] = (uint8_t)(i * 89 + 200);
	for (unsigned kind = 0; kind < 2; kind++) {
		for (size_t first = 0; first <= 33; first++) {
			for (size_t second = first; second <= 33; second++) {
				struct chain c = CHAIN_EMPTY;

				add_piece(&c, bytes[kind], first);
				add_piece(&c, bytes[kind] + first, second - first);
				add_piece(&c, bytes[kind] + second, 33 - second);
				for (uint32_t offset = 0; offset <= 33; offset++)
					CHECK(ntohs(checksum_chain(c.first, offset)) ==
					      plain_sum(bytes[kind] + offset, 33 - offset));
				chain_free(&c);
			}
		}
	}
	CHECK(checksum_chain(NULL, 0) == 0);
	CHECK(sim_pools_used() == 0);
}
