/* SPDX-License-Identifier: BSD-3-Clause */
/* The usual 204 is made in advance; it must follow ISTag and Date, and step back where more is
 * said. */
#include "dataplane/icap/icap.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define HEAD_204(istag, date, more)                                            \
	"ICAP/1.0 204 No modifications\r\nISTag: \"" istag "\"\r\nDate: " date \
	"\r\nService: test\r\n" more "Encapsulated: null-body=0\r\n\r\n"

static const char request[] =
    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nAllow: 204\r\n"
    "Encapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n1\r\nx\r\n0\r\n\r\n";

/* What a session answers to the request, NUL-terminated. */
static const char *
answered(struct icap_session *s, const char *headers)
{
	static char text[1024];
	struct icap_answer a = { .kind = ICAP_ANSWER_NO_CONTENT,
		.icap_headers = span_text(headers) };
	struct chain bytes = CHAIN_EMPTY;
	enum icap_event event;
	size_t n;

	CHECK(chain_append_copy(&bytes, sim_pools(), request, sizeof(request) - 1) == 0);
	icap_input(s, &bytes);
	while ((event = icap_next(s)) != ICAP_MORE && event != ICAP_CLOSE) {
		if (event == ICAP_BODY_END)
			CHECK(icap_answer(s, &a) == 0);
	}
	icap_take_output(s, &bytes);
	n = chain_copy_out(&bytes, 0, text, sizeof(text) - 1);
	text[n] = 0;
	chain_free(&bytes);
	return text;
}

static struct icap *
icap_of_one(void)
{
	struct icap_config c = { .sessions_max = 1,
		.connections_max = 1,
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "test",
		.pools = *sim_pools() };

	return icap_create(&c);
}

/* Also OPTIONS; what is no ICAP stays a 400. */
TEST(who_may_not_come_is_told_403)
{
	static const struct {
		const char *request, *answer;
	} rows[] = { { "OPTIONS icap://h/av/reqmod ICAP/1.0\r\n\r\n",
			 "ICAP/1.0 403 Forbidden\r\n" },
		{ request, "ICAP/1.0 403 Forbidden\r\n" },
		{ "REQMOD icap://h/none ICAP/1.0\r\n\r\n", "ICAP/1.0 404 " },
		{ "hello\r\n\r\n", "ICAP/1.0 400 " } };
	struct icap *i = icap_of_one();

	for (unsigned n = 0; n < COUNT_OF(rows); n++) {
		struct icap_session *s = icap_session_create(i);
		struct chain bytes = CHAIN_EMPTY;
		enum icap_event event;
		char text[512];
		size_t got;

		icap_session_forbid(s);
		chain_append_copy(&bytes, sim_pools(), rows[n].request, strlen(rows[n].request));
		icap_input(s, &bytes);
		while ((event = icap_next(s)) != ICAP_MORE && event != ICAP_CLOSE)
			CHECK_ROW(rows[n].request, event != ICAP_REQUEST);
		CHECK_ROW(rows[n].request, event == ICAP_CLOSE && icap_wants_drain(s));
		icap_take_output(s, &bytes);
		got = chain_copy_out(&bytes, 0, text, sizeof(text) - 1);
		text[got] = 0;
		CHECK_ROW(text, strncmp(text, rows[n].answer, strlen(rows[n].answer)) == 0);
		CHECK_ROW(text, strstr(text, "\r\nConnection: close\r\n") != NULL);
		chain_free(&bytes);
		icap_session_destroy(s);
	}
	icap_destroy(i);
}

