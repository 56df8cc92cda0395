/* SPDX-License-Identifier: BSD-3-Clause */
/* An HTTP client in the thread of the server it asks: each wait turns the server's loop. */
#ifndef SLUICE_TESTS_WEB_CLIENT_H
#define SLUICE_TESTS_WEB_CLIENT_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "tests/unit/harness.h"

#define CLIENT_ROOM (1u << 20)

/* An address of the loopback that nobody else is likely to have: 127.A.B.C:8344 by our process id.
 */
static inline void
client_address(char out[32])
{
	snprintf(out, 32, "127.%u.%u.%u:8344", 1 + (unsigned)getpid() / 65536 % 250,
	    (unsigned)getpid() / 256 % 256, (unsigned)getpid() % 256);
}

static inline int
client_connect(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(8344) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char host[32];

	snprintf(host, sizeof(host), "%.*s", (int)strcspn(address, ":"), address);
	CHECK(inet_pton(AF_INET, host, &to.sin_addr) == 1);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

static inline void
client_turn(uv_loop_t *loop)
{
	if (uv_run(loop, UV_RUN_NOWAIT) == 0 || uv_backend_timeout(loop) != 0)
		usleep(1000);
}

static inline void
client_say(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* Reads to the end of the connection, or until `until` has come; NUL-terminated. True where that,
 * or the end, was seen: it gives up after ten thousand turns. */
static inline bool
client_hear(uv_loop_t *loop, int fd, const char *until, char to[CLIENT_ROOM])
{
	size_t used = 0;

	to[0] = 0;
	for (unsigned turns = 0; turns < 10000; turns++) {
		ssize_t n = recv(fd, to + used, CLIENT_ROOM - 1 - used, MSG_DONTWAIT);

		if (n > 0)
			used += (size_t)n;
		to[used] = 0;
		if (n == 0 || (until != NULL && strstr(to, until) != NULL))
			return true;
		if (n < 0)
			client_turn(loop);
	}
	return false;
}

/* One request on a connection of its own; the whole answer. */
static inline void
client_ask(uv_loop_t *loop, const char *address, const char *request, char to[CLIENT_ROOM])
{
	int fd = client_connect(address);

	client_say(fd, request);
	CHECK_ROW(request, client_hear(loop, fd, NULL, to));
	close(fd);
}

#endif
