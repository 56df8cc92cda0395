/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is served over HTTP, where `http.listen` says: a page for people, /metrics, and the answers
 * of answer.h that change nothing, as JSON below /api/. No password is asked: who reaches the
 * address sees what passes and whom it was for, so it is the loopback unless an operator decides
 * otherwise.
 *
 * An address that can't be had (in use, not yet there) is told once and tried again every RETRY_MS.
 * Control runs on without: were it to end, any user of the machine could keep it from starting by
 * taking the port first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/answer.h"
#include "control/facts.h"
#include "control/record_json.h"
#include "control/web/metrics.h"
#include "control/web/page.h"
#include "control/web/web.h"

#define RETRY_MS 2000

struct http {
	struct web *web; /* NULL: none is wanted, or `error` says why */
	char listen[128];
	char error[WEB_ERROR_TEXT_MAX];
	uv_timer_t retry;
	uv_timer_t sampler;
	struct rates rates; /* for the page */
};

static void
take_text(struct web_answer *out, const char *type, struct text *t)
{
	*out = (struct web_answer){ .status = 200, .type = type };
	out->body = text_take(t, &out->bytes);
}

static void
serve_metrics(struct control *c, const struct web_request *request, struct web_answer *out)
{
	struct web_facts facts;
	struct text text = { 0 };

	(void)request;
	if (facts_gather(c, &facts))
		metrics_write(&facts, &text);
	else
		text.failed = true;
	take_text(out, METRICS_TYPE, &text);
}

/* Of HTTP. */
static unsigned
status_of(const json_t *answer)
{
	if (json_is_true(json_object_get(answer, "ok")))
		return 200;
	if (json_is_true(json_object_get(answer, "unavailable")))
		return 503;
	return json_is_true(json_object_get(answer, "unknown")) ? 404 : 400;
}

/* Takes both. */
static void
serve_json(struct control *c, json_t *request, struct web_answer *out)
{
	json_t *answer = answer_request(c, request);
	struct text text = { 0 };
	char *json = json_dumps(answer, JSON_INDENT(1));

	text.failed = json == NULL;
	text_put(&text, json != NULL ? json : "");
	text_put(&text, "\n");
	take_text(out, "application/json", &text);
	out->status = status_of(answer);
	free(json);
	json_decref(answer);
	json_decref(request);
}

static void
serve_status(struct control *c, const struct web_request *request, struct web_answer *out)
{
	(void)request;
	serve_json(c, json_pack("{s:s}", "command", "status"), out);
}

static void
serve_stats(struct control *c, const struct web_request *request, struct web_answer *out)
{
	(void)request;
	serve_json(c, json_pack("{s:s}", "command", "stats"), out);
}

/* What is not UTF-8 is no JSON: null, for the answer to refuse. */
static json_t *
json_of(const char *text)
{
	json_t *value = json_string(text);

	return value != NULL ? value : json_null();
}

/* A number where it is one, else the text, for the answer to refuse. */
static json_t *
json_of_number(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	return end != text && *end == 0 ? json_integer(n) : json_of(text);
}

static json_t *
ask_alerts(const char *limit, const char *before)
{
	json_t *asked = json_pack("{s:s}", "command", "alerts");

	if (limit != NULL)
		json_object_set_new(asked, "limit", json_of_number(limit));
	if (before != NULL)
		json_object_set_new(asked, "before", json_of(before));
	return asked;
}

static void
serve_alerts(struct control *c, const struct web_request *request, struct web_answer *out)
{
	serve_json(c, ask_alerts(web_query(request, "limit"), web_query(request, "before")), out);
}

static json_t *
ask_explain(const struct web_request *request)
{
	const char *uuid = web_query(request, "uuid");
	json_t *asked = json_pack("{s:s}", "command", "explain");

	if (uuid != NULL)
		json_object_set_new(asked, "uuid", json_of(uuid));
	return asked;
}

static void
serve_explain(struct control *c, const struct web_request *request, struct web_answer *out)
{
	serve_json(c, ask_explain(request), out);
}

/* ?before= shows older alerts, and ?refresh=0 all of it, without asking for itself anew. */
static void
serve_page(struct control *c, const struct web_request *request, struct web_answer *out)
{
	const char *before = web_query(request, "before"), *refresh = web_query(request, "refresh");
	json_t *asked = ask_alerts(NULL, before), *alerts = answer_request(c, asked);
	char at[RECORD_TIME_TEXT], words[64];
	struct web_facts facts;
	struct text text = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	record_time((int64_t)now.tv_sec * 1000000000, at);
	snprintf(words, sizeof(words), "%.10s %.8s UTC", at, at + 11);
	if (facts_gather(c, &facts))
		page_write(
		    &(struct page){ .facts = &facts,
			.rates = &c->http->rates,
			.alerts = alerts,
			.at = words,
			.still = before != NULL || (refresh != NULL && strcmp(refresh, "0") == 0) },
		    &text);
	else
		text.failed = true;
	take_text(out, PAGE_TYPE, &text);
	json_decref(alerts);
	json_decref(asked);
}

