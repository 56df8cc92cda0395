/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The "being scanned" page: in advanced mode a browser whose download is held for longer than
 * delivery.page_after_ms is told so by a page that asks again by itself. The sandbox goes on; what
 * it says is found by the digest when the object is asked for again, so nothing needs to be kept
 * for the one who waits, and an object that changed meanwhile is judged anew. How often it is shown
 * is bounded per URL and client (waits.h); whoever asks more often is held as everybody else.
 *
 * Only to what shows pages and asked for one: a GET by a browser that navigates. A program would
 * take the page for the object; so would a browser that loads a part of a page.
 */
#include "dataplane/inspect/show.h"

#define KEY_BYTES_MAX (URL_BYTES_MAX + sizeof(struct ip_address))

/* Whether a list of media ranges (RFC 9110 §12.5.1) names text/html, other than with weight 0. */
static bool
accepts_html(struct span accept)
{
	while (accept.bytes > 0) {
		const uint8_t *comma = memchr(accept.data, ',', accept.bytes);
		size_t n = comma != NULL ? (size_t)(comma - accept.data) : accept.bytes;
		struct span item = span_trim(span_first(accept, n)), weight;
		const uint8_t *semicolon =
		    item.bytes > 0 ? memchr(item.data, ';', item.bytes) : NULL;
		size_t type = semicolon != NULL ? (size_t)(semicolon - item.data) : item.bytes;

		accept = span_from(accept, n + 1);
		if (!span_is_nocase(span_trim(span_first(item, type)), "text/html"))
			continue;
		weight = span_trim(span_from(item, type + 1));
		return !span_is_nocase(weight, "q=0") && !span_is_nocase(weight, "q=0.0") &&
		       !span_is_nocase(weight, "q=0.00") && !span_is_nocase(weight, "q=0.000");
	}
	return false;
}

/* Absent, or just that (Fetch Metadata: every current browser sends it over https). */
static bool
is_or_absent(const struct http_head *h, const char *name, const char *value)
{
	struct span field = http_field(h, name);

	return field.data == NULL || span_is_nocase(field, value);
}

static bool
is_navigation(const struct http_head *h)
{
	static const char *const never[] = { "Range", "X-Requested-With", "Purpose", "Sec-Purpose",
		"X-Moz" };
	struct span agent = http_field(h, "User-Agent");

	for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (http_field(h, never[i]).data != NULL)
			return false;
	}
	return span_is(h->method, "GET") && agent.bytes >= 8 &&
	       memcmp(agent.data, "Mozilla/", 8) == 0 && accepts_html(http_field(h, "Accept")) &&
	       is_or_absent(h, "Sec-Fetch-Dest", "document") &&
	       is_or_absent(h, "Sec-Fetch-Mode", "navigate");
}

static struct wait *
wait_of(struct inspect_object *o)
{
	const struct ip_address *client =
	    address_is_any(&o->client) ? &o->peer.address : &o->client;
	uint8_t key[KEY_BYTES_MAX];

	memcpy(key, o->url, o->url_bytes);
	memcpy(key + o->url_bytes, client, sizeof(*client));
	return waits_of(o->inspect->waits,
	    siphash(&o->inspect->config.page_key, key, o->url_bytes + sizeof(*client)),
	    o->inspect->now);
}

struct mono
scanning_due(struct inspect_object *o)
{
	const struct policy_delivery *d = &object_policy_limits(o)->delivery;
	const struct icap_request *r = icap_request(o->session);

	if (d->page_after.ns == 0 || o->method != ICAP_RESPMOD || o->echo_open ||
	    r->request_head == NULL || r->response_head == NULL ||
	    r->response_head->status != 200 || o->url_bytes == 0 || !is_navigation(r->request_head))
		return MONO_NEVER;
	if (wait_of(o)->pages >= d->pages_max)
		return MONO_NEVER;
	return mono_add(o->inspect->now, d->page_after);
}

void
scanning_show(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	struct wait *w = wait_of(o);
	struct show page;

	if (w->pages == 0)
		w->first = o->begun;
	page = (struct show){ .kind = PAGE_SCANNING,
		.threat = "",
		.reason = "it is being inspected",
		.waited_s = (uint32_t)(mono_since(i->now, w->first).ns / 1000000000),
		.retry_s = object_policy_limits(o)->delivery.page_retry_s };

	if (o->echo_open || show_page(o, &page) != 0)
		return; /* held on, as if nobody could be shown a page */
	waits_shown(w, i->now);
	count(i->stats, COUNTER_SCANNING_PAGES, 1);
	sandbox_leave(o);
	o->flags |= RECORD_FLAG_PAGED;
	if (!report_notice(o, NOTICE_ABANDONED, 0))
		report_record(o);
	wheel_disarm(&i->wheel, &o->timer);
	o->state = OBJECT_DROPPED;
	object_settled(o);
}
