/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each failure path: the same conversation with 0, 1, 2, … buffers free, until it comes to its end.
 * Short of that the session ends, as reset where an answer was begun, and no buffer is lost.
 */
#include <rte_mbuf.h>

#include "tests/unit/dataplane/icap/rig.h"

#define HELD_MAX 16384

static struct rte_mbuf *held[HELD_MAX];
static unsigned held_count;

static void
hold_all_but(struct rte_mempool *pool, unsigned free_buffers)
{
	held_count = 0;
	while (rte_mempool_avail_count(pool) > free_buffers)
		held[held_count++] = rte_pktmbuf_alloc(pool);
}

static void
let_go(void)
{
	while (held_count > 0)
		rte_pktmbuf_free(held[--held_count]);
}

/* What a caller does with a session, as inspect does: false once it had to give up. */
static bool
serve(struct rig *r, struct chain *body)
{
	struct icap_answer echo = { .kind = ICAP_ANSWER_ECHO, .has_body = true };
	enum icap_event event;

	while ((event = icap_next(r->s)) != ICAP_MORE && event != ICAP_CLOSE) {
		if (event == ICAP_BODY) {
			icap_take_body(r->s, body);
		} else if (event == ICAP_PREVIEW_END) {
			icap_continue(r->s);
			icap_continue(r->s); /* only the first one counts */
		} else if (event == ICAP_BODY_END &&
			   (icap_answer(r->s, &echo) != 0 || icap_answer_body(r->s, body) != 0 ||
			       icap_answer_end(r->s) != 0)) {
			icap_abandon(r->s);
		} else if (event == ICAP_ABORTED) {
			return false;
		}
	}
	return event == ICAP_MORE;
}

/* Whether it came to its end with that many buffers free. */
static bool
converse(const char *sent, const char *end, struct rte_mempool *pool, unsigned free_buffers)
{
	struct chain body = CHAIN_EMPTY;
	bool served, whole;
	struct rig r;

	rig_open(&r);
	rig_put(&r, sent);
	hold_all_but(pool, free_buffers);
	served = serve(&r, &body);
	if (!served)
		CHECK_SEED(free_buffers, icap_next(r.s) == ICAP_CLOSE);
	rig_reply(&r);
	whole =
	    r.reply_bytes >= strlen(end) && strcmp(r.reply + r.reply_bytes - strlen(end), end) == 0;
	CHECK_SEED(free_buffers, served == whole);
	let_go();
	chain_free(&body);
	rig_close(&r);
	return served;
}

static void
converse_with_ever_more(const char *sent, const char *end, struct rte_mempool *pool, unsigned least)
{
	unsigned n = 0;

	while (n < 64 && !converse(sent, end, pool, n))
		n++;
	CHECK_SEED(n, n >= least && n < 64);
}

TEST(a_conversation_short_of_buffers)
{
	static const char sent[] = "RESPMOD icap://h/av/respmod ICAP/1.0\r\nPreview: 5\r\n"
				   "Encapsulated: res-hdr=0, res-body=19\r\n\r\n"
				   "HTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
				   "6\r\n world\r\n0\r\n\r\n";
	static const char end[] = "b\r\nhello world\r\n0\r\n\r\n";

	converse_with_ever_more(sent, end, sim_pools()->data, 1);
	converse_with_ever_more(sent, end, sim_pools()->refs, 1);
}

/* The next request's first byte keeps the buffer that both came in. */
TEST(options_short_of_buffers)
{
	converse_with_ever_more("OPTIONS icap://h/av/respmod ICAP/1.0\r\n\r\nO",
	    "Encapsulated: null-body=0\r\n\r\n", sim_pools()->data, 1);
}

