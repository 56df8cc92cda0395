/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/bell.h"

#include <errno.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "dataplane/port_kernel.h"

void
bell_none(struct bell *b)
{
	*b = (struct bell){ .kind = BELL_NONE, .fd = -1 };
}

void
bell_of_interface(struct bell *b, const char *name)
{
	int fd = kernel_bell_open(name);

	bell_none(b);
	if (fd >= 0)
		*b = (struct bell){ .kind = BELL_PACKET, .fd = fd };
}

void
bell_of_socket(struct bell *b, int fd)
{
	bell_none(b);
	if (fd >= 0)
		*b = (struct bell){ .kind = BELL_SOCKET, .fd = fd };
}

/* Drivers whose descriptor is readable as long as there are frames know no arming: -ENOTSUP. */
void
bell_of_queue(struct bell *b, uint16_t device, uint16_t queue)
{
	int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(device, queue);
	int rc = fd >= 0 ? rte_eth_dev_rx_intr_enable(device, queue) : -ENODEV;

	bell_none(b);
	if (rc == -ENOTSUP)
		bell_of_socket(b, fd);
	if (rc != 0)
		return;
	rte_eth_dev_rx_intr_disable(device, queue);
	*b = (struct bell){ BELL_INTERRUPT, fd, device, queue };
}

void
bell_close(struct bell *b)
{
	if (b->kind == BELL_PACKET)
		close(b->fd);
	bell_none(b);
}

static void
take_event(int fd)
{
	uint64_t events;

	if (read(fd, &events, sizeof(events)) < 0)
		return; /* none is pending: the descriptor does not block */
}

void
bell_arm(const struct bell *b)
{
	if (b->kind == BELL_PACKET)
		kernel_bell_hush(b->fd);
	if (b->kind == BELL_INTERRUPT)
		rte_eth_dev_rx_intr_enable(b->device, b->queue);
}

void
bell_disarm(const struct bell *b)
{
	if (b->kind != BELL_INTERRUPT)
		return;
	rte_eth_dev_rx_intr_disable(b->device, b->queue);
	take_event(b->fd);
}
