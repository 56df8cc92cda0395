/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a port, and its bursts; see port.h. */
#include "dataplane/port.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "dataplane/port_kernel.h"
#include "dataplane/xdp.h"

#define RECEIVE_DESCRIPTORS  1024
#define TRANSMIT_DESCRIPTORS 1024

/* One core's share; only that core writes it, after port_open(). */
struct port_queue {
	uint16_t device, device_queue;
	struct rte_mempool *pool;
	struct bell bell;
	struct port_counters counters;
} __rte_cache_aligned;

struct port {
	enum config_port_kind kind;
	uint16_t mtu;
	uint32_t frame_max; /* with Ethernet and VLAN heads */
	uint32_t
	    datagram_frame_max; /* of a datagram that the kernel put together; 0: it does not */
	bool pieces;            /* the driver sends frames of several mbufs */
	bool reads_any_memory;  /* it copies what it sends; else only EAL's memory will do */
	struct port_offloads offloads;
	uint8_t mac[6];
	unsigned queues, devices;
	uint16_t device_ids[PORT_QUEUES_MAX];
	char steered[IF_NAMESIZE];          /* af_xdp: the interface that carries our program */
	int multicast;                      /* descriptor of kernel_hear_multicast(), -1: none */
	int kernel_queues[PORT_QUEUES_MAX]; /* the driver's own sockets, for the drops they count */
	unsigned kernel_queue_count;
	uint64_t kernel_drops[PORT_QUEUES_MAX];
	struct port_queue queue[PORT_QUEUES_MAX];
};

static const char *const device_names[] = {
	[PORT_AF_PACKET] = "net_af_packet",
	[PORT_AF_XDP] = "net_af_xdp",
	[PORT_TAP] = "net_tap",
	[PORT_VIRTIO] = "net_virtio_user",
};

static int
find_devices(struct port *p, const struct config_port *c, char error[PORT_ERROR_MAX])
{
	p->devices = c->kind == PORT_AF_XDP ? p->queues : 1;
	for (unsigned i = 0; i < p->devices; i++) {
		char name[64];

		if (c->kind == PORT_PCI)
			snprintf(name, sizeof(name), "%s", c->pci);
		else
			snprintf(name, sizeof(name), "%s%u", device_names[c->kind], i);
		if (rte_eth_dev_get_port_by_name(name, &p->device_ids[i]) != 0) {
			snprintf(error, PORT_ERROR_MAX,
			    "no driver took the port's device %s; its reason is in the log above",
			    name);
			return -ENODEV;
		}
	}
	for (unsigned q = 0; q < p->queues; q++) {
		p->queue[q].device = p->device_ids[p->devices > 1 ? q : 0];
		p->queue[q].device_queue = (uint16_t)(p->devices > 1 ? 0 : q);
	}
	return 0;
}

/*
 * Checksums of a device, or of the host behind a vhost-user socket, which leaves out those of what
 * never was on a wire; RSS of a device. The other software ports have none worth asking for.
 */
