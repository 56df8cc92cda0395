/* SPDX-License-Identifier: BSD-3-Clause */
/* Uploads in forms: what is bad in a part is found, by signature and by digest, whatever hides it.
 */
#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#include "scanners/digest/digest.h"
#include "tests/unit/dataplane/inspect/rig.h"

#define EICAR_BASE64                                               \
	"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5E\r\n" \
	"QVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=\r\n"
#define EICAR_QUOTED                                      \
	"X5O!P%@AP[4\\PZX54(P^)7CC)7}$=45ICAR-STAND=\r\n" \
	"ARD-ANTIVIRUS-TEST=2DFILE!$H+H*"
#define EICAR_WORD "Eicar-Test-Signature"

/* A file that no signature knows, as it is and in base64. */
#define FILE_TEXT   "a file that is known by its digest alone\n"
#define FILE_BASE64 "YSBmaWxlIHRoYXQgaXMga25v\r\nd24gYnkgaXRzIGRpZ2VzdCBhbG9uZQo=\r\n"

#define FORM "multipart/form-data; boundary=xYz"
#define PART "Content-Disposition: form-data; name=\"f\"; filename=\"C:\\\\u\\\\evil.exe\"\r\n"

/* A REQMOD upload in one chunk; `fields` are lines with CRLF. */
static void
upload_bytes(struct rig_client *c, const char *fields, const void *body, size_t bytes)
{
	char head[8192], text[16384];
	int m = snprintf(head, sizeof(head),
	    "POST http://example.test/up HTTP/1.1\r\nHost: example.test\r\n%s\r\n", fields);
	int n = snprintf(text, sizeof(text),
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
	    "Encapsulated: req-hdr=0, req-body=%d\r\n\r\n%s%zx\r\n",
	    m, head, bytes);

	rig_send(c, text, (size_t)n);
	rig_send(c, body, bytes);
	rig_send(c, "\r\n0\r\n\r\n", 7);
}

static void
upload(struct rig_client *c, const char *type, const char *body)
{
	char fields[512] = "";

	if (type != NULL)
		snprintf(fields, sizeof(fields), "Content-Type: %s\r\n", type);
	upload_bytes(c, fields, body, strlen(body));
}

static bool
was_blocked(const struct rig_client *c)
{
	return strncmp(c->output, "ICAP/1.0 200", 12) == 0 &&
	       strstr(c->output, "X-Virus-ID") != NULL;
}

