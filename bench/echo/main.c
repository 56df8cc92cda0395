/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-bench-echo: what the wire alone costs. One process sends frames of one size over a
 * vhost-user socket and sends again whatever comes back; a second one, on core 0, whose port is of
 * the dataplane's kind, swaps the addresses of each frame and sends it back. Told is the time of
 * the second one's turns that had frames, of the processor time that it really had, as of the
 * dataplane's turns. The second is forked before EAL starts, so each has one of its own.
 *
 * With --tcp it is the second end alone, with our link and TCP libraries on it (stack.h), for
 * sluice-bench-wire at the other end of the socket.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>

#include "bench/echo/stack.h"
#include "bench/number.h"
#include "common/base/mono.h"
#include "common/base/thread_cpu.h"

#define NAME        "sluice-bench-echo"
#define BURST_MAX   64
#define DESCRIPTORS 1024
#define MBUFS       8191
#define WAIT_S      30
#define LOOK_TURNS  4096   /* without work, until the other end is looked after */
#define ETHERTYPE   0x88b5 /* for experiments (IEEE 802) */

struct plan {
	const char *socket;
	unsigned frame, window;
	struct duration length;
	bool huge;
	struct ip_subnet address; /* of --tcp; without a prefix: frames are echoed */
};

struct outcome {
	uint64_t packets, busy_ns, cpu_ns, wall_ns;
};

static int
usage(FILE *out, int code)
{
	fputs("usage: sluice-bench-echo [option]... SOCKET\n"
	      "       sluice-bench-echo --tcp ADDRESS/LENGTH [--huge] SOCKET\n"
	      "Frames over a vhost-user socket, which is made at SOCKET, and back: what the wire\n"
	      "alone costs a core, for each frame. One JSON object.\n"
	      "  --frame N         bytes, 60 to 1514: 1514\n"
	      "  --window N        frames on their way at once, 1 to 512: 32\n"
	      "  --milliseconds N  300\n"
	      "  --huge            the echoing end has its buffers in hugepages, as the dataplane\n"
	      "With --tcp: our TCP alone at this address, connected to a sluice-bench-wire that\n"
	      "made SOCKET. Every body is let go of and answered by 204; what one costs is told\n"
	      "when standard input ends.\n",
	    out);
	return code;
}

static void
fatal(const char *what)
{
	fprintf(stderr, NAME ": %s\n", what);
	exit(2);
}

static void
pin(unsigned core)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	CPU_SET(core, &cores);
	if (sched_setaffinity(0, sizeof(cores), &cores) != 0)
		fatal("a core cannot be had");
}

/* A port with one queue each way; `pool` has room for all that is on its way. Offloads in `conf`
 * are those that the port has of the ones that were there. */
static uint16_t
start(const char *device, const char *name, unsigned core, bool huge, struct rte_eth_conf *conf,
    struct rte_mempool **pool)
{
	char lcores[32], *vdev = strdup(device);
	char *arguments[] = { NAME, "--no-pci", "--no-telemetry", "--iova-mode=va", "-m", "128",
		lcores, "--log-level=*:error", "--vdev", vdev, huge ? "--in-memory" : "--no-huge",
		huge ? "--single-file-segments" : "--no-shconf", NULL };
	struct rte_eth_dev_info info;
	uint16_t port = 0;

	snprintf(lcores, sizeof(lcores), "--lcores=0@%u", core);
	if (vdev == NULL ||
	    rte_eal_init((int)(sizeof(arguments) / sizeof(arguments[0])) - 1, arguments) < 0)
		fatal("DPDK does not start");
	*pool = rte_pktmbuf_pool_create(
	    "frames", MBUFS, 256, 0, (uint16_t)(RTE_PKTMBUF_HEADROOM + 2048), SOCKET_ID_ANY);
	if (*pool == NULL || rte_eth_dev_get_port_by_name(name, &port) != 0 ||
	    rte_eth_dev_info_get(port, &info) != 0)
		fatal("a port does not start");
	conf->txmode.offloads &= info.tx_offload_capa;
	conf->rxmode.offloads &= info.rx_offload_capa;
	if (rte_eth_dev_configure(port, 1, 1, conf) != 0 ||
	    rte_eth_rx_queue_setup(port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, *pool) != 0 ||
	    rte_eth_tx_queue_setup(port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL) != 0 ||
	    rte_eth_dev_start(port) != 0)
		fatal("a port does not start");
	return port;
}

