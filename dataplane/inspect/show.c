/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages are rendered into the core's one buffer and copied into mbufs. A value is at most as long
 * as its place in the object or record, the page at most PAGE_RENDERED_BYTES_MAX.
 */
#include "dataplane/inspect/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "dataplane/inspect/identity.h"

/* What the values point into. */
struct texts {
	char id[33], client[ADDRESS_TEXT_MAX], size[24], time[40], waited[16], retry[16];
	char file[FILENAME_BYTES_MAX];
	size_t file_bytes;
	struct identity user;
};

static void
write_texts(struct inspect_object *o, const struct show *what, struct texts *t)
{
	const struct icap_request *r = icap_request(o->session);
	time_t now = (time_t)(o->inspect->wall_ns / 1000000000);
	struct tm utc;

	report_uuid_text(o, t->id);
	address_format(address_is_any(&o->client) ? &o->peer.address : &o->client, t->client);
	snprintf(t->size, sizeof(t->size), "%" PRIu64, o->bytes);
	gmtime_r(&now, &utc);
	strftime(t->time, sizeof(t->time), "%Y-%m-%d %H:%M:%S UTC", &utc);
	snprintf(t->waited, sizeof(t->waited), "%" PRIu32, what->waited_s);
	snprintf(t->retry, sizeof(t->retry), "%" PRIu32, what->retry_s);
	t->file_bytes = http_filename(r->request_head, r->response_head, t->file, sizeof(t->file));
	identity_user(o->profile, o->session, &t->user);
}

static void
take_values(struct inspect_object *o, const struct show *what, const struct texts *t,
    struct page_values *out)
{
	struct layer *l = object_layer(o);
	enum format f =
	    o->raw.open && l->format_known ? l->format : format_detect(span_of(NULL, 0));
	const char *verdict = what->kind == PAGE_SCANNING ? "unknown" : "bad";

	*out = (struct page_values){ .source = o->outcome.source };
	out->of[PAGE_VARIABLE_URL] = span_of(o->url, o->url_bytes);
	out->of[PAGE_VARIABLE_FILE] = span_of(t->file, t->file_bytes);
	out->of[PAGE_VARIABLE_FORMAT] = span_text(format_word(f));
	out->of[PAGE_VARIABLE_SIZE] = span_text(t->size);
	out->of[PAGE_VARIABLE_CLIENT] = span_text(t->client);
	out->of[PAGE_VARIABLE_USER] = span_of(t->user.user, t->user.user_bytes);
	out->of[PAGE_VARIABLE_VERDICT] = span_text(verdict);
	out->of[PAGE_VARIABLE_SOURCE] = span_text(source_word(o->outcome.source));
	out->of[PAGE_VARIABLE_THREAT] = span_text(what->threat);
	out->of[PAGE_VARIABLE_REASON] = span_text(what->reason);
	out->of[PAGE_VARIABLE_ID] = span_text(t->id);
	out->of[PAGE_VARIABLE_TIME] = span_text(t->time);
	out->of[PAGE_VARIABLE_WAITED] = span_text(t->waited);
	out->of[PAGE_VARIABLE_RETRY] = span_text(t->retry);
}

/* Head, then body, which may be empty; 0 or -ENOBUFS with nothing sent. */
static int
answer(struct inspect_object *o, const struct show *what, struct span head, struct span body)
{
	struct icap_answer a = { .kind = ICAP_ANSWER_REPLACE,
		.has_body = body.bytes > 0,
		.icap_headers = what->icap_headers,
		.http_head = head };
	struct chain bytes = CHAIN_EMPTY;
	int rc = 0;

	if (body.bytes > 0)
		rc = chain_append_copy(&bytes, &o->inspect->config.pools, body.data, body.bytes);
	if (rc == 0)
		rc = icap_answer(o->session, &a); /* copies the head */
	if (rc == 0 && body.bytes > 0 &&
	    (icap_answer_body(o->session, &bytes) != 0 || icap_answer_end(o->session) != 0))
		icap_abandon(o->session);
	chain_free(&bytes);
	return rc;
}

/* A redirected upload would be sent once more, to a host that did not ask for it. */
static bool
may_redirect(const struct inspect_object *o, const struct show *what)
{
	const struct http_head *asked = icap_request(o->session)->request_head;

	return what->kind != PAGE_SCANNING && asked != NULL &&
	       (span_is(asked->method, "GET") || span_is(asked->method, "HEAD"));
}

int
show_page(struct inspect_object *o, const struct show *what)
{
	static const char short_page[] =
	    "<!DOCTYPE html><title>Blocked</title><h1>Access blocked</h1>";
	const char *version = o->profile->page_version == PAGE_HTTP_1_0 ? "1.0" : "1.1";
	const struct http_head *asked = icap_request(o->session)->request_head;
	const struct policy *policy = object_policy(o);
	struct span accept = span_of(NULL, 0);
	char head[PAGE_HEAD_MAX], location[PAGE_LOCATION_MAX];
	struct page_values values;
	struct page_choice page;
	struct texts texts;
	size_t n, bytes;

	write_texts(o, what, &texts);
	take_values(o, what, &texts, &values);
	if (may_redirect(o, what) && pages_redirect(policy_pages(policy), &values, location)) {
		n = page_redirect_head(version, policy_redirect_status(policy), location, head);
		return answer(o, what, span_of(head, n), span_of(NULL, 0));
	}
	if (asked != NULL)
		accept = http_field(asked, "Accept-Language");
	pages_choose(policy_pages(policy), what->kind, accept, &page);
	bytes = page_render(page.page, &values, o->inspect->page, PAGE_RENDERED_BYTES_MAX, NULL);
	n = page_head(what->kind, version, page.language, &values, bytes, head);
	if (answer(o, what, span_of(head, n), span_of(o->inspect->page, bytes)) == 0)
		return 0;
	if (what->kind == PAGE_SCANNING)
		return -ENOBUFS;
	n = page_head(what->kind, version, "en", &values, sizeof(short_page) - 1, head);
	return answer(o, what, span_of(head, n), span_text(short_page));
}
