/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a verdict is what it is: each source and flag in the words that people read. */
#include "control/why.h"

#include "scanners/decode/decode.h"
#include "tests/unit/control/rig.h"

/* The texts of a list, or a text, with " | " between them. */
static void
flatten(const json_t *value, char *out, size_t room)
{
	size_t i;
	json_t *item;

	out[0] = 0;
	if (json_is_string(value))
		snprintf(out, room, "%s", json_string_value(value));
	json_array_foreach((json_t *)(uintptr_t)value, i, item)
	{
		size_t n = strlen(out);

		snprintf(out + n, room - n, "%s%s", i > 0 ? " | " : "", json_string_value(item));
	}
}

static bool
says(const json_t *why, const char *key, const char *text)
{
	char got[1024];

	flatten(json_object_get(why, key), got, sizeof(got));
	if (strcmp(got, text) != 0)
		fprintf(stderr, "%s: \"%s\", not \"%s\"\n", key, got, text);
	return strcmp(got, text) == 0;
}

struct told {
	const char *name;
	struct record record;
	const char *threat, *because, *action, *layer;
};

static const struct told cases[] = {
	{ "clean", { .source = SOURCE_SCANNED, .mode = MODE_STANDARD }, "", "signatures decided",
	    "passed (nothing against it)", "" },
	{ "blocked",
	    { .verdict = VERDICT_BAD,
		.source = SOURCE_SCANNED,
		.mode = MODE_STANDARD,
		.flags = RECORD_FLAG_BLOCKED },
	    "A.Threat", "signatures decided", "blocked (mode standard)", "the body as sent" },
	{ "monitor", { .verdict = VERDICT_BAD, .source = SOURCE_SCANNED, .mode = MODE_MONITOR },
	    "A.Threat", "signatures decided", "passed (mode monitor)", "the body as sent" },
	{ "in layers",
	    { .verdict = VERDICT_BAD,
		.source = SOURCE_SCANNED,
		.mode = MODE_ADVANCED,
		.coding = DECODE_BROTLI,
		.part = 3,
		.flags = RECORD_FLAG_BLOCKED | RECORD_FLAG_DECODED | RECORD_FLAG_PART },
	    "A.Threat", "signatures decided", "blocked (mode advanced)",
	    "br | part 3 of the multipart body" },
	{ "cut",
	    { .verdict = VERDICT_BAD,
		.source = SOURCE_CACHED,
		.mode = MODE_STANDARD,
		.flags = RECORD_FLAG_CUT | RECORD_FLAG_BLOCKED },
	    "A.Threat", "the digest was judged before",
	    "cut off after a part was delivered (mode standard)", "the body as sent" },
	{ "by policy, blocked",
	    { .verdict = VERDICT_BAD,
		.source = SOURCE_ENCRYPTED,
		.mode = MODE_STANDARD,
		.flags = RECORD_FLAG_BLOCKED },
	    "", "not read, since it is encrypted: by policy", "blocked (policy.encrypted: block)",
	    "the body as sent" },
	{ "by policy, passed", { .source = SOURCE_OVERSIZE, .mode = MODE_STANDARD }, "",
	    "larger than a limit: by policy", "passed (policy.oversize: allow)",
	    "the body as sent" },
	{ "excluded", { .source = SOURCE_EXCLUDED, .mode = MODE_STANDARD }, "",
	    "an exclusion rule matched", "passed (nothing against it)", "" },
	{ "the mode excludes", { .source = SOURCE_EXCLUDED, .mode = MODE_DISABLED }, "",
	    "nothing is judged in this mode", "passed (mode disabled)", "" },
	{ "a URL",
	    { .verdict = VERDICT_BAD,
		.source = SOURCE_REPUTATION,
		.mode = MODE_STANDARD,
		.flags = RECORD_FLAG_BLOCKED | RECORD_FLAG_URL_ONLY },
	    "bad.txt:2", "URL or digest reputation decided", "blocked (mode standard)", "" },
	{ "the page",
	    { .source = SOURCE_SANDBOX, .mode = MODE_ADVANCED, .flags = RECORD_FLAG_PAGED }, "",
	    "a sandbox decided", "told to ask again (delivery.page_after_ms)", "" },
	{ "cut short",
	    { .source = SOURCE_ERROR, .mode = MODE_STANDARD, .flags = RECORD_FLAG_TRUNCATED }, "",
	    "an engine failed, or the object was cut short: by policy",
	    "none: the client cut the object short", "the body as sent" },
};

