/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack, its pools, and the segments of its peers; see rig.h. */
#include "bench/tcp/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "dataplane/net/checksum.h"

#define SERVER_PORT   1344
#define FIRST_PORT    1024
#define TURN_US       10
#define SYN_BYTES     40 /* header and options */
#define SEGMENT_BYTES 32
#define PEER_POOL     1023
#define STACK_ROOM    512 /* heads, and answers: nothing larger is made by the stack */
#define CACHE         256

static const uint8_t server_bytes[4] = { 192, 0, 2, 1 };

/* One a process, as EAL is. */
static struct rte_mempool *peer_pool;
static struct chain_pools stack_pools;

int
rig_start(uint32_t flows)
{
	static char program[] = "sluice-bench-tcp", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
		    no_shconf[] = "--no-shconf", no_telemetry[] = "--no-telemetry", m[] = "-m",
		    memory[] = "192", l[] = "-l", core[] = "0", log[] = "--log-level=*:error";
	char *arguments[] = { program, no_huge, no_pci, no_shconf, no_telemetry, m, memory, l, core,
		log, NULL };

	if (rte_eal_init(10, arguments) < 0)
		return -ENODEV;
	peer_pool = rte_pktmbuf_pool_create(
	    "peers", PEER_POOL, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	stack_pools.data = rte_pktmbuf_pool_create(
	    "data", flows + 4096, CACHE, 0, RTE_PKTMBUF_HEADROOM + STACK_ROOM, SOCKET_ID_ANY);
	stack_pools.refs = rte_pktmbuf_pool_create("refs", PEER_POOL, CACHE, 0, 0, SOCKET_ID_ANY);
	return peer_pool != NULL && stack_pools.data != NULL && stack_pools.refs != NULL ? 0
											 : -ENOMEM;
}

static struct ip_address
server_address(void)
{
	return address_v4(server_bytes);
}

/* Peer i is 10.0.0.0 + i. */
static struct ip_address
peer_address(uint32_t i)
{
	uint8_t bytes[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

	return address_v4(bytes);
}

static uint32_t
peer_of(const struct ip_address *a)
{
	return (uint32_t)a->bytes[13] << 16 | (uint32_t)a->bytes[14] << 8 | a->bytes[15];
}

static void
take_segment(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct rig *r = arg;

	(void)source;
	(void)ecn;
	if (r->out_count == RIG_BURST) {
		r->lost++;
		rte_pktmbuf_free(m);
		return;
	}
	r->to[r->out_count] = *destination;
	r->out[r->out_count++] = m;
}

/* A fixed sequence: the figure is the same each time. */
static void
random_bytes(void *arg, void *out, size_t bytes)
{
	(void)arg;
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(i * 37 + 11);
}

static void
set_checksum(
    const struct ip_address *source, const struct ip_address *destination, struct rte_mbuf *m)
{
	struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, struct rte_tcp_hdr *);
	uint8_t pseudo[12] = { 0 };
	uint32_t sum;

	memcpy(pseudo, source->bytes + 12, 4);
	memcpy(pseudo + 4, destination->bytes + 12, 4);
	pseudo[9] = IPPROTO_TCP;
	pseudo[10] = (uint8_t)(m->pkt_len >> 8);
	pseudo[11] = (uint8_t)m->pkt_len;
	h->cksum = 0;
	sum = rte_raw_cksum(pseudo, sizeof(pseudo)) + (uint32_t)checksum_chain(m, 0);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	h->cksum = (uint16_t)~sum;
}

/* Linux's options: on a SYN mss, sackOK, TS, nop, wscale 7; else nop, nop, TS. */
static void
put_options(const struct rig *r, const struct rig_peer *p, bool syn, uint8_t *out)
{
	static const uint8_t opening[] = { 2, 4, 1460 >> 8, 1460 & 255, 4, 2 };
	static const uint8_t scale[] = { 1, 3, 3, 7 };
	uint32_t clock = htonl((uint32_t)(r->now.ns / 1000000)), echo = htonl(p->ts_echo);

	if (syn) {
		memcpy(out, opening, sizeof(opening));
		memcpy(out + 16, scale, sizeof(scale));
		out += sizeof(opening);
	} else {
		*out++ = 1;
		*out++ = 1;
	}
	out[0] = 8;
	out[1] = 10;
	memcpy(out + 2, &clock, 4);
	memcpy(out + 6, &echo, 4);
}

void
rig_stage(struct rig *r, uint32_t i, uint8_t flags, uint16_t bytes)
{
	struct rig_peer *p = &r->peers[i];
	struct rte_mbuf *m = r->in_count < RIG_BURST ? rte_pktmbuf_alloc(peer_pool) : NULL;
	bool syn = (flags & RIG_SYN) != 0;
	uint16_t head = syn ? SYN_BYTES : SEGMENT_BYTES;
	struct ip_address server = server_address();
	struct rte_tcp_hdr *h;

	if (m == NULL) {
		r->lost++;
		return;
	}
	h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, (uint16_t)(head + bytes));
	*h = (struct rte_tcp_hdr){ .src_port = htons(p->port),
		.dst_port = htons(SERVER_PORT),
		.sent_seq = htonl(p->seq),
		.recv_ack = flags & RIG_ACK ? htonl(p->ack) : 0,
		.data_off = (uint8_t)(head / 4 << 4),
		.tcp_flags = flags,
		.rx_win = htons(32000) };
	put_options(r, p, syn, (uint8_t *)(h + 1));
	memset((uint8_t *)h + head, 'a', bytes);
	p->seq += bytes + ((flags & (RIG_SYN | RIG_FIN)) != 0);
	r->from[r->in_count] = peer_address(i);
	if (r->config.checksum)
		set_checksum(&r->from[r->in_count], &server, m);
	else
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	r->in[r->in_count++] = m;
}

