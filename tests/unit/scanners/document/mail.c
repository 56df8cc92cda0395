/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages, their parts and codings; nesting, mbox, and what hostile boundaries come to. */
#include "scanners/document/mail.h"

#include "tests/unit/harness.h"

struct message {
	const char *name, *file;
	const char *parts; /* "name|coding|decoded;" of each */
};

#define MIXED "Content-Type: multipart/mixed; boundary=\"b\"\n\n"

static const struct message cases[] = {
	{ "one part", "From: a\nTo: b\n\nbody\nmore\n", "|0|body\nmore\n;" },
	{ "two parts", "From: a\n" MIXED "pre\n--b\n\none\n--b\n\ntwo\n--b--\npost\n",
	    "|0|one;|0|two;" },
	{ "returns",
	    "From: a\r\nContent-Type: multipart/x;\r\n "
	    "boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n",
	    "|0|one;" },
	{ "base64",
	    "From: a\n" MIXED "--b\nContent-Transfer-Encoding: BASE64\nContent-Disposition: "
	    "attachment; filename=\"x.com\"\n\nYWJj\nZGU=\nZg==\n--b--\n",
	    "x.com|1|abcdef;" },
	{ "base64 with a comment, and an escape that is cut",
	    "X: y\n" MIXED "--b\nContent-Transfer-Encoding: base64 (so)\n\nLV8t\n--b\n"
	    "Content-Transfer-Encoding: quoted-printable\n\na=4\n--b--\n",
	    "|1|-_-;|2|a=4;" },
	{ "the coding's name in quotes",
	    "X: y\n" MIXED "--b\nContent-Transfer-Encoding: \"base64\"\n\nYWJj\n--b--\n",
	    "|1|abc;" },
	{ "quoted", "Content-Transfer-Encoding: quoted-printable\nX: y\n\na=62=\nc=\r\nd=zz=3D",
	    "|2|abcd=zz=;" },
	{ "parts in parts",
	    "X: y\n" MIXED "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\n1\n"
	    "--c\n\n2\n--c--\n--b\n\n3\n--b--\n",
	    "|0|1;|0|2;|0|3;" },
	{ "an inner one that is never closed",
	    "X: y\n" MIXED
	    "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\n1\n--b\n\n2\n--b--\n",
	    "|0|1;|0|2;" },
	{ "one boundary that begins like another",
	    "X: y\n" MIXED
	    "--b\nContent-Type: multipart/x; boundary=bc\n\n--bc\n\n1\n--bc--\n--b--\n",
	    "|0|1;" },
	{ "a message in a message",
	    "X: y\n" MIXED "--b\nContent-Type: message/rfc822\n\nFrom: z\nContent-Transfer-"
	    "Encoding: base64\n\nYQ==\n--b--\n",
	    "|1|a;" },
	{ "a coded boundary, a coded name",
	    "From: a\nContent-Type: multipart/x; boundary*=us-ascii''%62c\n\n--bc\n"
	    "Content-Disposition: attachment; filename*=utf-8''a%2eb\n\none\n--bc--\n",
	    "a.b|0|one;" },
	{ "a boundary in sections, and names",
	    "From: a\nContent-Type: multipart/x;\n boundary*1*=%63;\n boundary*0=b\n\n--bc\n"
	    "Content-Disposition: filename*0=\"a.\"; filename*1=b\n\none\n--bc\n"
	    "Content-Type: x/y; name*0=c; name*1*=%00d\n\ntwo\n--bc--\n",
	    "a.b|0|one;c_d|0|two;" },
	{ "three boundaries, by which readers go",
	    "X: y\nContent-Type: multipart/x; boundary=p; boundary*=c; boundary*0=s\n\n--s\n\n1\n"
	    "--c\n\n2\n--p\n\n3\n--p--\n",
	    "|0|1;|0|2;|0|3;" },
	{ "one boundary three times",
	    "X: y\nContent-Type: multipart/x; boundary=p; boundary*=p; boundary*0=p\n\n--p\n\n1\n"
	    "--p--\n--p\n\n2\n",
	    "|0|1;" },
	{ "two boundaries of one field, one after the other",
	    "X: y\nContent-Type: multipart/x; boundary=p; "
	    "boundary=\"q\"\n\n--p\n\n1\n--p--\n--q\n\n"
	    "2\n--p\n\n3\n--q--\n",
	    "|0|1;|0|2;|0|3;" },
	{ "two fields, a boundary each",
	    "X: y\nContent-Type: multipart/x; boundary=p\nContent-Type: multipart/x; boundary=q\n\n"
	    "--p\n\n1\n--p--\n--q\n\n2\n--q--\n",
	    "|0|1;|0|2;" },
	{ "two boundaries within one",
	    "X: y\n" MIXED "--b\nContent-Type: multipart/x; boundary=p; boundary=q\n\n--p\n\n1\n"
	    "--p--\n--q\n\n2\n--b\n\n3\n--q\n\n4\n--b--\n",
	    "|0|1;|0|2;|0|3\n--q\n\n4;" },
	{ "more boundaries than are kept",
	    "X: y\nContent-Type: multipart/x; boundary=1; boundary=2; boundary=3; boundary=4; "
	    "boundary=5; boundary=6; boundary=7\n\n--6\n\n1\n--7\n\n2\n--1\n\n3\n",
	    "|0|1\n--7\n\n2;|0|3\n;" },
	{ "a comment behind a field's name",
	    "X: y\nContent-Type(c) : multipart/x; boundary=b\n\n--b\nContent-Transfer-Encoding "
	    "(a (b\\) \\() c)\t: base64\nContent-Disposition (: : )(): attachment; "
	    "filename=n\n\nYWJj\n--b--\n",
	    "n|1|abc;" },
	{ "a comment that does not end",
	    "X: y\nContent-Type(c: multipart/x; boundary=b\n\n--b\n\n1\n", "|0|--b\n\n1\n;" },
	{ "a name that goes on", "X: y\nContent-Type-x: multipart/x; boundary=b\n\n--b\n\n1\n",
	    "|0|--b\n\n1\n;" },
	{ "not closed", "X: y\n" MIXED "--b\n\n1", "|0|1;" },
	{ "without parts", "X: y\n" MIXED "nothing", "" },
	{ "an mbox", "From a\nX: y\n\n1\n\nFrom b\nX: y\n\n2\n", "|0|1\n;|0|2\n;" },
	{ "nothing", "", "" },
};