static json_t *
why_of(struct rig *r, const struct record *record, const char *threat)
{
	struct record_slot slot = { .record = *record };

	record_text_put(&slot, RECORD_TEXT_URL, span_text("example.test/a"));
	record_text_put(&slot, RECORD_TEXT_FILENAME, span_text(""));
	record_text_put(&slot, RECORD_TEXT_THREAT, span_text(threat));
	return why_json(&r->control, &slot);
}

TEST(each_verdict_is_explained)
{
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		json_t *why = why_of(&r, &cases[i].record, cases[i].threat);

		CHECK_ROW(cases[i].name, says(why, "because", cases[i].because));
		CHECK_ROW(cases[i].name, says(why, "action", cases[i].action));
		CHECK_ROW(cases[i].name, says(why, "layer", cases[i].layer));
		CHECK_ROW(cases[i].name, says(why, "rule", cases[i].threat));
		json_decref(why);
	}
	rig_remove(&r);
}

TEST(what_was_asked_ends_with_what_decided)
{
	static const struct {
		enum source source;
		uint64_t hold_ns;
		const char *asked;
	} rows[] = {
		{ SOURCE_EXCLUDED, 0, "exclusions" },
		{ SOURCE_REPUTATION, 0, "exclusions" },
		{ SOURCE_WHITELIST, 0, "exclusions | 0 trusted digests" },
		{ SOURCE_CACHED, 0, "exclusions | 0 trusted digests | verdict cache" },
		{ SOURCE_SCANNED, 0,
		    "exclusions | 0 trusted digests | verdict cache | signatures (0 patterns, 0 "
		    "bad "
		    "digests)" },
		{ SOURCE_SANDBOX, 0,
		    "exclusions | 0 trusted digests | verdict cache | signatures (0 patterns, 0 "
		    "bad "
		    "digests) | sandbox" },
		{ SOURCE_TIMEOUT, 5,
		    "exclusions | 0 trusted digests | verdict cache | signatures (0 patterns, 0 "
		    "bad "
		    "digests) | sandbox" },
	};
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct record record = { .source = (uint8_t)rows[i].source,
			.mode = MODE_STANDARD,
			.hold_ns = rows[i].hold_ns };
		json_t *why = why_of(&r, &record, "");

		CHECK_ROW(rows[i].asked, says(why, "asked", rows[i].asked));
		json_decref(why);
	}
	rig_remove(&r);
}

/* A match ends behind a byte; a digest of a list, or a name, has no place in the object. */
TEST(an_offset_is_told_where_there_is_one)
{
	struct record record = { .verdict = VERDICT_BAD,
		.source = SOURCE_SCANNED,
		.mode = MODE_STANDARD,
		.match_offset = 68,
		.flags = RECORD_FLAG_BLOCKED };
	struct rig r;
	json_t *why;

	rig_make(&r);
	why = why_of(&r, &record, "A.Threat");
	CHECK(json_integer_value(json_object_get(why, "offset")) == 68);
	json_decref(why);
	record.match_offset = 0;
	why = why_of(&r, &record, "A.Digest");
	CHECK(says(why, "layer", "the body as sent"));
	CHECK(json_object_get(why, "offset") == NULL);
	json_decref(why);
	rig_remove(&r);
}

/* Without any source there is no generation file, and the built-in rule alone. */
TEST(the_built_in_rule_says_so)
{
	struct record record = { .verdict = VERDICT_BAD,
		.source = SOURCE_SCANNED,
		.mode = MODE_STANDARD,
		.flags = RECORD_FLAG_BLOCKED };
	struct rig r;
	json_t *why;

	rig_make(&r);
	why = why_of(&r, &record, "Eicar-Test-Signature");
	CHECK(says(why, "rule_at", "built in"));
	json_decref(why);
	why = why_of(&r, &record, "A.Threat"); /* of sources that were taken away */
	CHECK(json_object_get(why, "rule_at") == NULL);
	json_decref(why);
	rig_remove(&r);
}

#define IN_BODY                                                 \
	"limits.decoded_bytes_max | limits.decode_ratio_max | " \
	"limits.parts_max | limits.part_head_bytes_max | limits.part_depth_max"

