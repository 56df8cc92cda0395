/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each kind of port needs of the machine before EAL starts, so that what is wrong is said in
 * one sentence instead of a driver's words: privileges, the interface, its queues, its MTU. And the
 * driver's arguments and buffer sizes, which follow from the same facts.
 */
#include "dataplane/port.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/port_kernel.h"
#include "dataplane/xdp.h"

/*
 * af_packet's rings: a block is a frame, so that the driver's arithmetic on frames comes out even.
 * HEAD: tpacket2_hdr, address and padding before a frame. EXTRA: what the driver asks of a buffer
 * is the frame size less this.
 */
#define PAGE_BYTES              4096u
#define PACKET_RING_HEAD_BYTES  66u
#define PACKET_RING_EXTRA_BYTES 32u
#define PACKET_RING_FRAMES      4096u

/* af_xdp: mempool object, mbuf, both head rooms and the frame lie in one page. */
#define XDP_OBJECT_BYTES_MAX (PAGE_BYTES - 64u - 128u)
#define XDP_HEAD_BYTES       256u

#define ROOM_BYTES_DEFAULT 2048u

static uint32_t
round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static uint32_t
packet_ring_frame_bytes(const struct config *c)
{
	uint32_t datagram = c->dataplane.port.mtu;

	if (datagram < PORT_KERNEL_DATAGRAM_BYTES)
		datagram = PORT_KERNEL_DATAGRAM_BYTES;
	return round_up(datagram + PORT_FRAME_HEAD_BYTES + PACKET_RING_HEAD_BYTES, PAGE_BYTES);
}

uint16_t
port_data_room_for(const struct config *c)
{
	uint32_t frame = c->dataplane.port.mtu + PORT_FRAME_HEAD_BYTES;
	uint32_t room;

	switch (c->dataplane.port.kind) {
	case PORT_AF_PACKET:
		room = packet_ring_frame_bytes(c) - PACKET_RING_EXTRA_BYTES;
		break;
	case PORT_AF_XDP:
		room = frame + XDP_HEAD_BYTES;
		if (room > ROOM_BYTES_DEFAULT)
			room = XDP_OBJECT_BYTES_MAX - RTE_PKTMBUF_HEADROOM;
		break;
	case PORT_TAP:
	case PORT_VIRTIO:
	case PORT_PCI:
	default:
		room = frame;
		break;
	}
	if (room < ROOM_BYTES_DEFAULT)
		room = ROOM_BYTES_DEFAULT;
	room += RTE_PKTMBUF_HEADROOM;
	return room > UINT16_MAX ? UINT16_MAX : (uint16_t)room;
}

unsigned
port_devices(
    const struct config *c, unsigned queues, char out[PORT_QUEUES_MAX][PORT_DEVICE_TEXT_MAX])
{
	const struct config_port *port = &c->dataplane.port;
	uint32_t frame;

	switch (port->kind) {
	case PORT_AF_PACKET:
		frame = packet_ring_frame_bytes(c);
		snprintf(out[0], PORT_DEVICE_TEXT_MAX,
		    "net_af_packet0,iface=%s,qpairs=%u,blocksz=%u,framesz=%u,framecnt=%u",
		    port->interface, queues, frame, frame, PACKET_RING_FRAMES);
		return 1;
	case PORT_AF_XDP:
		for (unsigned q = 0; q < queues; q++)
			xdp_device(c, q, queues, out[q], PORT_DEVICE_TEXT_MAX);
		return queues;
	case PORT_TAP:
		snprintf(out[0], PORT_DEVICE_TEXT_MAX, "net_tap0,iface=%s", port->interface);
		return 1;
	case PORT_VIRTIO:
		snprintf(out[0], PORT_DEVICE_TEXT_MAX,
		    "net_virtio_user0,path=%s,server=%d,queues=%u,queue_size=1024%s%s",
		    port->socket, port->socket_server ? 1 : 0, queues,
		    port->mac != NULL ? ",mac=" : "", port->mac != NULL ? port->mac : "");
		return 1;
	case PORT_PCI:
	default:
		return 0;
	}
}

void
port_mac_parse(const char *text, uint8_t mac[6])
{
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
}

/* The kernel's interface as the configuration wants it: our MAC, our MTU at least, up. */
static int
interface_set_up(const struct config_port *port, char error[PORT_ERROR_MAX])
{
	const char *name = port->interface;
	unsigned mtu = 0;
	uint8_t mac[6];
	int rc = kernel_interface_mtu(name, &mtu);

	if (rc == 0 && port->mac != NULL) {
		port_mac_parse(port->mac, mac);
		rc = kernel_interface_set_mac(name, mac);
	}
	if (rc == 0 && mtu < port->mtu) {
		rc = kernel_interface_set_mtu(name, port->mtu);
		if (rc != 0) {
			snprintf(error, PORT_ERROR_MAX,
			    "interface %s has an MTU of %u, the configuration says %u, and it "
			    "cannot "
			    "be raised: %s",
			    name, mtu, port->mtu, strerror(-rc));
			return rc;
		}
	}
	if (rc == 0)
		rc = kernel_interface_set_up(name);
	if (rc != 0)
		snprintf(error, PORT_ERROR_MAX, "interface %s: %s", name, strerror(-rc));
	return rc;
}

