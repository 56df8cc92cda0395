/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of every shape: what is wrong is refused in words, and nothing changes by it. */
#include "control/answer.h"

#include "tests/unit/control/rig.h"

static json_t *
ask(struct rig *r, const char *request)
{
	json_t *q = json_loads(request, JSON_DECODE_ANY, NULL), *answer;

	answer = answer_request(&r->control, q);
	json_decref(q);
	return answer;
}

static const char *
text_of(const json_t *answer, const char *key)
{
	const char *text = json_string_value(json_object_get(answer, key));

	return text != NULL ? text : "";
}

struct refused {
	const char *name, *request, *error;
};

static const struct refused refusals[] = {
	{ "no request", "", "expected a JSON object with \"command\"" },
	{ "a list", "[\"status\"]", "expected a JSON object with \"command\"" },
	{ "no command", "{}", "expected a JSON object with \"command\"" },
	{ "a number for it", "{\"command\": 7}", "expected a JSON object with \"command\"" },
	{ "an unknown one", "{\"command\": \"format-disk\"}", "unknown command" },
	{ "an unknown mode", "{\"command\": \"mode\", \"mode\": \"off\"}",
	    "'off' is not one of disabled, monitor, standard, advanced" },
	{ "a mode that is no text of ours", "{\"command\": \"mode\", \"mode\": \"\\n\u00fc\"}",
	    "'\\x0a\\xc3\\xbc' is not one of disabled, monitor, standard, advanced" },
	{ "a mode that is a story",
	    "{\"command\": \"mode\", \"mode\": "
	    "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\"}",
	    "'abcdefghijklmnopqrstuvwxyzabcdef' is not one of disabled, monitor, standard, "
	    "advanced" },
	{ "a mode that is no word", "{\"command\": \"mode\", \"mode\": 1}",
	    "'' is not one of disabled, monitor, standard, advanced" },
	{ "no dataplane's cache", "{\"command\": \"cache\"}", ANSWER_NO_DATAPLANE },
	{ "no dataplane's stats", "{\"command\": \"stats\"}", ANSWER_NO_DATAPLANE },
	{ "no alerts", "{\"command\": \"alerts\", \"limit\": 0}",
	    "limit: expected a number from 1 to 1000" },
	{ "too many", "{\"command\": \"alerts\", \"limit\": 1001}",
	    "limit: expected a number from 1 to 1000" },
	{ "a word for a limit", "{\"command\": \"alerts\", \"limit\": \"5\"}",
	    "limit: expected a number from 1 to 1000" },
	{ "before all time", "{\"command\": \"alerts\", \"since_ns\": -1}",
	    "since_ns: expected nanoseconds since 1970" },
	{ "an odd place", "{\"command\": \"alerts\", \"before\": \"1.2.3\"}",
	    "before: expected the \"next\" of an earlier answer" },
	{ "half a place", "{\"command\": \"alerts\", \"before\": \"12\"}",
	    "before: expected the \"next\" of an earlier answer" },
	{ "a place that is no text", "{\"command\": \"alerts\", \"before\": 12}",
	    "before: expected the \"next\" of an earlier answer" },
	{ "no uuid", "{\"command\": \"explain\"}",
	    "expected a uuid of 32 hexadecimal digits, as the log shows it" },
	{ "a short uuid", "{\"command\": \"explain\", \"uuid\": \"00\"}",
	    "expected a uuid of 32 hexadecimal digits, as the log shows it" },
	{ "a uuid of other digits",
	    "{\"command\": \"explain\", \"uuid\": \"0000000000000000000000000000000g\"}",
	    "expected a uuid of 32 hexadecimal digits, as the log shows it" },
	{ "an unknown object",
	    "{\"command\": \"explain\", \"uuid\": \"00000000000000000000000000000000\"}",
	    "no such object among the recent ones" },
};