static void
swap_addresses(struct rte_mbuf *frame)
{
	struct rte_ether_hdr *head = rte_pktmbuf_mtod(frame, struct rte_ether_hdr *);
	struct rte_ether_addr before = head->dst_addr;

	head->dst_addr = head->src_addr;
	head->src_addr = before;
}

/* One turn: what came goes back, as far as it is taken. How many came. */
static unsigned
turn(uint16_t port)
{
	struct rte_mbuf *burst[BURST_MAX];
	uint16_t n = rte_eth_rx_burst(port, 0, burst, BURST_MAX), sent = 0;

	for (uint16_t i = 0; i < n; i++)
		swap_addresses(burst[i]);
	if (n > 0)
		sent = rte_eth_tx_burst(port, 0, burst, n);
	if (sent < n)
		rte_pktmbuf_free_bulk(burst + sent, n - sent);
	return n;
}

static bool
has_ended(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };

	return poll(&end, 1, 0) != 0;
}

/* One turn of the measured end: with a stack on it, or without. */
static unsigned
measured_turn(uint16_t port, struct stack *stack)
{
	return stack != NULL ? stack_turn(stack) : turn(port);
}

/* The measured end: from its first frame until `end` can be read. */
static void
echo(uint16_t port, struct stack *stack, int end, struct outcome *out)
{
	struct mono begun, now;
	uint64_t cpu;
	unsigned idle = 0, n;

	while (measured_turn(port, stack) == 0) {
		if (++idle % LOOK_TURNS == 0 && has_ended(end))
			return;
	}
	begun = now = mono_now();
	cpu = thread_cpu_ns();
	for (;;) {
		struct mono then;

		n = measured_turn(port, stack);
		then = mono_now();
		if (n > 0) {
			out->packets += n;
			out->busy_ns += (uint64_t)mono_since(then, now).ns;
		} else if (++idle % LOOK_TURNS == 0 && has_ended(end)) {
			break;
		}
		now = then;
	}
	out->cpu_ns = thread_cpu_ns() - cpu;
	out->wall_ns = (uint64_t)mono_since(now, begun).ns;
}

static uint16_t
start_measured(const struct plan *p, struct rte_eth_conf *conf, struct rte_mempool **pool)
{
	char device[256];

	pin(0);
	snprintf(device, sizeof(device), "net_virtio_user0,path=%s,server=0,queues=1,queue_size=%d",
	    p->socket, DESCRIPTORS);
	return start(device, "net_virtio_user0", 0, p->huge, conf, pool);
}

static void
run_echo(const struct plan *p, int end, int result)
{
	struct outcome out = { 0 };
	struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool;

	echo(start_measured(p, &conf, &pool), NULL, end, &out);
	if (write(result, &out, sizeof(out)) != sizeof(out))
		exit(2);
	exit(0);
}

static void
wait_for_link(uint16_t port)
{
	struct mono limit = mono_add(mono_now(), seconds(WAIT_S));
	struct rte_eth_link link = { 0 };

	while (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status != RTE_ETH_LINK_UP) {
		if (!mono_before(mono_now(), limit))
			fatal("the echoing end does not come");
		rte_delay_us_sleep(1000);
	}
}

static void
send_window(const struct plan *p, uint16_t port, struct rte_mempool *pool)
{
	struct mono limit = mono_add(mono_now(), seconds(WAIT_S));

	for (unsigned i = 0; i < p->window; i++) {
		struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);
		struct rte_ether_hdr *head;

		if (frame == NULL)
			fatal("no buffers");
		head =
		    (struct rte_ether_hdr *)(void *)rte_pktmbuf_append(frame, (uint16_t)p->frame);
		memset(head, 0, p->frame);
		head->ether_type = rte_cpu_to_be_16(ETHERTYPE);
		/* The link is up before the other end has its rings. */
		while (rte_eth_tx_burst(port, 0, &frame, 1) != 1) {
			if (!mono_before(mono_now(), limit))
				fatal("the wire takes no frame");
			rte_delay_us_sleep(1000);
		}
	}
}

