/* SPDX-License-Identifier: BSD-3-Clause */
/* A core's turn over peers played by hand; see pipeline.h. */
#include "tests/unit/dataplane/pipeline.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include <rte_tcp.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define SERVICE_PORT   1344
#define FIRST_PORT     40000
#define SEGMENT_BYTES  1440
#define PEER_ISS       0xffff0000u /* wraps soon */
#define PEER_WINDOW    65535
#define WALL_NS        1000000000
#define OBJECTS_MAX    8
#define ARENA_BLOCKS   512
#define OPTION_SCALE   3
#define SYN_OPTIONS    8
#define PEER_SCALE     7
#define UNSENT_MAX     (2 * PIPELINE_TEXT_MAX)
#define HEAD_TIMEOUT_S 30

static const uint8_t ours[4] = { 192, 0, 2, 1 }, theirs[4] = { 192, 0, 2, 2 };
static const char bare[] = "dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}";

/* The shift of a SYN's window scale option (RFC 7323 §2.2); 0: none. */
static uint8_t
scale_of(const uint8_t *options, unsigned bytes)
{
	for (unsigned at = 0; at + 2 < bytes && options[at] != 0;) {
		if (options[at] == OPTION_SCALE)
			return options[at + 2];
		at += options[at] == 1 || options[at + 1] < 2 ? 1 : options[at + 1];
	}
	return 0;
}

static void
keep_text(struct peer *peer, const struct rte_mbuf *m, uint32_t head)
{
	uint32_t n = m->pkt_len - head;
	char copy[4096];
	const char *bytes;

	if (n > sizeof(copy) || peer->text_bytes + n >= PIPELINE_TEXT_MAX)
		abort();
	bytes = rte_pktmbuf_read(m, head, n, copy);
	memcpy(peer->text + peer->text_bytes, bytes, n);
	peer->text_bytes += n;
	peer->rcv_nxt += n;
}

static void
take_segment(struct peer *peer, const struct rte_mbuf *m)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	uint32_t head = (uint32_t)(h->data_off >> 4) * 4;
	uint32_t window = ntohs(h->rx_win);

	if (h->tcp_flags & RTE_TCP_RST_FLAG) {
		peer->got_rst = true;
		return;
	}
	if (h->tcp_flags & RTE_TCP_SYN_FLAG) {
		peer->rcv_nxt = ntohl(h->sent_seq) + 1;
		peer->scale = scale_of((const uint8_t *)(h + 1), head - 20);
		peer->owes_ack = true;
	} else {
		window <<= peer->scale;
	}
	peer->right_edge = ntohl(h->recv_ack) + window;
	if (m->pkt_len == head && !(h->tcp_flags & RTE_TCP_FIN_FLAG))
		return;
	peer->owes_ack = true;
	if (peer->stopped_reading || ntohl(h->sent_seq) != peer->rcv_nxt)
		return;
	keep_text(peer, m, head);
	if (h->tcp_flags & RTE_TCP_FIN_FLAG) {
		peer->rcv_nxt++;
		peer->got_fin = true;
	}
}

static void
transmit(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	struct pipeline *p = arg;

	(void)source;
	(void)destination;
	(void)ecn;
	take_segment(&p->peers[ntohs(h->dst_port) - FIRST_PORT], m);
	rte_pktmbuf_free(m);
}

/* Tests must repeat: a counter is random enough for keys. */
static void
not_random(void *arg, void *out, size_t bytes)
{
	(void)arg;
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(i * 37 + bytes);
}

static void
publish(struct pipeline *p)
{
	char error[CONFIG_ERROR_TEXT_MAX], scan_error[SIGNATURE_ERROR_TEXT_MAX];
	struct config *config = NULL;
	struct policy *policy = NULL;
	struct loaded *loaded = NULL;

	if (config_load_text(span_text(bare), "pipeline", NULL, 0, &config, error) != 0 ||
	    policy_create(config, &policy, error) != 0 ||
	    loaded_create(-1, 1, 2 * OBJECTS_MAX, &loaded, scan_error) != 0 ||
	    publisher_publish(&p->publisher, loaded, NULL, policy) != 0)
		abort();
	config_free(config);
	icap_set_profiles(p->icap, policy_icap_profiles(policy));
}

