/* SPDX-License-Identifier: BSD-3-Clause */
/* Exclusions added at run time: what is taken, what is refused, what is kept. */
#include <stdlib.h>

#include "control/answer.h"
#include "tests/unit/control/rig.h"

static json_t *
ask(struct rig *r, const char *text)
{
	json_t *request = json_loads(text, 0, NULL), *answer = answer_request(&r->control, request);

	CHECK(request != NULL && answer != NULL);
	json_decref(request);
	return answer;
}

/* How many rules the answer lists; -1: it is a refusal, whose text is in `why`. */
static int
rules(struct rig *r, const char *text, char why[256])
{
	json_t *answer = ask(r, text);
	int count = json_is_true(json_object_get(answer, "ok"))
			? (int)json_array_size(json_object_get(answer, "exclusions"))
			: -1;

	why[0] = 0;
	if (count < 0)
		snprintf(why, 256, "%s", json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	return count;
}

#define ADD(criterion, value)                                              \
	"{\"command\": \"exclude\", \"add\": {\"criterion\": \"" criterion \
	"\", \"value\": \"" value "\"}}"

static const struct {
	const char *name, *request, *says; /* what a refusal says; NULL: it is taken */
} cases[] = {
	{ "url", ADD("url", "*.updates.example/*"), NULL },
	{ "the same twice", ADD("url", "*.updates.example/*"), "such a rule already" },
	{ "the same text of another kind", ADD("user_agent", "*.updates.example/*"), NULL },
	{ "source", ADD("source", "10.20.0.0/16"), NULL },
	{ "no subnet", ADD("source", "10.20.0.0/66"),
	    "'10.20.0.0/66' is not an address or subnet" },
	{ "md5", ADD("md5", "00112233445566778899aabbccddeeff"), NULL },
	{ "half an md5", ADD("md5", "0011"), "'0011' is not an MD5" },
	{ "format", ADD("format", "archive"), NULL },
	{ "no format", ADD("format", "archives"), "not a format word" },
	{ "no criterion", ADD("urls", "x"), "not one of format, user_agent, md5, url, source" },
	{ "nothing", ADD("url", ""), "'' is not a text" },
	{ "no value", "{\"command\": \"exclude\", \"add\": {\"criterion\": \"url\"}}",
	    "expected a criterion and a value" },
	{ "no object", "{\"command\": \"exclude\", \"add\": 5}", "expected a criterion" },
	{ "no such number", "{\"command\": \"exclude\", \"remove\": 99}",
	    "no rule that was added" },
	{ "a word for a number", "{\"command\": \"exclude\", \"disable\": \"1\"}",
	    "no rule that was added" },
};

TEST(what_is_taken_and_what_is_refused)
{
	struct rig r;
	int have = 0;

	rig_make(&r);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[256];
		int count = rules(&r, cases[i].request, why);

		have += cases[i].says == NULL;
		CHECK_ROW(cases[i].name, count == (cases[i].says == NULL ? have : -1));
		CHECK_ROW(
		    cases[i].name, cases[i].says == NULL || strstr(why, cases[i].says) != NULL);
	}
	rig_remove(&r);
}

/* Numbers stay those of their rules, and the dataplane is told of what is enabled and what not. */
TEST(rules_are_kept_switched_and_removed)
{
	struct rig r;
	char why[256], *text;

	rig_make(&r);
	rules(&r, ADD("url", "one"), why);
	rules(&r, ADD("url", "two"), why);
	rules(&r, ADD("url", "three"), why);
	CHECK(rules(&r, "{\"command\": \"exclude\", \"remove\": 1}", why) == 2);
	CHECK(rules(&r, "{\"command\": \"exclude\", \"disable\": 3}", why) == 2);
	exclude_close(&r.control);
	exclude_open(&r.control); /* as after a restart */
	CHECK(rules(&r, "{\"command\": \"exclude\"}", why) == 2);
	text = exclude_policy_text(&r.control);
	CHECK(strstr(text, "one") == NULL && strstr(text, "two") != NULL);
	CHECK(strstr(strstr(text, "three"), "enabled: false") != NULL);
	free(text);
	CHECK(rules(&r, "{\"command\": \"exclude\", \"enable\": 3}", why) == 2);
	text = exclude_policy_text(&r.control);
	CHECK(strstr(text, "enabled: false") == NULL);
	free(text);
	rig_remove(&r);
}

