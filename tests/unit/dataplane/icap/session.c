/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole conversations: what is sent, and what must come back, however the bytes are cut. The table
 * is RFC 3507's rules and the ways clients and attackers break them.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/talk/talk.h"
#include "tests/unit/dataplane/icap/cuts.h"
#include "tests/unit/harness.h"

#define REQUEST_HEAD  "GET http://a/ HTTP/1.1\r\n\r\n" /* 26 bytes */
#define RESPONSE_HEAD "HTTP/1.1 200 OK\r\n\r\n"        /* 19 bytes */
#define RESPMOD(headers)                                              \
	"RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n" headers \
	"Encapsulated: req-hdr=0, res-hdr=26, res-body=45\r\n\r\n" REQUEST_HEAD RESPONSE_HEAD
#define REQMOD(headers)                                             \
	"REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n" headers \
	"Encapsulated: req-hdr=0, null-body=26\r\n\r\n" REQUEST_HEAD
#define HELLO "5\r\nhello\r\n0\r\n\r\n"

int
harness_setup(void)
{
	return sim_eal_init();
}

struct conversation {
	const char *name, *sent;
	enum talk_policy policy;
	const char *statuses; /* of all answers, in order */
	const char *contains; /* NULL: anything */
	uint64_t body_bytes;
	bool closed; /* before the client's own end */
};