static void
choose_offloads(struct port *p, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	const uint64_t rss = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP;

	p->pieces = (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	if (p->pieces)
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (p->kind != PORT_PCI && p->kind != PORT_VIRTIO)
		return;
	conf->txmode.offloads |=
	    info->tx_offload_capa & (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM);
	conf->rxmode.offloads |=
	    info->rx_offload_capa & (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
	p->offloads = (struct port_offloads){
		.ip_checksum_rx = (conf->rxmode.offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0,
		.ip_checksum_tx = (conf->txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0,
		.tcp_checksum_rx = (conf->rxmode.offloads & RTE_ETH_RX_OFFLOAD_TCP_CKSUM) != 0,
		.tcp_checksum_tx = (conf->txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0,
	};
	if (p->queues > 1 && p->kind == PORT_PCI) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_hf = rss & info->flow_type_rss_offloads;
	}
}

/* The first queue of ours that a device serves; its others follow. */
static unsigned
first_queue(const struct port *p, unsigned device)
{
	return p->devices > 1 ? device : 0;
}

static int
set_up_queues(struct port *p, unsigned device)
{
	uint16_t id = p->device_ids[device], receive = RECEIVE_DESCRIPTORS,
		 transmit = TRANSMIT_DESCRIPTORS;
	unsigned count = p->devices > 1 ? 1 : p->queues;
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &receive, &transmit);

	for (uint16_t q = 0; rc == 0 && q < count; q++) {
		struct rte_mempool *pool = p->queue[first_queue(p, device) + q].pool;

		rc = rte_eth_rx_queue_setup(id, q, receive, SOCKET_ID_ANY, NULL, pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(id, q, transmit, SOCKET_ID_ANY, NULL);
	}
	return rc;
}

/*
 * The kernel's interface has its MTU from port_prepare(). af_packet's driver believes that no frame
 * is longer than 1,518 bytes and refuses to be told, though its rings carry what they hold.
 */
static bool
driver_takes_mtu(enum config_port_kind kind)
{
	return kind == PORT_TAP || kind == PORT_VIRTIO || kind == PORT_PCI;
}

/* Configures and starts; `interrupts`: each queue's arrival can wake a sleeper. */
static int
configure(struct port *p, unsigned device, const struct rte_eth_dev_info *info, bool interrupts)
{
	uint16_t id = p->device_ids[device];
	uint16_t count = (uint16_t)(p->devices > 1 ? 1 : p->queues);
	struct rte_eth_conf conf = { .intr_conf = { .rxq = interrupts } };
	int rc;

	choose_offloads(p, info, &conf);
	if (driver_takes_mtu(p->kind))
		conf.rxmode.mtu = p->mtu;
	rc = rte_eth_dev_configure(id, count, count, &conf);
	if (rc == 0)
		rc = set_up_queues(p, device);
	return rc == 0 ? rte_eth_dev_start(id) : rc;
}

/* Drivers whose receive interrupts DPDK hands to us. */
static bool
driver_has_interrupts(enum config_port_kind kind)
{
	return kind == PORT_TAP || kind == PORT_VIRTIO || kind == PORT_PCI;
}

static int
start_device(struct port *p, unsigned device, bool sleeps, char error[PORT_ERROR_MAX])
{
	uint16_t id = p->device_ids[device];
	uint16_t count = (uint16_t)(p->devices > 1 ? 1 : p->queues);
	bool interrupts = sleeps && driver_has_interrupts(p->kind);
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(id, &info);

	if (rc == 0 && (info.max_rx_queues < count || info.max_tx_queues < count)) {
		snprintf(error, PORT_ERROR_MAX, "the port has %u queues, %u cores need one each",
		    info.max_rx_queues < info.max_tx_queues ? info.max_rx_queues
							    : info.max_tx_queues,
		    count);
		return -EINVAL;
	}
	if (rc == 0)
		rc = configure(p, device, &info, interrupts);
	if (rc != 0 && interrupts) /* a driver or a platform without them */
		rc = configure(p, device, &info, false);
	if (rc != 0)
		snprintf(error, PORT_ERROR_MAX, "the port does not start: %s (%d)",
		    rte_strerror(-rc), rc);
	return rc;
}

static int
check_rooms(const struct port *p, const struct config *c, char error[PORT_ERROR_MAX])
{
	for (unsigned q = 0; q < p->queues; q++) {
		uint16_t room = rte_pktmbuf_data_room_size(p->queue[q].pool);

		if (room >= p->frame_max + RTE_PKTMBUF_HEADROOM && room >= port_data_room_for(c))
			continue;
		snprintf(error, PORT_ERROR_MAX,
		    "dataplane.port.mtu: %u needs a data room of %u bytes, the buffers have %u",
		    p->mtu, port_data_room_for(c), room);
		return -EMSGSIZE;
	}
	return 0;
}

/* What the kernel's side adds: multicast, and the sockets whose drops we report. */
static void
open_kernel_side(struct port *p, const struct config *c)
{
	const char *name = c->dataplane.port.interface;

	if (p->kind == PORT_AF_PACKET || p->kind == PORT_AF_XDP)
		p->multicast = kernel_hear_multicast(name);
	if (p->kind == PORT_AF_PACKET)
		p->kernel_queue_count =
		    kernel_ring_sockets(name, p->kernel_queues, PORT_QUEUES_MAX);
	if (p->kind == PORT_TAP || p->kind == PORT_VIRTIO || p->kind == PORT_PCI) {
		if (rte_eth_allmulticast_enable(p->device_ids[0]) != 0)
			rte_eth_promiscuous_enable(p->device_ids[0]);
	}
}

static void
open_bells(struct port *p, const struct config *c)
{
	int fd = -1;

	for (unsigned q = 0; q < p->queues; q++) {
		struct port_queue *queue = &p->queue[q];

		switch (p->kind) {
		case PORT_AF_PACKET:
			bell_of_interface(&queue->bell, c->dataplane.port.interface);
			break;
		case PORT_AF_XDP: /* the devices, one a queue, opened theirs in this order */
			fd = kernel_xdp_socket(fd);
			bell_of_socket(&queue->bell, fd);
			break;
		default:
			bell_of_queue(&queue->bell, queue->device, queue->device_queue);
			break;
		}
	}
}

/*
 * A tap's kernel side keeps the address that its driver gave it, and we take another: a bridge
 * keeps frames for the addresses of its ports to itself.
 */
static void
choose_mac(struct port *p, const struct config_port *c)
{
	rte_eth_macaddr_get(p->device_ids[0], (struct rte_ether_addr *)p->mac);
	if (p->kind != PORT_TAP)
		return;
	p->mac[5] ^= 1;
	if (c->mac != NULL)
		port_mac_parse(c->mac, p->mac);
}

int
port_open(const struct config *c, unsigned queues, struct rte_mempool *const *pools,
    struct port **out, char error[PORT_ERROR_MAX])
{
	struct port *p =
	    aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*p), RTE_CACHE_LINE_SIZE));
	bool sleeps = c->dataplane.idle == IDLE_ADAPTIVE;
	int rc;

	if (p == NULL)
		return -ENOMEM;
	memset(p, 0, sizeof(*p));
	p->kind = c->dataplane.port.kind;
	p->mtu = c->dataplane.port.mtu;
	p->frame_max = p->mtu + PORT_FRAME_HEAD_BYTES;
	if (p->kind == PORT_AF_PACKET)
		p->datagram_frame_max = PORT_KERNEL_DATAGRAM_BYTES + PORT_FRAME_HEAD_BYTES;
	p->queues = queues;
	p->multicast = -1;
	p->reads_any_memory = p->kind != PORT_VIRTIO && p->kind != PORT_PCI;
	for (unsigned q = 0; q < queues; q++) {
		p->queue[q].pool = pools[q];
		bell_none(&p->queue[q].bell);
	}
	rc = check_rooms(p, c, error);
	if (rc == 0)
		rc = find_devices(p, &c->dataplane.port, error);
	for (unsigned i = 0; rc == 0 && i < p->devices; i++)
		rc = start_device(p, i, sleeps, error);
	if (rc == 0 && p->kind == PORT_AF_XDP) {
		rc = xdp_steer(c, error);
		snprintf(p->steered, sizeof(p->steered), "%s", c->dataplane.port.interface);
	}
	if (rc != 0) {
		free(p);
		return rc;
	}
	choose_mac(p, &c->dataplane.port);
	open_kernel_side(p, c);
	if (sleeps)
		open_bells(p, c);
	*out = p;
	return 0;
}

void
port_close(struct port *p)
{
	for (unsigned q = 0; q < p->queues; q++)
		bell_close(&p->queue[q].bell);
	if (p->multicast >= 0)
		close(p->multicast);
	for (unsigned i = 0; i < p->devices; i++) {
		rte_eth_dev_stop(p->device_ids[i]);
		rte_eth_dev_close(p->device_ids[i]);
	}
	if (p->kind == PORT_AF_XDP)
		xdp_release(p->steered);
	free(p);
}

/*
 * Longer than the MTU, yet whole: an IPv4 datagram that the kernel put together from fragments. It
 * leaves DF clear on those; a long frame that came as one, with DF, stays too long.
 */
static bool
is_reassembled(const struct port *p, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(eth + 1);

	if (m->pkt_len > p->datagram_frame_max)
		return false;
	if (eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN))
		ip = (const struct rte_ipv4_hdr *)((const struct rte_vlan_hdr *)(eth + 1) + 1);
	else if (eth->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		return false;
	return (ip->version_ihl >> 4) == 4 &&
	       (ip->fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG)) == 0;
}