static void
make_inspection(struct pipeline *p)
{
	static const struct region_shape shape = { .cores = 1,
		.notices = 4,
		.records = 1024,
		.commands = 4,
		.observations = 4,
		.arena_blocks = ARENA_BLOCKS };
	struct icap_config ic = {
		.sessions_max = PIPELINE_PEERS_MAX,
		.preview_bytes = 4096,
		.connections_max = PIPELINE_PEERS_MAX,
		.head_timeout = seconds(HEAD_TIMEOUT_S),
		.body_timeout = seconds(60),
		.idle_timeout = seconds(600),
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "pipeline",
		.pools = *sim_pools(),
	};
	struct inspect_config inspect = {
		.objects_max = OBJECTS_MAX,
		.jobs_max = OBJECTS_MAX,
		.decoders_max = OBJECTS_MAX,
		.part_levels_max = OBJECTS_MAX,
		.cache_entries = 64,
		.keep_mbufs_max = 1024,
		.arena_blocks = ARENA_BLOCKS,
		.publisher = &p->publisher,
		.pools = *sim_pools(),
	};
	char text[DIGEST_ENGINE_TEXT_MAX];

	publisher_init(&p->publisher);
	if (region_create(&shape, &p->region) != 0 ||
	    digest_engine_create(DIGEST_SSE2, &p->digests, text) != 0)
		abort();
	region_set_mode(p->region, MODE_STANDARD);
	p->stats = channel_stats(region_core(p->region, 0));
	p->icap = icap_create(&ic);
	inspect.region = p->region;
	inspect.icap = p->icap;
	inspect.digests = p->digests;
	p->inspect = inspect_create(&inspect);
	if (p->icap == NULL || p->inspect == NULL)
		abort();
	publisher_add_core(&p->publisher, inspect_publication_users(p->inspect));
	publish(p);
}

static void
make_connections(struct pipeline *p, struct pipeline_shape shape)
{
	struct tcp_config tc = {
		.connections_max = 2 * PIPELINE_PEERS_MAX,
		.send_queue_bytes = shape.send_queue_bytes,
		.checksum_offload_rx = true,
		.checksum_offload_tx = true,
	};
	struct tcp_env env = { p, transmit, not_random, *sim_pools() };
	struct clients_config cc = {
		.cores = 1,
		.clients_max = shape.clients_max != 0 ? shape.clients_max : PIPELINE_PEERS_MAX,
		.icap = p->icap,
		.inspect = p->inspect,
		.stats = p->stats,
		.pools = *sim_pools(),
		.handshake_timeout = seconds(HEAD_TIMEOUT_S),
		.plain_access = &p->access,
		.tls_access = &p->access,
	};
	struct ip_address any = { { 0 } };

	p->tcp = tcp_create(&tc, &env);
	cc.tcp = p->tcp;
	p->clients = clients_create(&cc);
	if (p->tcp == NULL || p->clients == NULL || tcp_listen(p->tcp, &any, SERVICE_PORT) != 0)
		abort();
}

struct pipeline *
pipeline_create(struct pipeline_shape shape)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->now = mono_now();
	make_inspection(p);
	make_connections(p, shape);
	return p;
}

bool
pipeline_destroy(struct pipeline *p)
{
	bool clean;

	clients_destroy(p->clients);
	clean = inspect_objects_now(p->inspect) == 0;
	tcp_destroy(p->tcp);
	inspect_destroy(p->inspect);
	digest_engine_destroy(p->digests);
	icap_destroy(p->icap);
	publisher_fini(&p->publisher);
	region_close(p->region);
	for (unsigned i = 0; i < p->peer_count; i++) {
		free(p->peers[i].unsent);
		free(p->peers[i].text);
	}
	free(p);
	return clean && sim_pools_used() == 0;
}