static const struct conversation conversations[] = {
	{ "OPTIONS", "OPTIONS icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n\r\n", TALK_JUDGE, "200",
	    "Methods: RESPMOD\r\n", 0, false },
	{ "OPTIONS of the other service", "OPTIONS icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n\r\n",
	    TALK_JUDGE, "200", "Methods: REQMOD\r\n", 0, false },
	{ "OPTIONS whose query names the other",
	    "OPTIONS icap://h/av/respmod?av/reqmod ICAP/1.0\r\nHost: h\r\n\r\n", TALK_JUDGE, "200",
	    "Methods: RESPMOD\r\n", 0, false },
	{ "OPTIONS on a host named so", "OPTIONS icap://av/reqmod/x ICAP/1.0\r\nHost: h\r\n\r\n",
	    TALK_JUDGE, "404", NULL, 0, true },
	{ "Allow: 204", RESPMOD("Allow: 204\r\n") HELLO, TALK_JUDGE, "204", "ISTag: \"T-1\"\r\n", 5,
	    false },
	{ "no 204: the object back", RESPMOD("") HELLO, TALK_JUDGE, "200",
	    "Encapsulated: res-hdr=0, res-body=19\r\n\r\n" RESPONSE_HEAD HELLO, 5, false },
	{ "Allow: 206 is no 204", RESPMOD("Allow: 206, trailers\r\n") HELLO, TALK_JUDGE, "200",
	    NULL, 5, false },
	{ "Allow in a list", RESPMOD("Allow: 206, 204\r\n") HELLO, TALK_JUDGE, "204", NULL, 5,
	    false },
	{ "a REQMOD without body", REQMOD("Allow: 204\r\n"), TALK_JUDGE, "204", NULL, 0, false },
	{ "a REQMOD that comes back", REQMOD(""), TALK_JUDGE, "200",
	    "Encapsulated: req-hdr=0, null-body=26\r\n\r\n" REQUEST_HEAD, 0, false },
	{ "a preview that is all", RESPMOD("Preview: 10\r\n") "5\r\nhello\r\n0; ieof\r\n\r\n",
	    TALK_JUDGE, "204", NULL, 5, false },
	{ "a preview that is all, by another extension",
	    RESPMOD("Preview: 10\r\n") "5;a=\"b;c\"\r\nhello\r\n0;a=\"ieof\";IEOF ;b\r\nX: "
				       "y\r\n\r\n" REQMOD("Allow: 204\r\n"),
	    TALK_JUDGE, "204 204", NULL, 5, false },
	{ "the same preview twice", RESPMOD("Preview: 5\r\nPreview: 5\r\n") HELLO "0\r\n\r\n",
	    TALK_JUDGE, "100 200", NULL, 5, false },
	{ "two previews", RESPMOD("Preview: 5\r\nPreview: 0\r\n") HELLO, TALK_JUDGE, "400", NULL, 0,
	    true },
	{ "a preview continued", RESPMOD("Preview: 5\r\n") HELLO "6\r\n world\r\n0\r\n\r\n",
	    TALK_JUDGE, "100 200", "b\r\nhello world\r\n0\r\n\r\n", 11, false },
	{ "a preview continued, 204 allowed",
	    RESPMOD("Preview: 5\r\nAllow: 204\r\n") HELLO "6\r\n world\r\n0\r\n\r\n", TALK_JUDGE,
	    "100 204", NULL, 11, false },
	{ "204 at the preview's end", RESPMOD("Preview: 5\r\n") HELLO REQMOD("Allow: 204\r\n"),
	    TALK_EARLY, "204 204", NULL, 0, false },
	{ "a preview of nothing", RESPMOD("Preview: 0\r\n") "0\r\n\r\n" HELLO, TALK_JUDGE,
	    "100 200", NULL, 5, false },
	{ "null-body with Preview: 0", REQMOD("Preview: 0\r\n"), TALK_JUDGE, "204", NULL, 0,
	    false },
	{ "an empty body", RESPMOD("") "0\r\n\r\n", TALK_JUDGE, "200",
	    "res-body=19\r\n\r\n" RESPONSE_HEAD "0\r\n\r\n", 0, false },
	{ "two at once", REQMOD("Allow: 204\r\n") RESPMOD("Allow: 204\r\n") HELLO, TALK_JUDGE,
	    "204 204", NULL, 5, false },
	{ "an empty line between", REQMOD("Allow: 204\r\n") "\r\n" REQMOD("Allow: 204\r\n"),
	    TALK_JUDGE, "204 204", NULL, 0, false },
	{ "Connection: close",
	    REQMOD("Allow: 204\r\nConnection: close\r\n") REQMOD("Allow: 204\r\n"), TALK_JUDGE,
	    "204", "Connection: close\r\n", 0, true },
	{ "a chunk extension and a trailer",
	    RESPMOD("Allow: 204\r\n") "5;a=\"b c\"\r\nhello\r\n0\r\nX-A: b\r\n\r\n", TALK_JUDGE,
	    "204", NULL, 5, false },
	{ "a page at once, the body read past", RESPMOD("") HELLO REQMOD("Allow: 204\r\n"),
	    TALK_REPLACE, "200 200", "HTTP/1.1 403 Forbidden", 0, false },
	{ "an engine that failed", RESPMOD("") HELLO, TALK_ERROR, "500", NULL, 5, true },
	{ "no such service", "RESPMOD icap://h/av/none ICAP/1.0\r\nHost: h\r\n\r\n", TALK_JUDGE,
	    "404", NULL, 0, true },
	{ "the wrong method", "REQMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n\r\n", TALK_JUDGE,
	    "405", NULL, 0, true },
	{ "an unknown method", "LOGMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n\r\n", TALK_JUDGE,
	    "501", NULL, 0, true },
	{ "another version", "OPTIONS icap://h/av/respmod ICAP/2.0\r\nHost: h\r\n\r\n", TALK_JUDGE,
	    "505", NULL, 0, true },
	{ "HTTP", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", TALK_JUDGE, "400", NULL, 0, true },
	{ "TLS", "\x16\x03\x01\x02", TALK_JUDGE, "400", NULL, 0, true },
	{ "no Encapsulated", "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n\r\n", TALK_JUDGE,
	    "400", NULL, 0, true },
	{ "two Encapsulated", REQMOD("Encapsulated: null-body=0\r\n"), TALK_JUDGE, "400", NULL, 0,
	    true },
	{ "Encapsulated out of order",
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: res-hdr=0, req-hdr=19, "
	    "res-body=45\r\n\r\n",
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "Encapsulated that shrinks",
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: req-hdr=26, res-body=19\r\n\r\n",
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "Encapsulated past all bounds",
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: res-hdr=0, "
	    "res-body=99999999\r\n\r\n",
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "a req-body in RESPMOD",
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: res-hdr=0, "
	    "req-body=19\r\n\r\n" RESPONSE_HEAD,
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "a head that ends elsewhere",
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nEncapsulated: req-hdr=0, "
	    "null-body=20\r\n\r\n" REQUEST_HEAD,
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "a request line of one word", "OPTIONS\r\n\r\n", TALK_JUDGE, "400", NULL, 0, true },
	{ "a request line of two", "OPTIONS icap://h/av/respmod\r\n\r\n", TALK_JUDGE, "400", NULL,
	    0, true },
	{ "no target", "OPTIONS  ICAP/1.0\r\n\r\n", TALK_JUDGE, "404", NULL, 0, true },
	{ "an Encapsulated without offset",
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nEncapsulated: req-hdr\r\n\r\n", TALK_JUDGE,
	    "400", NULL, 0, true },
	{ "an Encapsulated of four",
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: req-hdr=0, res-hdr=5, "
	    "res-hdr=9, res-body=19\r\n\r\n",
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "an Encapsulated of blanks",
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nEncapsulated: , null-body=0\r\n\r\n", TALK_JUDGE,
	    "400", NULL, 0, true },
	{ "a res-hdr in REQMOD",
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nEncapsulated: res-hdr=0, "
	    "null-body=19\r\n\r\n" RESPONSE_HEAD,
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "an offset of ten digits",
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nEncapsulated: null-body=0000000000\r\n\r\n",
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "an empty preview", RESPMOD("Preview: \t \r\n"), TALK_JUDGE, "400", NULL, 0, true },
	{ "a page before the preview's end",
	    RESPMOD("Preview: 5\r\n") HELLO REQMOD("Allow: 204\r\n"), TALK_REPLACE, "200 200",
	    "HTTP/1.1 403 Forbidden", 0, false },
	{ "a negative preview", RESPMOD("Preview: -1\r\n"), TALK_JUDGE, "400", NULL, 0, true },
	{ "a header without colon", "OPTIONS icap://h/av/respmod ICAP/1.0\r\nHost\r\n\r\n",
	    TALK_JUDGE, "400", NULL, 0, true },
	{ "a broken chunk size", RESPMOD("Allow: 204\r\n") "5x\r\nhello\r\n", TALK_JUDGE, "400",
	    NULL, 0, true },
	{ "no line end after a chunk", RESPMOD("Allow: 204\r\n") "5\r\nhelloXX", TALK_JUDGE, "400",
	    NULL, 0, true },
	{ "a chunk of 2^64", RESPMOD("Allow: 204\r\n") "10000000000000000\r\n", TALK_JUDGE, "400",
	    NULL, 0, true },
	{ "cut in the body", RESPMOD("Allow: 204\r\n") "5\r\nhel", TALK_JUDGE, "", NULL, 0, true },
	{ "cut in the head", "RESPMOD icap://h/av/resp", TALK_JUDGE, "", NULL, 0, true },
};

/* The codes of the answers: status lines, wherever one begins an answer. */
static void
statuses_of(const struct talk *t, char *out, size_t room)
{
	const char *at = t->reply, *end;
	size_t used = 0;

	out[0] = 0;
	if (at == NULL)
		return;
	end = at + t->reply_bytes;
	while (at < end && (at = memmem(at, (size_t)(end - at), "ICAP/1.0 ", 9)) != NULL) {
		used += (size_t)snprintf(
		    out + used, room - used, "%s%.3s", used > 0 ? " " : "", at + 9);
		at += 9;
	}
}

static void
check(const struct conversation *c, const struct talk *t)
{
	char statuses[64];

	statuses_of(t, statuses, sizeof(statuses));
	if (strcmp(statuses, c->statuses) != 0)
		fprintf(stderr, "  row '%s': answered '%s'\n", c->name, statuses);
	CHECK_ROW(c->name, strcmp(statuses, c->statuses) == 0);
	CHECK_ROW(c->name, c->contains == NULL || memmem(t->reply, t->reply_bytes, c->contains,
						      strlen(c->contains)) != NULL);
	CHECK_ROW(c->name, t->body_bytes == c->body_bytes);
}

TEST(conversations_whole_and_cut_at_every_byte)
{
	for (size_t i = 0; i < COUNT_OF(conversations); i++) {
		const struct conversation *c = &conversations[i];
		struct span sent = span_text(c->sent);
		struct talk *whole = talk_run(sim_pools(), c->policy, sent, NULL, 0, true);

		check(c, whole);
		for (uint16_t cut = 0; cut + 1u < sent.bytes; cut++) {
			uint16_t cuts[] = { cut, UINT16_MAX };
			struct talk *t = talk_run(sim_pools(), c->policy, sent, cuts, 2, true);

			CHECK_ROW(c->name, talk_is_same(whole, t));
			talk_free(t);
		}
		talk_free(whole);
		CHECK_ROW(c->name, sim_pools_used() == 0);
	}
}

TEST(an_error_closes_and_lets_the_peer_read_it)
{
	for (size_t i = 0; i < COUNT_OF(conversations); i++) {
		const struct conversation *c = &conversations[i];
		struct talk *t = talk_run(
		    sim_pools(), c->policy, span_text(c->sent), NULL, 0, c->statuses[0] == 0);

		CHECK_ROW(c->name, t->closed == c->closed);
		if (c->statuses[0] == '4' || c->statuses[0] == '5')
			CHECK_ROW(c->name, t->drain && !t->abort);
		talk_free(t);
	}
}

TEST(conversations_cut_at_pairs_of_places)
{
	unsigned pair = 0, tried = 0;

	for (size_t i = 0; i < COUNT_OF(conversations); i++) {
		const struct conversation *c = &conversations[i];

		CHECK_ROW(c->name, strlen(c->sent) <= CUTS_BYTES_MAX);
		tried += cuts_check_pairs(c->name, c->policy, span_text(c->sent), &pair);
	}
	CHECK(tried > COUNT_OF(conversations));
}

/* OPTIONS with a field that makes the head that long, its end included. */
static struct talk *
ask_with_head_of(size_t bytes, bool has_end)
{
	static const char begin[] = "OPTIONS icap://h/av/respmod ICAP/1.0\r\n"
				    "Proxy-Authorization: Negotiate ";
	char *head = malloc(bytes);
	struct talk *t;

	memset(head, 'a', bytes);
	memcpy(head, begin, sizeof(begin) - 1);
	if (has_end)
		memcpy(head + bytes - 4, "\r\n\r\n", 4);
	t = talk_run(sim_pools(), TALK_JUDGE, span_of(head, bytes), (uint16_t[]){ 1447 }, 1, false);
	free(head);
	return t;
}

/* Squid moves the client's Proxy-Authorization to the ICAP head, and Windows makes tickets of up to
 * 48,000 bytes, 64,000 in base64. */
TEST(a_head_may_carry_a_ticket)
{
	static const struct {
		const char *name;
		size_t bytes;
		bool has_end;
		const char *status;
	} rows[] = {
		{ "a ticket of 12,000 bytes", 16300, true, "ICAP/1.0 200" },
		{ "one of 48,000", 64300, true, "ICAP/1.0 200" },
		{ "the limit", 65536, true, "ICAP/1.0 200" },
		{ "one more", 65537, true, "ICAP/1.0 400" },
		{ "no end at the limit", 65536, false, "ICAP/1.0 400" },
		{ "no end before it", 65535, false, "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk *t = ask_with_head_of(rows[i].bytes, rows[i].has_end);
		size_t n = strlen(rows[i].status);

		if (n == 0)
			CHECK_ROW(rows[i].name, t->reply_bytes == 0);
		else
			CHECK_ROW(rows[i].name,
			    t->reply_bytes > n && memcmp(t->reply, rows[i].status, n) == 0);
		talk_free(t);
	}
	CHECK(sim_pools_used() == 0);
}
