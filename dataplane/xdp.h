/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * af_xdp: EAL's device arguments, one device a queue, and the program that leaves the kernel what
 * is not for our addresses (xdp.bpf.c). All of it on the main thread, before the cores run or
 * after.
 */
#ifndef SLUICE_DATAPLANE_XDP_H
#define SLUICE_DATAPLANE_XDP_H

#include <stddef.h>

#include "common/config/config.h"
#include "dataplane/port.h"

/* EAL's device argument for the device that serves one queue. */
void xdp_device(const struct config *c, unsigned queue, unsigned queues, char *out, size_t room);

/*
 * Before EAL: takes off the interface what a dataplane that was killed left attached to it.
 * -EBUSY with a sentence in `error` when somebody else's program is there; -errno.
 */
int xdp_prepare(const char *interface, char error[PORT_ERROR_MAX]);

/*
 * Once the devices have started: puts our program in the place of the driver's. From here on only
 * frames for the configured addresses come to the queues, and all IPv6 where
 * `router_advertisements` may add to them. -errno with a sentence in `error`.
 */
int xdp_steer(const struct config *c, char error[PORT_ERROR_MAX]);

/* Takes our program off: the kernel has every frame again. */
void xdp_release(const char *interface);

#endif
