/* SPDX-License-Identifier: BSD-3-Clause */
/* The line's exact shape, and that no text of an object can forge one; the JSON twin says the same.
 */
#include "control/line.h"

#include <stdlib.h>

#include "control/record_json.h"
#include "scanners/format/format.h"
#include "tests/unit/harness.h"

static const struct line_setting setting = { .dataplane_pid = 137770,
	.reputation_label = "reputation" };

static void
local_time_is_utc(void)
{
	setenv("TZ", "UTC", 1);
}

static struct record_slot
slot_of_file(void)
{
	struct record_slot slot = { .record = { .wall_ns = 1764063314691000000,
					.duration_ns = 124894000,
					.size = 8,
					.session = 0x42,
					.site = RECORD_SITE_RESPMOD,
					.site_line = 435,
					.mode = MODE_STANDARD,
					.verdict = VERDICT_CLEAN,
					.source = SOURCE_SCANNED } };

	memset(slot.record.uuid, 0x7c, 16);
	memset(slot.record.md5, 0xae, 16);
	slot.record.format = (uint8_t)format_by_word(span_text("GeneralTxt"));
	record_text_put(&slot, RECORD_TEXT_URL, span_text("example.test/a.txt?x"));
	record_text_put(&slot, RECORD_TEXT_FILENAME, span_text("a.txt"));
	return slot;
}

TEST(a_file_s_line_is_of_the_exact_shape)
{
	struct record_slot slot = slot_of_file();
	char line[LINE_BYTES_MAX];
	size_t bytes;

	local_time_is_utc();
	bytes = line_of_record(&slot, &setting, line);
	CHECK(bytes == strlen(line));
	CHECK(strcmp(line,
		  "09:35:14.691 INF 137770 dataplane/inspect/respmod.c:435 [sid: 0x00000042] "
		  "RESPMOD: Finish processing file in blocking_simple mode (request url: "
		  "'example.test/a.txt?x', size: 8, filename: 'a.txt', uuid: "
		  "7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c, md5: aeaeaeaeaeaeaeaeaeaeaeaeaeaeaeae, "
		  "format: GeneralTxt), processing time: 124.894ms, verdict: clean (scanned)\n") ==
	      0);
}

TEST(a_url_s_line_is_of_the_exact_shape)
{
	struct record_slot slot = slot_of_file();
	char line[LINE_BYTES_MAX];

	local_time_is_utc();
	slot.record.site = RECORD_SITE_REQMOD;
	slot.record.site_line = 187;
	slot.record.duration_ns = 3456;
	slot.record.source = SOURCE_REPUTATION;
	slot.record.flags = RECORD_FLAG_URL_ONLY;
	line_of_record(&slot, &setting, line);
	CHECK(strcmp(line,
		  "09:35:14.691 INF 137770 dataplane/inspect/reqmod.c:187 [sid: 0x00000042] "
		  "REQMOD: Finish processing url in blocking_simple mode ('example.test/a.txt?x'), "
		  "processing time: 0.003ms, verdict: good (reputation)\n") == 0);
}

struct words {
	const char *name;
	uint8_t verdict, source;
	uint32_t flags;
	const char *ends;
};

static const struct words words[] = {
	{ "bad by scan", VERDICT_BAD, SOURCE_SCANNED, 0, "verdict: bad (scanned)\n" },
	{ "bad url", VERDICT_BAD, SOURCE_REPUTATION, RECORD_FLAG_URL_ONLY, "verdict: bad (KSN)\n" },
	{ "good url", VERDICT_CLEAN, SOURCE_REPUTATION, RECORD_FLAG_URL_ONLY,
	    "verdict: good (KSN)\n" },
	{ "cached", VERDICT_CLEAN, SOURCE_CACHED, 0, "verdict: clean (cached)\n" },
	{ "cut", VERDICT_CLEAN, SOURCE_ERROR, RECORD_FLAG_TRUNCATED, "verdict: error (error)\n" },
};

