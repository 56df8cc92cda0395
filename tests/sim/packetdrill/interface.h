/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of functions that packetdrill asks of a shared object (--so_filename) in the place of
 * the kernel: socket calls, a way for packets in and out, and the clock. It looks up
 * packetdrill_interface_init and hands it an empty table. Each function gets `userdata` first and
 * is otherwise as POSIX has it, errors through errno. The order is the contract; nothing of
 * packetdrill's own is included.
 */
#ifndef SLUICE_TESTS_PACKETDRILL_INTERFACE_H
#define SLUICE_TESTS_PACKETDRILL_INTERFACE_H

#include <assert.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

struct plug_table {
	void *userdata;
	void (*free)(void *userdata);
	int (*socket)(void *userdata, int domain, int type, int protocol);
	int (*bind)(void *userdata, int fd, const struct sockaddr *address, socklen_t bytes);
	int (*listen)(void *userdata, int fd, int backlog);
	int (*accept)(void *userdata, int fd, struct sockaddr *address, socklen_t *bytes);
	int (*connect)(void *userdata, int fd, const struct sockaddr *address, socklen_t bytes);
	ssize_t (*read)(void *userdata, int fd, void *out, size_t bytes);
	ssize_t (*readv)(void *userdata, int fd, const struct iovec *pieces, int count);
	ssize_t (*recv)(void *userdata, int fd, void *out, size_t bytes, int flags);
	ssize_t (*recvfrom)(void *userdata, int fd, void *out, size_t bytes, int flags,
	    struct sockaddr *source, socklen_t *source_bytes);
	ssize_t (*recvmsg)(void *userdata, int fd, struct msghdr *message, int flags);
	ssize_t (*write)(void *userdata, int fd, const void *in, size_t bytes);
	ssize_t (*writev)(void *userdata, int fd, const struct iovec *pieces, int count);
	ssize_t (*send)(void *userdata, int fd, const void *in, size_t bytes, int flags);
	ssize_t (*sendto)(void *userdata, int fd, const void *in, size_t bytes, int flags,
	    const struct sockaddr *destination, socklen_t destination_bytes);
	ssize_t (*sendmsg)(void *userdata, int fd, const struct msghdr *message, int flags);
	int (*fcntl)(void *userdata, int fd, int command, ...);
	int (*ioctl)(void *userdata, int fd, unsigned long request, ...);
	int (*close)(void *userdata, int fd);
	int (*shutdown)(void *userdata, int fd, int how);
	int (*getsockopt)(
	    void *userdata, int fd, int level, int name, void *value, socklen_t *bytes);
	int (*setsockopt)(
	    void *userdata, int fd, int level, int name, const void *value, socklen_t bytes);
	int (*poll)(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms);
	/* A raw IP packet to us. 0, or -1. */
	int (*netdev_send)(void *userdata, const void *packet, size_t bytes);
	/* The next IP packet of ours; *bytes is the room and then the length. 0, or -1. */
	int (*netdev_receive)(void *userdata, void *packet, size_t *bytes, long long *time_us);
	int (*usleep)(void *userdata, useconds_t us);
	int (*gettimeofday)(void *userdata, struct timeval *out, struct timezone *zone);
	int (*epoll_create)(void *userdata, int size);
	int (*epoll_ctl)(void *userdata, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(
	    void *userdata, int epfd, struct epoll_event *events, int max, int timeout_ms);
	int (*pipe)(void *userdata, int fds[2]);
	int (*splice)(void *userdata, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out,
	    size_t bytes, unsigned int flags);
};

static_assert(sizeof(struct plug_table) == 33 * sizeof(void *), "as packetdrill lays it out");

#endif