void
rig_stage_blind(struct rig *r, uint32_t i, uint8_t flags, uint16_t bytes)
{
	uint32_t seq = r->peers[i].seq;

	r->peers[i].seq = seq + (1u << 30);
	rig_stage(r, i, flags, bytes);
	r->peers[i].seq = seq;
}

/* The caller of the stack, as icap/session would be. */
static void
serve(struct rig *r, struct tcp_conn *c)
{
	static const uint8_t answer[STACK_ROOM];
	struct chain bytes = CHAIN_EMPTY;
	uint32_t events = tcp_events(c);

	if (events & TCP_EVENT_READABLE) {
		tcp_receive(c, SIZE_MAX, &bytes);
		r->received_bytes += bytes.bytes;
		chain_free(&bytes);
		if (r->config.caller == RIG_ANSWERS &&
		    chain_append_copy(&bytes, &stack_pools, answer, r->config.answer_bytes) == 0)
			tcp_send(c, &bytes);
	}
	if (events & TCP_EVENT_ENDED) {
		r->closed++;
		tcp_release(c);
	} else if (events & TCP_EVENT_PEER_CLOSED) {
		tcp_shutdown(c);
	}
}

/* The order of a core's turn. */
static __attribute__((noinline)) void
turn(struct rig *r)
{
	struct ip_address server = server_address();
	struct tcp_conn *c;

	tcp_begin(r->tcp, r->now);
	for (unsigned i = 0; i < r->in_count; i++) {
		if (tcp_input(r->tcp, r->in[i], &r->from[i], &server, 0) != TCP_INPUT_NO_FLOW)
			continue;
		if (r->config.flooded) {
			r->refused++;
			tcp_refuse(r->tcp, r->in[i], &r->from[i], &server);
		} else {
			r->lost++;
			rte_pktmbuf_free(r->in[i]);
		}
	}
	r->in_count = 0;
	tcp_run_timers(r->tcp);
	while ((c = tcp_next_ready(r->tcp)) != NULL)
		serve(r, c);
	tcp_flush(r->tcp);
}

