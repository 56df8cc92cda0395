/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of every shape, and the bounds: connections, heads, time. */
#include "control/web/web.h"

#include <errno.h>

#include "tests/unit/control/web/client.h"

#define END "Host: localhost\r\nConnection: close\r\n\r\n"

struct rig {
	uv_loop_t loop;
	struct web *web;
	char address[32];
	unsigned asked;
	char said[CLIENT_ROOM];
};

static struct rig rig;

/* Says what it was asked; /none has no memory left. */
static void
echo(void *arg, const struct web_request *request, struct web_answer *out)
{
	struct rig *r = arg;
	const char *value = web_query(request, "q");
	char text[256];

	r->asked++;
	snprintf(text, sizeof(text), "path %s, q %s.\n", web_path(request),
	    value != NULL ? value : "none");
	*out = (struct web_answer){ 200, "text/plain", strdup(text), strlen(text) };
	if (strcmp(web_path(request), "/none") == 0) {
		free(out->body);
		out->body = NULL;
	}
}

static void
begin(void)
{
	char error[WEB_ERROR_TEXT_MAX] = "";

	rig.asked = 0;
	client_address(rig.address);
	CHECK(uv_loop_init(&rig.loop) == 0);
	CHECK(web_start(&rig.loop, rig.address, echo, &rig, &rig.web, error) == 0);
	CHECK(error[0] == 0);
}

static void
finish(void)
{
	web_stop(rig.web);
	while (uv_run(&rig.loop, UV_RUN_NOWAIT) != 0)
		;
	CHECK(uv_loop_close(&rig.loop) == 0);
}

TEST(requests_and_answers)
{
	static const struct {
		const char *name, *request, *status, *holds;
		unsigned asked;
	} cases[] = {
		{ "a path", "GET /a HTTP/1.1\r\n" END, "200", "\r\n\r\npath /a, q none.\n", 1 },
		{ "a query", "GET /a?q=1%202&r=3 HTTP/1.1\r\n" END, "200", "path /a, q 1 2.", 1 },
		{ "another query", "GET /a?r=3 HTTP/1.1\r\n" END, "200", "path /a, q none.", 1 },
		{ "an old client", "GET /a HTTP/1.0\r\n\r\n", "200", "path /a, q none.", 1 },
		{ "its type", "GET /a HTTP/1.1\r\n" END, "200", "Content-Type: text/plain\r\n", 1 },
		{ "is not kept", "GET /a HTTP/1.1\r\n" END, "200", "Cache-Control: no-store\r\n",
		    1 },
		{ "runs no script", "GET /a HTTP/1.1\r\n" END, "200",
		    "Content-Security-Policy: default-src 'none';", 1 },
		{ "no memory", "GET /none HTTP/1.1\r\n" END, "500", "out of memory", 1 },
		{ "HEAD", "HEAD /a HTTP/1.1\r\n" END, "200", "Content-Length: 17\r\n", 1 },
		{ "POST", "POST /a HTTP/1.1\r\nContent-Length: 3\r\n" END "abc", "405",
		    "Allow: GET, HEAD\r\n", 0 },
		{ "a body that never comes", "PUT /a HTTP/1.1\r\nContent-Length: 99999999\r\n" END,
		    "405", "GET and HEAD only", 0 },
		{ "GET with a body", "GET /a HTTP/1.1\r\nContent-Length: 99999999\r\n" END "abc",
		    "200", "path /a", 1 },
		{ "GET with chunks",
		    "GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END "3\r\nabc\r\n", "200",
		    "path /a", 1 },
		{ "DELETE", "DELETE /a HTTP/1.1\r\n" END, "405", "GET and HEAD only", 0 },
		{ "OPTIONS", "OPTIONS * HTTP/1.1\r\n" END, "405", "GET and HEAD only", 0 },
		{ "an invented method", "get /a HTTP/1.1\r\n" END, "405", "GET and HEAD only", 0 },
		{ "a foreign name", "GET /a HTTP/1.0\r\nHost: evil.example\r\n\r\n", "421",
		    "only addresses and localhost", 0 },
		{ "its address", "GET /a HTTP/1.0\r\nHost: [::1]:8344\r\n\r\n", "200", "path /a",
		    1 },
		{ "no Host in 1.1", "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", "400", "", 0 },
		{ "ICAP by mistake", "OPTIONS icap://x/y ICAP/1.0\r\n\r\n", "", "", 0 },
	};

	begin();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		rig.asked = 0;
		client_ask(&rig.loop, rig.address, cases[i].request, rig.said);
		CHECK_ROW(cases[i].name,
		    cases[i].status[0] == 0 || strncmp(rig.said + 9, cases[i].status, 3) == 0);
		CHECK_ROW(cases[i].name, strstr(rig.said, cases[i].holds) != NULL);
		CHECK_ROW(cases[i].name, rig.asked == cases[i].asked);
		if (strcmp(cases[i].name, "HEAD") == 0)
			CHECK(strstr(rig.said, "path") == NULL);
	}
	finish();
}

