/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON form of a record: every key, every flag, texts of any bytes, numbers out of range.
 * line.c of this folder compares it with the line.
 */
#include "control/record_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "scanners/format/format.h"
#include "tests/unit/harness.h"

static const struct line_setting setting = { .dataplane_pid = 1, .reputation_label = "a\"b" };

static const char *
text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "(none)";
}

TEST(every_key_is_there_in_its_type)
{
	static const struct {
		const char *key;
		json_type type;
	} keys[] = {
		{ "time", JSON_STRING },
		{ "uuid", JSON_STRING },
		{ "sid", JSON_STRING },
		{ "method", JSON_STRING },
		{ "mode", JSON_STRING },
		{ "verdict", JSON_STRING },
		{ "source", JSON_STRING },
		{ "format", JSON_STRING },
		{ "url", JSON_STRING },
		{ "filename", JSON_STRING },
		{ "threat", JSON_STRING },
		{ "user", JSON_STRING },
		{ "domain", JSON_STRING },
		{ "user_agent", JSON_STRING },
		{ "media_type", JSON_STRING },
		{ "shadow", JSON_STRING },
		{ "shadow_threat", JSON_STRING },
		{ "shadow_offset", JSON_INTEGER },
		{ "shadow_generation", JSON_STRING },
		{ "md5", JSON_STRING },
		{ "sha256", JSON_STRING },
		{ "client", JSON_STRING },
		{ "peer", JSON_STRING },
		{ "size", JSON_INTEGER },
		{ "duration_ns", JSON_INTEGER },
		{ "scan_ns", JSON_INTEGER },
		{ "hold_ns", JSON_INTEGER },
		{ "match_offset", JSON_INTEGER },
		{ "http_status", JSON_INTEGER },
		{ "icap_status", JSON_INTEGER },
		{ "part", JSON_INTEGER },
		{ "core", JSON_INTEGER },
		{ "generation", JSON_STRING },
		{ "flags", JSON_ARRAY },
	};
	struct record_slot slot = { 0 };
	json_t *o = record_json(&slot, &setting);

	for (unsigned i = 0; i < COUNT_OF(keys); i++) {
		const json_t *value = json_object_get(o, keys[i].key);

		CHECK_ROW(keys[i].key, value != NULL && json_typeof(value) == keys[i].type);
	}
	CHECK(json_object_size(o) == COUNT_OF(keys));
	json_decref(o);
}

TEST(each_flag_has_its_word)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} flags[] = {
		{ RECORD_FLAG_BLOCKED, "blocked" },
		{ RECORD_FLAG_INCOMPLETE, "incomplete" },
		{ RECORD_FLAG_PARTIAL, "partial" },
		{ RECORD_FLAG_ODD_FRAMING, "odd_framing" },
		{ RECORD_FLAG_TEXT_CUT, "text_cut" },
		{ RECORD_FLAG_TRUNCATED, "truncated" },
		{ RECORD_FLAG_URL_ONLY, "url_only" },
		{ RECORD_FLAG_DELIVERED, "delivered" },
		{ RECORD_FLAG_DECODED, "decoded" },
		{ RECORD_FLAG_CUT, "cut" },
		{ RECORD_FLAG_PART, "part" },
		{ RECORD_FLAG_PAGED, "paged" },
	};

	for (unsigned i = 0; i < COUNT_OF(flags); i++) {
		struct record_slot slot = { .record = { .flags = flags[i].flag } };
		json_t *o = record_json(&slot, &setting), *array = json_object_get(o, "flags");

		CHECK_ROW(flags[i].word, json_array_size(array) == 1);
		CHECK_ROW(flags[i].word,
		    json_array_size(array) == 1 &&
			strcmp(json_string_value(json_array_get(array, 0)), flags[i].word) == 0);
		json_decref(o);
	}
}