/* A segment of the peer's with the next `count` bytes of what it has to say. */
static void
send_segment(struct peer *peer, uint8_t flags, uint32_t count)
{
	static const uint8_t syn_options[SYN_OPTIONS] = { 2, 4, SEGMENT_BYTES >> 8,
		SEGMENT_BYTES & 0xff, 1, OPTION_SCALE, 3, PEER_SCALE };
	uint32_t head = 20 + (flags & RTE_TCP_SYN_FLAG ? SYN_OPTIONS : 0);
	struct ip_address source = address_v4(theirs), destination = address_v4(ours);
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
	struct rte_tcp_hdr *h;

	if (m == NULL)
		abort();
	h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, (uint16_t)(head + count));
	*h = (struct rte_tcp_hdr){
		.src_port = htons(peer->port),
		.dst_port = htons(SERVICE_PORT),
		.sent_seq = htonl(peer->snd_nxt),
		.recv_ack = flags & RTE_TCP_ACK_FLAG ? htonl(peer->rcv_nxt) : 0,
		.data_off = (uint8_t)(head / 4 << 4),
		.tcp_flags = flags,
		.rx_win = htons(peer->stopped_reading ? 0 : PEER_WINDOW),
	};
	memcpy(h + 1, syn_options, head - 20);
	memcpy((uint8_t *)h + head, peer->unsent, count);
	m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	peer->snd_nxt += count + (flags & (RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG) ? 1 : 0);
	peer->unsent_bytes -= count;
	memmove(peer->unsent, peer->unsent + count, peer->unsent_bytes);
	if (tcp_input(peer->pipeline->tcp, m, &source, &destination, 0) == TCP_INPUT_NO_FLOW)
		rte_pktmbuf_free(m);
}

/* As much as the window allows, or an ACK. */
static void
send_what_fits(struct peer *peer)
{
	uint32_t room = peer->right_edge - peer->snd_nxt;

	while (peer->unsent_bytes > 0 && (int32_t)room > 0) {
		uint32_t n = room < SEGMENT_BYTES ? room : SEGMENT_BYTES;

		n = n < peer->unsent_bytes ? n : (uint32_t)peer->unsent_bytes;
		send_segment(peer, RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG, n);
		peer->owes_ack = false;
		room -= n;
	}
	if (peer->owes_ack)
		send_segment(peer, RTE_TCP_ACK_FLAG, 0);
	peer->owes_ack = false;
}

/* Its connection; NULL: none, or it has ended. */
static const struct tcp_conn *
conn_of(const struct peer *peer)
{
	const struct tcp *t = peer->pipeline->tcp;

	for (uint32_t i = 0; i < tcp_places(t); i++) {
		const struct tcp_conn *c = tcp_conn_at(t, i);

		if (c != NULL && tcp_endpoints(c)->remote_port == peer->port)
			return c;
	}
	return NULL;
}

size_t
peer_waiting_bytes(const struct peer *peer)
{
	const struct tcp_conn *c = conn_of(peer);

	return c != NULL ? tcp_receivable(c) : 0;
}

/* core.c's order. */
static void
serve(struct pipeline *p)
{
	struct tcp_conn *conn;

	p->behind = clients_begin(p->clients, p->now, false);
	tcp_run_timers(p->tcp);
	inspect_tick(p->inspect);
	p->begun_with_heads = inspect_objects_now(p->inspect);
	while ((conn = tcp_next_ready(p->tcp)) != NULL)
		clients_take_event(p->clients, conn);
	p->begun_with_heads = inspect_objects_now(p->inspect) - p->begun_with_heads;
	while (clients_inspect_next(p->clients))
		;
	inspect_digest(p->inspect, false);
	clients_take_settled(p->clients);
	clients_run_timers(p->clients);
}

