/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket: pieces, many requests at once, too long ones, clients that do not read, too many. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/control/rig.h"

#define LINE_MAX_BYTES 65536
#define CLIENTS_MAX    64
#define ROOM           (1u << 20)

static int
connect_client(struct rig *r)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(
	    address.sun_path, sizeof(address.sun_path), "%.100s", r->control.paths.control_socket);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* Sends what the socket takes; how much that was. */
static size_t
push(int fd, const char *bytes, size_t count)
{
	ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);

	return n > 0 ? (size_t)n : 0;
}

static void
say(struct rig *r, int fd, const char *bytes, size_t count)
{
	for (unsigned i = 0; i < 1000 && count > 0; i++) {
		size_t n = push(fd, bytes, count);

		bytes += n;
		count -= n;
		rig_turn(r);
	}
	CHECK(count == 0);
}

/* Reads on until there are so many lines, or the end; what came is NUL-terminated. */
static unsigned
hear(struct rig *r, int fd, unsigned lines, char *to, bool *ended)
{
	size_t used = 0;
	unsigned have = 0;

	*ended = false;
	for (unsigned idle = 0; idle < 300 && have < lines && !*ended && used < ROOM - 1; idle++) {
		ssize_t n;

		rig_turn(r);
		n = recv(fd, to + used, ROOM - 1 - used, 0);
		*ended = n == 0 || (n < 0 && errno == ECONNRESET);
		for (ssize_t i = 0; i < n; i++)
			have += to[used + (size_t)i] == '\n';
		used += n > 0 ? (size_t)n : 0;
		idle = n > 0 ? 0 : idle;
	}
	to[used] = 0;
	return have;
}

static char said[ROOM];
static const char mode_request[] = "{\"command\": \"mode\"}\n";
static const char mode_answer[] = "{\"ok\":true,\"mode\":\"standard\"}\n";

static void
start(struct rig *r)
{
	rig_make(r);
	CHECK(api_start(&r->control) == 0);
}

static void
stop(struct rig *r)
{
	api_stop(&r->control);
	rig_remove(r);
}

TEST(a_request_in_pieces_is_one_request)
{
	struct rig r;
	bool ended;

	start(&r);
	for (size_t cut = 1; cut < sizeof(mode_request) - 1; cut += 5) {
		int fd = connect_client(&r);

		say(&r, fd, mode_request, cut);
		say(&r, fd, mode_request + cut, sizeof(mode_request) - 1 - cut);
		CHECK_SEED(cut, hear(&r, fd, 1, said, &ended) == 1);
		CHECK_SEED(cut, strcmp(said, mode_answer) == 0 && !ended);
		close(fd);
	}
	stop(&r);
}

struct malformed {
	const char *name, *line, *error;
};

static const struct malformed malformed[] = {
	{ "nothing", "\n", "expected a JSON object" },
	{ "no JSON", "GET / HTTP/1.1\r\n", "expected a JSON object" },
	{ "cut", "{\"command\": \"mode\"\n", "expected a JSON object" },
	{ "two objects", "{\"command\": \"mode\"} {}\n", "expected a JSON object" },
	{ "a command twice", "{\"command\": \"mode\", \"command\": \"status\"}\n",
	    "expected a JSON object" },
	{ "no UTF-8", "{\"command\": \"\xff\"}\n", "expected a JSON object" },
	{ "a NUL in it", "{\"command\": \"mo\\u0000de\"}\n", "expected a JSON object" },
	{ "a scan of nothing", "{\"command\": \"scan\"}\n", "expected \\\"fd\\\"" },
	{ "a scan of what is not open", "{\"command\": \"scan\", \"fd\": 1000000}\n",
	    "can't be taken over" },
	{ "a capture into nothing", "{\"command\": \"capture\"}\n", "expected \\\"fd\\\"" },
	{ "a capture into what is not open", "{\"command\": \"capture\", \"fd\": 1000000}\n",
	    "can't be taken over" },
	{ "connections without a dataplane", "{\"command\": \"tcp\"}\n",
	    "no dataplane is attached" },
	{ "a filter that is none", "{\"command\": \"tcp\", \"filter\": \"hosts\"}\n",
	    "'hosts' in the filter" },
	{ "a scan of less than nothing", "{\"command\": \"scan\", \"fd\": -1}\n",
	    "can't be taken over" },
};

TEST(malformed_requests_are_refused_and_the_next_is_answered)
{
	struct rig r;
	bool ended;
	int fd;

	start(&r);
	fd = connect_client(&r);
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		say(&r, fd, malformed[i].line, strlen(malformed[i].line));
		CHECK_ROW(malformed[i].name, hear(&r, fd, 1, said, &ended) == 1 && !ended);
		CHECK_ROW(malformed[i].name, strstr(said, malformed[i].error) != NULL);
		CHECK_ROW(malformed[i].name, strstr(said, "\"ok\":false") != NULL);
		say(&r, fd, mode_request, sizeof(mode_request) - 1);
		CHECK_ROW(malformed[i].name, hear(&r, fd, 1, said, &ended) == 1);
		CHECK_ROW(malformed[i].name, strcmp(said, mode_answer) == 0);
	}
	close(fd);
	stop(&r);
}