/* A head past WEB_HEAD_BYTES_MAX is refused, whether its line or its headers are long. */
TEST(heads_have_a_bound)
{
	static char request[4 * WEB_HEAD_BYTES_MAX];
	static char filler[2 * WEB_HEAD_BYTES_MAX];

	begin();
	memset(filler, 'a', sizeof(filler) - 1);
	snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\n" END, filler);
	client_ask(&rig.loop, rig.address, request, rig.said);
	CHECK(rig.said[0] == 0 || strncmp(rig.said, "HTTP/1.1 4", 10) == 0);
	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nX: %s\r\n" END, filler);
	client_ask(&rig.loop, rig.address, request, rig.said);
	CHECK(rig.said[0] == 0 || strncmp(rig.said, "HTTP/1.1 4", 10) == 0);
	CHECK(rig.asked == 0);
	client_ask(&rig.loop, rig.address, "GET /a HTTP/1.1\r\n" END, rig.said);
	CHECK(rig.asked == 1);
	finish();
}

TEST(a_connection_serves_many_and_in_pieces)
{
	static const char request[] = "GET /a?q=9 HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int fd;

	begin();
	fd = client_connect(rig.address);
	client_say(fd, request);
	CHECK(client_hear(&rig.loop, fd, "q 9.", rig.said));
	for (size_t i = 0; request[i] != 0; i++) {
		char one[2] = { request[i], 0 };

		client_say(fd, one);
		client_turn(&rig.loop);
	}
	CHECK(client_hear(&rig.loop, fd, "q 9.", rig.said));
	CHECK(rig.asked == 2);
	close(fd);
	finish();
}

/* One more than may be connected waits in the kernel, and is served when another has gone. */
TEST(clients_have_a_bound)
{
	int fds[WEB_CLIENTS_MAX], last;

	begin();
	for (unsigned i = 0; i < WEB_CLIENTS_MAX; i++) {
		fds[i] = client_connect(rig.address);
		client_say(fds[i], "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
		CHECK(client_hear(&rig.loop, fds[i], "path", rig.said));
	}
	last = client_connect(rig.address);
	client_say(last, "GET /last HTTP/1.1\r\n" END);
	for (unsigned i = 0; i < 50; i++)
		client_turn(&rig.loop);
	CHECK(rig.asked == WEB_CLIENTS_MAX);
	close(fds[7]);
	CHECK(client_hear(&rig.loop, last, NULL, rig.said));
	CHECK(strstr(rig.said, "path /last") != NULL);
	for (unsigned i = 0; i < WEB_CLIENTS_MAX; i++) {
		if (i != 7)
			close(fds[i]);
	}
	close(last);
	finish();
}

/* Bytes that come in time do not save a head that doesn't. */
TEST(who_accomplishes_nothing_is_cut)
{
	uint64_t start;
	int dripping, idle, late;

	begin();
	start = uv_now(&rig.loop);
	dripping = client_connect(rig.address);
	client_say(dripping, "GET /a HTTP/1.1\r\nX: ");
	idle = client_connect(rig.address);
	client_say(idle, "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
	CHECK(client_hear(&rig.loop, idle, "path", rig.said));
	web_cut_overdue(rig.web, start + WEB_TIMEOUT_MS / 2);
	client_say(dripping, "x");
	late = client_connect(rig.address);
	client_say(late, "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
	CHECK(client_hear(&rig.loop, late, "path /late", rig.said));
	client_say(dripping, "x"); /* still there */
	web_cut_overdue(rig.web, uv_now(&rig.loop) + WEB_TIMEOUT_MS + 1);
	CHECK(client_hear(&rig.loop, dripping, NULL, rig.said));
	CHECK(client_hear(&rig.loop, idle, NULL, rig.said));
	CHECK(client_hear(&rig.loop, late, NULL, rig.said));
	close(dripping);
	close(idle);
	close(late);
	client_ask(&rig.loop, rig.address, "GET /after HTTP/1.1\r\n" END, rig.said);
	CHECK(strstr(rig.said, "path /after") != NULL);
	finish();
}

TEST(an_address_that_cannot_be_had_is_named)
{
	struct web *second = NULL;
	char error[WEB_ERROR_TEXT_MAX] = "";

	begin();
	CHECK(web_start(&rig.loop, rig.address, echo, &rig, &second, error) == -EADDRINUSE);
	CHECK(strncmp(error, rig.address, strlen(rig.address)) == 0);
	CHECK(strstr(error, ": Address already in use") != NULL);
	CHECK(
	    web_start(&rig.loop, "192.0.2.77:8344", echo, &rig, &second, error) == -EADDRNOTAVAIL);
	CHECK(web_start(&rig.loop, "8344", echo, &rig, &second, error) == -EINVAL);
	CHECK(second == NULL);
	finish();
}

TEST(the_server_stops_with_clients_in_the_middle)
{
	int half, whole;

	begin();
	half = client_connect(rig.address);
	client_say(half, "GET /a HT");
	whole = client_connect(rig.address);
	client_say(whole, "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
	CHECK(client_hear(&rig.loop, whole, "path", rig.said));
	finish();
	close(half);
	close(whole);
	web_stop(NULL);
}
