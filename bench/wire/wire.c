/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A turn as the dataplane's: a burst up through link and tcp, timers, ready connections, what tcp
 * owes, out. Frames that the wire does not take stay queued: the dataplane is slower then, and TCP
 * is to wait, not to lose.
 */
#include "bench/wire/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "dataplane/net/link/link.h"

#define BURST_MAX      64
#define TRANSMIT_SLOTS 16384
#define SEGMENTS_MAX   8192 /* that wait for the dataplane: TCP keeps the others */
#define DESCRIPTORS    1024
#define DATA_MBUFS     32767
#define REF_MBUFS      131071
#define POOL_CACHE     256
#define WAIT_US        1000
#define TIME_WAITS     1024 /* the oldest give way: ports come again in less than a second */
#define AFTER_MS       20   /* for the last FINs and ACKs of a plan */
#define QUIET_MS       500  /* for a crowd's delayed ACKs, so that nobody owes anything */

/* What waits for one of the wire's queues, in order. */
struct lane {
	unsigned count;
	struct rte_mbuf *frames[TRANSMIT_SLOTS];
};

struct wire {
	struct wire_config config;
	uint16_t port;
	/* What the port does for us, of multi-segment frames and TCP's checksums. */
	bool gathers, sums_tx, sums_rx;
	struct chain_pools pools;
	struct link *link;
	struct tcp *tcp;
	struct load *load;
	struct crowd *crowd; /* NULL: none was asked for yet */
	struct mono now;
	uint64_t bodies; /* of all plans, so that no verdict cache knows a plan's first ones */
	unsigned queues; /* that connections are spread over, at most config.queues */
	struct lane lanes[BENCH_QUEUES_MAX];
};

static int
fail(char *error, int rc, const char *what)
{
	snprintf(error, WIRE_ERROR_BYTES, "%s: %s", what, rte_strerror(-rc));
	return rc;
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	(void)arg;
	if (getrandom(out, bytes, 0) != (ssize_t)bytes)
		abort();
}

/* As a card spreads connections: by our port, which differs from one to the next. What is not TCP
 * goes to the first queue. Frames are our own, so their heads are whole and in the first buffer. */
static unsigned
queue_of(const struct wire *w, const struct rte_mbuf *frame)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(const void *)(ether + 1);
	const struct rte_ipv6_hdr *ip6 = (const struct rte_ipv6_hdr *)(const void *)(ether + 1);
	const struct rte_tcp_hdr *tcp = NULL;

	if (w->queues == 1)
		return 0;
	if (ether->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) &&
	    ip->next_proto_id == IPPROTO_TCP)
		tcp = (const struct rte_tcp_hdr *)(const void *)(ip + 1);
	else if (ether->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6) &&
		 ip6->proto == IPPROTO_TCP)
		tcp = (const struct rte_tcp_hdr *)(const void *)(ip6 + 1);
	return tcp == NULL ? 0 : rte_be_to_cpu_16(tcp->src_port) % w->queues;
}

static void
queue_frame(void *arg, struct rte_mbuf *frame)
{
	struct wire *w = arg;
	struct lane *lane = &w->lanes[queue_of(w, frame)];

	if (!w->gathers && frame->nb_segs > 1) {
		struct rte_mbuf *whole = rte_pktmbuf_copy(frame, w->pools.data, 0, UINT32_MAX);

		rte_pktmbuf_free(frame);
		if (whole == NULL) /* TCP sends it again */
			return;
		frame = whole;
	}
	if (lane->count == TRANSMIT_SLOTS)
		rte_pktmbuf_free(frame);
	else
		lane->frames[lane->count++] = frame;
}

static void
queue_segment(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct wire *w = arg;

	link_output(w->link, segment, source, destination, ecn);
}

