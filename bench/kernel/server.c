/* SPDX-License-Identifier: BSD-3-Clause */
/* The server: one epoll set, level-triggered for the listener, edge-triggered for connections. */
#include "bench/kernel/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 64

const char kernel_request[] = "OPTIONS icap://10.83.0.2/av/respmod ICAP/1.0\r\n"
			      "Host: 10.83.0.2\r\n"
			      "User-Agent: sluice-bench\r\n"
			      "\r\n";
const char kernel_answer[] = "ICAP/1.0 200 OK\r\n"
			     "ISTag: \"0123456789abcdef0123456789abcdef\"\r\n"
			     "Date: Sun, 29 Nov 2026 00:00:00 GMT\r\n"
			     "Service: Sluice\r\n"
			     "Methods: RESPMOD\r\n"
			     "Service-ID: sluice\r\n"
			     "Max-Connections: 1000\r\n"
			     "Options-TTL: 3600\r\n"
			     "Preview: 4096\r\n"
			     "Transfer-Preview: *\r\n"
			     "Allow: 204\r\n"
			     "X-Include: X-Client-IP, X-Client-Username, X-Authenticated-User\r\n"
			     "X-Allow-Out: X-Infection-Found, X-Virus-ID, X-Violations-Found\r\n"
			     "Encapsulated: null-body=0\r\n"
			     "\r\n";

int
kernel_listen(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(KERNEL_PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 4096) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* A request is sent at once and on loopback comes in one piece: what ends in a blank line is one.
 */
static void
serve_connection(int fd)
{
	char bytes[2048];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		if (n >= 4 && memcmp(bytes + n - 4, "\r\n\r\n", 4) == 0 &&
		    write(fd, kernel_answer, strlen(kernel_answer)) < 0)
			break;
	}
	if (n >= 0 || errno != EAGAIN)
		close(fd);
}

static void
accept_all(int set, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET,
			.data.fd = fd };

		if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
			close(fd);
	}
}

void
kernel_serve(int listener)
{
	struct epoll_event events[EVENTS_MAX], event = { .events = EPOLLIN, .data.fd = listener };
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &event) != 0)
		exit(1);
	for (;;) {
		int n = epoll_wait(set, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				accept_all(set, listener);
			else
				serve_connection(events[i].data.fd);
		}
	}
}
