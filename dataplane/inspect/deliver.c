/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers: 204, the object back from the buffers it lies in, the block page with the whole set of
 * verdict headers, an error. Where buffers are lacking the answer shrinks: page, head alone, 503,
 * and at last the session ends; a client never waits for an answer that can't come.
 */
#include <stdio.h>

#include "dataplane/inspect/object.h"

#define HEADERS_BYTES_MAX 1024

/* What a class is called where clients expect a threat's name, and what the page says of it. */
static const struct {
	const char *name, *reason;
} classes[SOURCE_COUNT] = {
	[SOURCE_OVERSIZE] = { "Policy.Oversize", "it is larger than what can be inspected" },
	[SOURCE_TIMEOUT] = { "Policy.Timeout", "its inspection took too long" },
	[SOURCE_OVERLOAD] = { "Policy.Overload", "the inspection service is overloaded" },
	[SOURCE_ENCRYPTED] = { "Policy.Encrypted", "it is encrypted and can't be inspected" },
	[SOURCE_CORRUPT] = { "Policy.Corrupt", "it is damaged and can't be inspected" },
	[SOURCE_UNSUPPORTED] = { "Policy.Unsupported", "its coding can't be inspected" },
	[SOURCE_ERROR] = { "Policy.Error", "its inspection failed" },
	[SOURCE_REPUTATION] = { "Reputation.BadUrl", "its address is on a list of bad sites" },
};

/* A name that stands in headers: not empty, no semicolon, printable. */
static void
safe_name(const struct inspect_object *o, char out[THREAT_BYTES_MAX])
{
	const char *from = classes[o->outcome.source].name;
	size_t n = 0;

	if (from == NULL)
		from = o->outcome.threat[0] != 0 ? o->outcome.threat : "Unknown";
	for (; from[n] != 0 && n < THREAT_BYTES_MAX - 1; n++)
		out[n] = from[n] > 0x20 && from[n] < 0x7f && from[n] != ';' ? from[n] : '_';
	out[n] = 0;
}

/* CLIENTS.md §3.4: names in this exact case. Violations in one line, for strict header parsers. */
static struct span
verdict_headers(const char *threat, char *out, size_t room)
{
	int n = snprintf(out, room,
	    "X-Infection-Found: Type=0; Resolution=2; Threat=%s;\r\n"
	    "X-Virus-ID: %s\r\n"
	    "X-Violations-Found: 1\r\n"
	    "X-Response-Info: Blocked\r\n"
	    "X-Response-Desc: %s\r\n",
	    threat, threat, threat);

	return span_of(out, n > 0 && (size_t)n < room ? (size_t)n : 0);
}

static size_t
render(struct inspect_object *o, const char *threat, char *out, size_t room)
{
	const char *reason = classes[o->outcome.source].reason;
	char uuid[33];
	struct page_values values = {
		.threat = span_text(threat),
		.url = span_of(o->url, o->url_bytes),
		.reason = span_text(reason != NULL ? reason : "it contains a threat"),
		.uuid = span_text(report_uuid_text(o, uuid)),
	};

	return page_render(policy_page(object_policy(o)), &values, out, room);
}

void
deliver_error(struct inspect_object *o, uint16_t status)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ERROR, .status = status };

	count(o->inspect->stats, COUNTER_ANSWERS_ERROR, 1);
	if (o->echo_open || icap_answer(o->session, &answer) != 0)
		icap_abandon(o->session);
}

/* Head, then page; 0 or -ENOBUFS with nothing sent. */
static int
answer_page(struct inspect_object *o, struct icap_answer *answer, struct span page)
{
	struct chain body = CHAIN_EMPTY;
	char head[256];
	int rc = chain_append_copy(&body, &o->inspect->config.pools, page.data, page.bytes);
	int n = snprintf(head, sizeof(head),
	    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: %zu\r\nCache-Control: no-store\r\n\r\n",
	    page.bytes);

	if (rc != 0)
		return rc;
	answer->http_head = span_of(head, (size_t)n);
	rc = icap_answer(o->session, answer); /* copies the head */
	answer->http_head = span_of(NULL, 0);
	if (rc == 0 &&
	    (icap_answer_body(o->session, &body) != 0 || icap_answer_end(o->session) != 0))
		icap_abandon(o->session);
	chain_free(&body);
	return rc;
}