/* Headers that find no room: the answer is refused whole, an error goes without them. */
TEST(answers_that_are_too_long)
{
	static const char sent[] = "REQMOD icap://h/av/reqmod ICAP/1.0\r\nAllow: 204\r\n"
				   "Encapsulated: req-hdr=0, null-body=18\r\n\r\n"
				   "GET / HTTP/1.1\r\n\r\n";
	static char headers[8000];
	struct icap_answer a = { .icap_headers = span_of(headers, sizeof(headers)) };
	struct rig r;

	memset(headers, 'a', sizeof(headers));
	rig_open(&r);
	rig_put(&r, sent);
	CHECK(icap_input_room(r.s) == 262144 - (sizeof(sent) - 1));
	CHECK(icap_next(r.s) == ICAP_REQUEST && icap_next(r.s) == ICAP_BODY_END);
	CHECK(icap_input_room(r.s) == 262144);
	a.kind = ICAP_ANSWER_NO_CONTENT;
	CHECK(icap_answer(r.s, &a) < 0);
	a.kind = ICAP_ANSWER_ECHO;
	CHECK(icap_answer(r.s, &a) < 0 && rig_reply(&r)[0] == 0);
	a.kind = ICAP_ANSWER_ERROR;
	a.status = 503;
	CHECK(icap_answer(r.s, &a) == 0);
	CHECK(strncmp(rig_reply(&r), "ICAP/1.0 503 Service overloaded\r\n", 33) == 0);
	CHECK(r.reply_bytes < 300);
	CHECK(icap_next(r.s) == ICAP_CLOSE && icap_wants_drain(r.s) && !icap_wants_abort(r.s));
	rig_close(&r);
}

/* Each status an error may have, by its reason. */
TEST(statuses_have_their_reasons)
{
	static const struct {
		uint16_t status;
		const char *line;
	} rows[] = { { 404, "ICAP/1.0 404 ICAP Service not found\r\n" },
		{ 500, "ICAP/1.0 500 Server error\r\n" },
		{ 506, "ICAP/1.0 506 Server too busy\r\n" }, { 599, "ICAP/1.0 599 Error\r\n" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct icap_answer a = { .kind = ICAP_ANSWER_ERROR, .status = rows[i].status };
		struct rig r;

		rig_open(&r);
		rig_put(&r, "REQMOD icap://h/av/reqmod ICAP/1.0\r\nEncapsulated: "
			    "null-body=0\r\n\r\n");
		CHECK(icap_next(r.s) == ICAP_REQUEST && icap_answer(r.s, &a) == 0);
		CHECK_ROW(
		    rows[i].line, strncmp(rig_reply(&r), rows[i].line, strlen(rows[i].line)) == 0);
		CHECK(icap_field(r.s, "Encapsulated").bytes == 11);
		rig_close(&r);
	}
}

/* Also those for which there was no room to be kept; and none of the request before. */
TEST(every_icap_field_is_found)
{
	char request[4096], name[16], value[16];
	int n = snprintf(request, sizeof(request), "REQMOD icap://h/av/reqmod ICAP/1.0\r\n");
	struct icap_answer a = { .kind = ICAP_ANSWER_ERROR, .status = 500 };
	struct rig r;

	for (unsigned i = 0; i < 60; i++)
		n += snprintf(request + n, sizeof(request) - (size_t)n, "X-%u: v%u\r\n", i, i);
	snprintf(request + n, sizeof(request) - (size_t)n,
	    "x-1: late\r\nEncapsulated: null-body=0\r\n\r\n");
	rig_open(&r);
	CHECK(icap_field(r.s, "X-1").data == NULL);
	rig_put(&r, request);
	CHECK(icap_next(r.s) == ICAP_REQUEST);
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "x-%u", i);
		snprintf(value, sizeof(value), "v%u", i);
		CHECK_SEED(i, span_is(icap_field(r.s, name), value));
	}
	CHECK(icap_field(r.s, "X-60").data == NULL);
	CHECK(icap_field(r.s, "X-").data == NULL);
	CHECK(span_is(icap_field(r.s, "Encapsulated"), "null-body=0"));
	CHECK(icap_next(r.s) == ICAP_BODY_END && icap_answer(r.s, &a) == 0);
	rig_reply(&r);
	rig_close(&r);
}
