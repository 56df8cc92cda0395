/* SPDX-License-Identifier: BSD-3-Clause */
/* The bench must not count a wrong answer as an object, wherever the answer is cut. */
#include "bench/reply.h"

#include <string.h>

#include "tests/unit/harness.h"

#define ENCAPSULATED "Encapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"

struct answer {
	const char *name, *text;
	enum reply_outcome outcome;
	unsigned status;
	bool differs, closes;
};

/* The body that was sent is "hello world". */
static const struct answer answers[] = {
	{ "204", "ICAP/1.0 204 No Content\r\nISTag: \"x\"\r\n\r\n", REPLY_DONE, 204, false, false },
	{ "204 and close", "ICAP/1.0 204 N\r\nConnection: close\r\n\r\n", REPLY_DONE, 204, false,
	    true },
	{ "whole", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "b\r\nhello world\r\n0\r\n\r\n", REPLY_DONE,
	    200, false, false },
	{ "in two chunks",
	    "ICAP/1.0 200 OK\r\n" ENCAPSULATED "6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\n\r\n",
	    REPLY_DONE, 200, false, false },
	{ "a trailer", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "b\r\nhello world\r\n0\r\nA: b\r\n\r\n",
	    REPLY_DONE, 200, false, false },
	{ "a byte changed", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "b\r\nhello worle\r\n0\r\n\r\n",
	    REPLY_DONE, 200, true, false },
	{ "cut short", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "5\r\nhello\r\n0\r\n\r\n", REPLY_DONE,
	    200, true, false },
	{ "one byte too many",
	    "ICAP/1.0 200 OK\r\n" ENCAPSULATED "b\r\nhello world\r\n1\r\n!\r\n0\r\n\r\n",
	    REPLY_DONE, 200, true, false },
	{ "an error", "ICAP/1.0 503 Overloaded\r\n\r\n", REPLY_DONE, 503, false, false },
	{ "a chunk beyond all", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "ffffffffff\r\n", REPLY_BAD, 200,
	    false, false },
	{ "no chunk size", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "hello\r\n", REPLY_BAD, 200, false,
	    false },
	{ "no end of chunk", "ICAP/1.0 200 OK\r\n" ENCAPSULATED "b\r\nhello worldxx\r\n", REPLY_BAD,
	    200, false, false },
	{ "not ICAP", "HTTP/1.1 200 OK\r\n\r\n", REPLY_BAD, 0, false, false },
	{ "200 without a body", "ICAP/1.0 200 OK\r\n\r\n", REPLY_BAD, 200, false, false },
	{ "200 of OPTIONS", "ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n", REPLY_BAD, 200,
	    false, false },
	{ "100", "ICAP/1.0 100 Continue\r\nEncapsulated: null-body=0\r\n\r\n", REPLY_BAD, 100,
	    false, false },
};

static struct reply reply;

static enum reply_outcome
feed_cut(const char *text, size_t first)
{
	size_t bytes = strlen(text), used, more;
	enum reply_outcome outcome;

	reply_begin(&reply, span_text("hello world"));
	outcome = reply_feed(&reply, span_of(text, first), &used);
	if (outcome != REPLY_MORE)
		return outcome;
	CHECK(used == first);
	outcome = reply_feed(&reply, span_of(text + first, bytes - first), &more);
	if (outcome == REPLY_DONE)
		CHECK(used + more == bytes);
	return outcome;
}

TEST(answers_whole_and_cut_everywhere)
{
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		const struct answer *row = &answers[i];

		for (size_t cut = 0; cut < strlen(row->text); cut++) {
			CHECK_ROW(row->name, feed_cut(row->text, cut) == row->outcome);
			if (row->outcome != REPLY_DONE)
				continue;
			CHECK_ROW(row->name, reply.status == row->status);
			CHECK_ROW(row->name, reply.differs == row->differs);
			CHECK_ROW(row->name, reply.closes == row->closes);
		}
	}
}

