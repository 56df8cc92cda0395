/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t
peer_of(int socket)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 ? peer.pid : -1;
}

int
peer_take_descriptor(pid_t peer, int peer_fd)
{
	int process = (int)syscall(SYS_pidfd_open, peer, 0), fd;

	if (process < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_getfd, process, peer_fd, 0);
	if (fd < 0)
		fd = -errno;
	close(process);
	return fd;
}
