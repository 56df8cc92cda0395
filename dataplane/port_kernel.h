/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's side of a network interface, for port_*.c: asking about it, setting it up, and
 * bells, which wake a sleeping core. All of it runs before the cores do, except the hush of a bell.
 */
#ifndef SLUICE_DATAPLANE_PORT_KERNEL_H
#define SLUICE_DATAPLANE_PORT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* Whether this process holds a capability (CAP_NET_RAW, …). */
bool kernel_capable(unsigned capability);

/* 0 or -errno; -ENODEV when there is no such interface in our network namespace. */
int kernel_interface_index(const char *name, int *index);
int kernel_interface_mtu(const char *name, unsigned *mtu);
int kernel_interface_set_mtu(const char *name, unsigned mtu);
int kernel_interface_set_mac(const char *name, const uint8_t mac[6]);
int kernel_interface_set_up(const char *name);
/* Receive queues of the interface; 1 where the driver does not say. */
unsigned kernel_interface_queues(const char *name);

/*
 * A packet socket that only makes the interface let all multicast through (ND needs its groups),
 * for as long as it is open. A descriptor, or -errno.
 */
int kernel_hear_multicast(const char *name);

/*
 * A bell: a packet socket with the smallest buffer and one byte of each frame that comes in, so
 * that it is full after a few frames and costs nothing while the core is awake. A descriptor, or
 * -errno. Hushing takes out what it holds.
 */
int kernel_bell_open(const char *name);
void kernel_bell_hush(int fd);

/* The first AF_XDP socket of this process above descriptor `after`, or -1. */
int kernel_xdp_socket(int after);

/*
 * The descriptors of this process's packet rings (the driver's) on the interface, in the order they
 * were opened: that of the queues. Returns how many.
 */
unsigned kernel_ring_sockets(const char *name, int *out, unsigned out_max);
/* Frames a ring had no room for since the last call. */
uint64_t kernel_ring_drops(int fd);

#endif
