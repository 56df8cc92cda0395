/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is waited for, how long, and what a peer that stays silent is told. */
#include "tests/unit/dataplane/icap/rig.h"

#define HEAD                                                                   \
	"RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: res-hdr=0, res" \
	"-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"

static bool
waits_until(const struct rig *r, int64_t ms)
{
	return icap_deadline(r->s).ns == mono_add((struct mono){ RIG_BEGUN }, milliseconds(ms)).ns;
}

TEST(an_idle_peer_is_let_go_without_a_word)
{
	struct rig r;

	rig_open(&r);
	CHECK(waits_until(&r, 3000) && icap_is_idle(r.s));
	rig_at(&r, 2999);
	CHECK(icap_next(r.s) == ICAP_MORE);
	rig_at(&r, 3000);
	CHECK(icap_next(r.s) == ICAP_CLOSE && !icap_wants_abort(r.s) && !icap_wants_drain(r.s));
	CHECK(rig_reply(&r)[0] == 0);
	CHECK(icap_deadline(r.s).ns == MONO_NEVER.ns);
	rig_close(&r);
}

/* A head has its time as a whole: bytes that dribble in move nothing. */
TEST(a_head_that_dribbles_is_answered_408)
{
	struct rig r;

	rig_open(&r);
	for (unsigned i = 0; i < 10; i++) {
		rig_at(&r, 500 + 90 * i);
		rig_put(&r, (char[]){ HEAD[i], 0 });
		CHECK_SEED(i, icap_next(r.s) == ICAP_MORE && waits_until(&r, 1500));
		CHECK_SEED(i, !icap_is_idle(r.s));
	}
	rig_at(&r, 1500);
	CHECK(icap_next(r.s) == ICAP_CLOSE && icap_wants_drain(r.s));
	CHECK(strncmp(rig_reply(&r), "ICAP/1.0 408 Request timeout\r\n", 30) == 0);
	rig_close(&r);
}

/* Body bytes move it, and so does a caller that was slow itself; then the object is aborted. */
TEST(a_body_that_stops_is_aborted_and_answered_408)
{
	struct rig r;

	rig_open(&r);
	rig_put(&r, HEAD "5\r\nhe");
	CHECK(icap_next(r.s) == ICAP_REQUEST && waits_until(&r, 2000));
	CHECK(icap_next(r.s) == ICAP_BODY && !icap_body_is_last(r.s));
	rig_at(&r, 1000);
	rig_put(&r, "ll");
	CHECK(waits_until(&r, 3000) && icap_next(r.s) == ICAP_BODY);
	rig_at(&r, 2500);
	icap_restart_deadline(r.s);
	CHECK(waits_until(&r, 4500) && icap_next(r.s) == ICAP_MORE);
	rig_at(&r, 4500);
	CHECK(icap_next(r.s) == ICAP_ABORTED);
	CHECK(icap_next(r.s) == ICAP_CLOSE && icap_wants_drain(r.s));
	CHECK(strncmp(rig_reply(&r), "ICAP/1.0 408 ", 13) == 0);
	rig_close(&r);
}

/* Nobody waits for the peer while an answer is ours to give. */
TEST(no_deadline_while_we_are_asked)
{
	struct icap_answer a = { .kind = ICAP_ANSWER_ECHO, .has_body = true };
	struct rig r;

	rig_open(&r);
	rig_put(&r, HEAD "0\r\n\r\n");
	CHECK(icap_next(r.s) == ICAP_REQUEST && icap_next(r.s) == ICAP_BODY_END);
	CHECK(icap_body_is_last(r.s) && icap_deadline(r.s).ns == MONO_NEVER.ns);
	rig_at(&r, 100000);
	icap_restart_deadline(r.s);
	CHECK(icap_next(r.s) == ICAP_MORE);
	CHECK(icap_answer(r.s, &a) == 0 && icap_answer_end(r.s) == 0);
	CHECK(icap_next(r.s) == ICAP_MORE && waits_until(&r, 103000));
	rig_close(&r);
}

/* What was answered already is not answered again: a second status would be the next reply's. */
TEST(a_body_that_stops_after_the_answer_gets_no_second_one)
{
	struct icap_answer page = { .kind = ICAP_ANSWER_REPLACE,
		.http_head = span_text("HTTP/1.1 403 No\r\n\r\n") };
	struct rig r;

	rig_open(&r);
	rig_put(&r, HEAD "5\r\nhe");
	CHECK(icap_next(r.s) == ICAP_REQUEST && icap_answer(r.s, &page) == 0);
	CHECK(icap_answer(r.s, &page) == 0); /* nothing more */
	CHECK(icap_next(r.s) == ICAP_MORE);
	rig_at(&r, 2000);
	CHECK(icap_next(r.s) == ICAP_CLOSE && icap_wants_drain(r.s) && !icap_wants_abort(r.s));
	CHECK(strncmp(rig_reply(&r), "ICAP/1.0 200 OK\r\n", 17) == 0);
	CHECK(strstr(r.reply + 1, "ICAP/1.0 ") == NULL);
	rig_close(&r);
}

/* An object that is passed through and stops: the answer can't be finished, so a reset says so. */
TEST(a_body_that_stops_under_an_open_answer_is_reset)
{
	struct icap_answer echo = { .kind = ICAP_ANSWER_ECHO, .has_body = true };
	struct chain piece = CHAIN_EMPTY;
	struct rig r;

	rig_open(&r);
	rig_put(&r, HEAD "5\r\nhe");
	CHECK(icap_next(r.s) == ICAP_REQUEST && icap_answer(r.s, &echo) == 0);
	CHECK(icap_next(r.s) == ICAP_BODY);
	icap_take_body(r.s, &piece);
	CHECK(icap_answer_body(r.s, &piece) == 0 && icap_next(r.s) == ICAP_MORE);
	rig_at(&r, 2000);
	CHECK(icap_next(r.s) == ICAP_ABORTED && icap_next(r.s) == ICAP_CLOSE);
	CHECK(icap_wants_abort(r.s));
	CHECK(strstr(rig_reply(&r), "2\r\nhe\r\n") != NULL);
	CHECK(strstr(r.reply, "0\r\n\r\n") == NULL && strstr(r.reply + 1, "ICAP/1.0 ") == NULL);
	rig_close(&r);
}

/* Bytes and end at once, as after a loss that was mended: nobody is there to read an answer. */
TEST(a_peer_that_sends_a_part_and_goes_is_let_go)
{
	static const char *const parts[] = { "R", "RESPMOD icap://h/", HEAD };

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		char part[256];
		struct rig r;

		rig_open(&r);
		snprintf(part, sizeof(part), "%.*s", i < 2 ? 17 : (int)strlen(HEAD) - 1, parts[i]);
		rig_put(&r, part);
		icap_input_end(r.s);
		CHECK_ROW(parts[i], icap_next(r.s) == ICAP_CLOSE && !icap_wants_abort(r.s));
		CHECK_ROW(parts[i], rig_reply(&r)[0] == 0);
		rig_close(&r);
	}
}
