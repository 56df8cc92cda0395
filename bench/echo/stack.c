/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of a turn is the dataplane's: a burst up, timers, connections, what tcp owes, out. */
#include "bench/echo/stack.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <rte_ethdev.h>

#include "common/base/mono.h"
#include "dataplane/net/link/link.h"
#include "dataplane/net/tcp/tcp.h"

#define BURST_MAX       64
#define TRANSMIT_SLOTS  4096
#define SEGMENTS_MAX    2048
#define CONNECTIONS_MAX 4096
#define MTU             1500
#define TAIL_BYTES      sizeof(uint64_t) /* of what a connection received, that are kept */

static const char answer[] = "ICAP/1.0 204 No Content\r\n\r\n";
static const char end[] = "\r\n0\r\n\r\n"; /* of a body */

struct stack {
	struct stack_config config;
	struct link *link;
	struct tcp *tcp;
	struct mono now;
	uint64_t bodies;
	unsigned transmit_count;
	struct rte_mbuf *transmit[TRANSMIT_SLOTS];
};

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	(void)arg;
	if (getrandom(out, bytes, 0) != (ssize_t)bytes)
		abort();
}

static void
queue_frame(void *arg, struct rte_mbuf *frame)
{
	struct stack *s = arg;

	if (s->transmit_count == TRANSMIT_SLOTS)
		rte_pktmbuf_free(frame);
	else
		s->transmit[s->transmit_count++] = frame;
}

static void
queue_segment(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct stack *s = arg;

	link_output(s->link, segment, source, destination, ecn);
}

struct stack *
stack_create(const struct stack_config *config)
{
	struct stack *s = calloc(1, sizeof(*s));
	struct link_config lc = { .vlan = LINK_VLAN_NONE,
		.mtu = MTU,
		.address_count = 1,
		.leads = true,
		.checksum_offload_rx = config->ip_sums_rx,
		.checksum_offload_tx = config->ip_sums_tx };
	struct tcp_config tc = { .connections_max = CONNECTIONS_MAX,
		.mss_max = MTU - 40,
		.checksum_offload_rx = config->tcp_sums_rx,
		.checksum_offload_tx = config->tcp_sums_tx };
	struct link_env le = { s, queue_frame, random_bytes, config->pools };
	struct tcp_env te = { s, queue_segment, random_bytes, config->pools };
	struct rte_ether_addr mac;

	if (s == NULL)
		return NULL;
	s->config = *config;
	s->now = mono_now();
	lc.addresses[0].subnet = config->address;
	rte_eth_macaddr_get(config->port, &mac);
	memcpy(lc.mac, mac.addr_bytes, sizeof(lc.mac));
	s->link = link_create(&lc, &le);
	s->tcp = tcp_create(&tc, &te);
	if (s->link == NULL || s->tcp == NULL ||
	    tcp_listen(s->tcp, &config->address.base, STACK_PORT) != 0) {
		stack_destroy(s);
		return NULL;
	}
	return s;
}

void
stack_destroy(struct stack *s)
{
	if (s->tcp != NULL)
		tcp_destroy(s->tcp);
	if (s->link != NULL)
		link_destroy(s->link);
	rte_pktmbuf_free_bulk(s->transmit, s->transmit_count);
	free(s);
}

static unsigned
receive(struct stack *s)
{
	struct rte_mbuf *burst[BURST_MAX];
	unsigned n = rte_eth_rx_burst(s->config.port, 0, burst, BURST_MAX);

	for (unsigned i = 0; i < n; i++) {
		struct link_packet p;

		if (link_input(s->link, burst[i], &p) != LINK_TCP)
			continue;
		if (tcp_input(s->tcp, p.segment, &p.source, &p.destination, p.ecn) !=
		    TCP_INPUT_TAKEN)
			tcp_refuse(s->tcp, p.segment, &p.source, &p.destination);
	}
	return n;
}

/* Whether a body ends with what came; a connection's last bytes stand in its user pointer. */
static bool
ends(struct tcp_conn *conn, const struct chain *in)
{
	uintptr_t kept = (uintptr_t)tcp_user(conn);
	uint8_t tail[2 * TAIL_BYTES];
	size_t n = in->bytes < TAIL_BYTES ? in->bytes : TAIL_BYTES;

	memcpy(tail, &kept, TAIL_BYTES);
	chain_copy_out(in, in->bytes - n, tail + TAIL_BYTES, n);
	memcpy(&kept, tail + n, TAIL_BYTES);
	tcp_set_user(conn, (void *)kept);
	return memcmp(tail + n + TAIL_BYTES - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

static void
look(struct stack *s, struct tcp_conn *conn)
{
	uint32_t events = tcp_events(conn);
	struct chain in = CHAIN_EMPTY, out = CHAIN_EMPTY;

	if ((events & TCP_EVENT_READABLE) != 0) {
		if (tcp_receive(conn, tcp_receivable(conn), &in) != 0) {
			tcp_make_ready(conn);
			return;
		}
		if (ends(conn, &in) &&
		    chain_append_copy(&out, &s->config.pools, answer, sizeof(answer) - 1) == 0) {
			s->bodies++;
			tcp_send(conn, &out);
		}
		chain_free(&in);
	}
	if ((events & (TCP_EVENT_ENDED | TCP_EVENT_PEER_CLOSED)) != 0)
		tcp_release(conn);
}

static void
flush(struct stack *s)
{
	unsigned done = 0;

	tcp_flush_within(
	    s->tcp, s->transmit_count < SEGMENTS_MAX ? SEGMENTS_MAX - s->transmit_count : 0);
	while (done < s->transmit_count) {
		unsigned left = s->transmit_count - done;
		uint16_t sent = rte_eth_tx_burst(s->config.port, 0, s->transmit + done,
		    (uint16_t)(left < BURST_MAX ? left : BURST_MAX));

		if (sent == 0)
			break;
		done += sent;
	}
	s->transmit_count -= done;
	if (done > 0)
		memmove(
		    s->transmit, s->transmit + done, s->transmit_count * sizeof(s->transmit[0]));
}

unsigned
stack_turn(struct stack *s)
{
	struct tcp_conn *conn;
	unsigned work;

	s->now = mono_now();
	link_begin(s->link, s->now);
	tcp_begin(s->tcp, s->now);
	work = receive(s);
	tcp_run_timers(s->tcp);
	link_run_timers(s->link);
	for (; (conn = tcp_next_ready(s->tcp)) != NULL; work++)
		look(s, conn);
	flush(s);
	return work;
}

uint64_t
stack_bodies(const struct stack *s)
{
	return s->bodies;
}