TEST(what_had_no_body_is_answered_without_one)
{
	static const struct {
		const char *text;
		enum reply_outcome outcome;
	} rows[] = {
		{ "ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n", REPLY_DONE },
		{ "ICAP/1.0 200 OK\r\nEncapsulated: req-hdr=0, null-body=16\r\n\r\n"
		  "GET / HTTP/1.1\r\n",
		    REPLY_DONE },
		{ "ICAP/1.0 200 OK\r\nEncapsulated: req-hdr=0, null-body=17\r\n\r\n"
		  "GET / HTTP/1.1\r\n",
		    REPLY_MORE },
		{ "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\n"
		  "HTTP/1.1 403 F\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		    REPLY_BAD },
		{ "ICAP/1.0 200 OK\r\nEncapsulated: opt-body=0\r\n\r\n", REPLY_BAD },
		{ "ICAP/1.0 200 OK\r\n\r\n", REPLY_BAD },
		{ "ICAP/1.0 100 Continue\r\nEncapsulated: null-body=0\r\n\r\n", REPLY_BAD },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t used;

		reply_begin(&reply, span_of(NULL, 0));
		CHECK_ROW(rows[i].text,
		    reply_feed(&reply, span_text(rows[i].text), &used) == rows[i].outcome);
	}
}

TEST(a_preview_may_be_answered_by_100)
{
	size_t used;

	reply_begin(&reply, span_text("hello world"));
	reply.previews = true;
	CHECK(reply_feed(&reply, span_text("ICAP/1.0 100 Continue\r\n\r\nICAP"), &used) ==
	      REPLY_DONE);
	CHECK(reply.status == 100 && used == 25);
}

TEST(a_request_may_come_back)
{
	size_t used;

	reply_begin(&reply, span_text("hello world"));
	CHECK(reply_feed(&reply,
		  span_text("ICAP/1.0 200 OK\r\nEncapsulated: req-hdr=0, req-body=19\r\n\r\n"
			    "POST / HTTP/1.1\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"),
		  &used) == REPLY_DONE);
	CHECK(reply.status == 200 && !reply.differs);
}

TEST(in_a_threats_place_comes_any_page)
{
	static const struct {
		const char *text;
		enum reply_outcome outcome;
		unsigned status;
	} rows[] = {
		{ "ICAP/1.0 200 OK\r\n" ENCAPSULATED "b\r\n<h1>no</h1>\r\n0\r\n\r\n", REPLY_DONE,
		    200 },
		{ "ICAP/1.0 204 No\r\n\r\n", REPLY_DONE, 204 },
		{ "ICAP/1.0 200 OK\r\n" ENCAPSULATED "100001\r\n", REPLY_BAD, 200 },
		{ "ICAP/1.0 200 OK\r\nEncapsulated: req-hdr=0, req-body=19\r\n\r\n", REPLY_BAD,
		    200 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t used;

		reply_begin_page(&reply);
		CHECK_ROW(rows[i].text,
		    reply_feed(&reply, span_text(rows[i].text), &used) == rows[i].outcome);
		CHECK_ROW(rows[i].text, reply.status == rows[i].status && !reply.differs);
	}
}

TEST(what_follows_an_answer_is_left)
{
	static const char two[] = "ICAP/1.0 204 N\r\n\r\nICAP/1.0 204 N\r\n\r\n";
	size_t used;

	reply_begin(&reply, span_text("x"));
	CHECK(reply_feed(&reply, span_of(two, sizeof(two) - 1), &used) == REPLY_DONE);
	CHECK(used == (sizeof(two) - 1) / 2);
}

TEST(an_endless_head_is_refused)
{
	size_t used;
	enum reply_outcome outcome = REPLY_MORE;

	reply_begin(&reply, span_text("x"));
	for (unsigned i = 0; i < 100000 && outcome == REPLY_MORE; i++)
		outcome = reply_feed(&reply, span_text("X-Field: 1\r\n"), &used);
	CHECK(outcome == REPLY_BAD);
}
