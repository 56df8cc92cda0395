/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines that an earlier request had are not read again: whatever came
 * before, a request says what it says to an ICAP that has seen no other.
 */
#include "dataplane/icap/internal.h"

#include <stdio.h>

#include "tests/sim/random.h"
#include "tests/unit/dataplane/icap/rig.h"

#define HEADS_TRIED 8000u
#define TEXT_MAX    4096
/* More than is kept of a line. */
#define LONG_LINE                                                                                \
	"X-Client-Username: a name that is so long that its line is kept nowhere, because what " \
	"has room for a line of usual length has none for it"

static const char *const request_lines[] = {
	"REQMOD icap://h/av/reqmod ICAP/1.0",
	"REQMOD icap://h/av/reqmod ICAP/1.0",
	"REQMOD icap://h/av/reqmod?a=b ICAP/1.0",
	"REQMOD /av/reqmod ICAP/1.0",
	"RESPMOD icap://h/av/respmod ICAP/1.0",
	"RESPMOD icap://h/av/reqmod ICAP/1.0", /* 405 */
	"REQMOD icap://h/av/respmod ICAP/1.0", /* 405 */
	"REQMOD icap://h/av/nothing ICAP/1.0", /* 404 */
	"REQMOD icap://h/av/reqmod ICAP/1.1",  /* 505 */
	"REQMOD  icap://h/av/reqmod ICAP/1.0", /* 400 */
	"REQUEST icap://h/av/reqmod ICAP/1.0", /* 501 */
	"OPTIONS icap://h/av/reqmod ICAP/1.0",
};

/* Each is a line that some head has at some place; the same line may come twice. */
static const char *const field_lines[] = {
	"Host: h",
	"Host: h",
	"Date: Wed, 25 Nov 2026 02:38:55 GMT",
	"Date: Wed, 25 Nov 2026 02:38:56 GMT",
	"Allow: 204",
	"Allow: 204, 206, trailers",
	"allow:206",
	"Preview: 0",
	"Preview: 30",
	"Preview: x",
	"Connection: close",
	"Connection: keep-alive",
	"X-Client-IP: 10.0.0.1",
	"X-Client-IP: 10.0.0.12",
	"X-Client-IP:   10.0.0.1  ",
	"X-Empty:",
	LONG_LINE,
	"No colon",
	"X-Client-IP : 10.0.0.1",
	" X-Folded: 1",
	"X-Cr: a\rb",
	"Encapsulated: null-body=0",
	"Encapsulated: req-hdr=0, null-body=18",
	"Encapsulated: req-hdr=0, null-body=17",
};

static const char *const names[] = { "Host", "Date", "Allow", "Preview", "Connection",
	"X-Client-IP", "X-Empty", "X-Client-Username", "Encapsulated", "X-Absent" };

static void
add_span(char *out, struct span text)
{
	size_t n = strlen(out);

	snprintf(out + n, TEXT_MAX - n, "%s'%.*s'", text.data == NULL ? "none" : "",
	    (int)text.bytes, text.bytes > 0 ? (const char *)text.data : "");
}

/* What a session of its own finds in a head: of a request all that its lines say, else the reply.
 */
static void
tell(struct icap *i, const char *head, char out[TEXT_MAX])
{
	struct icap_session *s = icap_session_create(i);
	const struct icap_request *r = icap_request(s);
	struct chain bytes = CHAIN_EMPTY;
	enum icap_event event;
	size_t n;

	CHECK(chain_append_copy(&bytes, sim_pools(), head, strlen(head)) == 0);
	icap_input(s, &bytes);
	event = icap_next(s);
	n = (size_t)snprintf(out, TEXT_MAX, "%d: ", event);
	if (event == ICAP_REQUEST) {
		snprintf(out + n, TEXT_MAX - n,
		    "method %d body %d preview %d %ju allow %d %d close %d ", r->method,
		    r->has_body, r->has_preview, (uintmax_t)r->preview_bytes, r->allow_204,
		    r->allow_206, r->wants_close);
		add_span(out, r->uri);
		add_span(out, r->icap_head);
		for (size_t k = 0; k < COUNT_OF(names); k++)
			add_span(out, icap_field(s, names[k]));
	} else {
		icap_take_output(s, &bytes);
		n += chain_copy_out(&bytes, 0, out + n, TEXT_MAX - 1 - n);
		out[n] = 0;
		chain_free(&bytes);
	}
	icap_session_destroy(s);
}