/* The peers read what the stack sent. */
static void
hear(struct rig *r)
{
	for (unsigned i = 0; i < r->out_count; i++) {
		struct rte_mbuf *m = r->out[i];
		const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
		struct rig_peer *p = &r->peers[peer_of(&r->to[i])];
		unsigned head = (unsigned)(h->data_off >> 4) * 4;
		const uint8_t *ts = (const uint8_t *)(h + 1) + (h->tcp_flags & RIG_SYN ? 8 : 4);
		uint32_t end = ntohl(h->sent_seq) + m->pkt_len - head +
			       ((h->tcp_flags & (RIG_SYN | RIG_FIN)) != 0),
			 echo;

		if (p->port == ntohs(h->dst_port)) {
			memcpy(&echo, ts, sizeof(echo));
			p->ts_echo = ntohl(echo);
			p->ack = end;
		}
		rte_pktmbuf_free(m);
	}
	r->out_count = 0;
	r->now = mono_add(r->now, microseconds(TURN_US));
}

/* callgrind's --toggle-collect names this function: what is around the turn is two instructions. */
RIG_COUNTED void
rig_collect(struct rig *r)
{
	turn(r);
	r->measured_turns++;
}

void
rig_measured(struct rig *r)
{
	struct mono before = mono_now();

	rig_collect(r);
	r->measured_ns += (uint64_t)mono_since(mono_now(), before).ns;
	hear(r);
}

void
rig_unmeasured(struct rig *r)
{
	turn(r);
	hear(r);
}

void
rig_renew_peer(struct rig *r, uint32_t i)
{
	struct rig_peer *p = &r->peers[i];

	p->port = p->port >= 65000 ? FIRST_PORT : (uint16_t)(p->port + 1);
	p->seq = (uint32_t)(i * 7919u + r->measured_turns * 104729u);
	p->ack = p->ts_echo = 0;
}

/* Opens `config.flows` flows. -EPROTO: not each of them opened. */
static int
establish(struct rig *r)
{
	for (uint32_t first = 0; first < r->config.flows; first += RIG_BATCH) {
		uint32_t end = first + RIG_BATCH;

		if (end > r->config.flows)
			end = r->config.flows;
		for (uint32_t i = first; i < end; i++)
			rig_stage(r, i, RIG_SYN, 0);
		rig_unmeasured(r);
		for (uint32_t i = first; i < end; i++)
			rig_stage(r, i, RIG_ACK, 0);
		rig_unmeasured(r);
	}
	return tcp_connection_count(r->tcp) == r->config.flows + r->config.cookies && r->lost == 0
		   ? 0
		   : -EPROTO;
}

int
rig_create(const struct rig_config *config, struct rig **out)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct tcp_config f = { .connections_max = config->flows + 2 * RIG_BATCH,
		.time_wait_max = 64,
		.half_open_max = config->cookies ? 1 : 0,
		.checksum_offload_rx = !config->checksum,
		.checksum_offload_tx = !config->checksum };
	struct tcp_env env = { r, take_segment, random_bytes, stack_pools };
	struct ip_address any = { { 0 } };
	int rc = -ENOMEM;

	if (r == NULL)
		return rc;
	r->config = *config;
	r->now = mono_add((struct mono){ 1 }, seconds(1000));
	r->peer_count = config->flows + RIG_BATCH + 1 + (config->flooded ? RIG_STRANGERS : 0);
	r->peers = calloc(r->peer_count, sizeof(*r->peers));
	r->ledger = f.ledger = calloc(f.connections_max, sizeof(*f.ledger));
	r->tcp = tcp_create(&f, &env);
	if (r->peers == NULL || r->ledger == NULL || r->tcp == NULL)
		goto fail;
	for (uint32_t i = 0; i < r->peer_count; i++)
		r->peers[i] = (struct rig_peer){ .seq = i * 7919u, .port = FIRST_PORT };
	tcp_listen(r->tcp, &any, SERVER_PORT);
	if (config->cookies) { /* one that never answers fills the table */
		rig_stage(r, config->flows + RIG_BATCH, RIG_SYN, 0);
		rig_unmeasured(r);
	}
	rc = establish(r);
	if (rc != 0)
		goto fail;
	*out = r;
	return 0;
fail:
	rig_destroy(r);
	return rc;
}

void
rig_destroy(struct rig *r)
{
	for (unsigned i = 0; i < r->in_count; i++)
		rte_pktmbuf_free(r->in[i]);
	if (r->tcp != NULL)
		tcp_destroy(r->tcp);
	free(r->ledger);
	free(r->peers);
	free(r);
}