static const struct {
	const char *name, *type, *body;
	unsigned part; /* that the record names; 0: the whole */
} threats[] = {
	{ "base64", FORM,
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "quoted-printable", FORM,
	    "--xYz\r\n" PART "content-transfer-encoding: Quoted-Printable\r\n\r\n" EICAR_QUOTED
	    "\r\n--xYz--\r\n",
	    1 },
	{ "behind others", FORM,
	    "--xYz\r\n\r\nvalue\r\n--xYz\r\n\r\n\r\n--xYz\r\n" PART
	    "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    3 },
	{ "not closed", FORM,
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64, 1 },
	{ "behind the close", FORM,
	    "--xYz--\r\n--xYz\n" PART "Content-Transfer-Encoding: base64\n\n" EICAR_BASE64, 1 },
	{ "nested", FORM,
	    "--xYz\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\npreamble\r\n--in\r\n" PART
	    "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--in--\r\n--xYz--\r\n",
	    2 },
	{ "nested, not closed", FORM,
	    "--xYz\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n" PART
	    "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    2 },
	{ "nested in base64", FORM,
	    "--xYz\r\nContent-Type: multipart/mixed; boundary=in\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    /* --in, an empty head, the signature */
	    "LS1pbg0KDQpYNU8hUCVAQVBbNFxQWlg1NChQXik3Q0MpN30kRUlDQVItU1RBTkRBUkQtQU5USVZJ"
	    "UlVTLVRFU1QtRklMRSEkSCtIKg==\r\n--xYz--\r\n",
	    2 },
	{ "the second of two types", "text/plain\r\nContent-Type: " FORM,
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "a coded boundary", "multipart/form-data; boundary*=utf-8''x%59z",
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "a boundary in sections", "multipart/form-data; boundary*1=\"Yz\"; boundary*0=x",
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "nested, in coded sections", FORM,
	    "--xYz\r\nContent-Type: multipart/mixed; boundary*0*=us-ascii''%69; "
	    "boundary*1*=n\r\n\r\n--in\r\n" PART
	    "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--in--\r\n--xYz--\r\n",
	    2 },
	{ "a message", "message/rfc822",
	    "Subject: x\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64, 1 },
	{ "a message of LF", "Message/Global; charset=utf-8",
	    "Subject: x\nContent-Transfer-Encoding: base64\n\n" EICAR_BASE64, 1 },
	{ "a message with parts", "message/rfc822",
	    "Subject: x\r\nContent-Type: multipart/mixed; "
	    "boundary=\"in\"\r\n\r\npre\r\n--in\r\n\r\n1"
	    "\r\n--in\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64
	    "--in--\r\n",
	    2 },
	{ "a message with parts, in base64 as a whole", "message/rfc822",
	    "Subject: x\r\nContent-Type: multipart/mixed; boundary=in\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "LS1pbg0KDQpYNU8hUCVAQVBbNFxQWlg1NChQXik3Q0MpN30kRUlDQVItU1RBTkRBUkQtQU5USVZJ"
	    "UlVTLVRFU1QtRklMRSEkSCtIKg==",
	    2 },
	{ "a message in a form", FORM,
	    "--xYz\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n"
	    "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n" PART
	    "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--in--\r\n--xYz--\r\n",
	    2 },
	{ "a message in a message", "message/rfc822",
	    "Subject: x\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n" PART
	    "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64,
	    2 },
	{ "two boundaries", "multipart/form-data; boundary*=other; boundary=xYz",
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "a form behind another type", "text/plain, a/b;c=\",\", " FORM,
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "the second of two encodings", FORM,
	    "--xYz\r\n" PART
	    "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: (x) base64"
	    "\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "the second of two types of a part", FORM,
	    "--xYz\r\nContent-Type: text/plain\r\nContent-Type: multipart/mixed; "
	    "boundary=in\r\n\r\n"
	    "--in\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64
	    "--in--\r\n--xYz--\r\n",
	    2 },
	{ "two types in one field", FORM ", text/plain",
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--xYz--\r\n",
	    1 },
	{ "as it is", FORM, "--xYz\r\n" PART "\r\n%E\r\n--xYz--\r\n", 1 },
	{ "no boundary told", "multipart/form-data", "--xYz\r\n" PART "\r\n%E\r\n--xYz--\r\n", 0 },
	{ "another boundary told", "multipart/form-data; boundary=no",
	    "--xYz\r\n" PART "\r\n%E\r\n--xYz--\r\n", 0 },
	{ "no type told", NULL, "--xYz\r\n" PART "\r\n%E\r\n--xYz--\r\n", 0 },
	{ "in a part's head", FORM, "--xYz\r\nX: %E\r\n" PART "\r\nx\r\n--xYz--\r\n", 0 },
	{ "in the preamble", FORM, "%E\r\n--xYz\r\n" PART "\r\nx\r\n--xYz--\r\n", 0 },
	{ "over a boundary", FORM, "--xYz\r\n" PART "\r\nx\r\n--xYz--\r\n%E", 0 },
};

/* `body` with the signature, which no source file holds in one piece, in the place of "%E". */
static void
put_eicar(const char *body, char out[1024])
{
	const char *at = strstr(body, "%E");

	if (at == NULL)
		snprintf(out, 1024, "%s", body);
	else
		snprintf(out, 1024, "%.*s%s%s%s%s", (int)(at - body), body,
		    "X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*",
		    at + 2);
}

TEST(a_threat_in_a_part_is_found)
{
	for (unsigned i = 0; i < COUNT_OF(threats); i++) {
		const char *row = threats[i].name;
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		struct notice n;
		char body[1024];

		put_eicar(threats[i].body, body);
		upload(c, threats[i].type, body);
		rig_until(c, 1);
		CHECK_ROW(row, was_blocked(c) && strstr(c->output, EICAR_WORD) != NULL);
		CHECK_ROW(row, rig_notice(r, &n) && n.kind == NOTICE_BAD);
		CHECK_ROW(row, n.object.record.part == threats[i].part);
		CHECK_ROW(
		    row, !(n.object.record.flags & RECORD_FLAG_PART) == (threats[i].part == 0));
		if (threats[i].part != 0 && strstr(body, "evil") != NULL)
			CHECK_ROW(row,
			    span_is(record_text_get(&n.object, RECORD_TEXT_FILENAME), "evil.exe"));
		rig_destroy(r);
	}
}

/* Ways to send the file in a form. */
static const struct {
	const char *name, *body;
} ways[] = {
	{ "as it is", "--xYz\r\n" PART "\r\n" FILE_TEXT "\r\n--xYz--\r\n" },
	{ "line ends of LF", "--xYz\n" PART "\n" FILE_TEXT "\n--xYz--\n" },
	{ "last", "--xYz\r\n\r\n1\r\n--xYz\r\n" PART "\r\n" FILE_TEXT "\r\n--xYz--" },
	{ "not closed", "--xYz\r\n" PART "\r\n" FILE_TEXT },
	{ "base64", "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" FILE_BASE64
		    "\r\n--xYz--" },
	{ "base64 with more behind its padding",
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" FILE_BASE64
	    "eA==\r\n\r\neQ==\r\n--xYz--" },
	{ "called base64, but is not",
	    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" FILE_TEXT "\r\n--xYz--" },
	{ "called multipart, but is not",
	    "--xYz\r\n" PART "Content-Type: multipart/x; boundary=q\r\n\r\n" FILE_TEXT
	    "\r\n--xYz--" },
	{ "before what some take for a boundary",
	    "--xYz\r\n" PART "\r\n" FILE_TEXT "\r\n--xYzz\r\nmore\r\n--xYz--" },
	{ "nested", "--xYz\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n" PART
		    "\r\n" FILE_TEXT "\r\n--in--\r\n--xYz--\r\n" },
};

/* The same bytes sent before under a type without parts were clean: that says nothing of this. */
TEST(a_file_known_by_its_digest_is_found_in_a_form)
{
	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct command put = { .kind = COMMAND_CACHE_PUT, .verdict = VERDICT_BAD };
		struct rig *r = rig_create(NULL);
		struct rig_client *before = rig_client(r), *c = rig_client(r);
		struct record_slot record;
		struct notice n;

		digest_sha256(span_text(FILE_TEXT), put.sha256);
		strcpy(put.threat, "Known.Bad");
		inspect_command(r->inspect, &put);
		upload(before, "text/plain", ways[i].body);
		rig_until(before, 1);
		CHECK_ROW(ways[i].name, strncmp(before->output, "ICAP/1.0 204", 12) == 0);
		CHECK_ROW(ways[i].name, rig_record(r, &record) && record.record.part == 0);
		upload(c, FORM, ways[i].body);
		rig_until(c, 1);
		CHECK_ROW(ways[i].name, was_blocked(c));
		CHECK_ROW(ways[i].name, rig_notice(r, &n) && n.object.record.part != 0);
		CHECK_ROW(ways[i].name, n.object.record.source == SOURCE_CACHED);
		CHECK_ROW(ways[i].name,
		    memcmp(n.object.record.sha256, put.sha256, sizeof(put.sha256)) == 0);
		CHECK_ROW(ways[i].name,
		    span_is(record_text_get(&n.object, RECORD_TEXT_FILENAME), "evil.exe"));
		rig_destroy(r);
	}
}

/*
 * Mail under a type that says nothing: by its first lines. Short and in
 * pieces, longer than is looked at, as a part, in base64.
 */
TEST(mail_is_taken_apart_under_any_type)
{
#define MAIL                                                                         \
	"Received: from a\r\n by b\r\nSubject: x\r\nContent-Type: multipart/mixed; " \
	"boundary=i\r\n%s"                                                           \
	"\r\n--i\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" EICAR_BASE64 "--i--\r\n"
	static const struct {
		const char *name, *type, *before, *after;
		size_t padding, step;
		unsigned part;
	} rows[] = {
		{ "at once", "application/octet-stream", "", "", 0, 4096, 1 },
		{ "no type", NULL, "", "", 0, 4096, 1 },
		{ "in pieces", "text/plain", "", "", 0, 7, 1 },
		{ "a long head", "text/plain", "", "", 2000, 4096, 1 },
		{ "a long head, in pieces", "text/plain", "", "", 2000, 100, 1 },
		{ "a part", FORM, "--xYz\r\n" PART "\r\n", "\r\n--xYz--", 0, 4096, 2 },
		{ "a part in pieces", FORM, "--xYz\r\n" PART "\r\n", "\r\n--xYz--", 0, 7, 2 },
		{ "a long part in pieces", FORM, "--xYz\r\n" PART "\r\n", "\r\n--xYz--", 2000, 300,
		    2 },
		{ "an mbox", "text/plain", "From a@b Sat Jan  1 00:00:00 2000\r\n", "", 0, 4096,
		    1 },
		{ "no mail", "text/plain", "Dear all,\r\n", "", 0, 4096, 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		char mail[8192], body[8192], long_field[4096] = "", head[512], frame[32];
		size_t n;
		struct notice notice;

		if (rows[i].padding > 0)
			snprintf(long_field, sizeof(long_field), "X: %*s\r\n", (int)rows[i].padding,
			    "y");
		snprintf(mail, sizeof(mail), MAIL, long_field);
		n = (size_t)snprintf(
		    body, sizeof(body), "%s%s%s", rows[i].before, mail, rows[i].after);
		snprintf(head, sizeof(head), "POST http://h/up HTTP/1.1\r\nHost: h\r\n%s%s%s\r\n",
		    rows[i].type != NULL ? "Content-Type: " : "",
		    rows[i].type != NULL ? rows[i].type : "", rows[i].type != NULL ? "\r\n" : "");
		snprintf(mail, sizeof(mail),
		    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
		    "Encapsulated: req-hdr=0, req-body=%zu\r\n\r\n%s",
		    strlen(head), head);
		rig_send(c, mail, strlen(mail));
		for (size_t at = 0, step; at < n; at += step) {
			step = n - at < rows[i].step ? n - at : rows[i].step;
			rig_send(c, frame, (size_t)snprintf(frame, sizeof(frame), "%zx\r\n", step));
			rig_send(c, body + at, step);
			rig_send(c, "\r\n", 2);
			rig_turn(r);
		}
		rig_send(c, "0\r\n\r\n", 5);
		rig_until(c, 1);
		CHECK_ROW(rows[i].name, was_blocked(c) == (rows[i].part != 0));
		CHECK_ROW(rows[i].name, rig_notice(r, &notice) == (rows[i].part != 0));
		CHECK_ROW(
		    rows[i].name, rows[i].part == 0 || notice.object.record.part == rows[i].part);
		rig_destroy(r);
	}
#undef MAIL
}

/* By the list first; a trusted file is not bad as a part, though the form's bytes are scanned too.
 */
TEST(lists_of_digests_know_parts)
{
	static const char *const lists[] = { "hdb", "fp" };

	for (unsigned i = 0; i < COUNT_OF(lists); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		struct notice n;

		rig_publish(r, rig_listing(FILE_TEXT, lists[i]));
		upload(c, FORM,
		    "--xYz\r\n" PART "Content-Transfer-Encoding: base64\r\n\r\n" FILE_BASE64
		    "\r\n--xYz--");
		rig_until(c, 1);
		CHECK_ROW(lists[i], was_blocked(c) == (i == 0));
		CHECK_ROW(lists[i], rig_notice(r, &n) == (i == 0));
		CHECK_ROW(lists[i],
		    i != 0 || span_is(record_text_get(&n.object, RECORD_TEXT_THREAT), "Listed"));
		rig_destroy(r);
	}
}

/* What was bad in a form is known when it comes by itself. */
TEST(a_bad_part_is_remembered)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r), *later = rig_client(r);
	struct notice n;
	char body[1024];

	upload(c, FORM, threats[0].body);
	rig_until(c, 1);
	CHECK(was_blocked(c) && rig_notice(r, &n) && n.object.record.source == SOURCE_SCANNED);
	put_eicar("%E", body);
	rig_respmod(later, "", body, strlen(body));
	rig_until(later, 1);
	CHECK(was_blocked(later) && rig_notice(r, &n));
	CHECK(n.object.record.source == SOURCE_CACHED && n.object.record.part == 0);
	rig_destroy(r);
}

TEST(a_packed_form_is_looked_into)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	uint8_t packed[1024];
	struct isal_zstream z;
	struct notice n;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)threats[0].body;
	z.avail_in = (uint32_t)strlen(threats[0].body);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	upload_bytes(
	    c, "Content-Encoding: gzip\r\nContent-Type: " FORM "\r\n", packed, z.total_out);
	rig_until(c, 1);
	CHECK(was_blocked(c) && rig_notice(r, &n) && n.object.record.part == 1);
	rig_destroy(r);
}