TEST(what_cannot_be_answered_is_refused_in_words)
{
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		json_t *answer = ask(&r, refusals[i].request);

		CHECK_ROW(refusals[i].name, json_is_false(json_object_get(answer, "ok")));
		CHECK_ROW(
		    refusals[i].name, strcmp(text_of(answer, "error"), refusals[i].error) == 0);
		json_decref(answer);
	}
	CHECK(r.control.mode == MODE_STANDARD);
	rig_remove(&r);
}

TEST(a_refusal_quotes_anything)
{
	json_t *answer = answer_refusal("/etc/\xff\n\"x\": expected 'y'");

	CHECK(strcmp(text_of(answer, "error"), "/etc/\\xff\\x0a\"x\": expected 'y'") == 0);
	json_decref(answer);
}

TEST(status_without_a_dataplane)
{
	struct rig r;
	json_t *answer;

	rig_make(&r);
	strcpy(r.control.last_error, "bad \xc3 byte");
	answer = ask(&r, "{\"command\": \"status\"}");
	CHECK(json_is_true(json_object_get(answer, "ok")));
	CHECK(json_is_false(json_object_get(answer, "dataplane")));
	CHECK(strcmp(text_of(answer, "mode"), "standard") == 0);
	CHECK(strcmp(text_of(answer, "instance"), "rig") == 0);
	CHECK(strcmp(text_of(answer, "last_error"), "bad \\xc3 byte") == 0);
	CHECK(json_is_integer(json_object_get(answer, "uptime_s")));
	json_decref(answer);
	rig_remove(&r);
}

TEST(a_mode_is_kept_over_a_restart)
{
	struct rig r;
	char path[160], word[32] = "";
	FILE *f;

	rig_make(&r);
	json_decref(ask(&r, "{\"command\": \"mode\", \"mode\": \"advanced\"}"));
	CHECK(r.control.mode == MODE_ADVANCED);
	snprintf(path, sizeof(path), "%s/mode", r.directory);
	f = fopen(path, "re");
	CHECK(f != NULL && fgets(word, sizeof(word), f) != NULL);
	CHECK(strcmp(word, "advanced\n") == 0);
	fclose(f);
	rig_remove(&r);
}

/* "next" is there exactly where more may come, and leads through all of them once. */
TEST(alerts_page_by_page)
{
	struct rig r;
	char request[160] = "{\"command\": \"alerts\", \"limit\": 3}";
	unsigned pages = 0, seen = 0;

	rig_make(&r);
	for (uint8_t i = 0; i < 7; i++)
		rig_put_object(&r, i, "example.test/a", RECORD_FLAG_BLOCKED);
	while (request[0] != 0 && pages < 10) {
		json_t *answer = ask(&r, request);

		pages++;
		seen += (unsigned)json_array_size(json_object_get(answer, "alerts"));
		request[0] = 0;
		if (json_object_get(answer, "next") != NULL)
			snprintf(request, sizeof(request),
			    "{\"command\": \"alerts\", \"limit\": 3, \"before\": \"%s\"}",
			    text_of(answer, "next"));
		json_decref(answer);
	}
	CHECK(pages == 3 && seen == 7);
	rig_remove(&r);
}

TEST(explain_tells_the_object_its_alerts_and_who_else_has_it)
{
	struct rig r;
	uint8_t digest[32], uuid[16];
	json_t *answer;

	rig_make(&r);
	rig_put_object(&r, 7, "example.test/a", RECORD_FLAG_DELIVERED);
	memset(digest, 7, sizeof(digest));
	CHECK(store_begin(r.control.store) == 0);
	for (uint8_t i = 0; i < 30; i++) {
		memset(uuid, i, sizeof(uuid));
		store_put_delivery(r.control.store,
		    &(struct store_delivery){ .uuid = uuid, .md5 = uuid, .sha256 = digest });
	}
	store_put_conviction(r.control.store, digest, "Late-Threat", 1);
	CHECK(store_commit(r.control.store) == 0);
	answer = ask(&r, "{\"command\": \"explain\", \"uuid\": "
			 "\"07070707070707070707070707070707\"}");
	CHECK(strcmp(text_of(json_object_get(answer, "object"), "url"), "example.test/a") == 0);
	CHECK(json_array_size(json_object_get(answer, "alerts")) == 1);
	CHECK(strcmp(text_of(answer, "convicted_as"), "Late-Threat") == 0);
	CHECK(json_integer_value(json_object_get(answer, "others")) == 29); /* not itself */
	CHECK(json_array_size(json_object_get(answer, "delivered_to")) == ANSWER_DELIVERIES_MAX);
	json_decref(answer);
	rig_remove(&r);
}

