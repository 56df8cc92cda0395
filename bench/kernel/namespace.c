/* SPDX-License-Identifier: BSD-3-Clause */
/* A network namespace with nothing in it but loopback: no firewall, no setting, nobody's ports. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kernel/kernel.h"

static int
raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, SIOCSIFFLAGS, &lo) == 0 ? 0 : -errno;
	close(fd);
	return rc;
}

/* /proc/sys/net shows each process the settings of its own namespace. */
static int
set_cookies(bool always)
{
	int fd = open("/proc/sys/net/ipv4/tcp_syncookies", O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = write(fd, always ? "2" : "1", 1) == 1 ? 0 : -errno;
	close(fd);
	return rc;
}

int
kernel_enter_namespace(bool cookies)
{
	int rc;

	if (unshare(CLONE_NEWNET) != 0)
		return -errno;
	rc = raise_loopback();
	return rc == 0 ? set_cookies(cookies) : rc;
}
