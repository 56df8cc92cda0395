/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures that are only tried: what they find stands in the record, and changes no answer. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <isa-l/igzip_lib.h>

#include "scanners/digest/digest.h"
#include "tests/unit/dataplane/inspect/rig.h"
#include "tools/sigc/sigc.h"

#define EICAR                          \
	"X5O!P%@AP[4\\PZX54(P^)7CC)7}" \
	"$EICAR-STANDARD-"             \
	"ANTIVIRUS-TEST-FILE!$H+H*"
#define FILE_TEXT "a file that is known by its digest alone\n"
#define MARKED    "what is tried finds a tried-marker in this\n"
#define FORM      "Content-Type: multipart/form-data; boundary=xYz\r\n"

/* A generation of one source of that kind; %D in `text` is FILE_TEXT's MD5 and size. */
static struct loaded *
tried(const char *suffix, const char *text)
{
	char path[] = "/tmp/sluice-shadow-XXXXXX", name[64], hex[65], error[256];
	const char *digest_at = strstr(text, "%D");
	struct sigc sigc = { .has_sandbox = true };
	struct loaded *l = NULL;
	struct digest d;
	struct digest_values v;
	FILE *f;
	int fd = mkstemp(path);

	digest_init(&d);
	digest_feed(&d, span_text(FILE_TEXT));
	digest_finish(&d, &v);
	snprintf(name, sizeof(name), "%s.%s", path, suffix);
	f = fopen(name, "w");
	CHECK(fd >= 0 && f != NULL);
	if (digest_at != NULL)
		fprintf(f, "%.*s%s:%zu%s\n", (int)(digest_at - text), text,
		    digest_hex(v.md5, 16, hex), strlen(FILE_TEXT), digest_at + 2);
	else
		fprintf(f, "%s\n", text);
	fclose(f);
	sigc_add_built_in(&sigc);
	CHECK_ROW(suffix, sigc_read(&sigc, name) == 0 && sigc_build(&sigc, path) == 0);
	close(fd);
	fd = open(path, O_RDONLY);
	CHECK_ROW(suffix, loaded_create(fd, 1, RIG_SCANS, &l, error) == 0);
	close(fd);
	unlink(path);
	unlink(name);
	sigc_free(&sigc);
	return l;
}

static bool
passed(const struct rig_client *c)
{
	return strncmp(c->output, "ICAP/1.0 204", 12) == 0;
}

/* The line of what was answered, whichever way it came. */
static struct record_slot
told(struct rig *r, const char *row)
{
	struct record_slot record = { 0 };
	struct notice n;

	if (rig_notice(r, &n))
		record = n.object;
	else
		CHECK_ROW(row, rig_record(r, &record));
	return record;
}

#define LITERAL "lit", "Tried.Marker\ttried-marker"
#define LISTED  "hdb", "%D:Tried.Listed"
#define TRUSTED "fp", "%D:Tried.Trusted"
#define GATED   "yar", "rule Gated { strings: $a = /tried-[k-n]arker/ condition: $a }"

static const struct {
	const char *name, *suffix, *text, *head, *body;
	bool passes;
	enum shadow said;
	const char *threat;
	unsigned bad, fresh;
} rows[] = {
	{ "found", LITERAL, "", MARKED, true, SHADOW_BAD, "Tried.Marker", 1, 1 },
	{ "not found", LITERAL, "", FILE_TEXT, true, SHADOW_CLEAN, "", 0, 0 },
	{ "nothing to judge", LITERAL, "", "", true, SHADOW_NONE, "", 0, 0 },
	{ "both know it", LITERAL, "", EICAR, false, SHADOW_BAD, "Eicar-Test-Signature", 1, 0 },
	{ "bad for another reason", LITERAL, "", EICAR MARKED, false, SHADOW_BAD,
	    "Eicar-Test-Signature", 1, 0 },
	{ "a digest", LISTED, "", FILE_TEXT, true, SHADOW_BAD, "Tried.Listed", 1, 1 },
	{ "a digest of another", LISTED, "", FILE_TEXT ".", true, SHADOW_CLEAN, "", 0, 0 },
	{ "a digest of a part", LISTED, FORM, "--xYz\r\n\r\n" FILE_TEXT "\r\n--xYz--", true,
	    SHADOW_BAD, "Tried.Listed", 1, 1 },
	{ "a trusted file", TRUSTED, "", FILE_TEXT, true, SHADOW_TRUSTED, "", 0, 0 },
	{ "for a sandbox", GATED, "", MARKED, true, SHADOW_SANDBOX, "", 0, 0 },
	{ "a broken coding", LITERAL, "Content-Encoding: gzip\r\n", MARKED, true, SHADOW_BAD,
	    "Tried.Marker", 1, 1 },
};