/* Takes the frames out of a burst that are longer than we said we take. */
static uint16_t
drop_too_long(struct port *p, struct port_queue *queue, struct rte_mbuf **burst, uint16_t count)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = burst[i];

		if (unlikely(m->pkt_len > p->frame_max) && !is_reassembled(p, m)) {
			queue->counters.too_long++;
			rte_pktmbuf_free(m);
			continue;
		}
		burst[kept++] = m;
	}
	return kept;
}

uint16_t
port_receive(struct port *p, unsigned queue, struct rte_mbuf **burst, uint16_t room)
{
	struct port_queue *q = &p->queue[queue];
	uint16_t count = rte_eth_rx_burst(q->device, q->device_queue, burst, room);

	if (count == 0)
		return 0;
	q->counters.received += count;
	return drop_too_long(p, q, burst, count);
}

/*
 * A device, or the process behind a vhost-user socket, reads the memory that EAL told it of: the
 * buffers. Object bytes that lie in the shared region (arena blocks) are not among them.
 */
static bool
driver_can_send(const struct port *p, const struct rte_mbuf *m)
{
	if (!p->pieces)
		return m->nb_segs == 1 && RTE_MBUF_DIRECT(m);
	for (; !p->reads_any_memory && m != NULL; m = m->next) {
		if (RTE_MBUF_HAS_EXTBUF(m))
			return false;
	}
	return true;
}

