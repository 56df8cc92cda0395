/* SPDX-License-Identifier: BSD-3-Clause */
/* What is refused before any core is asked, and the text of a flight. Lists and captures with a
 * dataplane are scenarios 24 and 25. */
#include "control/answer.h"
#include "control/observe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/control/rig.h"

static void
never(void *arg, json_t *answer)
{
	(void)arg;
	CHECK(answer == NULL); /* nothing was begun */
	json_decref(answer);
}

struct refused {
	const char *name, *request, *error;
};

static const struct refused lists[] = {
	{ "no dataplane", "{}", ANSWER_NO_DATAPLANE },
	{ "filter", "{\"filter\": 5}", "expected \"filter\" to be a string" },
	{ "words", "{\"filter\": \"host x\"}",
	    "'x' in the filter: expected an IPv4 or IPv6 address" },
	{ "no connection", "{\"limit\": 0}", "limit: expected a number from 1 to 10000" },
	{ "too many", "{\"limit\": 10001}", "limit: expected" },
	{ "limit", "{\"limit\": \"5\"}", "limit: expected" },
};

static const struct refused captures[] = {
	{ "no dataplane", "{}", ANSWER_NO_DATAPLANE },
	{ "state", "{\"filter\": \"state established\"}",
	    "'state' in the filter: expected host, net" },
	{ "count", "{\"count\": 0}", "count: expected a number from 1" },
	{ "seconds", "{\"seconds\": 86401}", "seconds: expected a number from 1 to 86400" },
	{ "snaplen", "{\"snaplen\": 13}", "snaplen: expected a number of bytes from 14 to 65535" },
	{ "a fraction", "{\"seconds\": 1.5}", "seconds: expected" },
};

static void
check_refusal(const struct refused *row, json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	CHECK_ROW(row->name, error != NULL && strstr(error, row->error) != NULL);
	CHECK_ROW(row->name, json_is_false(json_object_get(answer, "ok")));
	json_decref(answer);
}

TEST(lists_that_are_refused)
{
	struct observed_by by = { never, NULL };
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		json_t *request = json_loads(lists[i].request, 0, NULL);

		check_refusal(&lists[i], listing_begin(&r.observe, request, by));
		json_decref(request);
	}
	observe_drain(&r.observe);
	observe_fini(&r.observe);
	rig_remove(&r);
}

/* The descriptor is taken in any case. */
TEST(captures_that_are_refused)
{
	struct observed_by by = { never, NULL };
	char path[] = "/tmp/sluice-capture-XXXXXX";
	int kept = mkstemp(path);
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT_OF(captures); i++) {
		json_t *request = json_loads(captures[i].request, 0, NULL);
		int fd = dup(kept);

		check_refusal(&captures[i], capture_begin(&r.observe, request, fd, by));
		CHECK_ROW(captures[i].name, fcntl(fd, F_GETFD) == -1);
		json_decref(request);
	}
	observe_drain(&r.observe);
	rig_remove(&r);
	close(kept);
	unlink(path);
}

TEST(files_that_are_no_place_for_a_capture)
{
	static const struct refused device = { "a device", "", "not a regular one" };
	static const struct refused reading = { "for reading", "", "not open for writing" };
	struct observed_by by = { never, NULL };
	json_t *request = json_object();
	struct rig r;

	rig_make(&r);
	check_refusal(&device,
	    capture_begin(&r.observe, request, open("/dev/null", O_WRONLY | O_CLOEXEC), by));
	check_refusal(&reading,
	    capture_begin(&r.observe, request, open("/proc/self/exe", O_RDONLY | O_CLOEXEC), by));
	json_decref(request);
	rig_remove(&r);
}

