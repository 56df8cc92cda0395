/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One packet, at most one descriptor. What does not have exactly the size and version of a message
 * is refused; descriptors that nobody asked for are closed, so that a peer cannot fill our table.
 */
#include "common/channel/attend.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 8 /* of one packet: the kernel closes those beyond */

union control_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
};

int
attend_send(int socket, const struct attend_message *m, int fd)
{
	struct attend_message copy = *m;
	struct iovec iov = { &copy, sizeof(copy) };
	union control_room room = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	copy.version = ATTEND_VERSION;
	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = room.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		sent = sendmsg(socket, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Takes the first descriptor that came along and closes the others; -1 when there was none. */
static int
take_descriptor(struct msghdr *msg)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int got;

			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (fd < 0)
				fd = got;
			else
				close(got);
		}
	}
	return fd;
}

static bool
is_message(const struct attend_message *m, ssize_t got, const struct msghdr *msg)
{
	return got == (ssize_t)sizeof(*m) && (msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	       m->version == ATTEND_VERSION && m->kind >= ATTEND_HELLO && m->kind <= ATTEND_SHADOW;
}

int
attend_receive(int socket, struct attend_message *m, int *fd)
{
	struct iovec iov = { m, sizeof(*m) };
	union control_room room;
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes) };
	ssize_t got;

	*fd = -1;
	do
		got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	*fd = take_descriptor(&msg);
	if (got == 0 && *fd < 0)
		return -EPIPE;
	if (!is_message(m, got, &msg)) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return -EPROTO;
	}
	m->text[ATTEND_TEXT_MAX - 1] = 0;
	return 0;
}
