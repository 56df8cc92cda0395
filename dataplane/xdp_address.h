/* SPDX-License-Identifier: BSD-3-Clause */
/* The key of xdp.bpf.c's map `ours`, seen by that program and by xdp.c. */
#ifndef SLUICE_DATAPLANE_XDP_ADDRESS_H
#define SLUICE_DATAPLANE_XDP_ADDRESS_H

#include <linux/types.h>

/* Each address and, for IPv6, its solicited-node group (RFC 4291 §2.7.1). */
#define XDP_ADDRESSES_MAX 64

/* As struct ip_address: IPv4 is ::ffff:a.b.c.d. All zero stands for every IPv6 address. */
struct xdp_address {
	__u8 bytes[16];
};

#endif