/* What /api/explain tells, for people; its status too. */
static void
serve_object(struct control *c, const struct web_request *request, struct web_answer *out)
{
	json_t *asked = ask_explain(request), *explained = answer_request(c, asked);
	const char *uuid = json_string_value(json_object_get(asked, "uuid"));
	struct text text = { 0 };

	page_write_object(explained, uuid != NULL ? uuid : "", &text);
	take_text(out, PAGE_TYPE, &text);
	out->status = status_of(explained);
	json_decref(explained);
	json_decref(asked);
}

static const struct {
	const char *path;
	void (*serve)(struct control *c, const struct web_request *request, struct web_answer *out);
} pages[] = {
	{ "/", serve_page },
	{ "/object", serve_object },
	{ "/metrics", serve_metrics },
	{ "/api/status", serve_status },
	{ "/api/stats", serve_stats },
	{ "/api/alerts", serve_alerts },
	{ "/api/explain", serve_explain },
};

static void
serve_nothing(struct web_answer *out)
{
	struct text text = { 0 };

	text_put(&text, "there is");
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		text_format(&text, " %s", pages[i].path);
	text_put(&text, "\n");
	take_text(out, "text/plain; charset=utf-8", &text);
	out->status = 404;
}

static void
serve(void *arg, const struct web_request *request, struct web_answer *out)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].path, web_path(request)) == 0) {
			pages[i].serve(arg, request, out);
			return;
		}
	}
	serve_nothing(out);
}

static void
try(uv_timer_t *timer)
{
	struct control *c = timer->data;
	struct http *h = c->http;
	bool told = h->error[0] != 0;

	if (web_start(&c->loop, h->listen, serve, c, &h->web, h->error) == 0) {
		h->error[0] = 0;
		return;
	}
	if (!told)
		fprintf(stderr, "WRN http.listen: %s; tried again until it can be had\n", h->error);
	uv_timer_start(timer, try, RETRY_MS, 0);
}

static void
sample(uv_timer_t *timer)
{
	struct control *c = timer->data;
	struct rates_sample s = { .at_ms = uv_now(&c->loop) };
	static struct core_stats sum;

	if (c->region != NULL) {
		int64_t age_s = facts_dataplane_age(c);

		s.boot = region_boot_id(c->region);
		s.age_ms = age_s >= 0 ? (uint64_t)age_s * 1000 : UINT64_MAX;
		answer_sum(c, &sum);
		s.objects =
		    sum.counters[COUNTER_OBJECTS_REQMOD] + sum.counters[COUNTER_OBJECTS_RESPMOD];
		s.bytes = sum.counters[COUNTER_OBJECT_BYTES];
		s.bad = sum.counters[COUNTER_VERDICTS_BAD];
	}
	rates_add(&c->http->rates, &s);
}

/* Lets go of the address there was, and takes the one there shall be. */
static void
move(struct control *c, const char *listen)
{
	struct http *h = c->http;

	web_stop(h->web);
	h->web = NULL;
	uv_timer_stop(&h->retry);
	h->error[0] = 0;
	snprintf(h->listen, sizeof(h->listen), "%s", listen);
	uv_timer_stop(&h->sampler);
	if (h->listen[0] == 0)
		return;
	uv_timer_start(&h->sampler, sample, 0, RATES_STEP_MS);
	try(&h->retry);
}

void
http_start(struct control *c)
{
	c->http = calloc(1, sizeof(*c->http));
	if (c->http == NULL)
		return;
	uv_timer_init(&c->loop, &c->http->retry);
	uv_timer_init(&c->loop, &c->http->sampler);
	c->http->retry.data = c->http->sampler.data = c;
	move(c, c->config->http.listen);
}

void
http_configure(struct control *c)
{
	if (c->http != NULL && strcmp(c->http->listen, c->config->http.listen) != 0)
		move(c, c->config->http.listen);
}

static void
on_sampler_closed(uv_handle_t *sampler)
{
	free(sampler->data);
}

static void
on_retry_closed(uv_handle_t *retry)
{
	struct http *h = retry->data;

	uv_close((uv_handle_t *)&h->sampler, on_sampler_closed);
}

void
http_stop(struct control *c)
{
	struct http *h = c->http;

	if (h == NULL)
		return;
	c->http = NULL;
	web_stop(h->web);
	uv_timer_stop(&h->sampler);
	h->retry.data = h->sampler.data = h;
	uv_close((uv_handle_t *)&h->retry, on_retry_closed);
}

const char *
http_error(const struct control *c)
{
	return c->http != NULL ? c->http->error : "";
}