/* What lies beyond a limit is not looked into, and the class says so; the whole is still scanned.
 */
TEST(limits_of_parts_are_classes)
{
	static const struct {
		const char *name, *set, *type, *body;
		enum source source;
	} rows[] = {
		{ "as many as allowed", "limits.parts_max=2", FORM,
		    "--xYz\r\n\r\n1\r\n--xYz\r\n\r\n2\r\n--xYz--", SOURCE_SCANNED },
		{ "one more", "limits.parts_max=2", FORM,
		    "--xYz\r\n\r\n1\r\n--xYz\r\n\r\n2\r\n--xYz\r\n\r\n3\r\n--xYz--",
		    SOURCE_OVERSIZE },
		{ "as deep as allowed", "limits.part_depth_max=2", FORM,
		    "--xYz\r\nContent-Type: multipart/x; boundary=a\r\n\r\n--a\r\n\r\n1",
		    SOURCE_SCANNED },
		{ "deeper", "limits.part_depth_max=1", FORM,
		    "--xYz\r\nContent-Type: multipart/x; boundary=a\r\n\r\n--a\r\n\r\n1",
		    SOURCE_OVERSIZE },
		{ "a message is as deep as its parts", "limits.part_depth_max=1", "message/rfc822",
		    "A: b\r\nContent-Type: multipart/x; boundary=a\r\n\r\n--a\r\n\r\n1",
		    SOURCE_SCANNED },
		{ "a message in a message", "limits.part_depth_max=1", "message/rfc822",
		    "A: b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\n1", SOURCE_OVERSIZE },
		{ "no level left", "limits.part_depth_max=8", FORM,
		    "--xYz\r\nContent-Type: multipart/x; boundary=a\r\n\r\n"
		    "--a\r\nContent-Type: multipart/x; boundary=b\r\n\r\n"
		    "--b\r\nContent-Type: multipart/x; boundary=c\r\n\r\n"
		    "--c\r\nContent-Type: multipart/x; boundary=d\r\n\r\n--d\r\n\r\n1",
		    SOURCE_OVERLOAD },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const char *const set[] = { rows[i].set, "policy.overload=allow", NULL };
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r), *after = rig_client(r);
		struct record_slot record;

		upload(c, rows[i].type, rows[i].body);
		rig_until(c, 1);
		CHECK_ROW(rows[i].name, strncmp(c->output, "ICAP/1.0 204", 12) == 0);
		CHECK_ROW(rows[i].name, rig_record(r, &record));
		CHECK_ROW(rows[i].name, record.record.source == rows[i].source);
		upload(after, FORM, threats[0].body);
		rig_until(after, 1);
		CHECK_ROW(rows[i].name, was_blocked(after));
		rig_destroy(r);
	}
}