TEST(a_204_follows_istag_and_date)
{
	struct icap *i = icap_of_one();
	struct icap_session *s = icap_session_create(i);

	icap_begin(i, (struct mono){ 1 });
	icap_set_istag(i, span_text("A"));
	icap_set_date(i, 0);
	CHECK_ROW("the first",
	    strcmp(answered(s, ""), HEAD_204("A", "Thu, 01 Jan 1970 00:00:00 GMT", "")) == 0);
	icap_set_date(i, 1);
	CHECK_ROW("a second later",
	    strcmp(answered(s, ""), HEAD_204("A", "Thu, 01 Jan 1970 00:00:01 GMT", "")) == 0);
	icap_set_istag(i, span_text("B"));
	CHECK_ROW("another generation",
	    strcmp(answered(s, ""), HEAD_204("B", "Thu, 01 Jan 1970 00:00:01 GMT", "")) == 0);
	CHECK_ROW(
	    "more headers", strcmp(answered(s, "X-A: b\r\n"),
				HEAD_204("B", "Thu, 01 Jan 1970 00:00:01 GMT", "X-A: b\r\n")) == 0);
	icap_session_drain(s);
	CHECK_ROW("the last, and then closed",
	    strstr(answered(s, ""), "\r\nConnection: close\r\n") != NULL);
	icap_session_destroy(s);
	icap_destroy(i);
	CHECK(sim_pools_used() == 0);
}

/* What goes back lies in one buffer where it is small, and is the same bytes either way. */
TEST(a_small_body_goes_back_in_the_buffer_of_its_head)
{
	static const struct {
		const char *name;
		size_t bytes;
		bool one_buffer;
	} rows[] = {
		{ "a byte", 1, true },
		{ "a KiB", 1024, true },
		{ "the most", 1400, true },
		{ "one more", 1401, false },
		{ "several segments", 5000, false },
	};
	static const char head[] = "RESPMOD icap://h/av/respmod ICAP/1.0\r\n"
				   "Encapsulated: res-hdr=0, res-body=19\r\n\r\n"
				   "HTTP/1.1 200 OK\r\n\r\n";
	static char sent[6000], want[6000], got[6000];

	for (unsigned k = 0; k < COUNT_OF(rows); k++) {
		struct icap *i = icap_of_one();
		struct icap_session *s = icap_session_create(i);
		struct icap_answer a = { .kind = ICAP_ANSWER_ECHO, .has_body = true };
		struct chain bytes = CHAIN_EMPTY, body = CHAIN_EMPTY, out = CHAIN_EMPTY;
		enum icap_event event;
		size_t all, n = (size_t)snprintf(sent, sizeof(sent), "%zx\r\n", rows[k].bytes);

		for (size_t b = 0; b < rows[k].bytes; b++)
			sent[n++] = (char)('a' + b % 26);
		n += (size_t)snprintf(sent + n, sizeof(sent) - n, "\r\n0\r\n\r\n");
		CHECK(chain_append_copy(&bytes, sim_pools(), head, sizeof(head) - 1) == 0);
		CHECK(chain_append_copy(&bytes, sim_pools(), sent, n) == 0);
		icap_input(s, &bytes);
		while ((event = icap_next(s)) != ICAP_MORE && event != ICAP_CLOSE) {
			icap_take_body(s, &body);
			if (event != ICAP_BODY_END)
				continue;
			CHECK(icap_answer(s, &a) == 0 && icap_answer_body(s, &body) == 0);
			CHECK(icap_answer_end(s) == 0);
		}
		icap_take_output(s, &out);
		CHECK_ROW(rows[k].name, (chain_mbufs(&out) == 1) == rows[k].one_buffer);
		all = (size_t)snprintf(want, sizeof(want),
		    "ICAP/1.0 200 OK\r\nISTag: \"SL-0\"\r\nDate: \r\nService: test\r\n"
		    "Encapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
		memcpy(want + all, sent, n);
		CHECK_ROW(rows[k].name, out.bytes == all + n);
		CHECK_ROW(rows[k].name, chain_copy_out(&out, 0, got, sizeof(got)) == all + n);
		CHECK_ROW(rows[k].name, memcmp(got, want, all + n) == 0);
		chain_free(&out);
		icap_session_destroy(s);
		icap_destroy(i);
	}
	CHECK(sim_pools_used() == 0);
}
