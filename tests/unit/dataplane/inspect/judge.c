/* SPDX-License-Identifier: BSD-3-Clause */
/* What could not be judged fully, and what bytes were called before, keep nothing from a sandbox.
 */
#include "tests/unit/dataplane/inspect/rig.h"

#define ARCHIVE "PK\3\4 of which only a sandbox knows more"
#define FORM    "multipart/form-data; boundary=xYz"
#define UPLOAD                                                                                    \
	"--xYz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.zip\"\r\n\r\n" ARCHIVE \
	"\r\n--xYz--\r\n"

static void
turns(struct rig *r)
{
	for (unsigned i = 0; i < 5; i++)
		rig_turn(r);
}

/* A client whose upload of that type, with further lines of the head, is read. */
static struct rig_client *
upload(struct rig *r, const char *type, const char *lines, const char *body)
{
	struct rig_client *c = rig_client(r);
	char head[512], text[2048];
	int m = snprintf(head, sizeof(head),
	    "POST http://h/ HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n%s\r\n", type, lines);
	int n = snprintf(text, sizeof(text),
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
	    "Encapsulated: req-hdr=0, req-body=%d\r\n\r\n%s%zx\r\n%s\r\n0\r\n\r\n",
	    m, head, strlen(body), body);

	rig_send(c, text, (size_t)n);
	turns(r);
	return c;
}

/* Control's answer to a job, and what it has the cores remember. */
static void
conclude(struct rig *r, const struct notice *n, enum verdict verdict)
{
	struct command answer = { .kind = COMMAND_ANSWER,
		.job = n->job,
		.verdict = verdict,
		.source = SOURCE_SANDBOX,
		.threat = "Deep.Test" };
	struct command put = answer;

	put.kind = COMMAND_CACHE_PUT;
	put.generation = publication_peek(&r->publisher)->stamp;
	memcpy(put.sha256, n->object.record.sha256, 32);
	inspect_command(r->inspect, &answer);
	inspect_command(r->inspect, &put);
	turns(r);
}

/* The source of the next line, whichever ring it came by. */
static enum source
said(struct rig *r)
{
	struct record_slot record;
	struct notice n;

	if (rig_record(r, &record))
		return record.record.source;
	return rig_notice(r, &n) && n.kind != NOTICE_SANDBOX ? n.object.record.source
							     : SOURCE_COUNT;
}

static const struct {
	const char *name, *type, *lines, *body, *set;
	enum mode mode;
	bool sandboxed, blocked;
} rows[] = {
	{ "an unknown coding", "a/b", "Content-Encoding: aws-chunked\r\n", ARCHIVE, NULL,
	    MODE_ADVANCED, true, false },
	{ "available meanwhile", "a/b", "Content-Encoding: aws-chunked\r\n", ARCHIVE, NULL,
	    MODE_STANDARD, true, false },
	{ "blocked by its class", "a/b", "Content-Encoding: aws-chunked\r\n", ARCHIVE,
	    "policy.unsupported=block", MODE_ADVANCED, false, true },
	{ "nothing for a sandbox", "a/b", "Content-Encoding: aws-chunked\r\n", "text", NULL,
	    MODE_ADVANCED, false, false },
	{ "a boundary in doubt", FORM "; boundary=b", "", UPLOAD, NULL, MODE_ADVANCED, true,
	    false },
	{ "a coding that breaks", "a/b", "Content-Encoding: gzip\r\n", ARCHIVE, NULL, MODE_ADVANCED,
	    false, false },
};

TEST(a_class_that_is_let_through_is_sandboxed_all_the_same)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		for (enum verdict v = VERDICT_CLEAN; v <= VERDICT_BAD; v++) {
			const char *const set[] = { rows[i].set, NULL };
			struct rig *r = rig_create(set);
			enum source class =
			    strstr(rows[i].lines, "gzip") ? SOURCE_CORRUPT : SOURCE_UNSUPPORTED;
			bool held = rows[i].sandboxed && rows[i].mode == MODE_ADVANCED;
			struct rig_client *c;
			struct notice n;

			region_set_mode(r->region, rows[i].mode);
			c = upload(r, rows[i].type, rows[i].lines, rows[i].body);
			CHECK_ROW(rows[i].name, (c->output_bytes == 0) == held);
			CHECK_ROW(rows[i].name,
			    !rows[i].sandboxed || (rig_notice(r, &n) && n.kind == NOTICE_SANDBOX));
			if (rows[i].sandboxed)
				conclude(r, &n, v);
			CHECK_ROW(
			    rows[i].name, (strstr(c->output, " 403 ") != NULL) ==
					      (rows[i].blocked || (held && v == VERDICT_BAD)));
			if (!rows[i].blocked && !(held && v == VERDICT_BAD))
				CHECK_ROW(rows[i].name, said(r) == class);
			rig_destroy(r);
		}
	}
}

/* The same bytes as text were clean by a scan alone: the form with its archive is held, until a
 * sandbox has said so of these bytes. */
TEST(what_was_clean_without_parts_is_not_with_them)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c;
	struct notice n;

	region_set_mode(r->region, MODE_ADVANCED);
	upload(r, "text/x", "", UPLOAD);
	CHECK(said(r) == SOURCE_SCANNED);
	upload(r, "text/x", "", UPLOAD);
	CHECK(said(r) == SOURCE_CACHED);
	c = upload(r, FORM, "", UPLOAD);
	CHECK(c->output_bytes == 0 && rig_notice(r, &n) && n.kind == NOTICE_SANDBOX);
	conclude(r, &n, VERDICT_CLEAN);
	CHECK(c->output_bytes > 0 && said(r) == SOURCE_SANDBOX);
	c = upload(r, FORM, "", UPLOAD);
	CHECK(c->output_bytes > 0 && !rig_notice(r, &n) && said(r) == SOURCE_CACHED);
	rig_destroy(r);
}

/* Nor does it hide a class that is of the head. */
TEST(what_was_clean_keeps_its_class)
{
	static const char *const set[] = { "policy.unsupported=block", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c;
	struct notice n;

	upload(r, "text/x", "", UPLOAD);
	CHECK(said(r) == SOURCE_SCANNED);
	c = upload(r, FORM "; boundary=b", "", UPLOAD);
	CHECK(strstr(c->output, " 403 ") != NULL && rig_notice(r, &n));
	CHECK(n.object.record.source == SOURCE_UNSUPPORTED);
	rig_destroy(r);
}
