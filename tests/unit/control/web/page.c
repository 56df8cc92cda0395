/* SPDX-License-Identifier: BSD-3-Clause */
/* The page: whole, escaped wherever a text comes from elsewhere, and saying what is wrong. */
#include "control/web/page.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

#define HOSTILE "</td></table><script>alert(1)</script>\"'><img src=x onerror=y>&{{title}}"

static struct web_core cores[2];
static struct rates rates;

static struct web_facts
some_facts(const char *text)
{
	struct web_facts f = {
		.instance = text,
		.mode = MODE_STANDARD,
		.uptime_s = 3700,
		.refused = text,
		.compile_error = text,
		.log_error = text,
		.cores = 2,
		.core = cores,
		.generation = 0xabc,
		.dataplane_uptime_s = 61,
	};

	snprintf(f.store.error, sizeof(f.store.error), "%s", text);
	return f;
}

static json_t *
some_alerts(const char *text)
{
	json_t *list = json_array(), *answer;

	for (unsigned i = 0; i < 3; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
			      "raised", text, "time", text, "uuid", text, "late", i == 1, "client",
			      text, "user", text, "url", text, "threat", text, "source", text,
			      "mode", text, "blocked", i == 0));
	answer = json_pack("{s:b, s:o, s:s}", "ok", 1, "alerts", list, "next", text);
	return answer;
}

/* Takes the alerts. */
static char *
written(const struct web_facts *f, json_t *alerts, bool still)
{
	struct page p = { f, &rates, alerts, "2026-11-25 22:00:00 UTC", still };
	struct text t = { 0 };
	size_t bytes;
	char *page;

	page_write(&p, &t);
	text_put(&t, "\n"); /* and a byte for the NUL below */
	page = text_take(&t, &bytes);
	page[bytes - 1] = 0;
	json_decref(alerts);
	return page;
}

/* The elements and their attributes' names in the order they stand, nothing else. */
static void
skeleton(const char *page, char *out, size_t room)
{
	bool in_tag = false, in_value = false;
	size_t used = 0;

	for (; *page != 0 && used + 1 < room; page++) {
		if (*page == '<')
			in_tag = true;
		if (in_tag && *page == '"')
			in_value = !in_value;
		if (in_tag && !in_value)
			out[used++] = *page;
		if (*page == '>' && !in_value)
			in_tag = false;
	}
	out[used] = 0;
}