TEST(verdict_words)
{
	const struct line_setting ksn = { .dataplane_pid = 1, .reputation_label = "KSN" };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct record_slot slot = slot_of_file();
		char line[LINE_BYTES_MAX];
		size_t bytes, end = strlen(words[i].ends);

		slot.record.verdict = words[i].verdict;
		slot.record.source = words[i].source;
		slot.record.flags = words[i].flags;
		bytes = line_of_record(&slot, &ksn, line);
		CHECK_ROW(words[i].name, strcmp(line + bytes - end, words[i].ends) == 0);
	}
}

/* Every byte value, in each text: one line comes out, printable, with the quotes of its own only.
 */
TEST(no_text_forges_a_line_or_ends_its_field)
{
	for (unsigned c = 0; c < 256; c++) {
		struct record_slot slot = slot_of_file();
		char text[3] = { 'a', (char)c, 'b' }, line[LINE_BYTES_MAX];
		unsigned quotes = 0, newlines = 0, odd = 0;
		size_t bytes;

		memset(&slot.record.text_bytes, 0, sizeof(slot.record.text_bytes));
		for (unsigned t = 0; t < RECORD_TEXT_COUNT; t++)
			record_text_put(&slot, (enum record_text)t, span_of(text, 3));
		bytes = line_of_record(&slot, &setting, line);
		for (size_t i = 0; i < bytes; i++) {
			quotes += line[i] == '\'';
			newlines += line[i] == '\n';
			odd += line[i] != '\n' && (line[i] < 0x20 || line[i] > 0x7e);
		}
		CHECK_SEED(c, quotes == 4 && newlines == 1 && odd == 0);
	}
}

static struct record_slot
slot_of_refusal(struct span line)
{
	static const uint8_t four[4] = { 192, 0, 2, 7 };
	struct record_slot slot = { .record = { .wall_ns = 1764063314691000000,
					.session = 0x42,
					.site = RECORD_SITE_REFUSAL,
					.site_line = 50,
					.source = SOURCE_ERROR,
					.peer = address_v4(four),
					.icap_status = 404 } };

	record_text_put(&slot, RECORD_TEXT_URL, line);
	record_text_put(&slot, RECORD_TEXT_CAUSE, span_text("that path's method\n"));
	return slot;
}

TEST(a_refused_request_s_line_names_it_and_who_sent_it)
{
	struct record_slot slot = slot_of_refusal(span_text("RESPMOD icap://s/av/rspmod ICAP/1.0"));
	char line[LINE_BYTES_MAX];
	size_t bytes;

	local_time_is_utc();
	bytes = line_of_refusal(&slot, &setting, line);
	CHECK(bytes == strlen(line));
	CHECK(strcmp(line,
		  "09:35:14.691 WRN 137770 dataplane/inspect/refusal.c:50 [sid: 0x00000042] ICAP: "
		  "Refused with 404 (request: 'RESPMOD icap://s/av/rspmod ICAP/1.0', from: "
		  "192.0.2.7, cause: that path\\x27s method\\x0a)\n") == 0);
	slot = slot_of_refusal(span_of("a'\n\0\xff", 5));
	line_of_refusal(&slot, &setting, line);
	CHECK(strstr(line, "(request: 'a\\x27\\x0a\\x00\\xff', from") != NULL);
}

TEST(what_is_tried_has_a_line_of_its_own)
{
	struct record_slot slot = slot_of_file();
	char line[LINE_BYTES_MAX];
	size_t bytes;

	memset(&slot.record.text_bytes, 0, sizeof(slot.record.text_bytes));
	record_text_put(&slot, RECORD_TEXT_URL, span_text("e.test/'\n"));
	record_text_put(&slot, RECORD_TEXT_SHADOW, span_text("Tried'A"));
	bytes = line_of_shadow(&slot, &setting, line);
	CHECK(strstr(line, "] SHADOW: 'Tried\\x27A' is tried and would make it bad (request url: "
			   "'e.test/\\x27\\x0a', uuid: ") != NULL);
	CHECK(line[bytes - 1] == '\n' && memchr(line, '\n', bytes - 1) == NULL);
}