TEST(deep_nesting_is_refused)
{
	struct rig r;
	bool ended;
	char *deep = malloc(LINE_MAX_BYTES);
	int fd;

	memset(deep, '[', LINE_MAX_BYTES - 1);
	deep[LINE_MAX_BYTES - 2] = '\n';
	start(&r);
	fd = connect_client(&r);
	say(&r, fd, deep, LINE_MAX_BYTES - 1);
	CHECK(hear(&r, fd, 1, said, &ended) == 1 && strstr(said, "\"ok\":false") != NULL);
	close(fd);
	stop(&r);
	free(deep);
}

/* Exactly as long as may be: answered. A byte more: told, and closed. */
TEST(a_line_has_a_length)
{
	struct rig r;
	bool ended;
	char *line = malloc(LINE_MAX_BYTES + 1);
	int fd;

	start(&r);
	for (unsigned over = 0; over < 2; over++) {
		memset(line, ' ', LINE_MAX_BYTES + 1);
		memcpy(line, mode_request, sizeof(mode_request) - 2);
		line[LINE_MAX_BYTES - 1 + over] = '\n';
		fd = connect_client(&r);
		say(&r, fd, line, LINE_MAX_BYTES + over);
		CHECK_SEED(over, hear(&r, fd, 1, said, &ended) == 1);
		CHECK_SEED(over, (strcmp(said, mode_answer) == 0) == (over == 0));
		CHECK_SEED(over, (strstr(said, "less than 65536") != NULL) == (over == 1));
		hear(&r, fd, 1, said, &ended);
		CHECK_SEED(over, ended == (over == 1));
		close(fd);
	}
	stop(&r);
	free(line);
}

TEST(many_requests_at_once_are_all_answered_in_order)
{
	struct rig r;
	bool ended;
	int fd;

	start(&r);
	fd = connect_client(&r);
	for (unsigned i = 0; i < 500; i++)
		say(&r, fd, i % 2 == 0 ? mode_request : "{}\n",
		    i % 2 == 0 ? sizeof(mode_request) - 1 : 3);
	CHECK(hear(&r, fd, 500, said, &ended) == 500);
	for (char *line = strtok(said, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		CHECK(strncmp(line, mode_answer, strlen(line)) == 0);
		line = strtok(NULL, "\n");
		CHECK(line != NULL && strstr(line, "expected a JSON object") != NULL);
	}
	close(fd);
	stop(&r);
}

/* Who asks and asks and reads nothing is not read either: control keeps one answer for it. */
TEST(a_client_that_does_not_read_is_not_served_on)
{
	struct rig r;
	bool ended;
	size_t taken = 0;
	int fd, other;

	start(&r);
	for (unsigned i = 0; i < 200; i++)
		rig_put_object(&r, (uint8_t)i, "example.test/some/longer/path/to/a/file", 0);
	fd = connect_client(&r);
	for (unsigned still = 0; still < 200 && taken < (1u << 20); still++) {
		size_t n = push(fd, "{\"command\": \"alerts\", \"limit\": 200}\n", 36);

		taken += n;
		still = n > 0 ? 0 : still;
		rig_turn(&r);
	}
	CHECK(taken < (1u << 20)); /* two socket buffers and a line of ours */
	other = connect_client(&r);
	say(&r, other, mode_request, sizeof(mode_request) - 1);
	CHECK(hear(&r, other, 1, said, &ended) == 1 && strcmp(said, mode_answer) == 0);
	close(other);
	close(fd); /* in the middle of its answer */
	stop(&r);
}

TEST(a_client_too_many_is_told_and_leaves_room_for_others)
{
	struct rig r;
	bool ended;
	int fds[CLIENTS_MAX + 1];

	start(&r);
	for (unsigned i = 0; i <= CLIENTS_MAX; i++) {
		fds[i] = connect_client(&r);
		rig_turn(&r);
	}
	CHECK(hear(&r, fds[CLIENTS_MAX], 1, said, &ended) == 1);
	CHECK(strstr(said, "64 clients are connected already") != NULL);
	hear(&r, fds[CLIENTS_MAX], 1, said, &ended);
	CHECK(ended);
	close(fds[CLIENTS_MAX]);
	close(fds[0]);
	for (unsigned i = 0; i < 20; i++)
		rig_turn(&r);
	fds[0] = connect_client(&r);
	say(&r, fds[0], mode_request, sizeof(mode_request) - 1);
	CHECK(hear(&r, fds[0], 1, said, &ended) == 1 && strcmp(said, mode_answer) == 0);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		close(fds[i]);
	stop(&r);
}