TEST(what_is_tried_stands_in_the_record_and_nowhere_else)
{
	static const char *const set[] = { "policy.corrupt=allow", NULL };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r);
		struct loaded *l = tried(rows[i].suffix, rows[i].text);
		uint64_t id = generation_id(l->generation);
		struct record_slot s;
		bool seen = rows[i].said != SHADOW_NONE;

		rig_try(r, l);
		rig_respmod(c, rows[i].head, rows[i].body, strlen(rows[i].body));
		rig_until(c, 1);
		CHECK_ROW(rows[i].name, passed(c) == rows[i].passes);
		s = told(r, rows[i].name);
		CHECK_ROW(rows[i].name, s.record.shadow == rows[i].said);
		CHECK_ROW(rows[i].name, s.record.shadow_generation == (seen ? id : 0));
		CHECK_ROW(
		    rows[i].name, span_is(record_text_get(&s, RECORD_TEXT_SHADOW), rows[i].threat));
		CHECK_ROW(rows[i].name, r->stats->counters[COUNTER_SHADOW_OBJECTS] == seen);
		CHECK_ROW(rows[i].name, r->stats->counters[COUNTER_SHADOW_BAD] == rows[i].bad);
		CHECK_ROW(rows[i].name, r->stats->counters[COUNTER_SHADOW_NEW] == rows[i].fresh);
		CHECK_ROW(rows[i].name, r->stats->counters[COUNTER_SHADOW_FAILED] == 0);
		rig_destroy(r);
	}
}

/* Behind a coding, in a stream of pieces, and where it ends. */
TEST(what_is_tried_sees_what_a_coding_hides)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	uint8_t packed[1024];
	struct isal_zstream z;
	struct record_slot s;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)MARKED;
	z.avail_in = (uint32_t)strlen(MARKED);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	rig_try(r, tried(LITERAL));
	rig_respmod(c, "Content-Encoding: gzip\r\n", packed, z.total_out);
	rig_until(c, 1);
	CHECK(passed(c));
	s = told(r, "gzip");
	CHECK(s.record.shadow == SHADOW_BAD);
	CHECK(s.record.shadow_offset == (uint64_t)(strstr(MARKED, "tried-marker") - MARKED) + 12);
	CHECK(r->stats->counters[COUNTER_SHADOW_BYTES] == z.total_out + strlen(MARKED));
	rig_destroy(r);
}

/* No verdict of the tried ones is remembered: when the try has ended the same bytes are clean. */
TEST(a_try_begins_and_ends_between_objects)
{
	struct rig *r = rig_create(NULL);
	struct record_slot s;
	static const enum shadow expected[] = { SHADOW_NONE, SHADOW_BAD, SHADOW_BAD, SHADOW_NONE };

	for (unsigned i = 0; i < COUNT_OF(expected); i++) {
		struct rig_client *c = rig_client(r);

		if (i == 1)
			rig_try(r, tried(LITERAL));
		if (i == 3)
			rig_try(r, NULL);
		rig_respmod(c, "", MARKED, strlen(MARKED));
		rig_until(c, 1);
		CHECK_SEED(i, passed(c));
		s = told(r, "try");
		CHECK_SEED(i, s.record.shadow == expected[i]);
		CHECK_SEED(i, s.record.source == (i == 0 ? SOURCE_SCANNED : SOURCE_CACHED));
	}
	CHECK(r->stats->counters[COUNTER_SHADOW_NEW] == 2);
	rig_destroy(r);
}

/* An object that began under a try ends under it: the try may end, or be another, meanwhile. */
TEST(an_object_keeps_the_try_it_began_with)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	char text[512];
	struct record_slot s;
	size_t half = strlen(MARKED) - 15; /* amid the marker */

	rig_try(r, tried(LITERAL));
	snprintf(text, sizeof(text),
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
	    "Encapsulated: req-hdr=0, req-body=27\r\n\r\nPOST http://h/ HTTP/1.1\r\n\r\n"
	    "%zx\r\n%.*s",
	    strlen(MARKED), (int)half, MARKED);
	rig_send(c, text, strlen(text));
	rig_turn(r);
	rig_try(r, NULL);
	for (unsigned i = 0; i < 3; i++)
		rig_turn(r);
	rig_send(c, &MARKED[half], strlen(MARKED) - half);
	rig_send(c, "\r\n0\r\n\r\n", 7);
	rig_until(c, 1);
	CHECK(passed(c));
	s = told(r, "kept");
	CHECK(s.record.shadow == SHADOW_BAD && s.record.shadow_generation != 0);
	rig_destroy(r);
}