TEST(a_long_head_and_a_boundary_in_doubt_are_classes)
{
	static const char *const set[] = { "limits.part_head_bytes_max=256", NULL };
	static char type[400], body[600];
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r), *second = rig_client(r), *third = rig_client(r);
	struct record_slot record;

	snprintf(body, sizeof(body), "--xYz\r\nX: %300s\r\n\r\n1\r\n--xYz--", "x");
	upload(c, FORM, body);
	rig_until(c, 1);
	CHECK(rig_record(r, &record) && record.record.source == SOURCE_OVERSIZE);
	strcpy(type, "multipart/form-data; boundary=");
	memset(type + strlen(type), 'b', 300);
	upload(second, type, "x");
	rig_until(second, 1);
	CHECK(rig_record(r, &record) && record.record.source == SOURCE_UNSUPPORTED);
	upload(third, "multipart/form-data; boundary=a; boundary*=b", "--a\r\n\r\n1\r\n--a--");
	rig_until(third, 1);
	CHECK(rig_record(r, &record) && record.record.source == SOURCE_UNSUPPORTED);
	rig_destroy(r);
}

/* What is told twice, and told otherwise, is read otherwise by others. */
TEST(fields_told_twice)
{
	static const struct {
		const char *name, *type, *head;
		enum source source;
	} rows[] = {
		{ "the same boundary", FORM "; boundary=\"xYz\"", "", SOURCE_SCANNED },
		{ "the same type", FORM "\r\nContent-Type: " FORM, "", SOURCE_SCANNED },
		{ "another type", FORM "\r\nContent-Type: multipart/form-data; boundary=b", "",
		    SOURCE_UNSUPPORTED },
		{ "another one in front", "text/plain\r\nContent-Type: " FORM, "", SOURCE_SCANNED },
		{ "two types joined", FORM ", text/plain", "", SOURCE_UNSUPPORTED },
		{ "two codings of a part", FORM,
		    "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n",
		    SOURCE_UNSUPPORTED },
		{ "two names of a part", FORM,
		    PART "Content-Disposition: form-data; name=\"g\"\r\n", SOURCE_UNSUPPORTED },
		{ "two types of a message", FORM,
		    "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/x; "
		    "boundary=c\r\nContent-Type: multipart/x; boundary=d\r\n",
		    SOURCE_UNSUPPORTED },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		struct record_slot record;
		char body[512];

		snprintf(body, sizeof(body), "--xYz\r\n%s\r\n1\r\n--xYz--", rows[i].head);
		upload(c, rows[i].type, body);
		rig_until(c, 1);
		CHECK_ROW(rows[i].name, strncmp(c->output, "ICAP/1.0 204", 12) == 0);
		CHECK_ROW(rows[i].name, rig_record(r, &record));
		CHECK_ROW(rows[i].name, record.record.source == rows[i].source);
		rig_destroy(r);
	}
}

