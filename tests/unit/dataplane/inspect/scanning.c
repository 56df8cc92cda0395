/* SPDX-License-Identifier: BSD-3-Clause */
/* The "being scanned" page: who gets it, who never does, what its retry finds, and that it ends. */
#include <stdlib.h>

#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"

#define BROWSER                                                          \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n" \
	"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"

static const char *const set[] = { "delivery.page_after_ms=200", "delivery.page_retry_s=7",
	"delivery.pages_max=3", NULL };

static char zip[2000];

static void
turns(struct rig *r, unsigned count)
{
	while (count-- > 0)
		rig_turn(r);
}

/* A whole response to a request with these lines, in one chunk. */
static void
ask(struct rig_client *c, const char *line, const char *more, const char *head)
{
	char request[1024], text[4096 + sizeof(zip)];
	int n, h;

	h = snprintf(request, sizeof(request), "%s\r\nHost: example.test\r\n%s\r\n", line, more);
	n = snprintf(text, sizeof(text),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\nX-Client-IP: 192.0.2.9\r\n"
	    "Encapsulated: req-hdr=0, res-hdr=%d, res-body=%zu\r\n\r\n%s%s%zx\r\n",
	    h, (size_t)h + strlen(head), request, head, sizeof(zip));
	memset(zip, 'a', sizeof(zip));
	memcpy(zip, "PK\3\4\24\0\0\0\10\0", 10);
	rig_send(c, text, (size_t)n);
	rig_send(c, zip, sizeof(zip));
	rig_send(c, "\r\n0\r\n\r\n", 7);
}

static struct rig *
advanced(const char *const *settings)
{
	struct rig *r = rig_create(settings);

	region_set_mode(r->region, MODE_ADVANCED);
	return r;
}

#define GET "GET http://example.test/a.zip HTTP/1.1"
#define OK  "HTTP/1.1 200 OK\r\n\r\n"

static const struct {
	const char *name, *line, *more, *head;
	bool shown;
} rows[] = {
	{ "a browser", GET, BROWSER, OK, true },
	{ "a current browser", GET,
	    BROWSER "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n", OK, true },
	{ "an image", GET, BROWSER "Sec-Fetch-Dest: image\r\n", OK, false },
	{ "a frame", GET, BROWSER "Sec-Fetch-Dest: iframe\r\n", OK, false },
	{ "a script's request", GET, BROWSER "Sec-Fetch-Mode: cors\r\n", OK, false },
	{ "an older script's", GET, BROWSER "X-Requested-With: XMLHttpRequest\r\n", OK, false },
	{ "a prefetch", GET, BROWSER "Sec-Purpose: prefetch\r\n", OK, false },
	{ "a range", GET, BROWSER "Range: bytes=0-\r\n", OK, false },
	{ "a form", "POST http://example.test/a.zip HTTP/1.1", BROWSER, OK, false },
	{ "curl", GET, "User-Agent: curl/7.88.1\r\nAccept: */*\r\n", OK, false },
	{ "curl that asks for HTML", GET, "User-Agent: curl/7.88.1\r\nAccept: text/html\r\n", OK,
	    false },
	{ "a browser's image", GET, "User-Agent: Mozilla/5.0\r\nAccept: image/avif,*/*\r\n", OK,
	    false },
	{ "HTML not at all", GET, "User-Agent: Mozilla/5.0\r\nAccept: text/html;q=0\r\n", OK,
	    false },
	{ "no headers", GET, "", OK, false },
	{ "not found", GET, BROWSER, "HTTP/1.1 404 Not Found\r\n\r\n", false },
	{ "a part", GET, BROWSER, "HTTP/1.1 206 Partial Content\r\n\r\n", false },
};

TEST(who_gets_the_scanning_page)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = advanced(set);
		struct rig_client *c = rig_client(r);
		struct notice n;

		ask(c, rows[i].line, rows[i].more, rows[i].head);
		turns(r, 150);
		CHECK_ROW(rows[i].name, c->output_bytes == 0);
		turns(r, 100);
		CHECK_ROW(rows[i].name, (c->output_bytes > 0) == rows[i].shown);
		CHECK_ROW(rows[i].name, inspect_held_now(r->inspect) == !rows[i].shown);
		CHECK_ROW(
		    rows[i].name, r->stats->counters[COUNTER_SCANNING_PAGES] == rows[i].shown);
		CHECK_ROW(rows[i].name, rig_notice(r, &n) && n.kind == NOTICE_SANDBOX);
		if (rows[i].shown) {
			CHECK(strstr(c->output, "\r\n\r\nHTTP/1.1 503 ") != NULL);
			CHECK(strstr(c->output, "\r\nRefresh: 7\r\n") != NULL);
			CHECK(strstr(c->output, "\r\nCache-Control: no-store\r\n") != NULL);
			CHECK(strstr(c->output, "X-Infection-Found") == NULL);
			CHECK(rig_notice(r, &n) && n.kind == NOTICE_ABANDONED);
			CHECK(n.object.record.flags == RECORD_FLAG_PAGED);
			CHECK(r->stats->verdicts[VERDICT_CLEAN][SOURCE_SANDBOX] == 0);
		}
		rig_destroy(r);
	}
}