/* A frame as one buffer of ours; NULL when none can be had. The old one is freed either way. */
static struct rte_mbuf *
in_one_piece(struct port_queue *q, struct rte_mbuf *m)
{
	struct rte_mbuf *one;

	one = rte_pktmbuf_copy(m, q->pool, 0, UINT32_MAX);
	rte_pktmbuf_free(m);
	if (one == NULL)
		return NULL;
	if (one->nb_segs == 1)
		return one;
	rte_pktmbuf_free(one); /* longer than a buffer: the MTU check at start rules it out */
	return NULL;
}

static uint16_t
make_sendable(const struct port *p, struct port_queue *q, struct rte_mbuf **burst, uint16_t count)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = burst[i];

		if (!driver_can_send(p, m))
			m = in_one_piece(q, m);

		if (m != NULL)
			burst[kept++] = m;
		else
			q->counters.send_lost++;
	}
	return kept;
}

uint16_t
port_transmit(struct port *p, unsigned queue, struct rte_mbuf **burst, uint16_t count)
{
	struct port_queue *q = &p->queue[queue];
	bool as_it_is = p->pieces && p->reads_any_memory;
	uint16_t whole = as_it_is ? count : make_sendable(p, q, burst, count);
	uint16_t lost = (uint16_t)(count - whole);
	uint16_t sent = rte_eth_tx_burst(q->device, q->device_queue, burst, whole);

	q->counters.sent += sent;
	q->counters.send_busy += (uint64_t)(whole - sent);
	if (lost > 0 && sent < whole) /* what is left stays at the end, where the caller looks */
		memmove(burst + sent + lost, burst + sent, (size_t)(whole - sent) * sizeof(*burst));
	return (uint16_t)(sent + lost);
}

const uint8_t *
port_mac(const struct port *p)
{
	return p->mac;
}

uint16_t
port_mtu(const struct port *p)
{
	return p->mtu;
}

struct port_offloads
port_offloads(const struct port *p)
{
	return p->offloads;
}

const struct bell *
port_bell(const struct port *p, unsigned queue)
{
	return &p->queue[queue].bell;
}

struct port_counters
port_counters(struct port *p, unsigned queue)
{
	struct port_queue *q = &p->queue[queue];
	struct port_counters c = q->counters;
	struct rte_eth_stats stats;

	if (queue < p->kernel_queue_count) {
		p->kernel_drops[queue] += kernel_ring_drops(p->kernel_queues[queue]);
		c.missed = p->kernel_drops[queue];
	} else if (q->device_queue == 0 && rte_eth_stats_get(q->device, &stats) == 0) {
		c.missed = stats.imissed + stats.rx_nombuf;
	}
	return c;
}
