/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's own tables: each row gives the answer that stands there, wherever the object is cut, or
 * stands in a list here with the reason. What the list names must still be left out, so that no row
 * stays in it that has become possible.
 */
#include <jansson.h>

#include "scanners/digest/digest.h"
#include "tests/unit/tools/sigc/made.h"

#define BODY_MAX 1024

/* Strings of the vectors are Latin-1 in JSON's Unicode. */
static struct span
latin(json_t *row, const char *key, uint8_t out[BODY_MAX])
{
	json_t *text = json_object_get(row, key);
	const char *utf8 = json_string_value(text);
	size_t n = 0, bytes = json_string_length(text);

	for (size_t i = 0; i < bytes && n < BODY_MAX; i++) {
		uint8_t c = (uint8_t)utf8[i];

		if (c >= 0xc0)
			out[n++] = (uint8_t)(c << 6 | (utf8[++i] & 0x3f));
		else
			out[n++] = c;
	}
	return span_of(out, n);
}

static const char *
text_of(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

static void
check_all_ways(const char *row, const struct made *m, struct span body, bool holds)
{
	struct signature_core *core = signature_core_create(1);

	CHECK_ROW(row, signature_core_prepare(core, m->generation) == 0);
	for (size_t step = 1; step <= body.bytes; step++)
		CHECK_ROW(row, made_scan(core, m->generation, body, step, NULL) == holds);
	signature_core_destroy(core);
}

struct differs {
	const char *name, *why; /* `why` as made_left_out() has it, without the rule's name */
};

static const char *
find_reason(const struct differs *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].name, name) == 0)
			return list[i].why;
	}
	return NULL;
}

/* Calls `check` with each row of a file of JSON lines; how many. */
static unsigned
each_row(const char *file, void (*check)(json_t *row))
{
	const char *path = harness_shared(file);
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	unsigned rows = 0;
	static char line[1 << 16];

	if (f == NULL) {
		harness_skip("no vectors");
		return 0;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);

		CHECK_ROW(line, row != NULL);
		check(row);
		json_decref(row);
		rows++;
	}
	fclose(f);
	return rows;
}

static unsigned taken;

static const struct differs matchers_left_out[] = {
	{ "Test_1: simple string", "a regular expression" },
	{ "Test_2: embedded colon", "a regular expression" },
	{ "Test_3: rolling option", "a regular expression" },
	{ "Test4: rolling(off) option", "a regular expression" },
	{ "Test_5: encompass option", "a regular expression" },
	{ "Test6: encompass option (low end)", "a regular expression" },
	{ "Test7: encompass option (high end)", "a regular expression" },
	{ "Test8: rolling encompass", "a regular expression" },
	{ "Test9: rolling(off) encompass", "a regular expression" },
	{ "Test10: rolling encompass", "a regular expression" },
	{ "Test11: rolling(off) encompass", "a regular expression" },
};

/* A pattern is a part of a rule, so that its modifiers can be said; a regular expression asks for
 * another part, here the whole body. */
static size_t
matcher_as_rule(json_t *row, struct span body, char *out, size_t room)
{
	const char *mods = text_of(row, "mods");
	size_t n;

	if (strcmp(text_of(row, "group"), "pcre") != 0)
		return (size_t)snprintf(out, room, "Row;Engine:81-255,Target:0;0;%s:%s%s%s\n",
		    text_of(row, "offset"), text_of(row, "sig"), mods[0] != 0 ? "::" : "", mods);
	n = (size_t)snprintf(out, room, "Row;Engine:81-255,Target:0;1;");
	for (size_t i = 0; i < body.bytes; i++)
		n += (size_t)snprintf(out + n, room - n, "%02x", body.data[i]);
	return n + (size_t)snprintf(
		       out + n, room - n, ";%s:0%s\n", text_of(row, "offset"), text_of(row, "sig"));
}