static void
report(const struct plan *p, const struct outcome *o)
{
	double had = o->wall_ns > 0 ? (double)o->cpu_ns / (double)o->wall_ns : 0;
	double n = o->packets > 0 ? (double)o->packets : 1;

	printf("{\"frame\":%u,\"packets\":%llu,\"ns\":%.2f,\"core_share\":%.3f,"
	       "\"empty_share\":%.3f}\n",
	    p->frame, (unsigned long long)o->packets, (double)o->busy_ns * (had < 1 ? had : 1) / n,
	    had, o->wall_ns > 0 ? 1 - (double)o->busy_ns / (double)o->wall_ns : 1);
}

static int
run(const struct plan *p)
{
	unsigned last = (unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	struct outcome out = { 0 };
	struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool;
	int end[2], result[2], status;
	struct mono limit;
	char device[256];
	uint16_t port;
	pid_t child;

	if (pipe(end) != 0 || pipe(result) != 0)
		fatal(strerror(errno));
	unlink(p->socket);
	child = fork();
	if (child < 0)
		fatal(strerror(errno));
	if (child == 0) {
		close(end[1]);
		while (access(p->socket, F_OK) != 0 && !has_ended(end[0]))
			usleep(1000);
		run_echo(p, end[0], result[1]);
	}
	close(end[0]);
	close(result[1]);
	pin(last);
	snprintf(device, sizeof(device), "net_vhost0,iface=%s,queues=1", p->socket);
	port = start(device, "net_vhost0", last, false, &conf, &pool);
	wait_for_link(port);
	send_window(p, port, pool);
	for (limit = mono_add(mono_now(), p->length); mono_before(mono_now(), limit);)
		turn(port);
	close(end[1]);
	if (read(result[0], &out, sizeof(out)) != sizeof(out))
		fatal("the echoing end ended early");
	waitpid(child, &status, 0);
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
	rte_eal_cleanup();
	unlink(p->socket);
	report(p, &out);
	return out.packets > 0 ? 0 : 1;
}

/* What the dataplane's port is asked to do for it, on this kind of port. */
static int
run_stack(const struct plan *p)
{
	struct rte_eth_conf conf = {
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
				   RTE_ETH_TX_OFFLOAD_TCP_CKSUM,
		.rxmode.offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM,
	};
	struct stack_config c = { .address = p->address };
	struct outcome out = { 0 };
	struct stack *stack;

	c.port = start_measured(p, &conf, &c.pools.data);
	c.pools.refs = rte_pktmbuf_pool_create("refs", MBUFS, 256, 0, 0, SOCKET_ID_ANY);
	c.tcp_sums_tx = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0;
	c.ip_sums_tx = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	c.tcp_sums_rx = (conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_TCP_CKSUM) != 0;
	c.ip_sums_rx = (conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0;
	stack = c.pools.refs != NULL ? stack_create(&c) : NULL;
	if (stack == NULL)
		fatal("no memory for the stack");
	echo(c.port, stack, STDIN_FILENO, &out);
	out.packets = stack_bodies(stack); /* what is told is of each */
	stack_destroy(stack);
	report(p, &out);
	return out.packets > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "frame", required_argument, NULL, 'f' },
		{ "window", required_argument, NULL, 'w' },
		{ "milliseconds", required_argument, NULL, 'm' },
		{ "huge", no_argument, NULL, 'H' }, { "tcp", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct plan p = { .frame = 1514, .window = 32, .length = milliseconds(300) };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'f')
			p.frame = (unsigned)number_argument(NAME, "frame", optarg, 60, 1514);
		else if (option == 'w')
			p.window = (unsigned)number_argument(NAME, "window", optarg, 1, 512);
		else if (option == 'm')
			p.length = milliseconds(
			    (int64_t)number_argument(NAME, "milliseconds", optarg, 1, 600000));
		else if (option == 'H')
			p.huge = true;
		else if (option == 't' && subnet_parse(span_text(optarg), &p.address) == 0)
			continue;
		else
			return usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
	}
	if (argc - optind != 1)
		return usage(stderr, 2);
	p.socket = argv[optind];
	return p.address.prefix_bits > 0 ? run_stack(&p) : run(&p);
}