/* Off, as it is unless configured; and in standard mode nobody is held. */
TEST(no_scanning_page_unless_wanted)
{
	struct rig *r = advanced(NULL);
	struct rig_client *c = rig_client(r);

	ask(c, GET, BROWSER, OK);
	turns(r, 5000);
	CHECK(c->output_bytes == 0 && inspect_held_now(r->inspect) == 1);
	rig_destroy(r);
	r = rig_create(set);
	c = rig_client(r);
	ask(c, GET, BROWSER, OK);
	turns(r, 300);
	CHECK(strstr(c->output, "PK\3\4") != NULL);
	rig_destroy(r);
}

static void
conclude(struct rig *r, uint64_t job, enum verdict verdict, const uint8_t sha256[32])
{
	struct command answer = { .kind = COMMAND_ANSWER,
		.job = job,
		.verdict = verdict,
		.source = SOURCE_SANDBOX,
		.threat = "Late.Test" };
	struct command put = answer;

	put.kind = COMMAND_CACHE_PUT;
	put.generation = publication_peek(&r->publisher)->stamp;
	memcpy(put.sha256, sha256, 32);
	CHECK(command_send(r->reader, &answer) == 0 && command_send(r->reader, &put) == 0);
	turns(r, 2);
}

/* The sandbox answers when nobody waits; who asks again gets what it said, at once. */
TEST(the_retry_finds_the_verdict)
{
	for (enum verdict v = VERDICT_CLEAN; v <= VERDICT_BAD; v++) {
		struct rig *r = advanced(set);
		struct rig_client *c = rig_client(r), *again = rig_client(r);
		struct notice n;

		ask(c, GET, BROWSER, OK);
		turns(r, 250);
		CHECK(strstr(c->output, " 503 ") != NULL);
		CHECK(rig_notice(r, &n) && n.kind == NOTICE_SANDBOX);
		conclude(r, n.job, v, n.object.record.sha256);
		ask(again, GET, BROWSER, OK);
		turns(r, 5);
		CHECK((strstr(again->output, " 403 ") != NULL) == (v == VERDICT_BAD));
		CHECK((strstr(again->output, "PK\3\4") != NULL) == (v == VERDICT_CLEAN));
		rig_destroy(r);
	}
}

/* The same browser, the same URL: three pages, then the hold with its timeout. Another
 * URL has pages of its own. */
TEST(the_pages_of_one_url_end)
{
	struct rig *r = advanced(set);
	struct rig_client *c = rig_client(r);
	struct notice n;

	for (unsigned i = 0; i < 3; i++) {
		size_t before = c->output_bytes;

		ask(c, GET, BROWSER, OK);
		turns(r, 250);
		CHECK_SEED(i, c->output_bytes > before && inspect_held_now(r->inspect) == 0);
		CHECK(rig_notice(r, &n) && n.kind == NOTICE_SANDBOX);
		CHECK(rig_notice(r, &n) && n.kind == NOTICE_ABANDONED);
	}
	ask(c, GET, BROWSER, OK);
	turns(r, 2000);
	CHECK(inspect_held_now(r->inspect) == 1);
	c = rig_client(r);
	ask(c, "GET http://example.test/b.zip HTTP/1.1", BROWSER, OK);
	turns(r, 250);
	CHECK(strstr(c->output, " 503 ") != NULL && inspect_held_now(r->inspect) == 1);
	rig_destroy(r);
}

TEST(waits_forget_and_bound_their_sets)
{
	struct waits *w = waits_create();
	struct mono now = mono_add(mono_now(), seconds(1));
	struct wait *e;

	for (unsigned i = 0; i <= WAITS_WAYS; i++) /* all of one set */
		waits_shown(waits_of(w, 5 + (uint64_t)i * WAITS_ENTRIES, now),
		    mono_add(now, milliseconds(i)));
	CHECK(waits_of(w, 5 + (uint64_t)WAITS_WAYS * WAITS_ENTRIES, now)->pages == 1);
	CHECK(waits_of(w, 5 + (uint64_t)WAITS_ENTRIES, now)->pages == 1);
	CHECK(waits_of(w, 5, now)->pages == 0); /* gave way: it would have ended first */
	e = waits_of(w, 7, now);
	waits_shown(e, now);
	waits_shown(e, now);
	CHECK(waits_of(w, 7, mono_add(now, seconds(WAITS_SECONDS - 1)))->pages == 2);
	CHECK(waits_of(w, 7, mono_add(now, seconds(WAITS_SECONDS)))->pages == 0);
	waits_destroy(w);
}