void
deliver_block(struct inspect_object *o)
{
	char threat[THREAT_BYTES_MAX], headers[HEADERS_BYTES_MAX];
	static const char short_page[] =
	    "<!DOCTYPE html><title>Blocked</title><h1>Access blocked</h1>";
	struct icap_answer answer = { .kind = ICAP_ANSWER_REPLACE, .has_body = true };
	char *page = o->inspect->page;
	size_t bytes;

	safe_name(o, threat);
	answer.icap_headers = verdict_headers(threat, headers, sizeof(headers));
	bytes = render(o, threat, page, PAGE_RENDERED_BYTES_MAX);
	count(o->inspect->stats, COUNTER_BLOCKED, 1);
	if (answer_page(o, &answer, span_of(page, bytes)) != 0 &&
	    answer_page(o, &answer, span_text(short_page)) != 0)
		deliver_error(o, 503);
}

/* What was not sent of the object, from where it lies. */
static int
take_unsent(struct inspect_object *o, struct chain *out)
{
	struct inspect *i = o->inspect;
	int rc = keep_take(&o->keep, i->blocks, &i->keep_budget, &i->config.pools, out);

	if (rc == 0)
		chain_drop(out, o->sent);
	return rc;
}

/* The whole object back. */
static int
echo(struct inspect_object *o)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ECHO, .has_body = o->has_body };
	struct chain body = CHAIN_EMPTY;
	int rc = take_unsent(o, &body);

	if (rc == 0 && !o->echo_open)
		rc = icap_answer(o->session, &answer);
	if (rc == 0 && o->has_body &&
	    (icap_answer_body(o->session, &body) != 0 || icap_answer_end(o->session) != 0))
		icap_abandon(o->session);
	chain_free(&body);
	return rc;
}

void
deliver_clean(struct inspect_object *o)
{
	struct icap_answer no_content = { .kind = ICAP_ANSWER_NO_CONTENT };

	if (!o->echo_open && icap_may_204(o->session)) {
		count(o->inspect->stats, COUNTER_ANSWERS_204, 1);
		if (icap_answer(o->session, &no_content) != 0)
			icap_abandon(o->session);
		return;
	}
	count(o->inspect->stats, COUNTER_ANSWERS_ECHO, 1);
	if (echo(o) != 0)
		deliver_error(o, 503);
}

static void
begin_echo(struct inspect_object *o)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ECHO, .has_body = true };

	if (icap_answer(o->session, &answer) != 0)
		icap_abandon(o->session);
}

void
deliver_early_begin(struct inspect_object *o)
{
	count(o->inspect->stats, COUNTER_ANSWERS_EARLY, 1);
	o->echo_open = true;
	begin_echo(o);
}

bool
deliver_pass_begin(struct inspect_object *o)
{
	struct chain unsent = CHAIN_EMPTY;

	if (take_unsent(o, &unsent) != 0)
		return false;
	count(o->inspect->stats, COUNTER_ANSWERS_ECHO, 1);
	if (!o->echo_open)
		begin_echo(o);
	deliver_passing(o, &unsent, false);
	return true;
}

void
deliver_passing(struct inspect_object *o, struct chain *bytes, bool is_last)
{
	if (!chain_is_empty(bytes) && icap_answer_body(o->session, bytes) != 0)
		icap_abandon(o->session);
	if (is_last && icap_answer_end(o->session) != 0)
		icap_abandon(o->session);
	chain_free(bytes);
}