/* How many rules a dataplane that starts alone finds; `first` is the value of the first. */
static int
published(const struct rig *r, char first[64], bool *enabled)
{
	static const char *const must[] = { "dataplane.port.interface=none",
		"dataplane.addresses=192.0.2.1/32" };
	char path[160], error[CONFIG_ERROR_TEXT_MAX];
	struct config *c = NULL;
	int count;

	snprintf(path, sizeof(path), "%s/exclusions.yaml", r->directory);
	if (config_load(path, must, 2, &c, error) != 0)
		return -1;
	count = (int)c->exclusions_count;
	if (count > 0) {
		snprintf(first, 64, "%s", c->exclusions[0].value);
		*enabled = c->exclusions[0].enabled;
	}
	config_free(c);
	return count;
}

/* What a value may hold survives the way through the file; what is taken back does not stay in it.
 */
TEST(a_dataplane_that_starts_alone_finds_them)
{
	static const struct {
		const char *json, *value;
	} values[] = {
		{ "*.updates.example/*", "*.updates.example/*" },
		{ "\\\\*: {x}, [y] # no comment", "\\*: {x}, [y] # no comment" },
		{ "\\\"quoted\\\" \\u00e4 'too'", "\"quoted\" \303\244 'too'" },
	};
	struct rig r;
	char why[256], first[64] = "", request[256];
	bool enabled = false;

	rig_make(&r);
	CHECK(published(&r, first, &enabled) == 0);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(request, sizeof(request), ADD("url", "%s"), values[i].json);
		CHECK_ROW(values[i].json, rules(&r, request, why) == 1);
		CHECK_ROW(values[i].json, published(&r, first, &enabled) == 1 && enabled);
		CHECK_ROW(values[i].json, strcmp(first, values[i].value) == 0);
		snprintf(request, sizeof(request), "{\"command\": \"exclude\", \"disable\": 1}");
		rules(&r, request, why);
		CHECK_ROW(values[i].json, published(&r, first, &enabled) == 1 && !enabled);
		rules(&r, "{\"command\": \"exclude\", \"remove\": 1}", why);
		CHECK_ROW(values[i].json, published(&r, first, &enabled) == 0);
	}
	rules(&r, ADD("url", "one"), why);
	snprintf(request, sizeof(request), "%s/exclusions.json", r.directory);
	CHECK(truncate(request, 1) == 0);
	exclude_close(&r.control);
	exclude_open(&r.control);
	CHECK(published(&r, first, &enabled) == 0);
	rig_remove(&r);
}

TEST(a_damaged_file_is_set_aside)
{
	static const char *const texts[] = { "", "{", "{}", "[1]", "[{\"id\": 1}]",
		"[{\"id\": 1, \"criterion\": \"md5\", \"value\": \"x\", \"enabled\": true}]",
		"[{\"id\": \"1\", \"criterion\": \"url\", \"value\": \"x\", \"enabled\": true}]" };
	struct rig r;
	char path[160], aside[200], why[256];

	rig_make(&r);
	snprintf(path, sizeof(path), "%s/exclusions.json", r.directory);
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *f = fopen(path, "w");

		fputs(texts[i], f);
		fclose(f);
		exclude_close(&r.control);
		exclude_open(&r.control);
		CHECK_ROW(texts[i], rules(&r, "{\"command\": \"exclude\"}", why) == 0);
		CHECK_ROW(texts[i], access(path, F_OK) != 0 && access(aside, F_OK) == 0);
		unlink(aside);
	}
	rig_remove(&r);
}

/* A rule that can't be kept does not hold either. */
TEST(no_room_on_disk_changes_nothing)
{
	struct rig r;
	char why[256];

	rig_make(&r);
	rules(&r, ADD("url", "one"), why);
	snprintf(r.control.paths.state_directory, sizeof(r.control.paths.state_directory),
	    "%s/none", r.directory);
	CHECK(rules(&r, ADD("url", "two"), why) == -1 && strstr(why, "can't be kept") != NULL);
	CHECK(rules(&r, "{\"command\": \"exclude\"}", why) == 1);
	rig_remove(&r);
}