/* What served when an object began and serves no more judges it, and is not remembered: a rollback
 * clears the cache when the older generation serves, and nothing of the newer comes in after. */
TEST(an_older_publication_is_not_remembered)
{
	for (unsigned i = 0; i < 2; i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r), *later = rig_client(r);
		char text[512];
		struct record_slot s;

		rig_publish(r, tried(LITERAL));
		snprintf(text, sizeof(text),
		    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
		    "Encapsulated: req-hdr=0, req-body=27\r\n\r\n"
		    "POST http://h/ HTTP/1.1\r\n\r\n%zx\r\n%s",
		    strlen(MARKED), MARKED);
		rig_send(c, text, strlen(text));
		rig_turn(r);
		if (i == 1)
			rig_publish(r, tried(LISTED));
		rig_send(c, "\r\n0\r\n\r\n", 7);
		rig_until(c, 1);
		CHECK_SEED(i, !passed(c));
		s = told(r, "older");
		CHECK_SEED(i, s.record.source == SOURCE_SCANNED);
		rig_respmod(later, "", MARKED, strlen(MARKED));
		rig_until(later, 1);
		CHECK_SEED(i, passed(later) == (i == 1));
		rig_destroy(r);
	}
}

/* Who leaves half way: what was found until then is told, what was not is no verdict. */
TEST(an_object_that_is_cut_short_has_no_clean_shadow)
{
	for (unsigned i = 0; i < 2; i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		const char *body = i == 0 ? "nothing in here" : MARKED;
		char text[512];
		struct record_slot s;

		rig_try(r, tried(LITERAL));
		snprintf(text, sizeof(text),
		    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
		    "Encapsulated: req-hdr=0, req-body=27\r\n\r\n"
		    "POST http://h/ HTTP/1.1\r\n\r\n%x\r\n%s",
		    4000, body);
		rig_send(c, text, strlen(text));
		rig_turn(r);
		CHECK(c->object != NULL);
		inspect_abort(c->object);
		c->object = NULL;
		s = told(r, "cut short");
		CHECK_SEED(i, s.record.shadow == (i == 0 ? SHADOW_NONE : SHADOW_BAD));
		CHECK_SEED(i, (s.record.flags & RECORD_FLAG_TRUNCATED) != 0);
		rig_destroy(r);
	}
}

/* What policy or a list of the serving generation lets pass, passes whatever is tried. */
TEST(what_is_excluded_is_not_judged_by_what_is_tried)
{
	static const char *const set[] = { "exclusions[0].criterion=format",
		"exclusions[0].value=GeneralTxt", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	struct record_slot s;

	rig_try(r, tried(LITERAL));
	rig_respmod(c, "", MARKED, strlen(MARKED));
	rig_until(c, 1);
	CHECK(passed(c));
	s = told(r, "excluded");
	CHECK(s.record.source == SOURCE_EXCLUDED && s.record.shadow == SHADOW_CLEAN);
	CHECK(span_is(record_text_get(&s, RECORD_TEXT_CAUSE), "format GeneralTxt"));
	CHECK(r->stats->counters[COUNTER_SHADOW_BAD] == 0);
	rig_destroy(r);
}

/* A try that has no scan left for an object says so, and the object is judged as ever. */
TEST(a_try_without_room_is_an_error_of_the_try_alone)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct loaded *l = tried(LITERAL);
	struct signature_scan *taken[RIG_SCANS];
	struct record_slot s;

	for (unsigned i = 0; i < RIG_SCANS; i++)
		taken[i] = signature_open(l->cores[0], l->generation);
	rig_try(r, l);
	rig_respmod(c, "", MARKED, strlen(MARKED));
	rig_until(c, 1);
	CHECK(passed(c));
	s = told(r, "no room");
	CHECK(s.record.source == SOURCE_SCANNED && s.record.shadow == SHADOW_ERROR);
	CHECK(r->stats->counters[COUNTER_SHADOW_FAILED] == 1);
	for (unsigned i = 0; i < RIG_SCANS; i++)
		signature_close(taken[i]);
	rig_destroy(r);
}