/* What some receivers read otherwise, and nobody can judge here. */
TEST(readings_that_are_not_ours)
{
	static const struct {
		const char *name, *type, *body;
		enum source source;
	} rows[] = {
		{ "lines that end in CR alone", FORM,
		    "--xYz\r"
		    "Content-Disposition: form-data\r"
		    "\r1\r--xYz--\r",
		    SOURCE_UNSUPPORTED },
		{ "a delimiter between two of them", FORM,
		    "--xYz\r\n" PART "\r\n1\r--xYz\r\n2\r\n--xYz--", SOURCE_UNSUPPORTED },
		{ "a CR alone in a head", FORM, "--xYz\r\nX: y\rZ: z\r\n\r\n1\r\n--xYz--",
		    SOURCE_UNSUPPORTED },
		{ "a CR alone in a part", FORM, "--xYz\r\n" PART "\r\n1\r--xY\r\n--xYz--",
		    SOURCE_SCANNED },
		{ "a coding of a part", FORM, "--xYz\r\nContent-Encoding: gzip\r\n\r\n1\r\n--xYz--",
		    SOURCE_UNSUPPORTED },
		{ "a coding that is none", FORM,
		    "--xYz\r\nContent-Encoding: Identity\r\n\r\n1\r\n--xYz--", SOURCE_SCANNED },
		{ "a piece of a message", "message/partial; id=a; number=1; total=2",
		    "X: y\r\n\r\n1", SOURCE_UNSUPPORTED },
		{ "a piece of a message in a part", FORM,
		    "--xYz\r\nContent-Type: Message/Partial; id=a\r\n\r\n1\r\n--xYz--",
		    SOURCE_UNSUPPORTED },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		struct record_slot record;

		upload(c, rows[i].type, rows[i].body);
		rig_until(c, 1);
		CHECK_ROW(rows[i].name, strncmp(c->output, "ICAP/1.0 204", 12) == 0);
		CHECK_ROW(rows[i].name, rig_record(r, &record));
		CHECK_ROW(rows[i].name, record.record.source == rows[i].source);
		rig_destroy(r);
	}
}

