/* SPDX-License-Identifier: BSD-3-Clause */
/* What is served where, with which status; and the address: off, taken, moved by a reload. */
#include <jansson.h>

#include "control/answer.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/control/web/client.h"

#define END " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

static char said[CLIENT_ROOM];

static void
listen_at(struct rig *r, const char *address)
{
	free(r->control.config->http.listen);
	r->control.config->http.listen = strdup(address);
}

static void
ask(struct rig *r, const char *request)
{
	char address[32];

	client_address(address);
	client_ask(&r->control.loop, address, request, said);
}

/* Starts to serve at the tests' address, which another may hold. */
static void
start(struct rig *r)
{
	char address[32];

	rig_make(r);
	client_address(address);
	listen_at(r, address);
	http_start(&r->control);
}

static void
begin(struct rig *r)
{
	start(r);
	CHECK(http_error(&r->control)[0] == 0);
}

static void
finish(struct rig *r)
{
	http_stop(&r->control);
	rig_remove(r);
}

TEST(what_is_served)
{
	static const struct {
		const char *name, *request, *status, *holds;
	} cases[] = {
		{ "metrics", "GET /metrics" END, "200", "\nsluice_mode{mode=\"standard\"} 1\n" },
		{ "their type", "GET /metrics" END, "200",
		    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n" },
		{ "the page", "GET /" END, "200",
		    "<title>(!) Sluice rig</title>" }, /* no dataplane */
		{ "its type", "GET /" END, "200", "Content-Type: text/html; charset=utf-8\r\n" },
		{ "its alerts", "GET /" END, "200", "<code>example.test/&lt;1&gt;</code>" },
		{ "and links", "GET /" END, "200",
		    "<a href=\"/object?uuid=01010101010101010101010101010101\">" },
		{ "it refreshes", "GET /?refresh=1" END, "200", "http-equiv=\"refresh\"" },
		{ "held still", "GET /?refresh=0" END, "200", ">Back to now</a>" },
		{ "older alerts", "GET /?before=1.1" END, "200", ">None.</td>" },
		{ "an odd place on the page", "GET /?before=%3Cb%3E" END, "200",
		    ">before: expected the &quot;next&quot; of an earlier answer</td>" },
		{ "status", "GET /api/status" END, "200", "\"mode\": \"standard\"" },
		{ "its type", "GET /api/status" END, "200", "Content-Type: application/json\r\n" },
		{ "stats, no dataplane", "GET /api/stats" END, "503",
		    "\"error\": \"no dataplane is attached: is sluice-dataplane running" },
		{ "alerts", "GET /api/alerts" END, "200", "\"url\": \"example.test/<1>\"" },
		{ "the newest", "GET /api/alerts?limit=1" END, "200", "\"next\": \"" },
		{ "before the end of time", "GET /api/alerts?before=9000000000000000000.1" END,
		    "200", "\"url\": \"example.test/2\"" },
		{ "before all", "GET /api/alerts?before=1.1" END, "200", "\"alerts\": []" },
		{ "an object", "GET /api/explain?uuid=02020202020202020202020202020202" END, "200",
		    "\"url\": \"example.test/2\"" },
		{ "no object", "GET /api/explain?uuid=ff020202020202020202020202020202" END, "404",
		    "no such object among the recent ones" },
		{ "its page", "GET /object?uuid=02020202020202020202020202020202" END, "200",
		    "<dt>url</dt><dd><code>example.test/2</code></dd>" },
		{ "no object's page", "GET /object?uuid=ff020202020202020202020202020202" END,
		    "404", "<li>no such object among the recent ones</li>" },
		{ "a page without uuid", "GET /object" END, "400", "<li>expected a uuid" },
		{ "an odd uuid", "GET /object?uuid=%3Cb%3E%ff" END, "400", "<li>expected a uuid" },
		{ "no uuid", "GET /api/explain" END, "400", "expected a uuid" },
		{ "no limit", "GET /api/alerts?limit=" END, "400", "limit: expected a number" },
		{ "an odd limit", "GET /api/alerts?limit=5x" END, "400",
		    "limit: expected a number" },
		{ "a limit without end", "GET /api/alerts?limit=99999999999999999999" END, "400",
		    "limit: expected a number" },
		{ "an odd place", "GET /api/alerts?before=%22" END, "400", "before: expected" },
		{ "a place in other bytes", "GET /api/alerts?before=%ff%00" END, "400",
		    "before: expected" },
		{ "a limit in other bytes", "GET /api/alerts?limit=%ff" END, "400",
		    "limit: expected a number" },
		{ "nothing", "GET /metrics/" END, "404",
		    "there is / /object /metrics /api/status" },
		{ "no file", "GET /../../etc/passwd" END, "404", "there is" },
		{ "the mode stays", "POST /api/mode" END, "405", "GET and HEAD only" },
	};
	struct rig r;

	begin(&r);
	rig_put_object(&r, 1, "example.test/<1>", RECORD_FLAG_BLOCKED);
	rig_put_object(&r, 2, "example.test/2", RECORD_FLAG_BLOCKED);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		ask(&r, cases[i].request);
		CHECK_ROW(cases[i].name, strncmp(said + 9, cases[i].status, 3) == 0);
		CHECK_ROW(cases[i].name, strstr(said, cases[i].holds) != NULL);
	}
	CHECK(r.control.mode == MODE_STANDARD);
	finish(&r);
}

TEST(an_empty_address_is_off)
{
	struct rig r;

	rig_make(&r);
	listen_at(&r, "");
	http_start(&r.control);
	CHECK(http_error(&r.control)[0] == 0);
	CHECK(uv_loop_alive(&r.control.loop) == 0);
	finish(&r);
}

/* Control goes on, status says why, and a reload that names another address takes it. */
TEST(an_address_in_use_is_told_and_can_be_moved)
{
	struct rig r, other;
	char address[32];

	begin(&other);
	start(&r);
	CHECK(strstr(http_error(&r.control), ": Address already in use") != NULL);
	finish(&other);
	listen_at(&r, "");
	http_configure(&r.control);
	CHECK(http_error(&r.control)[0] == 0);
	client_address(address);
	listen_at(&r, address);
	http_configure(&r.control);
	CHECK(http_error(&r.control)[0] == 0);
	ask(&r, "GET /api/status" END);
	CHECK(strstr(said, "\"http_error\": \"\"") != NULL);
	http_configure(&r.control); /* the same again: nothing is closed */
	ask(&r, "GET /api/status" END);
	CHECK(strncmp(said, "HTTP/1.1 200", 12) == 0);
	finish(&r);
}

/* It is taken as soon as it can be had, without anybody asking. */
TEST(an_address_is_tried_again)
{
	struct rig r, other;

	begin(&other);
	start(&r);
	CHECK(http_error(&r.control)[0] != 0);
	finish(&other);
	for (unsigned i = 0; i < 20000 && http_error(&r.control)[0] != 0; i++)
		rig_turn(&r);
	ask(&r, "GET /api/status" END);
	CHECK(strncmp(said, "HTTP/1.1 200", 12) == 0);
	finish(&r);
}