/* The limit that was met, where the size tells it; else those that it may have been. */
TEST(a_class_that_comes_of_a_limit_names_the_settings)
{
	static const struct {
		const char *name;
		enum source source;
		uint64_t size, hold_ns;
		const char *limit;
	} rows[] = {
		{ "too large as sent", SOURCE_OVERSIZE, 268435457, 0, "limits.object_bytes_max" },
		{ "as large as may be", SOURCE_OVERSIZE, 268435456, 0,
		    IN_BODY " | sandbox.object_bytes_max" },
		{ "in the sandbox", SOURCE_OVERSIZE, 100, 1,
		    IN_BODY " | sandbox.depth_max | sandbox.members_max | "
			    "sandbox.unpacked_bytes_max | sandbox.memory_mib" },
		{ "slow", SOURCE_TIMEOUT, 100, 0, "limits.object_timeout_ms" },
		{ "held", SOURCE_TIMEOUT, 100, 1,
		    "sandbox.hold_timeout_s | sandbox.job_timeout_ms" },
		{ "no limit", SOURCE_ENCRYPTED, 268435457, 1, "" },
		{ "judged", SOURCE_SCANNED, 100, 0, "" },
	};
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct record record = { .source = (uint8_t)rows[i].source,
			.size = rows[i].size,
			.hold_ns = rows[i].hold_ns };
		json_t *why = why_of(&r, &record, "");

		CHECK_ROW(rows[i].name, says(why, "limit", rows[i].limit));
		CHECK_ROW(rows[i].name,
		    (json_object_get(why, "limit") == NULL) == (rows[i].limit[0] == 0));
		json_decref(why);
	}
	rig_remove(&r);
}

/* The sandbox's way into an object, and its time, are told as well. */
TEST(what_the_sandbox_found_has_its_layer)
{
	struct record record = { .verdict = VERDICT_BAD,
		.source = SOURCE_SANDBOX,
		.mode = MODE_ADVANCED,
		.duration_ns = 100,
		.scan_ns = 10,
		.hold_ns = 30,
		.flags = RECORD_FLAG_BLOCKED };
	const json_t *time;
	struct rig r;
	json_t *why;

	rig_make(&r);
	memset(record.sha256, 9, sizeof(record.sha256));
	CHECK(store_begin(r.control.store) == 0);
	store_put_finding(r.control.store, record.sha256, "zip:a.doc -> vba:Module1", 77, 1);
	CHECK(store_commit(r.control.store) == 0);
	why = why_of(&r, &record, "A.Macro");
	CHECK(says(why, "layer", "zip:a.doc -> vba:Module1"));
	CHECK(json_integer_value(json_object_get(why, "offset")) == 77);
	time = json_object_get(why, "time");
	CHECK(json_integer_value(json_object_get(time, "sandbox_ns")) == 30);
	CHECK(json_integer_value(json_object_get(time, "transfer_and_rest_ns")) == 60);
	json_decref(why);
	rig_remove(&r);
}

/* What was a part of another object, and is known by its digest, says which. */
TEST(what_was_a_part_of_another_object_says_where)
{
	struct record record = { .verdict = VERDICT_BAD,
		.source = SOURCE_CACHED,
		.mode = MODE_STANDARD,
		.flags = RECORD_FLAG_BLOCKED };
	uint8_t uuid[16];
	struct rig r;
	json_t *why;

	rig_make(&r);
	memset(record.sha256, 9, sizeof(record.sha256));
	memset(uuid, 0xab, sizeof(uuid));
	CHECK(store_begin(r.control.store) == 0);
	store_put_part(r.control.store, record.sha256, uuid, "gz -> tar:a.doc", 1);
	CHECK(store_commit(r.control.store) == 0);
	why = why_of(&r, &record, "A.Threat");
	CHECK(says(why, "layer", "found in abababababababababababababababab as gz -> tar:a.doc"));
	json_decref(why);
	record.source = SOURCE_SCANNED;
	why = why_of(&r, &record, "A.Threat");
	CHECK(says(why, "layer", "the body as sent"));
	json_decref(why);
	rig_remove(&r);
}

/* The rule, as it was when the object was excluded. */
TEST(what_is_excluded_names_the_rule)
{
	struct record_slot slot = { .record = {
					.source = SOURCE_EXCLUDED, .mode = MODE_STANDARD } };
	struct rig r;
	json_t *why;

	rig_make(&r);
	for (unsigned t = 0; t < RECORD_TEXT_COUNT; t++)
		record_text_put(&slot, (enum record_text)t,
		    span_text(t == RECORD_TEXT_CAUSE ? "url *.example.test/*\n" : ""));
	why = why_json(&r.control, &slot);
	CHECK(says(why, "rule", "url *.example.test/*\\x0a"));
	CHECK(says(why, "asked", "exclusions"));
	CHECK(json_object_get(why, "rule_at") == NULL);
	json_decref(why);
	slot.record.mode = MODE_DISABLED;
	why = why_json(&r.control, &slot);
	CHECK(says(why, "asked", ""));
	json_decref(why);
	rig_remove(&r);
}