/* A client that leaves within a part gives its level back: more leave than there are levels. */
TEST(a_form_may_end_anywhere)
{
	for (size_t bytes = 0; bytes < strlen(threats[5].body); bytes += 7) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c;
		struct notice n;
		char text[1024];

		for (unsigned i = 0; i < 3; i++) {
			c = rig_client(r);
			snprintf(text, sizeof(text),
			    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
			    "Encapsulated: req-hdr=0, req-body=%zu\r\n\r\n"
			    "POST http://h/ HTTP/1.1\r\nContent-Type: " FORM "\r\n\r\n%x\r\n",
			    strlen("POST http://h/ HTTP/1.1\r\nContent-Type: " FORM "\r\n\r\n"),
			    4000);
			rig_send(c, text, strlen(text));
			rig_send(c, threats[5].body, bytes);
			rig_turn(r);
			CHECK_SEED(bytes, c->object != NULL);
			if (c->object != NULL)
				inspect_abort(c->object);
			c->object = NULL;
			CHECK_SEED(bytes, rig_notice(r, &n) && n.kind == NOTICE_ABANDONED);
		}
		c = rig_client(r);
		upload(c, FORM, threats[5].body);
		rig_until(c, 1);
		CHECK_SEED(bytes, was_blocked(c));
		rig_destroy(r);
	}
}