static void
check_matcher(json_t *row)
{
	const char *name = text_of(row, "name"),
		   *why = find_reason(matchers_left_out, COUNT_OF(matchers_left_out), name);
	uint8_t bytes[BODY_MAX];
	struct span body = latin(row, "data", bytes);
	char source[4096], wanted[200];
	struct made m;

	made_begin(&m);
	CHECK_ROW(name, made_source(&m, "a.ldb", source,
			    matcher_as_rule(row, body, source, sizeof(source))) == 0);
	if (why != NULL) {
		snprintf(wanted, sizeof(wanted), "Row: %s", why);
		CHECK_ROW(name, made_left_out(&m, wanted));
	} else {
		CHECK_ROW(name, m.sigc.loaded == 2);
		CHECK_ROW(name, made_build(&m) == 0);
		taken++;
		if (m.generation != NULL)
			check_all_ways(name, &m, body, json_is_true(json_object_get(row, "match")));
	}
	made_end(&m);
}

TEST(matcher_vectors_of_clamav)
{
	unsigned rows;

	taken = 0;
	rows = each_row("data/vectors/clamav-matchers.jsonl", check_matcher);
	if (rows > 0) {
		printf("  %u rows, %u taken\n", rows, taken);
		CHECK(rows == 56);
	}
}

/*
 * Whole databases of one line. ClamAV rewrites texts before it matches them and takes digests of
 * what it has rewritten; here the bytes as they are, so its one case that hits only lower-cased
 * letters does not hit.
 */
static const struct differs scans_left_out[] = {
	{ "yara", "a regular expression" },
	{ "regex", "a regular expression" },
	{ "ldb_pcre_no_offset", "a regular expression" },
	{ "ldb_pcre_offset_no_match", "a regular expression" },
	{ "ldb_pcre_offset_match", "a regular expression" },
	{ "ldb_pcre_case", "a regular expression" },
	{ "ldb_pcre_nocase", "a regular expression" },
	{ "ldb_multi_pcre", "a regular expression" },
};
static const char rewritten[] = "Malicious.PHP.normalized";

static bool
is_trusted(const struct made *m, struct span body)
{
	struct digest_values v;
	struct digest d;

	digest_init(&d);
	digest_feed(&d, body);
	digest_finish(&d, &v);
	return generation_trusted_digest(m->generation, v.md5, v.sha256, body.bytes);
}

static void
check_scan(json_t *row)
{
	const char *db = text_of(row, "db"), *sig = text_of(row, "sig"), *fp = text_of(row, "fp");
	struct span rest = span_text(sig);
	bool is_yara = strcmp(db, "yara") == 0;
	char name[100], file[20];
	uint8_t bytes[BODY_MAX];
	struct span body = latin(row, "sample", bytes), word;
	const char *why;
	struct made m;

	word = sigc_take_field(&rest, strcmp(db, "ndb") == 0 ? ':' : ';');
	snprintf(
	    name, sizeof(name), "%.*s", is_yara ? 5 : (int)word.bytes, (const char *)word.data);
	why = find_reason(scans_left_out, COUNT_OF(scans_left_out), is_yara ? "yara" : name);
	made_begin(&m);
	snprintf(file, sizeof(file), "a.%s", is_yara ? "yar" : db);
	CHECK_ROW(sig, made_source(&m, file, sig, strlen(sig)) == 0);
	if (fp[0] != 0)
		CHECK_ROW(fp, made_source(&m, "a.sfp", fp, strlen(fp)) == 0);
	if (why != NULL) {
		CHECK_ROW(sig, m.sigc.skipped[SKIP_REGEX] == 1);
	} else if (made_build(&m) == 0) {
		bool expected = json_is_string(json_object_get(row, "expect"));

		taken++;
		check_all_ways(sig, &m, body, expected && strcmp(name, rewritten) != 0);
		CHECK_ROW(fp, is_trusted(&m, body) == (strstr(fp, "original_hash") != NULL));
	} else {
		CHECK_ROW(m.sigc.error, false);
	}
	made_end(&m);
}

TEST(scan_vectors_of_clamav)
{
	unsigned rows;

	taken = 0;
	rows = each_row("data/vectors/clamav-scan-cases.jsonl", check_scan);
	if (rows > 0) {
		printf("  %u rows, %u taken\n", rows, taken);
		CHECK(rows == 18);
	}
}
