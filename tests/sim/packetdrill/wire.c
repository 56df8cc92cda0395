/* SPDX-License-Identifier: BSD-3-Clause */
/* Raw IP: segments of the stack get a header and wait to be fetched, packets to us lose theirs. */
#include "tests/sim/packetdrill/plug.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/packetdrill/flow.h"
#include "tests/sim/packetdrill/socket.h"
#include "tests/sim/sim.h"

#define V4_BYTES      20
#define V6_BYTES      40
#define TCP_BYTES_MIN 20
#define TCP_FIN       0x01u
#define TCP_SYN       0x02u
#define TCP_PSH       0x08u
#define TCP_RST       0x04u
#define TCP_ACK       0x10u
#define DONT_FRAGMENT 0x4000u
#define HOPS          64

struct ip_packet {
	struct ip_address source, destination;
	uint8_t protocol, ecn;
	const uint8_t *data;
	size_t bytes;
};

static uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1071, over an IPv4 header. */
static uint16_t
header_sum(const uint8_t *p, size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += get16(p + i);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A header before `bytes` of payload; returns its length. */
static size_t
put_header(struct plug *p, uint8_t *h, size_t bytes, const struct ip_address *source,
    const struct ip_address *destination, uint8_t tos)
{
	if (address_is_v4(source)) {
		memset(h, 0, V4_BYTES);
		h[0] = 0x45;
		h[1] = tos;
		put16(h + 2, (uint32_t)(V4_BYTES + bytes));
		put16(h + 4, p->ip_id++);
		put16(h + 6, DONT_FRAGMENT);
		h[8] = HOPS;
		h[9] = IPPROTO_TCP;
		memcpy(h + 12, source->bytes + 12, 4);
		memcpy(h + 16, destination->bytes + 12, 4);
		put16(h + 10, header_sum(h, V4_BYTES));
		return V4_BYTES;
	}
	memset(h, 0, 8);
	h[0] = (uint8_t)(0x60 | tos >> 4);
	h[1] = (uint8_t)(tos << 4);
	put16(h + 4, (uint32_t)bytes);
	h[6] = IPPROTO_TCP;
	h[7] = HOPS;
	memcpy(h + 8, source->bytes, 16);
	memcpy(h + 24, destination->bytes, 16);
	return V6_BYTES;
}

void
wire_transmit(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct plug *p = arg;
	size_t bytes = m->pkt_len, head;
	struct plug_packet *q = malloc(sizeof(*q) + V6_BYTES + bytes);
	struct chain segment = CHAIN_EMPTY;
	struct tcp_endpoints e = { .local = *source, .remote = *destination };
	struct socket *s;

	if (q == NULL)
		abort();
	chain_append(&segment, m);
	head = address_is_v4(source) ? V4_BYTES : V6_BYTES;
	chain_copy_out(&segment, 0, q->data + head, bytes);
	chain_free(&segment);
	e.local_port = (uint16_t)get16(q->data + head);
	e.remote_port = (uint16_t)get16(q->data + head + 2);
	if (q->data[head + 13] & TCP_SYN)
		bytes = syn_restrict(&p->settings, q->data + head, bytes, true);
	s = socket_of_flow(p, &e);
	if (s != NULL)
		account_sent(
		    &s->account, (uint32_t)(bytes - (size_t)(q->data[head + 12] >> 4) * 4));
	/* The type of service that its socket asked for, without the two bits that are ECN's. */
	put_header(p, q->data, bytes, source, destination,
	    (uint8_t)(ecn | (s != NULL ? s->options.tos & 0xfc : 0)));
	q->flow = NULL;
	q->is_new = q->follows = q->judged = false;
	if (p->settings.no_push)
		segment_set_byte(q->data + head, 13, q->data[head + 13] & (uint8_t)~TCP_PSH);
	else if (p->settings.linux_ways)
		flow_note_segment(p, &e, q, q->data + head, bytes);
	q->bytes = head + bytes;
	q->at = p->now;
	q->next = NULL;
	if (p->packet_count == PLUG_PACKETS_MAX) {
		free(q);
		return;
	}
	p->packet_count++;
	if (p->last != NULL)
		p->last->next = q;
	else
		p->first = q;
	p->last = q;
}

/* False: no whole header, or a fragment. Options and extension headers are not looked into. */
static bool
parse_ip(const uint8_t *p, size_t bytes, struct ip_packet *out)
{
	if (bytes >= V4_BYTES && p[0] >> 4 == 4) {
		size_t head = (size_t)(p[0] & 15) * 4, total = get16(p + 2);

		if (head < V4_BYTES || total < head || total > bytes ||
		    (get16(p + 6) & 0x3fff) != 0)
			return false;
		*out = (struct ip_packet){ .source = address_v4(p + 12),
			.destination = address_v4(p + 16),
			.protocol = p[9],
			.ecn = p[1] & 3,
			.data = p + head,
			.bytes = total - head };
		return true;
	}
	if (bytes >= V6_BYTES && p[0] >> 4 == 6 && V6_BYTES + get16(p + 4) <= bytes) {
		*out = (struct ip_packet){ .source = address_v6(p + 8),
			.destination = address_v6(p + 24),
			.protocol = p[6],
			.ecn = p[1] >> 4 & 3,
			.data = p + V6_BYTES,
			.bytes = get16(p + 4) };
		return true;
	}
	return false;
}

static bool
in_state(const struct socket *s, const char *state)
{
	struct tcp_info info;

	if (s->conn == NULL)
		return false;
	tcp_info(s->conn, &info);
	return strcmp(info.state, state) == 0;
}

static size_t
announced_to(const struct socket *s)
{
	struct tcp_info info = { .receive_window_bytes = 0 };

	if (s->conn != NULL)
		tcp_info(s->conn, &info);
	return info.receive_window_bytes;
}

/* What the user is told of a connection that this segment ends. */
static int
cause_of(const struct socket *s, uint8_t flags)
{
	if (s == NULL || (flags & TCP_RST) == 0)
		return 0;
	if (s->kind == SOCKET_CONNECTING)
		return ECONNREFUSED;
	return s->plug->settings.linux_ways && in_state(s, "CLOSE-WAIT") ? EPIPE : ECONNRESET;
}

static void
input_tcp(struct plug *p, const struct ip_packet *ip)
{
	struct chain segment = CHAIN_EMPTY;
	struct tcp_endpoints e = { .local = ip->destination, .remote = ip->source };
	const struct account_before *before = NULL;
	struct socket *s = NULL;
	uint8_t copy[65535];
	size_t bytes = ip->bytes, head = 0;
	size_t came = 0, room = 0;

	if (bytes > sizeof(copy))
		return;
	memcpy(copy, ip->data, bytes);
	if (bytes >= TCP_BYTES_MIN) {
		if (copy[13] & TCP_SYN) {
			settings_read_sysctls(&p->settings); /* they may have changed meanwhile */
			bytes = syn_restrict(&p->settings, copy, bytes, false);
		}
		e.local_port = (uint16_t)get16(copy + 2);
		e.remote_port = (uint16_t)get16(copy);
		s = socket_of_flow(p, &e);
		p->cause = cause_of(s, copy[13]);
		came = s != NULL ? stream_readable(s) : 0;
		room = s != NULL ? announced_to(s) : 0;
		before = s != NULL ? account_before(s) : NULL;
		head = (size_t)(copy[12] >> 4) * 4;
		if (s != NULL)
			s->more = false;
		if (p->settings.drop_syn_fin &&
		    (copy[13] & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN))
			return;
	}
	if (chain_append_copy(&segment, sim_pools(), copy, bytes) != 0)
		return;
	segment.first->pkt_len = (uint32_t)bytes;
	segment.first->nb_segs = (uint16_t)chain_mbufs(&segment);
	if (tcp_input(p->tcp, segment.first, &ip->source, &ip->destination, ip->ecn) ==
	    TCP_INPUT_NO_FLOW)
		tcp_refuse(p->tcp, segment.first, &ip->source, &ip->destination);
	sockets_take_ready(p);
	p->cause = 0;
	s = bytes >= TCP_BYTES_MIN ? socket_of_flow(p, &e) : NULL;
	if (s != NULL)
		account_after(s, before, bytes > head ? (uint32_t)(bytes - head) : 0);
	if (s != NULL && s->conn != NULL && stream_readable(s) > came)
		stream_data_came(s, bytes - head <= room);
}

/* RFC 792, RFC 4443: which error a connect() that this ends fails with. */
static int
errno_of_icmp(bool v6, uint8_t code)
{
	static const int v4_errors[] = { ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT, ECONNREFUSED,
		EMSGSIZE, EOPNOTSUPP, ENETUNREACH, EHOSTDOWN, ENONET, ENETUNREACH, EHOSTUNREACH,
		ENETUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH };
	static const int v6_errors[] = { ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH,
		ECONNREFUSED, EACCES, EACCES };

	if (v6)
		return code < sizeof(v6_errors) / sizeof(int) ? v6_errors[code] : EPROTO;
	return code < sizeof(v4_errors) / sizeof(int) ? v4_errors[code] : EHOSTUNREACH;
}

/* An error: eight bytes, then the packet of ours that it is about, its header and eight bytes. */
static void
input_icmp(struct plug *p, const struct ip_packet *ip)
{
	bool v6 = ip->protocol == IPPROTO_ICMPV6;
	uint8_t type = ip->bytes > 8 ? ip->data[0] : 0, code = ip->bytes > 8 ? ip->data[1] : 0;
	const uint8_t *quoted = ip->data + 8;
	size_t head, room = ip->bytes > 8 ? ip->bytes - 8 : 0;
	struct tcp_endpoints e;
	bool unreachable;
	uint32_t mtu = 0;

	if (room < (v6 ? V6_BYTES : V4_BYTES) + 8u)
		return;
	head = v6 ? V6_BYTES : (size_t)(quoted[0] & 15) * 4;
	if (head < V4_BYTES || room < head + 8)
		return;
	e.local = v6 ? address_v6(quoted + 8) : address_v4(quoted + 12);
	e.remote = v6 ? address_v6(quoted + 24) : address_v4(quoted + 16);
	e.local_port = (uint16_t)get16(quoted + head);
	e.remote_port = (uint16_t)get16(quoted + head + 2);
	if (v6 ? type == ICMP6_PACKET_TOO_BIG
	       : type == ICMP_UNREACH && code == ICMP_UNREACH_NEEDFRAG)
		mtu = v6 ? get32(ip->data + 4) : get16(ip->data + 6);
	unreachable = mtu == 0 && type == (v6 ? ICMP6_DST_UNREACH : ICMP_UNREACH);
	if (mtu == 0 && !unreachable)
		return;
	p->cause = errno_of_icmp(v6, code);
	tcp_icmp(p->tcp, &e, get32(quoted + head + 4), unreachable, mtu);
	sockets_take_ready(p);
	p->cause = 0;
}

void
wire_input(struct plug *p, const uint8_t *packet, size_t bytes)
{
	struct ip_packet ip;

	if (!parse_ip(packet, bytes, &ip))
		return;
	if (ip.protocol == IPPROTO_TCP)
		input_tcp(p, &ip);
	else if (ip.protocol == IPPROTO_ICMP || ip.protocol == IPPROTO_ICMPV6)
		input_icmp(p, &ip);
}
