/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures that ask what an object lies in: found there, and not elsewhere. */
#include "scanners/digest/digest.h"
#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

#define MARK     "\x01\xff what the signature looks for"
#define MARK_HEX "01ff207768617420746865207369676e6174757265206c6f6f6b7320666f72"

static const struct packer_member member = { "m.bin", { (const uint8_t *)MARK, sizeof(MARK) - 1 } };
static struct packed packed[2];
static struct judge judge;

/* A generation of one signature with this container. */
static void
ask_for(const char *container)
{
	char line[300];

	snprintf(line, sizeof(line), "Mark;Engine:81-255,Container:%s,Target:0;0;%s\n", container,
	    MARK_HEX);
	CHECK_ROW(container, judge_begin_logical(&judge, span_text(line)));
	CHECK_ROW(container, judge_taken(&judge) == 1);
	judge.deep.limits = packer_limits;
}

static bool
is_found(struct span object)
{
	deepscan_judge(&judge.deep, object, span_of(NULL, 0));
	return judge.deep.verdict == VERDICT_BAD;
}

static const struct {
	const char *container, *format, *filter, *first; /* of an Office document */
	const char *also;                                /* another that it is */
} rows[] = {
	{ "CL_TYPE_ZIP", "zip", NULL, NULL, NULL },
	{ "CL_TYPE_7Z", "7zip", NULL, NULL, NULL },
	{ "CL_TYPE_POSIX_TAR", "ustar", NULL, NULL, NULL },
	{ "CL_TYPE_ISO9660", "iso9660", NULL, NULL, NULL },
	{ "CL_TYPE_GZ", "raw", "gzip", NULL, NULL },
	{ "CL_TYPE_BZ", "raw", "bzip2", NULL, NULL },
	{ "CL_TYPE_XZ", "raw", "xz", NULL, NULL },
	{ "CL_TYPE_OOXML_WORD", "zip", NULL, "word/document.xml", "CL_TYPE_ZIP" },
	{ "CL_TYPE_OOXML_XL", "zip", NULL, "xl/workbook.xml", "CL_TYPE_ZIP" },
	{ "CL_TYPE_OOXML_PPT", "zip", NULL, "ppt/presentation.xml", "CL_TYPE_ZIP" },
};

static struct span
pack(size_t row)
{
	const char *first = rows[row].first;
	const struct packer_member office[] = { { "[Content_Types].xml", span_text("<Types/>") },
		{ first, span_text("<x/>") }, member };

	CHECK(packer_write(&packed[0], rows[row].format, rows[row].filter, NULL,
	    first != NULL ? office : &member, first != NULL ? 3 : 1));
	return packer_span(&packed[0]);
}

TEST(a_member_is_found_in_the_container_that_is_asked_for)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span object;

		ask_for(rows[i].container);
		for (size_t k = 0; k < COUNT_OF(rows); k++) {
			bool is_one = k == i || (rows[k].also != NULL &&
						    strcmp(rows[k].also, rows[i].container) == 0);

			object = pack(k);
			CHECK_ROW(rows[i].container, is_found(object) == is_one);
		}
		CHECK_ROW(rows[i].container, !is_found(member.bytes));
		judge_end(&judge);
	}
}

TEST(an_attachment_lies_in_a_mail_and_what_it_holds_does_not)
{
	static const char mail[] =
	    "From: a@example.test\nTo: b@example.test\nSubject: c\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; name=m.bin\n\n" MARK;
	const struct packer_member sent = { "m.eml", span_of(mail, sizeof(mail) - 1) };

	ask_for("CL_TYPE_MAIL");
	CHECK(is_found(sent.bytes));
	CHECK(packer_write(&packed[1], "zip", NULL, NULL, &sent, 1));
	CHECK(is_found(packer_span(&packed[1])));
	judge_end(&judge);
	ask_for("CL_TYPE_ZIP");
	CHECK(packer_write(&packed[1], "zip", NULL, "zip:compression=deflate", &sent, 1));
	CHECK(is_found(packer_span(&packed[1])) && strcmp(judge.deep.layer, "zip:m.eml") == 0);
	judge_end(&judge);
}

TEST(an_object_lies_in_nothing)
{
	ask_for("CL_TYPE_ANY");
	CHECK(is_found(member.bytes));
	CHECK(packer_write(&packed[0], "raw", "gzip", NULL, &member, 1));
	CHECK(!is_found(packer_span(&packed[0])));
	judge_end(&judge);
}

/* The same bytes alone, or in another archive, are not: only what holds them so is told. */
TEST(what_is_bad_where_it_lies_is_no_part_that_is_bad_alone)
{
	uint8_t right[DIGEST_SHA256_BYTES];
	struct packer_member inner = { "in.zip", { 0 } };

	ask_for("CL_TYPE_ZIP");
	CHECK(packer_write(&packed[0], "zip", NULL, NULL, &member, 1));
	inner.bytes = packer_span(&packed[0]);
	CHECK(packer_write(&packed[1], "ustar", NULL, NULL, &inner, 1));
	CHECK(is_found(packer_span(&packed[1])) && judge.deep.part_count == 1);
	digest_sha256(inner.bytes, right);
	CHECK(memcmp(judge.deep.parts[0], right, sizeof(right)) == 0);
	judge_end(&judge);
}

/* It was taken apart where it lay first; what it says as text is asked for again. */
TEST(the_same_page_in_two_places_is_judged_in_both)
{
	static const char page[] = "<html><body>what the signature looks for</body></html>";
	const struct packer_member m = { "a.html", span_of(page, sizeof(page) - 1) };
	struct packer_member both[2] = { m, { "b.7z", { 0 } } };

	CHECK(judge_begin_logical(&judge,
	    span_text("Page;Engine:81-255,Container:CL_TYPE_7Z,Target:3;0;" /* in lower case */
		      "7768617420746865207369676e6174757265206c6f6f6b7320666f72\n")));
	judge.deep.limits = packer_limits;
	CHECK(packer_write(&packed[0], "7zip", NULL, NULL, &m, 1));
	both[1].bytes = packer_span(&packed[0]);
	CHECK(packer_write(&packed[1], "zip", NULL, NULL, both, 2));
	CHECK(is_found(packer_span(&packed[1])) && judge.deep.part_count == 1);
	judge_end(&judge);
}

/* However long the names around it, the kind of the last view stands in the path. */
TEST(a_long_name_hides_no_container)
{
	static char name[DEEPSCAN_LAYER_MAX + 100];
	const struct packer_member outer = { name, { 0 } };
	struct packer_member long_member = outer;

	memset(name, 'n', sizeof(name) - 1);
	ask_for("CL_TYPE_ZIP");
	CHECK(packer_write(&packed[0], "zip", NULL, NULL, &member, 1));
	long_member.bytes = packer_span(&packed[0]);
	CHECK(packer_write(&packed[1], "pax", NULL, NULL, &long_member, 1));
	CHECK(is_found(packer_span(&packed[1])));
	CHECK(strstr(judge.deep.layer, "->zip:") != NULL);
	judge_end(&judge);
}
