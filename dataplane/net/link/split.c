/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cuts a packet of ours that is longer than the MTU into fragments (RFC 791 §2.3, RFC 8200 §4.5).
 * Only echo answers are ever so long: TCP keeps to its MSS. The bytes are copied; it is no hot
 * path.
 */
#include <rte_byteorder.h>

#include "dataplane/net/link/internal.h"

#define HEADER4_BYTES  20
#define HEADER6_BYTES  40
#define FRAGMENT_BYTES 8 /* the extension header */

/* A copy of `count` bytes from `from` on, with room for headers; NULL, counted: no buffer. */
static struct rte_mbuf *
copy_piece(struct link *l, const struct rte_mbuf *m, uint32_t from, uint32_t count)
{
	struct rte_mbuf *piece = rte_pktmbuf_copy(m, l->env.pools.data, from, count);

	if (piece == NULL)
		link_count(l, LINK_COUNTER_NO_BUFFER);
	else
		piece->ol_flags = 0;
	return piece;
}

static void
prepend4(
    struct rte_mbuf *piece, const struct rte_ipv4_hdr *like, uint32_t id, uint32_t at, bool more)
{
	struct rte_ipv4_hdr *h = (struct rte_ipv4_hdr *)rte_pktmbuf_prepend(piece, HEADER4_BYTES);

	*h = *like;
	h->packet_id = (uint16_t)id;
	h->total_length = rte_cpu_to_be_16((uint16_t)piece->pkt_len);
	h->fragment_offset = rte_cpu_to_be_16((uint16_t)(at / 8 | (more ? 0x2000 : 0)));
	h->hdr_checksum = 0;
	h->hdr_checksum = rte_ipv4_cksum(h);
}

static void
prepend6(
    struct rte_mbuf *piece, const struct rte_ipv6_hdr *like, uint32_t id, uint32_t at, bool more)
{
	uint8_t *f = (uint8_t *)rte_pktmbuf_prepend(piece, FRAGMENT_BYTES);
	struct rte_ipv6_hdr *h;
	uint16_t where = rte_cpu_to_be_16((uint16_t)(at | (more ? 1 : 0)));

	f[0] = like->proto;
	f[1] = 0;
	memcpy(f + 2, &where, 2);
	memcpy(f + 4, &id, 4);
	h = (struct rte_ipv6_hdr *)rte_pktmbuf_prepend(piece, HEADER6_BYTES);
	*h = *like;
	h->payload_len = rte_cpu_to_be_16((uint16_t)(piece->pkt_len - HEADER6_BYTES));
	h->proto = IPPROTO_FRAGMENT;
}

void
split_send(struct link *l, struct rte_mbuf *m, const struct ip_address *destination)
{
	bool v4 = address_is_v4(destination);
	uint32_t header = v4 ? HEADER4_BYTES : HEADER6_BYTES;
	uint32_t room = (l->config.mtu - header - (v4 ? 0 : FRAGMENT_BYTES)) & ~7u;
	uint32_t bytes = m->pkt_len - header, id;

	if (m->pkt_len <= l->config.mtu) {
		link_send_packet(l, m, destination);
		return;
	}
	l->fragment_id++;
	id = (uint32_t)siphash(&l->key, &l->fragment_id, sizeof(l->fragment_id)); /* RFC 7739 */
	for (uint32_t at = 0; at < bytes; at += room) {
		bool more = bytes - at > room;
		struct rte_mbuf *piece = copy_piece(l, m, header + at, more ? room : bytes - at);

		if (piece == NULL)
			break;
		if (v4)
			prepend4(piece, rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *), id, at, more);
		else
			prepend6(piece, rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *), id, at, more);
		link_send_packet(l, piece, destination);
	}
	rte_pktmbuf_free(m);
}
