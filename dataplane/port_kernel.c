/* SPDX-License-Identifier: BSD-3-Clause */
/* Interface requests, capabilities, bells; see port_kernel.h. */
#include "dataplane/port_kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* Linux 4.20 */
#endif

/* The drivers open their sockets at start, when few descriptors are in use. */
#define DESCRIPTORS_LOOKED_AT 512

bool
kernel_capable(unsigned capability)
{
	unsigned long long effective = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");

	if (f == NULL)
		return geteuid() == 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	}
	fclose(f);
	return (effective >> capability & 1) != 0;
}

/* One SIOC* request about `name`; the answer is in `request`. */
static int
interface_request(const char *name, unsigned long what, struct ifreq *request)
{
	int fd, rc;

	if (strlen(name) >= sizeof(request->ifr_name))
		return -ENODEV;
	memset(request->ifr_name, 0, sizeof(request->ifr_name));
	memcpy(request->ifr_name, name, strlen(name));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = ioctl(fd, what, request) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int
kernel_interface_index(const char *name, int *index)
{
	struct ifreq r = { 0 };
	int rc = interface_request(name, SIOCGIFINDEX, &r);

	if (rc == 0)
		*index = r.ifr_ifindex;
	return rc;
}

int
kernel_interface_mtu(const char *name, unsigned *mtu)
{
	struct ifreq r = { 0 };
	int rc = interface_request(name, SIOCGIFMTU, &r);

	if (rc == 0)
		*mtu = (unsigned)r.ifr_mtu;
	return rc;
}

int
kernel_interface_set_mtu(const char *name, unsigned mtu)
{
	struct ifreq r = { .ifr_mtu = (int)mtu };

	return interface_request(name, SIOCSIFMTU, &r);
}

int
kernel_interface_set_mac(const char *name, const uint8_t mac[6])
{
	struct ifreq r = { 0 };

	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, mac, 6);
	return interface_request(name, SIOCSIFHWADDR, &r);
}

int
kernel_interface_set_up(const char *name)
{
	struct ifreq r = { 0 };
	int rc = interface_request(name, SIOCGIFFLAGS, &r);

	if (rc != 0 || (r.ifr_flags & IFF_UP) != 0)
		return rc;
	r.ifr_flags |= IFF_UP;
	return interface_request(name, SIOCSIFFLAGS, &r);
}

unsigned
kernel_interface_queues(const char *name)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq r = { 0 };
	unsigned receive, both;

	r.ifr_data = (void *)&channels;
	if (interface_request(name, SIOCETHTOOL, &r) != 0)
		return 1;
	receive = channels.rx_count;
	both = channels.combined_count;
	return receive + both > 0 ? receive + both : 1;
}

/* A packet socket that hears nothing yet (protocol 0), with the index of `name` beside it. */
static int
packet_socket(const char *name, int *index)
{
	int fd, rc = kernel_interface_index(name, index);

	if (rc != 0)
		return rc;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

int
kernel_hear_multicast(const char *name)
{
	struct packet_mreq all = { .mr_type = PACKET_MR_ALLMULTI };
	int fd = packet_socket(name, &all.mr_ifindex);
	int rc;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* Frames that come in only, one byte of each. */
static int
bell_filter(int fd)
{
	struct sock_filter one_byte = BPF_STMT(BPF_RET | BPF_K, 1);
	struct sock_fprog program = { .len = 1, .filter = &one_byte };
	int on = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

int
kernel_bell_open(const char *name)
{
	struct sockaddr_ll where = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int least = 1; /* the kernel makes this its minimum, about 2 KiB: one or two frames */
	int fd = packet_socket(name, &where.sll_ifindex);
	int rc;

	if (fd < 0)
		return fd;
	rc = bell_filter(fd);
	if (rc == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) < 0)
		rc = -errno;
	if (rc == 0 && bind(fd, (struct sockaddr *)&where, sizeof(where)) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

void
kernel_bell_hush(int fd)
{
	char byte;

	for (int i = 0; i < 16; i++) {
		if (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) < 0)
			return;
	}
}

static int
domain_of(int fd)
{
	socklen_t size = sizeof(int);
	int domain = -1;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 ? domain : -1;
}

int
kernel_xdp_socket(int after)
{
	for (int fd = after + 1; fd < DESCRIPTORS_LOOKED_AT; fd++) {
		if (domain_of(fd) == AF_XDP)
			return fd;
	}
	return -1;
}

/* Whether a descriptor is a packet socket with a receive ring (TPACKET_V2) on the interface. */
static bool
is_ring_socket(int fd, int index)
{
	struct sockaddr_ll where = { 0 };
	socklen_t size = sizeof(int);
	int version = 0;

	if (domain_of(fd) != AF_PACKET)
		return false;
	if (getsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, &size) < 0 ||
	    version != TPACKET_V2)
		return false;
	size = sizeof(where);
	return getsockname(fd, (struct sockaddr *)&where, &size) == 0 && where.sll_ifindex == index;
}

unsigned
kernel_ring_sockets(const char *name, int *out, unsigned out_max)
{
	unsigned count = 0;
	int index;

	if (kernel_interface_index(name, &index) != 0)
		return 0;
	for (int fd = 3; fd < DESCRIPTORS_LOOKED_AT && count < out_max; fd++) {
		if (is_ring_socket(fd, index))
			out[count++] = fd;
	}
	return count;
}

uint64_t
kernel_ring_drops(int fd)
{
	struct tpacket_stats stats = { 0 };
	socklen_t size = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) < 0)
		return 0;
	return stats.tp_drops;
}