/* As the tables have it. */
static const char *
tell_of(struct mail_reader *r)
{
	static char out[4096];
	struct mail_part p;
	size_t used = 0;

	out[0] = 0;
	while (mail_next(r, &p)) {
		struct transfer t;
		uint8_t piece[7];
		size_t n, at = 0;

		used += (size_t)snprintf(
		    out + used, sizeof(out) - used, "%s|%d|", p.name, (int)p.coding);
		transfer_init(&t, p.coding);
		while (at < p.bytes.bytes) {
			n = transfer_next(&t, p.bytes, &at, piece, sizeof(piece));
			used += (size_t)snprintf(
			    out + used, sizeof(out) - used, "%.*s", (int)n, (char *)piece);
		}
		n = transfer_end(&t, piece);
		used +=
		    (size_t)snprintf(out + used, sizeof(out) - used, "%.*s", (int)n, (char *)piece);
		used += (size_t)snprintf(out + used, sizeof(out) - used, ";");
	}
	return out;
}

static const char *
tell(struct span file)
{
	struct mail_reader r;

	mail_begin(&r, file);
	return tell_of(&r);
}

TEST(parts_are_found_and_decoded)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *told = tell(span_text(cases[i].file));

		if (strcmp(told, cases[i].parts) != 0)
			fprintf(stderr, "  told: '%s'\n", told);
		CHECK_ROW(cases[i].name, strcmp(told, cases[i].parts) == 0);
	}
}