static int
need_interface(const struct config_port *port, char error[PORT_ERROR_MAX])
{
	int index;

	if (kernel_interface_index(port->interface, &index) == 0)
		return 0;
	snprintf(
	    error, PORT_ERROR_MAX, "interface %s: there is none of this name", port->interface);
	return -ENODEV;
}

static int
need_capability(unsigned capability, const char *what, char error[PORT_ERROR_MAX])
{
	if (kernel_capable(capability))
		return 0;
	snprintf(error, PORT_ERROR_MAX,
	    "missing privilege: %s; start as root or from the unit file", what);
	return -EPERM;
}

static int
prepare_af_packet(const struct config_port *port, char error[PORT_ERROR_MAX])
{
	int rc = need_interface(port, error);

	if (rc == 0)
		rc = need_capability(CAP_NET_RAW, "an af_packet port needs CAP_NET_RAW", error);
	return rc != 0 ? rc : interface_set_up(port, error);
}

static int
prepare_af_xdp(const struct config_port *port, unsigned queues, char error[PORT_ERROR_MAX])
{
	const unsigned mtu_max =
	    XDP_OBJECT_BYTES_MAX - RTE_PKTMBUF_HEADROOM - XDP_HEAD_BYTES - PORT_FRAME_HEAD_BYTES;
	int rc = need_interface(port, error);

	if (rc == 0)
		rc = need_capability(CAP_NET_ADMIN, "an af_xdp port needs CAP_NET_ADMIN", error);
	if (rc == 0) /* not CAP_BPF: programs and maps are found by their ids, bpf(2) */
		rc = need_capability(CAP_SYS_ADMIN, "an af_xdp port needs CAP_SYS_ADMIN", error);
	if (rc != 0)
		return rc;
	if (port->mtu > mtu_max) {
		snprintf(error, PORT_ERROR_MAX,
		    "dataplane.port.mtu: %u is above the %u that an af_xdp buffer of one page "
		    "holds",
		    port->mtu, mtu_max);
		return -EMSGSIZE;
	}
	if (kernel_interface_queues(port->interface) < queues) {
		snprintf(error, PORT_ERROR_MAX,
		    "interface %s has %u receive queues for %u cores; af_xdp needs one each "
		    "(ethtool -L, or numrxqueues when it is made)",
		    port->interface, kernel_interface_queues(port->interface), queues);
		return -EINVAL;
	}
	rc = xdp_prepare(port->interface, error);
	return rc != 0 ? rc : interface_set_up(port, error);
}

static int
prepare_tap(char error[PORT_ERROR_MAX])
{
	if (access("/dev/net/tun", R_OK | W_OK) != 0) {
		snprintf(error, PORT_ERROR_MAX, "/dev/net/tun: %s", strerror(errno));
		return -errno;
	}
	return need_capability(CAP_NET_ADMIN, "a tap port needs CAP_NET_ADMIN", error);
}

static int
prepare_virtio(const struct config_port *port, char error[PORT_ERROR_MAX])
{
	struct stat st;

	if (port->socket_server)
		return 0;
	if (stat(port->socket, &st) == 0 && S_ISSOCK(st.st_mode))
		return 0;
	snprintf(error, PORT_ERROR_MAX, "%s: no vhost-user socket there yet", port->socket);
	return -ENOENT;
}

/* Drivers that leave a device to the kernel and still work with DPDK need no binding. */
static bool
pci_driver_suits(const char *driver)
{
	static const char *const names[] = { "vfio-pci", "uio_pci_generic", "igb_uio", "mlx5_core",
		"mlx4_core" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(driver, names[i]) == 0)
			return true;
	}
	return false;
}

static int
prepare_pci(const struct config_port *port, char error[PORT_ERROR_MAX])
{
	char path[128], target[256];
	const char *driver = "none";
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", port->pci);
	if (access(path, F_OK) != 0) {
		snprintf(error, PORT_ERROR_MAX, "PCI device %s: there is none", port->pci);
		return -ENODEV;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", port->pci);
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = 0;
		driver = strrchr(target, '/') != NULL ? strrchr(target, '/') + 1 : target;
	}
	if (pci_driver_suits(driver))
		return 0;
	snprintf(error, PORT_ERROR_MAX,
	    "PCI device %s is bound to '%s'; bind it with: dpdk-devbind.py -b vfio-pci %s",
	    port->pci, driver, port->pci);
	return -EBUSY;
}

int
port_prepare(const struct config *c, unsigned queues, char error[PORT_ERROR_MAX])
{
	const struct config_port *port = &c->dataplane.port;

	if (queues == 0 || queues > PORT_QUEUES_MAX) {
		snprintf(error, PORT_ERROR_MAX, "dataplane.cores: %u, expected 1 to %u", queues,
		    PORT_QUEUES_MAX);
		return -EINVAL;
	}
	switch (port->kind) {
	case PORT_AF_PACKET:
		return prepare_af_packet(port, error);
	case PORT_AF_XDP:
		return prepare_af_xdp(port, queues, error);
	case PORT_TAP:
		return prepare_tap(error);
	case PORT_VIRTIO:
		return prepare_virtio(port, error);
	case PORT_PCI:
	default:
		return prepare_pci(port, error);
	}
}
