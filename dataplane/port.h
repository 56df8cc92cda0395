/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port: the one place that knows which of DPDK's drivers carries our frames, and what each of
 * them cannot do. A core owns one queue of it: receive, transmit and counters of that queue are
 * that core's alone; the rest is for the main thread, before the cores run or after they stopped.
 *
 * What each kind can do, where it spreads flows over cores and what wakes a sleeping core is told
 * in docs/ports.md.
 *
 * Files: port.c (open, receive, transmit), port_kinds.c (what must hold before EAL starts, device
 * arguments, sizes), port_kernel.c (the kernel's side of an interface), bell.c.
 */
#ifndef SLUICE_DATAPLANE_PORT_H
#define SLUICE_DATAPLANE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "common/config/config.h"
#include "dataplane/bell.h"

#define PORT_QUEUES_MAX       32
#define PORT_BURST_MAX        64
#define PORT_ERROR_MAX        512
#define PORT_DEVICE_TEXT_MAX  384
#define PORT_FRAME_HEAD_BYTES 18 /* Ethernet and one 802.1Q tag */

/*
 * The longest IPv4 datagram that af_packet delivers. Its fanout reassembles fragments in the
 * kernel, so this bounds a fragmented echo, whatever the MTU is. Longer ones are dropped as too
 * long.
 */
#define PORT_KERNEL_DATAGRAM_BYTES 9216

struct port;

/* What the port does for us; false: link and tcp compute and verify in software. */
struct port_offloads {
	bool ip_checksum_rx, ip_checksum_tx;
	bool tcp_checksum_rx, tcp_checksum_tx;
};

/* Why frames were lost below us, since the start. */
struct port_counters {
	uint64_t received, sent;
	uint64_t missed;   /* no room in the ring, or no buffer for it */
	uint64_t too_long; /* longer than our MTU allows, or than a buffer holds: never handed up */
	uint64_t send_busy; /* turned away by a full transmit ring */
	uint64_t send_lost; /* could not be made one piece: no buffer */
};

/*
 * Before EAL starts: interface there, privileges there, queues enough, MTU feasible. Sets the
 * interface up, to our MTU and our MAC where the configuration names one. -errno, and one sentence.
 */
int port_prepare(const struct config *c, unsigned queues, char error[PORT_ERROR_MAX]);

/* "02:00:00:00:00:01", as the configuration checked it. */
void port_mac_parse(const char *text, uint8_t mac[6]);

/* EAL's device arguments, in `out`; returns how many (0 for pci, which is allowed by address). */
unsigned port_devices(
    const struct config *c, unsigned queues, char out[PORT_QUEUES_MAX][PORT_DEVICE_TEXT_MAX]);

/* The data room (with head room) that receive pools must have: rte_pktmbuf_pool_create()'s. */
uint16_t port_data_room_for(const struct config *c);

/* After EAL: configures and starts the devices, queue i on pools[i]. -errno, and one sentence. */
int port_open(const struct config *c, unsigned queues, struct rte_mempool *const *pools,
    struct port **out, char error[PORT_ERROR_MAX]);
void port_close(struct port *p);

/* Up to `room` frames of a queue, the caller's from then on. */
uint16_t port_receive(struct port *p, unsigned queue, struct rte_mbuf **burst, uint16_t room);

/*
 * Sends; returns how many of the first frames it took (it frees them). The rest is still the
 * caller's. Frames of several mbufs are made one where the driver cannot send them so.
 */
uint16_t port_transmit(struct port *p, unsigned queue, struct rte_mbuf **burst, uint16_t count);

const uint8_t *port_mac(const struct port *p);
uint16_t port_mtu(const struct port *p);
struct port_offloads port_offloads(const struct port *p);

/* What wakes the queue's core. The port's: valid until port_close(). */
const struct bell *port_bell(const struct port *p, unsigned queue);

/* For one reader, not on the packets' way: it may ask the kernel or the device. */
struct port_counters port_counters(struct port *p, unsigned queue);

#endif
