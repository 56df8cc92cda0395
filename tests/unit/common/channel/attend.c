/* SPDX-License-Identifier: BSD-3-Clause */
/* The hand-over socket: messages with and without a descriptor, and packets that are none. */
#include "common/channel/attend.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "tests/unit/common/channel/peer.h"

static unsigned
open_descriptors(void)
{
	unsigned open = 0;

	for (int fd = 0; fd < 256; fd++)
		open += fcntl(fd, F_GETFD) != -1;
	return open;
}

TEST(attend_hands_over_a_region)
{
	struct attend_message sent = { .kind = ATTEND_HELLO, .serial = 7 }, got;
	struct region *d, *c = NULL;
	int ends[2], fd;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
	CHECK(region_create(&peer_shape, &d) == 0);
	sent.id = region_boot_id(d);
	CHECK(attend_receive(ends[1], &got, &fd) == -EAGAIN && fd == -1);
	CHECK(attend_send(ends[0], &sent, region_fd(d)) == 0);
	CHECK(attend_receive(ends[1], &got, &fd) == 0);
	CHECK(got.kind == ATTEND_HELLO && got.serial == 7 && got.id == sent.id);
	CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(region_attach(fd, &c) == 0 && region_boot_id(c) == sent.id);
	sent.kind = ATTEND_FAILED;
	memset(sent.text, 'x', sizeof(sent.text));
	CHECK(attend_send(ends[1], &sent, -1) == 0);
	CHECK(attend_receive(ends[0], &got, &fd) == 0 && fd == -1);
	CHECK(strlen(got.text) == ATTEND_TEXT_MAX - 1);
	close(ends[1]);
	CHECK(attend_receive(ends[0], &got, &fd) == -EPIPE && fd == -1);
	CHECK(attend_send(ends[0], &sent, -1) == -EPIPE);
	close(ends[0]);
	region_close(c);
	region_close(d);
}

/* Sends `bytes` of a message with three descriptors. */
static void
send_raw(int socket, const void *message, size_t bytes)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(3 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)message, bytes };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fds[3] = { socket, socket, socket };

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	CHECK(sendmsg(socket, &msg, 0) == (ssize_t)bytes);
}

TEST(attend_refuses_what_is_no_message)
{
	static const struct {
		const char *name;
		uint32_t version, kind;
		size_t bytes;
		int rc;
	} cases[] = {
		{ "extra descriptors", ATTEND_VERSION, ATTEND_DONE, sizeof(struct attend_message),
		    0 },
		{ "version", ATTEND_VERSION + 1, ATTEND_DONE, sizeof(struct attend_message),
		    -EPROTO },
		{ "kind 0", ATTEND_VERSION, 0, sizeof(struct attend_message), -EPROTO },
		{ "kind too high", ATTEND_VERSION, ATTEND_SHADOW + 1, sizeof(struct attend_message),
		    -EPROTO },
		{ "short", ATTEND_VERSION, ATTEND_DONE, 12, -EPROTO },
		{ "long", ATTEND_VERSION, ATTEND_DONE, sizeof(struct attend_message) + 1, -EPROTO },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct attend_message got;
		uint8_t packet[sizeof(got) + 8] = { 0 };
		int ends[2], fd;
		unsigned before;

		memcpy(packet, &cases[i].version, 4);
		memcpy(packet + 4, &cases[i].kind, 4);
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
		before = open_descriptors();
		send_raw(ends[0], packet, cases[i].bytes);
		CHECK_ROW(cases[i].name, attend_receive(ends[1], &got, &fd) == cases[i].rc);
		CHECK_ROW(cases[i].name, (fd >= 0) == (cases[i].rc == 0));
		if (fd >= 0)
			close(fd);
		CHECK_ROW(cases[i].name, open_descriptors() == before);
		close(ends[0]);
		close(ends[1]);
	}
}