static const char *
choose(struct sim_random *state, const char *const *list, size_t count)
{
	return list[sim_below(state, count)];
}

/* Mostly what makes a request, in a usual order; now and then any lines. */
static void
make_head(struct sim_random *state, char out[TEXT_MAX])
{
	static const char *const usual[] = { "Host: h", "Date: Wed, 25 Nov 2026 02:38:55 GMT",
		"Encapsulated: req-hdr=0, null-body=18", "Allow: 204" };
	bool any = sim_below(state, 4) == 0;
	size_t n = (size_t)snprintf(out, TEXT_MAX, "%s\r\n",
	    any ? choose(state, request_lines, COUNT_OF(request_lines)) : request_lines[0]);
	size_t count = any ? sim_below(state, 20) : COUNT_OF(usual);

	for (size_t k = 0; k < count; k++) {
		bool other = any || sim_below(state, 8) == 0;

		n += (size_t)snprintf(out + n, TEXT_MAX - n, "%s\r\n",
		    other ? choose(state, field_lines, COUNT_OF(field_lines)) : usual[k]);
	}
	snprintf(out + n, TEXT_MAX - n, "\r\nGET / HTTP/1.1\r\n\r\n");
}

TEST(what_was_kept_of_other_requests_changes_nothing)
{
	char head[TEXT_MAX], kept[TEXT_MAX], fresh[TEXT_MAX];
	struct icap *all = rig_create();
	struct sim_random state = sim_random_of(20261130, 0);
	unsigned requests = 0;

	for (unsigned k = 0; k < HEADS_TRIED; k++) {
		struct icap *one = rig_create();

		make_head(&state, head);
		tell(all, head, kept);
		tell(one, head, fresh);
		CHECK_ROW(head, strcmp(kept, fresh) == 0);
		requests += fresh[0] == '0' + ICAP_REQUEST;
		icap_destroy(one);
	}
	CHECK(requests > HEADS_TRIED / 4 && requests < HEADS_TRIED - HEADS_TRIED / 16);
	icap_destroy(all);
	CHECK(sim_pools_used() == 0);
}

/* How many lines of that kind are kept, and what the last of them says. */
static unsigned
count_kept(const struct icap *i, enum field_kind kind, struct field_says *says)
{
	unsigned n = 0;

	for (unsigned k = 0; k < LINES_KEPT; k++) {
		const struct kept_field *f = &i->fields[ICAP_REQMOD][k];

		if (f->line.bytes == 0 || f->says.kind != kind)
			continue;
		*says = f->says;
		n++;
	}
	return n;
}

TEST(a_line_is_kept_and_one_that_differs_in_its_value_replaces_it)
{
	static const char head[] =
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nConnection: keep-alive\r\n"
	    "Encapsulated: req-hdr=0, null-body=18\r\n\r\n"
	    "GET / HTTP/1.1\r\n\r\n";
	struct icap *i = rig_create();
	struct field_says says = { 0 };
	char out[TEXT_MAX];

	tell(i, head, out);
	CHECK(i->requests[ICAP_REQMOD].line.bytes == 36);
	CHECK(i->requests[ICAP_RESPMOD].line.bytes == 0);
	CHECK(count_kept(i, FIELD_CONNECTION, &says) == 1 && !says.wants_close);
	CHECK(count_kept(i, FIELD_ENCAPSULATED, &says) == 1 && says.encapsulated.count == 2);
	CHECK(says.encapsulated.items[1].offset == 18);
	tell(i,
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\n"
	    "Encapsulated: req-hdr=0, null-body=19\r\n\r\n",
	    out);
	CHECK(count_kept(i, FIELD_ENCAPSULATED, &says) == 1);
	CHECK(says.encapsulated.items[1].offset == 19);
	CHECK(count_kept(i, FIELD_CONNECTION, &says) == 1);
	tell(i,
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\n"
	    "Encapsulated: req-hdr=0, null-body=x\r\n\r\n",
	    out);
	CHECK(strstr(out, "ICAP/1.0 400 ") != NULL);
	CHECK(count_kept(i, FIELD_ENCAPSULATED, &says) == 1);
	CHECK(says.encapsulated.items[1].offset == 19);
	icap_destroy(i);
}