/* Whatever the texts say, the same elements stand in the same order. */
TEST(no_text_becomes_markup)
{
	static char plain[65536], hostile[65536];
	struct web_facts f = some_facts("plain"), g = some_facts(HOSTILE);
	char *page = written(&f, some_alerts("plain"), false);

	skeleton(page, plain, sizeof(plain));
	free(page);
	page = written(&g, some_alerts(HOSTILE), false);
	skeleton(page, hostile, sizeof(hostile));
	CHECK(strlen(plain) > 1000 && strcmp(plain, hostile) == 0);
	CHECK(strstr(page, "<script") == NULL && strstr(page, "<img") == NULL);
	CHECK(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;") != NULL);
	free(page);
}

/* Each element that is opened is closed, in order. */
TEST(elements_are_closed)
{
	static const char *const empty[] = { "meta", "link" };
	struct web_facts f = some_facts("x");
	char *page = written(&f, some_alerts("x"), false), stack[64][16];
	unsigned depth = 0;

	for (const char *at = strchr(page, '<'); at != NULL; at = strchr(at + 1, '<')) {
		const char *end = strchr(at, '>');
		char name[16] = "";

		CHECK(end != NULL && depth < 60);
		if (at[1] == '!' || end[-1] == '/')
			continue;
		sscanf(at + 1 + (at[1] == '/'), "%15[a-z0-9]", name);
		if (strcmp(name, empty[0]) == 0 || strcmp(name, empty[1]) == 0)
			continue;
		if (at[1] != '/') {
			strcpy(stack[depth++], name);
			continue;
		}
		CHECK_ROW(name, depth > 0 && strcmp(stack[depth - 1], name) == 0);
		depth -= depth > 0;
	}
	CHECK(depth == 0);
	free(page);
}

TEST(nothing_is_loaded_and_every_slot_is_filled)
{
	struct web_facts f = some_facts("");
	char *page = written(&f, some_alerts(""), false);

	CHECK(strstr(page, "nothing was judged yet") != NULL);
	CHECK(strstr(page, "{{") == NULL);
	CHECK(strstr(page, "src=") == NULL && strstr(page, "@import") == NULL);
	CHECK(strstr(page, "url(") == NULL && strstr(page, "href=\"http") == NULL);
	free(page);
}

TEST(it_asks_for_itself_anew_unless_it_is_to_be_still)
{
	struct web_facts f = some_facts("");
	char *page = written(&f, some_alerts(""), false);

	CHECK(strstr(page, "<meta http-equiv=\"refresh\" content=\"5\">") != NULL);
	CHECK(strstr(page, "href=\"/?refresh=0\"") != NULL);
	free(page);
	page = written(&f, some_alerts(""), true);
	CHECK(strstr(page, "http-equiv=\"refresh\"") == NULL);
	CHECK(strstr(page, "<a href=\"/\">Back to now</a>") != NULL);
	free(page);
}

TEST(what_is_wrong_stands_at_the_top)
{
	struct web_facts f = some_facts("");
	char *page = written(&f, some_alerts(""), false);

	CHECK(strstr(page, "role=\"alert\"") == NULL);
	CHECK(strstr(page, "<title>Sluice </title>") != NULL);
	free(page);
	f = some_facts("");
	f.compile_error = "x.ndb:7: no such \"thing\"";
	page = written(&f, some_alerts(""), false);
	CHECK(strstr(page, "</b> x.ndb:7: no such &quot;thing&quot;</li>") != NULL);
	CHECK(strstr(page, "<title>(!) Sluice </title>") != NULL);
	free(page);
	f = some_facts("");
	f.cores = 0;
	page = written(&f, some_alerts(""), false);
	CHECK(strstr(page, "<b>No dataplane.</b>") != NULL);
	CHECK(
	    strstr(page, "Is sluice-dataplane running, and is it of this instance?</li>") != NULL);
	CHECK(strstr(page, "colspan=\"10\">No dataplane is attached.</td>") != NULL);
	CHECK(strstr(page, "colspan=\"4\">No dataplane is attached.</td>") != NULL);
	/* What is not known is not 0. */
	CHECK(strstr(page, "<td class=\"number\">") == NULL);
	CHECK(strstr(page, "<code>objects_reqmod</code>") == NULL);
	CHECK(strstr(page, "<p class=\"value") == NULL); /* no rate is made up */
	free(page);
}

TEST(modes_are_named_and_coloured)
{
	static const char *const expected[MODE_COUNT] = {
		[MODE_DISABLED] = "<span class=\"pill bad\">disabled</span>",
		[MODE_MONITOR] = "<span class=\"pill warn\">monitor</span>",
		[MODE_STANDARD] = "<span class=\"pill\">standard</span>",
		[MODE_ADVANCED] = "<span class=\"pill\">advanced</span>",
	};

	for (unsigned m = 0; m < MODE_COUNT; m++) {
		struct web_facts f = some_facts("");
		char *page;

		f.mode = (enum mode)m;
		page = written(&f, some_alerts(""), false);
		CHECK_ROW(mode_word(m), strstr(page, expected[m]) != NULL);
		free(page);
	}
}

TEST(alerts_say_what_became_of_the_object)
{
	struct web_facts f = some_facts("");
	char *page = written(&f, some_alerts("2026-11-25T09:35:14.691Z"), false);
	const char *blocked = strstr(page, ">blocked</span>");
	const char *late = strstr(page, "convicted afterwards");
	const char *through = strstr(page, ">let through</span>");

	CHECK(blocked != NULL && late > blocked && through > late);
	CHECK(strstr(page, "<time>2026-11-25 09:35:14</time>") != NULL);
	CHECK(strstr(page, "href=\"/?before=2026-11-25T09:35:14.691Z\"") != NULL);
	free(page);
	page = written(&f,
	    json_pack("{s:b, s:[{s:s, s:s}, {s:s, s:s}]}", "ok", 1, "alerts", "client", "192.0.2.7",
		"peer", "10.0.0.8", "client", "", "peer", "10.0.0.9"),
	    false);
	CHECK(strstr(page, ">192.0.2.7<") != NULL && strstr(page, ">10.0.0.8<") == NULL);
	CHECK(strstr(page, ">10.0.0.9<") != NULL); /* no end user was told: the ICAP client */
	free(page);
	page = written(&f, json_pack("{s:b, s:[]}", "ok", 1, "alerts"), false);
	CHECK(strstr(page, ">None.</td>") != NULL && strstr(page, "Older ones") == NULL);
	free(page);
	page = written(&f, json_pack("{s:b, s:s}", "ok", 0, "error", "the <store>"), false);
	CHECK(strstr(page, ">the &lt;store&gt;</td>") != NULL);
	free(page);
}

/* What a policy stopped has no threat's name; the class stands there, as in the log. */
TEST(alerts_by_policy_show_their_class)
{
	struct web_facts f = some_facts("");
	char *page = written(&f,
	    json_pack("{s:b, s:[{s:s, s:s}, {s:s, s:s}]}", "ok", 1, "alerts", "threat", "",
		"source", "encrypted", "threat", "A.Threat", "source", "scanned"),
	    false);

	CHECK(strstr(page, "<td class=\"wire threat\">(encrypted)</td>") != NULL);
	CHECK(strstr(page, "<td class=\"wire threat\">A.Threat</td>") != NULL);
	CHECK(strstr(page, "(scanned)") == NULL);
	free(page);
}

TEST(numbers_of_all_cores_and_of_each)
{
	struct web_facts f = some_facts("");
	char *page;

	memset(cores, 0, sizeof(cores));
	cores[0].stats.counters[COUNTER_OBJECTS_REQMOD] = 1200;
	cores[1].stats.counters[COUNTER_OBJECTS_RESPMOD] = 34;
	cores[0].stats.counters[COUNTER_VERDICTS_BAD] = 5;
	cores[1].stats.verdicts[VERDICT_BAD][SOURCE_SCANNED] = 4321;
	cores[1].stats.connections_now = 17;
	memset(&rates, 0, sizeof(rates));
	rates_add(&rates, &(struct rates_sample){ 1, 1000, 9, 0, 0, 0 });
	rates_add(&rates, &(struct rates_sample){ 1, 6000, 5009, 617, 0, 9 });
	histogram_add(&cores[1].stats.object_ns, 1500);
	page = written(&f, some_alerts(""), false);
	CHECK(strstr(page, "1.5 µs <small>median</small>") != NULL);
	CHECK(strstr(page, "<p>1,234 in all</p>") != NULL);
	CHECK(strstr(page, ">123 <small>a second</small>") != NULL);
	CHECK(strstr(page, "<p class=\"value bad\">5 ") != NULL);
	CHECK(strstr(page, "0 blocked; 9 in 10 min") != NULL);
	CHECK(strstr(page, "<td class=\"number\">4,321</td>") != NULL);
	CHECK(strstr(page, "<th scope=\"row\">0</th><td class=\"number\">1,200</td>") != NULL);
	CHECK(strstr(page, "<th scope=\"row\">1</th><td class=\"number\">34</td>") != NULL);
	CHECK(strstr(page, "<code>objects_reqmod</code><span>requests judged</span></div>"
			   "<b>1,200</b>") != NULL);
	free(page);
	memset(cores, 0, sizeof(cores));
	memset(&rates, 0, sizeof(rates));
}