/* Each key, and each flag, stands in a first column of the tables of docs/log.md. */
TEST(the_manual_has_every_key_and_flag)
{
	struct record_slot slot = { .record = { .flags = UINT32_MAX, .icap_status = 400 } };
	json_t *o = record_json(&slot, &setting), *flag;
	FILE *f = fopen("docs/log.md", "r");
	char line[1024], column[16384] = "", word[64];
	size_t used = 0, i;
	const char *key;
	json_t *value;

	CHECK(f != NULL);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '|')
			used += (size_t)snprintf(column + used, sizeof(column) - used, "%.*s",
			    (int)strcspn(line + 1, "|"), line + 1);
		CHECK(used < sizeof(column));
	}
	if (f != NULL)
		fclose(f);
	json_object_foreach(o, key, value)
	{
		snprintf(word, sizeof(word), "`%s`", key);
		CHECK_ROW(key, strstr(column, word) != NULL);
	}
	json_array_foreach(json_object_get(o, "flags"), i, flag)
	{
		snprintf(word, sizeof(word), "`%s`", json_string_value(flag));
		CHECK_ROW(word, strstr(column, word) != NULL);
	}
	CHECK(i == 12);
	json_decref(o);
}

/* Any byte of any text comes out as plain ASCII, and the whole is JSON that reads back. */
TEST(texts_of_any_bytes_are_plain_ascii)
{
	struct record_slot slot = { .record = { .site = RECORD_SITE_REQMOD } };
	uint8_t all[256];
	char *dump;
	json_t *o, *again;

	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	for (unsigned t = 0; t < RECORD_TEXT_COUNT; t++)
		record_text_put(&slot, t, span_of(all, sizeof(all)));
	o = record_json(&slot, &setting);
	dump = json_dumps(o, 0);
	CHECK(dump != NULL);
	for (const char *c = dump; *c != 0; c++)
		CHECK(*c >= ' ' && *c < 0x7f);
	again = json_loads(dump, 0, NULL);
	CHECK(json_equal(o, again) == 1);
	CHECK(strstr(text_at(o, "url"), "\\x00\\x01") == text_at(o, "url"));
	CHECK(strcmp(text_at(o, "url"), text_at(o, "media_type")) == 0);
	free(dump);
	json_decref(again);
	json_decref(o);
}

TEST(words_and_addresses)
{
	static const uint8_t four[4] = { 192, 0, 2, 7 };
	struct record_slot slot = { .record = { .site = RECORD_SITE_REQMOD,
					.source = SOURCE_REPUTATION,
					.verdict = VERDICT_CLEAN,
					.flags = RECORD_FLAG_URL_ONLY,
					.session = 0xfedcba98,
					.generation = 0xab,
					.format = FORMAT_COUNT,
					.peer = address_v4(four) } };
	json_t *o = record_json(&slot, &setting);

	CHECK(strcmp(text_at(o, "method"), "REQMOD") == 0);
	CHECK(strcmp(text_at(o, "sid"), "0xfedcba98") == 0);
	CHECK(strcmp(text_at(o, "generation"), "00000000000000ab") == 0);
	CHECK(strcmp(text_at(o, "verdict"), "good") == 0);
	CHECK(strcmp(text_at(o, "source"), "a\\x22b") == 0); /* a setting's text, too */
	CHECK(strcmp(text_at(o, "format"), "Unknown") == 0);
	CHECK(strcmp(text_at(o, "client"), "") == 0);
	CHECK(strcmp(text_at(o, "peer"), "192.0.2.7") == 0);
	json_decref(o);
}

TEST(a_refused_request_is_no_method_s)
{
	struct record_slot slot = { .record = { .site = RECORD_SITE_REFUSAL,
					.source = SOURCE_ERROR,
					.icap_status = 404 } };
	json_t *o;

	record_text_put(&slot, RECORD_TEXT_URL, span_text("RESPMOD icap://s/none ICAP/1.0"));
	o = record_json(&slot, &setting);
	CHECK(json_integer_value(json_object_get(o, "icap_status")) == 404);
	CHECK(strcmp(text_at(o, "method"), "") == 0);
	CHECK(strcmp(text_at(o, "verdict"), "error") == 0);
	CHECK(strcmp(text_at(o, "url"), "RESPMOD icap://s/none ICAP/1.0") == 0);
	json_decref(o);
}

TEST(times)
{
	static const struct {
		int64_t wall_ns;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 999999, "1970-01-01T00:00:00.000Z" },
		{ 1000000, "1970-01-01T00:00:00.001Z" },
		{ 951782399999999999, "2000-02-28T23:59:59.999Z" },
		{ 951782400000000000, "2000-02-29T00:00:00.000Z" },
		{ INT64_MIN, "1970-01-01T00:00:00.000Z" },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		char out[RECORD_TIME_TEXT];

		CHECK_ROW(
		    rows[i].text, strcmp(record_time(rows[i].wall_ns, out), rows[i].text) == 0);
	}
}
