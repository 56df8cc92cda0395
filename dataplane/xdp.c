/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices of an af_xdp port: one for each queue, because one device with several queues does
 * not start on veth interfaces. Copy mode: veth has no other, and it is what every driver can do.
 */
#include "dataplane/xdp.h"

#include <stdio.h>

void
xdp_device(const struct config *c, unsigned queue, unsigned queues, char *out, size_t room)
{
	(void)queues;
	snprintf(out, room, "net_af_xdp%u,iface=%s,start_queue=%u,queue_count=1,force_copy=1",
	    queue, c->dataplane.port.interface, queue);
}