void
pipeline_turn(struct pipeline *p, struct duration pass)
{
	p->now = mono_add(p->now, pass);
	tcp_begin(p->tcp, p->now);
	icap_begin(p->icap, p->now);
	inspect_begin(p->inspect, p->now, p->now, WALL_NS);
	for (unsigned i = 0; i < p->peer_count; i++) {
		send_what_fits(&p->peers[i]);
		p->peers[i].taken_bytes = peer_waiting_bytes(&p->peers[i]);
	}
	serve(p);
	for (unsigned i = 0; i < p->peer_count; i++)
		p->peers[i].taken_bytes -= peer_waiting_bytes(&p->peers[i]);
	tcp_flush(p->tcp);
	tcp_check_invariants(p->tcp);
}

uint64_t
pipeline_counter(const struct pipeline *p, enum counter which)
{
	return p->stats->counters[which];
}

struct peer *
peer_connect(struct pipeline *p)
{
	struct peer *peer = &p->peers[p->peer_count];

	if (p->peer_count == PIPELINE_PEERS_MAX)
		abort();
	*peer = (struct peer){ .pipeline = p,
		.port = (uint16_t)(FIRST_PORT + p->peer_count),
		.snd_nxt = PEER_ISS,
		.unsent = malloc(UNSENT_MAX),
		.text = calloc(1, PIPELINE_TEXT_MAX) };
	if (peer->unsent == NULL || peer->text == NULL)
		abort();
	p->peer_count++;
	send_segment(peer, RTE_TCP_SYN_FLAG, 0);
	pipeline_turn(p, milliseconds(1)); /* the SYN-ACK goes */
	pipeline_turn(p, milliseconds(1)); /* its ACK comes */
	return peer;
}

void
peer_say(struct peer *peer, const char *bytes, size_t count)
{
	if (peer->unsent_bytes + count > UNSENT_MAX)
		abort();
	memcpy(peer->unsent + peer->unsent_bytes, bytes, count);
	peer->unsent_bytes += count;
}

void
peer_say_head(struct peer *peer, const char *more, size_t body_bytes)
{
	static const char request[] =
	    "GET http://example.test/a HTTP/1.1\r\nHost: example.test\r\n\r\n";
	char text[1024], response[256];
	int m = snprintf(response, sizeof(response), "HTTP/1.1 200 OK\r\n%s\r\n",
	    peer->fields != NULL ? peer->fields : "");
	int n = snprintf(text, sizeof(text),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n%s"
	    "Encapsulated: req-hdr=0, res-hdr=%zu, res-body=%zu\r\n\r\n%s%s%zx\r\n",
	    more, sizeof(request) - 1, sizeof(request) - 1 + (size_t)m, request, response,
	    body_bytes);

	peer_say(peer, text, (size_t)n);
}

void
peer_say_body(struct peer *peer, size_t count)
{
	static const char line[] = "Nothing that anyone would look for stands in here.\n";

	for (size_t n; count > 0; count -= n) {
		n = count < sizeof(line) - 1 ? count : sizeof(line) - 1;
		peer_say(peer, line, n);
	}
}

void
peer_say_end(struct peer *peer)
{
	peer_say(peer, "\r\n0\r\n\r\n", 7);
}

void
peer_say_request(struct peer *peer, const char *more, size_t body_bytes)
{
	peer_say_head(peer, more, body_bytes);
	peer_say_body(peer, body_bytes);
	peer_say_end(peer);
}

void
peer_close(struct peer *peer)
{
	send_what_fits(peer);
	if (peer->unsent_bytes > 0)
		abort();
	send_segment(peer, RTE_TCP_FIN_FLAG | RTE_TCP_ACK_FLAG, 0);
}

void
peer_reset(struct peer *peer)
{
	send_segment(peer, RTE_TCP_RST_FLAG, 0);
}

unsigned
peer_count_of(const struct peer *peer, const char *words)
{
	unsigned n = 0;

	for (const char *at = peer->text; (at = strstr(at, words)) != NULL; at += strlen(words))
		n++;
	return n;
}