static void
keep(struct rig *r, uint8_t number, enum source source, enum verdict verdict)
{
	struct record_slot slot = { .record = { .verdict = (uint8_t)verdict,
					.source = (uint8_t)source,
					.wall_ns = INT64_C(1000000000) * number } };

	memset(slot.record.uuid, number, sizeof(slot.record.uuid));
	memset(slot.record.sha256, 9, sizeof(slot.record.sha256));
	record_text_put(&slot, RECORD_TEXT_URL, span_text("example.test/\n"));
	for (unsigned t = RECORD_TEXT_URL + 1; t < RECORD_TEXT_COUNT; t++)
		record_text_put(&slot, (enum record_text)t, span_text(""));
	store_put_object(r->control.store, slot.record.uuid, slot.record.wall_ns,
	    span_of(&slot, record_slot_bytes(&slot)));
}

/* What `judged` says of object 9, whose verdict is from memory: the first two digits of its uuid,
 * 0: nothing. */
static unsigned
judged_of(struct rig *r, enum verdict verdict)
{
	struct record record = { .verdict = (uint8_t)verdict,
		.source = SOURCE_CACHED,
		.mode = MODE_STANDARD,
		.wall_ns = INT64_C(9000000000) };
	const json_t *judged;
	unsigned number = 0;
	json_t *why;

	memset(record.uuid, 9, sizeof(record.uuid));
	memset(record.sha256, 9, sizeof(record.sha256));
	why = why_of(r, &record, "");
	judged = json_object_get(why, "judged");
	if (judged != NULL)
		sscanf(json_string_value(json_object_get(judged, "uuid")), "%2x", &number);
	json_decref(why);
	return number;
}

/* The last one before it that was judged, with the same verdict, and not from memory. */
TEST(what_is_remembered_says_which_object_was_judged)
{
	struct record other = { .source = SOURCE_SCANNED };
	const json_t *judged;
	struct rig r;
	json_t *why;

	rig_make(&r);
	CHECK(judged_of(&r, VERDICT_CLEAN) == 0);
	CHECK(store_begin(r.control.store) == 0);
	keep(&r, 1, SOURCE_SCANNED, VERDICT_CLEAN);
	keep(&r, 2, SOURCE_SANDBOX, VERDICT_CLEAN);
	keep(&r, 3, SOURCE_CACHED, VERDICT_CLEAN);
	keep(&r, 4, SOURCE_EXCLUDED, VERDICT_CLEAN);
	keep(&r, 5, SOURCE_SCANNED, VERDICT_BAD);
	keep(&r, 9, SOURCE_CACHED, VERDICT_CLEAN);
	keep(&r, 10, SOURCE_SCANNED, VERDICT_CLEAN);
	CHECK(store_commit(r.control.store) == 0);
	CHECK(judged_of(&r, VERDICT_CLEAN) == 2);
	CHECK(judged_of(&r, VERDICT_BAD) == 5);
	memset(other.uuid, 9, sizeof(other.uuid));
	memset(other.sha256, 9, sizeof(other.sha256));
	why = why_of(&r, &other, "");
	CHECK(json_object_get(why, "judged") == NULL);
	json_decref(why);
	other.source = SOURCE_CACHED;
	why = why_of(&r, &other, "");
	judged = json_object_get(why, "judged");
	CHECK(says(judged, "time", "1970-01-01T00:00:02.000Z"));
	CHECK(says(judged, "source", "sandbox"));
	CHECK(says(judged, "url", "example.test/\\x0a"));
	json_decref(why);
	memset(other.sha256, 8, sizeof(other.sha256));
	why = why_of(&r, &other, "");
	CHECK(json_object_get(why, "judged") == NULL);
	json_decref(why);
	rig_remove(&r);
}

/* Alerts are kept longer than objects, and a late one has no record with its verdict. */
TEST(what_was_judged_long_ago_is_known_by_its_alert)
{
	static const char *const sources[] = { "cached", "sandbox", "reputation", "sandbox" };
	struct rig r;

	rig_make(&r);
	CHECK(store_begin(r.control.store) == 0);
	for (unsigned i = 0; i < 4; i++) {
		struct store_alert a = { .wall_ns = INT64_C(4000000000) * i,
			.source = sources[i],
			.url = "example.test/late" };
		uint8_t uuid[16], sha256[32];

		memset(uuid, (int)(0x20 + i), sizeof(uuid));
		memset(sha256, 9, sizeof(sha256));
		a.uuid = uuid;
		a.sha256 = sha256;
		a.md5 = sha256;
		store_put_alert(r.control.store, &a);
	}
	CHECK(store_commit(r.control.store) == 0);
	CHECK(judged_of(&r, VERDICT_BAD) == 0x21);
	CHECK(judged_of(&r, VERDICT_CLEAN) == 0);
	rig_remove(&r);
}