/* A file of a form that a sandbox would judge as a download is given to it with the form around. */
TEST(a_form_with_an_archive_goes_to_the_sandbox)
{
	static const struct {
		const char *name, *begins;
		enum mode mode;
		bool is_sent;
	} rows[] = {
		{ "held", "PK\3\4", MODE_ADVANCED, true },
		{ "available meanwhile", "PK\3\4", MODE_STANDARD, true },
		{ "a text", "text", MODE_ADVANCED, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		char body[6000];
		struct notice n;
		size_t bytes = (size_t)snprintf(body, sizeof(body),
		    "--xYz\r\n\r\nvalue\r\n--xYz\r\n" PART "\r\n%s", rows[i].begins);

		memset(body + bytes, 7, 5000);
		bytes += 5000;
		bytes += (size_t)snprintf(body + bytes, sizeof(body) - bytes, "\r\n--xYz--\r\n");
		region_set_mode(r->region, rows[i].mode);
		upload_bytes(c, "Content-Type: " FORM "\r\n", body, bytes);
		for (unsigned turn = 0; turn < 5; turn++)
			rig_turn(r);
		if (!rows[i].is_sent) {
			CHECK_ROW(rows[i].name, !rig_notice(r, &n) && c->output_bytes > 0);
		} else {
			CHECK_ROW(rows[i].name,
			    rig_notice(r, &n) && n.kind == NOTICE_SANDBOX && n.job_bytes == bytes);
			CHECK_ROW(rows[i].name,
			    (n.hold_until_wall_ns != 0) == (rows[i].mode == MODE_ADVANCED));
		}
		rig_destroy(r);
	}
}