static const struct observed_flight fallen = {
	.wall_ns = 1764063314691123456,
	.at = 1000000,
	.fault = TCP_FAULT_RESET,
	.iss = 5000,
	.irs = 4294967290u, /* numbers wrap */
	.events = 70,
	.kept = 6,
	.connection = { .local = { { 0xfd, [15] = 1 } },
	    .remote = { { 0xfd, [15] = 2 } },
	    .local_port = 1344,
	    .remote_port = 40312,
	    .state = TCP_STATE_ESTABLISHED,
	    .label = 66,
	    .age_ms = 61005,
	    .rtt_us = 210,
	    .retransmitted_segments = 1 },
	.event = {
	    { 999000, 4294967290u, 5000, 0, 0, TCP_FLIGHT_OPENED, 0, TCP_STATE_ESTABLISHED, 0 },
	    { 999500, 4294967291u, 5001, 1448, 502, TCP_FLIGHT_IN, 0x18, TCP_STATE_ESTABLISHED, 0 },
	    { 999501, 5001, 1443, 700, 0, TCP_FLIGHT_SEND, 0, TCP_STATE_ESTABLISHED, 0 },
	    { 999502, 5001, 1443, 700, 8000, TCP_FLIGHT_AGAIN, 0x11, TCP_STATE_CLOSE_WAIT, 0 },
	    { 999900, 5701, 1443, 0, 0, TCP_FLIGHT_RTO, 0, TCP_STATE_CLOSE_WAIT, 0 },
	    { 1000000, 1443, 0, 0, 0, TCP_FLIGHT_IN, 0x04, TCP_STATE_CLOSE_WAIT, 0 },
	},
};

static const char *const fallen_lines[] = {
	"09:35:14.691123 WRN 77 tcp [sid: 0x00000042] TCP: reset by peer (peer: [fd00::2]:40312, "
	"local: [fd00::1]:1344, core: 3, state: ESTABLISHED, age: 61.005s, rtt: 210us/0us, ",
	"09:35:14.687027 INF 77 tcp [sid: 0x00000042]  opened their first 4294967290, ours 5000 "
	"ESTABLISHED\n",
	"09:35:14.689075 INF 77 tcp [sid: 0x00000042]  in [P.] seq 1:1449 ack 1 win 502 len 1448\n",
	"09:35:14.689079 INF 77 tcp [sid: 0x00000042]  send 700 bytes\n",
	"09:35:14.689083 INF 77 tcp [sid: 0x00000042]  again [F.] seq 1:701 ack 1449 win 8000 len "
	"700 "
	"CLOSE-WAIT\n",
	"09:35:14.690713 INF 77 tcp [sid: 0x00000042]  rto sent up to 701, received up to 1449\n",
	"09:35:14.691123 INF 77 tcp [sid: 0x00000042]  in [R] seq 1449 win 0 len 0\n",
};

TEST(a_flight_is_told_line_by_line)
{
	static char text[FLIGHT_TEXT_MAX];
	const char *at = text;
	unsigned lines = 0;
	size_t n;

	setenv("TZ", "UTC", 1);
	tzset();
	n = flight_text(&fallen, 3, 77, text);
	CHECK(n == strlen(text) && text[n - 1] == '\n');
	CHECK(strstr(text, "retransmitted: 1, ") != NULL);
	CHECK(strstr(text, "events: 6 of 70)\n") != NULL);
	for (; at != NULL && *at != 0; at = strchr(at, '\n') + 1) {
		if (lines < COUNT_OF(fallen_lines))
			CHECK_ROW(fallen_lines[lines],
			    strncmp(at, fallen_lines[lines], strlen(fallen_lines[lines])) == 0);
		lines++;
	}
	CHECK(lines == COUNT_OF(fallen_lines));
}

/* All words at their longest still end in a newline within the room. */
TEST(the_longest_flight_has_room)
{
	static char text[FLIGHT_TEXT_MAX];
	static struct observed_flight f;
	unsigned lines = 0;
	size_t n;

	memset(&f, 0xff, sizeof(f));
	f.fault = TCP_FAULT_FLOOD;
	f.wall_ns = 1764063314691123456;
	f.kept = TCP_FLIGHT_EVENTS;
	f.connection.state = TCP_STATE_SYN_RECEIVED;
	for (unsigned i = 0; i < TCP_FLIGHT_EVENTS; i++) {
		f.event[i].kind = TCP_FLIGHT_AGAIN;
		f.event[i].state = i % 2 == 0 ? TCP_STATE_SYN_RECEIVED : TCP_STATE_ESTABLISHED;
	}
	n = flight_text(&f, UINT32_MAX, INT32_MIN, text);
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	CHECK(lines == 1 + TCP_FLIGHT_EVENTS && text[n - 1] == '\n');
}