/* As uploads leave them: the head that names the boundary is not there. */
static const struct message forms[] = {
	{ "one file",
	    "--xYz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.zip\"\r\n"
	    "Content-Type: application/zip\r\n\r\nPK\r\n--xYz--\r\n",
	    "a.zip|0|PK;" },
	{ "values beside it",
	    "--b\nContent-Disposition: form-data; name=\"v\"\n\nvalue\n--b\n"
	    "content-disposition: form-data; filename=x\n\n1\n\n2\n--b--\n",
	    "|0|value;x|0|1\n\n2;" },
	{ "a boundary of hyphens, and lines like it",
	    "-----1\r\nContent-Type: a/b\r\n\r\n-----12\r\n--\r\n-----1-\r\n-----1--\r\n",
	    "|0|-----12\r\n--\r\n-----1-;" },
	{ "something before it",
	    "any\r\n--\r\n--c\r\n\r\n--b \r\nContent-Type: a/b\r\n\r\n1\r\n--b--", "|0|1;" },
	{ "parts behind the end",
	    "--b\nContent-Type: a/b\n\n1\n--b--\nno\n--b\nContent-Type: a/b\n\n2\n--b--\n",
	    "|0|1;|0|2;" },
	{ "not closed", "--b\nContent-Type: a/b\n\n1\n", "|0|1\n;" },
	{ "no form: a text with a rule", "--b\n\nContent-Type: a/b\n\n1\n", NULL },
	{ "no form: a message", "Content-Type: a/b\n\n--b\n1\n", NULL },
	{ "nothing", "", NULL },
};

TEST(forms_are_known_by_their_first_boundary)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct span file = span_text(forms[i].file);
		struct mail_reader r;
		const char *told;
		size_t at;

		CHECK_ROW(forms[i].name, mail_is_form(file, &at) == (forms[i].parts != NULL));
		if (forms[i].parts == NULL)
			continue;
		mail_begin_form(&r, file, at);
		told = tell_of(&r);
		if (strcmp(told, forms[i].parts) != 0)
			fprintf(stderr, "  told: '%s'\n", told);
		CHECK_ROW(forms[i].name, strcmp(told, forms[i].parts) == 0);
	}
}

/* What stands before the first boundary is read no further than that. */
TEST(a_form_behind_too_much_is_none)
{
	static char text[(64 << 10) + 64];
	size_t at;

	memset(text, '\n', 64 << 10);
	memcpy(text + 1000, "\n--b\nContent-Type: a\n", 22);
	CHECK(mail_is_form(span_of(text, 64 << 10), &at) && at == 1001);
	memset(text, '\n', 64 << 10);
	memcpy(text + (64 << 10), "--b\nContent-Type: a\n", 21);
	CHECK(!mail_is_form(span_of(text, sizeof(text)), &at));
	memset(text, '-', 300);
	memcpy(text + 300, "\nContent-Type: a\n", 18);
	CHECK(!mail_is_form(span_of(text, 318), &at)); /* longer than a boundary may be */
}

TEST(a_message_cut_anywhere_has_parts_within_it)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t bytes = 0; bytes < strlen(cases[i].file); bytes++) {
			struct mail_reader r;
			struct mail_part p;
			size_t sum = 0;

			mail_begin(&r, span_of(cases[i].file, bytes));
			while (mail_next(&r, &p))
				sum += p.bytes.bytes;
			CHECK_SEED(bytes, sum <= bytes && r.at == bytes);
		}
	}
}

TEST(nesting_past_the_limit_is_one_part)
{
	static char text[4096];
	size_t used = 0;
	struct mail_reader r;
	struct mail_part p;
	unsigned parts = 0;

	for (unsigned i = 0; i < MAIL_DEPTH_MAX + 4; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "Content-Type: multipart/x; boundary=b%c\n\n--b%c\n", 'A' + (int)i,
		    'A' + (int)i);
	mail_begin(&r, span_of(text, used));
	while (mail_next(&r, &p)) {
		parts++;
		CHECK(r.depth <= MAIL_DEPTH_MAX);
	}
	CHECK(parts == 1 && r.is_cut);
}

/* As many as there is room for are heeded, and one more is not. */
TEST(boundaries_past_the_limit_are_told)
{
	char text[512];

	for (unsigned count = 1; count <= 8; count++) {
		size_t used = (size_t)snprintf(text, sizeof(text), "Content-Type: multipart/x");
		struct mail_reader r;
		struct mail_part p;

		for (unsigned i = 0; i < count; i++)
			used += (size_t)snprintf(
			    text + used, sizeof(text) - used, "; boundary=b%u", i % 7);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "\n\n--b0\n\nhello\n");
		mail_begin(&r, span_of(text, used));
		while (mail_next(&r, &p))
			;
		CHECK_SEED(count, r.is_cut == (count > 6));
	}
}
