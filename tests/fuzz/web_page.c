/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: texts from the wire on the dashboard, in a metric's label, as a Host header.
 * Whatever they say, the page has the same elements as one without them, and a label ends where we
 * end it. fuzz-links: control/web control/store common/channel common/base
 */
#include <stdlib.h>

#include "control/web/host.h"
#include "control/web/metrics.h"
#include "control/web/page.h"

#define ELEMENTS_MAX 65536

static struct web_core core;
static struct rates rates;

static struct web_facts
facts_of(const char *text)
{
	struct web_facts f = { .instance = text,
		.refused = text,
		.compile_error = text,
		.log_error = text,
		.cores = 1,
		.core = &core,
		.dataplane_uptime_s = -1 };

	snprintf(f.store.error, sizeof(f.store.error), "%.200s", text);
	return f;
}

/* The elements alone, without the values of their attributes. */
static size_t
elements_of(const char *text, char out[ELEMENTS_MAX])
{
	struct web_facts f = facts_of(text);
	json_t *value = json_string(text);
	json_t *alerts = json_pack("{s:[{s:O, s:O, s:O, s:O, s:O, s:O, s:O}], s:O}", "alerts",
	    "raised", value, "uuid", value, "client", value, "user", value, "url", value, "threat",
	    value, "source", value, "next", value);
	struct page p = { &f, &rates, alerts, text, false };
	bool in_tag = false, in_value = false;
	struct text t = { 0 };
	size_t bytes, used = 0;
	char *page;

	f.instance = "x"; /* it is shown or not by what it says */
	page_write(&p, &t);
	page = text_take(&t, &bytes);
	for (size_t i = 0; page != NULL && i < bytes && used < ELEMENTS_MAX; i++) {
		in_tag = in_tag || page[i] == '<';
		in_value = in_tag && (page[i] == '"' ? !in_value : in_value);
		if (in_tag && !in_value)
			out[used++] = page[i];
		in_tag = in_tag && (in_value || page[i] != '>');
	}
	free(page);
	json_decref(alerts);
	json_decref(value);
	return used;
}

/* The label's value as Prometheus reads it back is the text; the line ends where it should. */
static void
check_label(const char *text)
{
	static const char before[] = "instance=\"";
	struct web_facts f = facts_of(text);
	struct text t = { 0 };
	size_t bytes;
	const char *at;
	char *out;

	f.cores = 0;
	metrics_write(&f, &t);
	out = text_take(&t, &bytes);
	at = memmem(out, bytes, before, sizeof(before) - 1);
	if (at == NULL)
		abort();
	for (at += sizeof(before) - 1; *text != 0; text++, at++) {
		char c = at[0] == '\\' ? *++at : at[0];

		if (at[0] == 'n' && at[-1] == '\\' && *text == '\n')
			c = '\n';
		if (c != *text)
			abort();
	}
	if (memcmp(at, "\"} 1\n", 5) != 0)
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static char plain[ELEMENTS_MAX], found[ELEMENTS_MAX];
	static size_t plain_bytes;
	char *text = strndup((const char *)data, bytes);
	json_t *is_utf8 = json_string(text);

	host_is_local(span_of(data, bytes));
	if (plain_bytes == 0)
		plain_bytes = elements_of("x", plain);
	if (is_utf8 != NULL && text[0] != 0) {
		check_label(text);
		if (elements_of(text, found) != plain_bytes ||
		    memcmp(found, plain, plain_bytes) != 0)
			abort();
	}
	json_decref(is_utf8);
	free(text);
	return 0;
}