TEST(a_forged_ending_stays_within_its_quotes)
{
	struct record_slot slot = slot_of_file();
	char line[LINE_BYTES_MAX];

	memset(&slot.record.text_bytes, 0, sizeof(slot.record.text_bytes));
	record_text_put(
	    &slot, RECORD_TEXT_URL, span_text("x', size: 1), verdict: clean (scanned)\n1"));
	line_of_record(&slot, &setting, line);
	CHECK(strstr(line, "'x\\x27, size: 1), verdict: clean (scanned)\\x0a1'") != NULL);
	CHECK(strstr(line, "filename: 'aeaeaeaeaeaeaeaeaeaeaeaeaeaeaeae'") != NULL);
}

TEST(the_longest_texts_fit_and_the_line_ends)
{
	struct record_slot slot = slot_of_file();
	static char text[RECORD_TEXT_ROOM];
	char line[LINE_BYTES_MAX];
	size_t bytes;

	memset(text, '\'', sizeof(text));
	memset(&slot.record.text_bytes, 0, sizeof(slot.record.text_bytes));
	record_text_put(&slot, RECORD_TEXT_URL, span_of(text, sizeof(text)));
	CHECK(record_is_sound(&slot));
	bytes = line_of_record(&slot, &setting, line);
	CHECK(bytes < LINE_BYTES_MAX && line[bytes - 1] == '\n');
	CHECK(strstr(line, "verdict: clean (scanned)\n") != NULL);
}

TEST(an_escape_is_whole_or_not_there)
{
	char out[16];

	CHECK(strcmp(line_escape(span_text("ab'"), out, 6), "ab") == 0);
	CHECK(strcmp(line_escape(span_text("ab'"), out, 7), "ab\\x27") == 0);
	CHECK(strcmp(line_escape(span_text("abc"), out, 3), "ab") == 0);
	CHECK(strcmp(line_escape_message(span_text("'\\\n"), out, 16), "'\\\\x0a") == 0);
}

static const char *
text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

TEST(the_json_twin_tells_the_same)
{
	struct record_slot slot = slot_of_file();
	json_t *o;

	record_text_put(&slot, RECORD_TEXT_USER, span_text("a\"b\xff"));
	slot.record.flags = RECORD_FLAG_BLOCKED | RECORD_FLAG_DECODED;
	slot.record.verdict = VERDICT_BAD;
	o = record_json(&slot, &setting);
	CHECK(strcmp(text_at(o, "time"), "2025-11-25T09:35:14.691Z") == 0);
	CHECK(strcmp(text_at(o, "sid"), "0x00000042") == 0);
	CHECK(strcmp(text_at(o, "url"), "example.test/a.txt?x") == 0);
	CHECK(strcmp(text_at(o, "filename"), "a.txt") == 0);
	CHECK(strcmp(text_at(o, "user"), "a\\x22b\\xff") == 0);
	CHECK(strcmp(text_at(o, "md5"), "aeaeaeaeaeaeaeaeaeaeaeaeaeaeaeae") == 0);
	CHECK(strcmp(text_at(o, "format"), "GeneralTxt") == 0);
	CHECK(strcmp(text_at(o, "verdict"), "bad") == 0);
	CHECK(strcmp(text_at(o, "source"), "scanned") == 0);
	CHECK(json_integer_value(json_object_get(o, "size")) == 8);
	CHECK(json_integer_value(json_object_get(o, "duration_ns")) == 124894000);
	json_decref(o);
}

TEST(times_out_of_range_are_no_times)
{
	char out[RECORD_TIME_TEXT];

	CHECK(strcmp(record_time(-1, out), "1970-01-01T00:00:00.000Z") == 0);
	CHECK(strcmp(record_time(INT64_MAX, out), "2262-04-11T23:47:16.854Z") == 0);
}
