/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * af_xdp: EAL's device arguments, one device a queue; the driver loads its own program.
 */
#ifndef SLUICE_DATAPLANE_XDP_H
#define SLUICE_DATAPLANE_XDP_H

#include <stddef.h>

#include "common/config/config.h"

/* EAL's device argument for the device that serves one queue. */
void xdp_device(const struct config *c, unsigned queue, unsigned queues, char *out, size_t room);

#endif
