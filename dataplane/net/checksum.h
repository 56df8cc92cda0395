/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071) over an mbuf chain. DPDK 22.11's rte_raw_cksum_mbuf() loses
 * carries when a segment starts at an odd offset: it swaps the bytes of a sum it has not folded
 * yet.
 */
#ifndef SLUICE_NET_CHECKSUM_H
#define SLUICE_NET_CHECKSUM_H

#include <rte_ip.h>
#include <rte_mbuf.h>

/* The folded, not inverted sum of everything from `offset` on. */
static inline uint16_t
checksum_chain(const struct rte_mbuf *m, uint32_t offset)
{
	uint32_t sum = 0, done = 0;

	for (; m != NULL; m = m->next) {
		uint16_t part;

		if (offset >= m->data_len) {
			offset -= m->data_len;
			continue;
		}
		part = rte_raw_cksum(
		    rte_pktmbuf_mtod_offset(m, const void *, offset), m->data_len - offset);
		sum += done & 1 ? rte_bswap16(part) : part;
		done += m->data_len - offset;
		offset = 0;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

#endif