/* Of a match the sandbox tells the byte behind it, of a digest of its lists nothing. */
TEST(explain_has_an_offset_of_the_sandbox_where_there_is_one)
{
	static const struct {
		int64_t place;
		bool told;
	} rows[] = { { 68, true }, { 0, false }, { -1, false } };
	uint8_t digest[32];
	struct rig r;

	rig_make(&r);
	rig_put_object(&r, 7, "example.test/a", RECORD_FLAG_BLOCKED);
	memset(digest, 7, sizeof(digest));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const json_t *offset;
		json_t *answer;

		CHECK(store_begin(r.control.store) == 0);
		store_put_finding(r.control.store, digest, "zip:a.exe", rows[i].place, 1);
		CHECK(store_commit(r.control.store) == 0);
		answer = ask(&r, "{\"command\": \"explain\", \"uuid\": "
				 "\"07070707070707070707070707070707\"}");
		CHECK(strcmp(text_of(answer, "sandbox_layer"), "zip:a.exe") == 0);
		offset = json_object_get(answer, "sandbox_offset");
		CHECK((offset != NULL) == rows[i].told);
		CHECK(offset == NULL || json_integer_value(offset) == rows[i].place);
		json_decref(answer);
	}
	rig_remove(&r);
}

/* What an older or damaged store gives is no object, whatever its length says. */
TEST(explain_refuses_a_record_that_is_not_sound)
{
	static const struct {
		const char *name;
		size_t bytes;
		uint16_t url_bytes;
		uint8_t source;
	} cases[] = {
		{ "nothing", 0, 0, 0 },
		{ "cut in the fixed part", offsetof(struct record_slot, text) - 1, 0, 0 },
		{ "cut in its texts", offsetof(struct record_slot, text) + 4, 5, 0 },
		{ "a text beyond its room", sizeof(struct record_slot), RECORD_TEXT_ROOM + 1, 0 },
		{ "an unknown source", sizeof(struct record_slot), 0, SOURCE_COUNT },
	};
	struct rig r;

	rig_make(&r);
	for (uint8_t i = 0; i < COUNT_OF(cases); i++) {
		struct record_slot slot = { .record = { .source = cases[i].source,
						.text_bytes = { cases[i].url_bytes } } };
		char request[96], digits[33];
		uint8_t uuid[16];
		json_t *answer;

		memset(uuid, i, sizeof(uuid));
		CHECK(store_begin(r.control.store) == 0);
		store_put_object(r.control.store, uuid, 1, span_of(&slot, cases[i].bytes));
		CHECK(store_commit(r.control.store) == 0);
		snprintf(request, sizeof(request), "{\"command\": \"explain\", \"uuid\": \"%s\"}",
		    line_hex(uuid, 16, digits));
		answer = ask(&r, request);
		CHECK_ROW(cases[i].name, json_is_false(json_object_get(answer, "ok")));
		json_decref(answer);
	}
	rig_remove(&r);
}

TEST(a_reload_that_fails_changes_nothing)
{
	struct rig r;
	const struct config *before;
	json_t *answer;

	rig_make(&r);
	before = r.control.config;
	answer = ask(&r, "{\"command\": \"reload\"}");
	CHECK(json_is_false(json_object_get(answer, "ok")));
	CHECK(strstr(text_of(answer, "error"), "none.yaml") != NULL);
	CHECK(r.control.config == before);
	json_decref(answer);
	rig_remove(&r);
}