static int
start_eal(const struct wire_config *c, char *error)
{
	static char device[256];
	char *arguments[] = { "sluice-bench-wire", "--no-huge", "--no-pci", "--no-shconf",
		"--no-telemetry", "--iova-mode=va", "-m", "256", "--lcores=0",
		"--log-level=*:error", "--vdev", device, NULL };
	cpu_set_t allowed;
	char lcores[32] = "--lcores=0@0";

	if (c->device != NULL)
		snprintf(device, sizeof(device), "%s", c->device);
	else
		snprintf(
		    device, sizeof(device), "net_vhost0,iface=%s,queues=%u", c->socket, c->queues);
	/* The core that the caller was pinned to stays ours. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
		for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (CPU_ISSET(cpu, &allowed)) {
				snprintf(lcores, sizeof(lcores), "--lcores=0@%d", cpu);
				break;
			}
		}
	}
	arguments[8] = lcores;
	if (rte_eal_init((int)(sizeof(arguments) / sizeof(arguments[0])) - 1, arguments) < 0)
		return fail(error, -rte_errno, "DPDK does not start");
	return 0;
}

/* What the port is asked to do, of what it can. A vhost-user port does what a guest's host does:
 * bytes that never were on a wire are not summed. */
static void
choose_offloads(struct wire *w, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	conf->txmode.offloads =
	    info->tx_offload_capa & (RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_CKSUM);
	conf->rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
	w->gathers = (conf->txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	w->sums_tx = (conf->txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0;
	w->sums_rx = conf->rxmode.offloads != 0;
}

static int
start_port(struct wire *w, char *error)
{
	uint16_t queues = w->config.queues;
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = { 0 };
	int rc;

	w->port = (uint16_t)rte_eth_find_next(0);
	if (w->port >= RTE_MAX_ETHPORTS)
		return fail(error, -ENODEV, "there is no port");
	rc = rte_eth_dev_info_get(w->port, &info);
	if (rc == 0 && (info.max_rx_queues < queues || info.max_tx_queues < queues))
		return fail(error, -EINVAL, "--queues: more than the device has");
	if (rc == 0) {
		choose_offloads(w, &info, &conf);
		rc = rte_eth_dev_configure(w->port, queues, queues, &conf);
	}
	for (uint16_t q = 0; rc == 0 && q < queues; q++) {
		rc = rte_eth_rx_queue_setup(
		    w->port, q, DESCRIPTORS, SOCKET_ID_ANY, NULL, w->pools.data);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(w->port, q, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	}
	if (rc == 0)
		rc = rte_eth_dev_start(w->port);
	return rc == 0 ? 0 : fail(error, rc, "the port does not start");
}

static int
create_stack(struct wire *w, char *error)
{
	struct link_config lc = { .vlan = LINK_VLAN_NONE,
		.mtu = (uint16_t)w->config.mtu,
		.address_count =
		    1 + (w->config.crowd > 0 ? (w->config.crowd - 1) / CROWD_OF_ADDRESS : 0),
		.leads = true };
	struct tcp_config tc = {
		.connections_max = 2 * BENCH_CONNECTIONS_MAX /* those of the plan before, closing */
				   + w->config.crowd,
		.mss_max = (uint16_t)(w->config.mtu - 40),
		.time_wait_max = TIME_WAITS,
		.checksum_offload_rx = w->sums_rx,
		.checksum_offload_tx = w->sums_tx,
	};
	struct link_env le = { w, queue_frame, random_bytes, w->pools };
	struct tcp_env te = { w, queue_segment, random_bytes, w->pools };
	struct rte_ether_addr mac;

	for (unsigned i = 0; i < lc.address_count; i++) {
		lc.addresses[i].subnet = w->config.address;
		lc.addresses[i].subnet.base = crowd_address(&w->config.address.base, i);
	}
	rte_eth_macaddr_get(w->port, &mac);
	memcpy(lc.mac, mac.addr_bytes, sizeof(lc.mac));
	w->link = link_create(&lc, &le);
	w->tcp = tcp_create(&tc, &te);
	return w->link != NULL && w->tcp != NULL ? 0 : fail(error, -ENOMEM, "the stack");
}

int
wire_open(const struct wire_config *config, struct wire **out, char error[WIRE_ERROR_BYTES])
{
	struct wire *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return fail(error, -ENOMEM, "the wire");
	w->config = *config;
	w->queues = config->queues;
	rc = start_eal(config, error);
	if (rc == 0) {
		w->pools.data = rte_pktmbuf_pool_create("data", DATA_MBUFS, POOL_CACHE, 0,
		    (uint16_t)(RTE_PKTMBUF_HEADROOM + 2048), SOCKET_ID_ANY);
		w->pools.refs =
		    rte_pktmbuf_pool_create("refs", REF_MBUFS, POOL_CACHE, 0, 0, SOCKET_ID_ANY);
		if (w->pools.data == NULL || w->pools.refs == NULL)
			rc = fail(error, -ENOMEM, "buffers");
	}
	if (rc == 0)
		rc = start_port(w, error);
	if (rc == 0)
		rc = create_stack(w, error);
	if (rc != 0) {
		free(w);
		return rc;
	}
	w->now = mono_now();
	*out = w;
	return 0;
}

void
wire_close(struct wire *w)
{
	crowd_destroy(w->crowd);
	tcp_destroy(w->tcp);
	link_destroy(w->link);
	for (unsigned q = 0; q < w->config.queues; q++)
		rte_pktmbuf_free_bulk(w->lanes[q].frames, w->lanes[q].count);
	rte_eth_dev_stop(w->port);
	rte_eth_dev_close(w->port);
	rte_eal_cleanup();
	free(w);
}

static unsigned
receive_queue(struct wire *w, uint16_t queue)
{
	struct rte_mbuf *burst[BURST_MAX];
	unsigned n = rte_eth_rx_burst(w->port, queue, burst, BURST_MAX);

	for (unsigned i = 0; i < n; i++) {
		struct link_packet p;

		if (link_input(w->link, burst[i], &p) != LINK_TCP)
			continue;
		if (tcp_input(w->tcp, p.segment, &p.source, &p.destination, p.ecn) !=
		    TCP_INPUT_TAKEN)
			tcp_refuse(w->tcp, p.segment, &p.source, &p.destination);
	}
	return n;
}

static unsigned
receive(struct wire *w)
{
	unsigned n = 0;

	for (uint16_t q = 0; q < w->config.queues; q++)
		n += receive_queue(w, q);
	return n;
}

static void
flush_tcp(struct wire *w)
{
	unsigned waiting = 0;

	for (unsigned q = 0; q < w->config.queues; q++)
		waiting += w->lanes[q].count;
	tcp_flush_within(w->tcp, waiting < SEGMENTS_MAX ? SEGMENTS_MAX - waiting : 0);
}

static unsigned
flush_lane(struct wire *w, uint16_t queue)
{
	struct lane *lane = &w->lanes[queue];
	unsigned done = 0;

	while (done < lane->count) {
		unsigned left = lane->count - done;
		uint16_t sent = rte_eth_tx_burst(w->port, queue, lane->frames + done,
		    (uint16_t)(left < BURST_MAX ? left : BURST_MAX));

		if (sent == 0)
			break;
		done += sent;
	}
	lane->count -= done;
	if (done > 0)
		memmove(lane->frames, lane->frames + done, lane->count * sizeof(lane->frames[0]));
	return done;
}

static unsigned
flush_frames(struct wire *w)
{
	unsigned done = 0;

	for (uint16_t q = 0; q < w->config.queues; q++)
		done += flush_lane(w, q);
	return done;
}

/* True: there was something to do. */
static bool
turn(struct wire *w)
{
	struct tcp_conn *conn;
	unsigned work;

	w->now = mono_now();
	link_begin(w->link, w->now);
	tcp_begin(w->tcp, w->now);
	work = receive(w);
	tcp_run_timers(w->tcp);
	link_run_timers(w->link);
	while ((conn = tcp_next_ready(w->tcp)) != NULL) {
		if (w->load != NULL)
			load_take_event(w->load, conn, w->now);
		else if (w->crowd != NULL)
			crowd_take_event(w->crowd, conn);
		work++;
	}
	flush_tcp(w);
	work += flush_frames(w);
	return work > 0;
}

bool
wire_wait(struct wire *w, struct duration limit)
{
	struct mono end = mono_add(mono_now(), limit);
	struct rte_eth_link link = { 0 };

	while (
	    rte_eth_link_get_nowait(w->port, &link) == 0 && link.link_status != RTE_ETH_LINK_UP) {
		if (!mono_before(mono_now(), end))
			return false;
		rte_delay_us_sleep(WAIT_US);
	}
	return true;
}

/* Until the plan is over; the time of turns that had work is the generator's own cost. */
static void
run_turns(struct wire *w, uint32_t rest_us, struct bench_result *out)
{
	bool over = false;

	while (!over) {
		bool worked = turn(w);
		struct mono begun = w->now;

		over = load_turn(w->load, w->now);
		flush_tcp(w);
		flush_frames(w);
		if (worked)
			out->own_cpu_ns += (uint64_t)mono_since(mono_now(), begun).ns;
		else if (rest_us > 0 && !over)
			rte_delay_us_sleep(rest_us);
	}
}

int
wire_run(struct wire *w, const struct bench_plan *plan, struct bench_result *out)
{
	struct load_config lc = { .plan = plan,
		.tcp = w->tcp,
		.pools = w->pools,
		.local = w->config.address.base,
		.remote = w->config.server,
		.bodies = &w->bodies };
	struct corpus corpus;
	struct mono end;
	int rc;

	memset(out, 0, sizeof(*out));
	if (plan->queues > w->config.queues) {
		snprintf(out->first_error, sizeof(out->first_error), "--queues %u: the wire has %u",
		    plan->queues, w->config.queues);
		return -EINVAL;
	}
	w->queues = plan->queues > 0 ? plan->queues : w->config.queues;
	rc = corpus_load(plan->body_file, load_body_max(plan), &corpus, out->first_error);
	if (rc != 0)
		return rc;
	lc.corpus = &corpus;
	turn(w); /* tcp's clock is that of its last turn */
	w->load = load_create(&lc, w->now, out);
	if (w->load == NULL) {
		snprintf(out->first_error, sizeof(out->first_error),
		    "no memory, or host, path and type are too long for a request's head");
		corpus_free(&corpus);
		return -EINVAL;
	}
	run_turns(w, plan->rest_us, out);
	load_destroy(w->load);
	w->load = NULL;
	for (end = mono_add(mono_now(), milliseconds(AFTER_MS)); mono_before(w->now, end);)
		turn(w);
	corpus_free(&corpus);
	return 0;
}

int
wire_crowd(struct wire *w, const struct bench_plan *plan, unsigned *standing, unsigned *failed)
{
	struct crowd_config cc = { .count = w->config.crowd,
		.tcp = w->tcp,
		.pools = w->pools,
		.local = w->config.address.base,
		.remote = w->config.server,
		.plan = plan };
	struct mono end;

	turn(w);
	if (w->crowd == NULL) {
		w->crowd = crowd_create(&cc);
		if (w->crowd == NULL)
			return -ENOMEM;
		while (!crowd_turn(w->crowd, w->now)) {
			flush_tcp(w);
			flush_frames(w);
			turn(w);
		}
	}
	for (end = mono_add(mono_now(), milliseconds(QUIET_MS)); mono_before(w->now, end);)
		turn(w);
	*standing = crowd_standing(w->crowd);
	*failed = crowd_failed(w->crowd);
	return 0;
}
