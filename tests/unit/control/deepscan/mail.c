/* SPDX-License-Identifier: BSD-3-Clause */
/* Mail in the deep scan: what is attached is judged like any other member. */
#include <stdio.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static struct packed made, zipped;

/* RFC 4648 4, in lines of 76. */
static void
add_base64(struct packed *out, struct span in)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t at = 0; at < in.bytes; at += 3) {
		size_t n = in.bytes - at < 3 ? in.bytes - at : 3;
		uint32_t v = 0;
		char four[5] = "====";

		for (size_t i = 0; i < 3; i++)
			v = v << 8 | (i < n ? in.data[at + i] : 0u);
		for (size_t i = 0; i <= n; i++)
			four[i] = letters[v >> (18 - 6 * i) & 63];
		packer_add(out, span_of(four, 4));
		if (at % 57 == 54)
			packer_add(out, span_text("\r\n"));
	}
}

static struct span
write_mail(struct span attached)
{
	made.used = 0;
	packer_add(&made,
	    span_text(
		"Received: from a\r\nSubject: b\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=\"==b\"\r\n\r\n--==b\r\n\r\nhello\r\n"
		"--==b\r\nContent-Type: application/zip; name=\"pay me.zip\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"));
	add_base64(&made, attached);
	packer_add(&made, span_text("\r\n--==b--\r\n"));
	return packer_span(&made);
}

static bool
is_eicar(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0;
}

TEST(what_is_attached_is_judged_and_named)
{
	const struct packer_member m = { "evil.com", packer_eicar() };
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	d = packer_judge(write_mail(packer_eicar()), &limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "mail:pay_me.zip") == 0 && d->offset == 68);
	CHECK(packer_write(&zipped, "zip", NULL, "zip:compression=deflate", &m, 1));
	d = packer_judge(write_mail(packer_span(&zipped)), &limits);
	CHECK(is_eicar(d) && strncmp(d->layer, "mail:pay_me.zip", 15) == 0);
	d = packer_judge(write_mail(span_text("nothing")), &limits);
	/* also read as a form that something stands before, since a head may be a lie: nothing new
	 */
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX && d->members == 2);
	limits.members_max = 1;
	d = packer_judge(write_mail(packer_eicar()), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	limits = packer_limits;
	limits.depth_max = 0;
	d = packer_judge(write_mail(packer_eicar()), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
}

/* RFC 2231: within another part, so that no other reading comes upon it. */
TEST(boundaries_coded_or_in_sections_are_taken)
{
	static const char *const told[] = { "boundary*=utf-8''%69n",
		"boundary*1*=%6e; boundary*0=i", "boundary=q; boundary*0=in" };

	for (unsigned i = 0; i < COUNT_OF(told); i++) {
		const struct deepscan *d;

		made.used = 0;
		packer_add(
		    &made, span_text("Received: from a\r\nSubject: b\r\n"
				     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
				     "Content-Type: multipart/mixed; "));
		packer_add(&made, span_text(told[i]));
		packer_add(&made, span_text("\r\n\r\n--in\r\nContent-Disposition: attachment; "
					    "filename*0=a; filename*1=.com\r\n"
					    "Content-Transfer-Encoding: base64\r\n\r\n"));
		add_base64(&made, packer_eicar());
		packer_add(&made, span_text("\r\n--in--\r\n--b--\r\n"));
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_ROW(told[i], is_eicar(d) && strcmp(d->layer, "mail:a.com") == 0);
	}
}

/* As a part's coding says, by any of its names, or within a text that says nothing of it. Behind
 * so much that libarchive does not take all of it for one uuencoded file. */
TEST(what_is_uuencoded_is_judged)
{
	static const char *const heads[] = {
		"Content-Transfer-Encoding: x-uuencode\r\n\r\n",
		"Content-Transfer-Encoding: uuencode\r\n\r\n",
		"Content-Transfer-Encoding: x-uue\r\n\r\n",
		"Content-Type: text/plain\r\n\r\nHello,\r\n",
		"Content-Type: text/html\r\n\r\n<p>Hello\r\n",
	};

	for (unsigned i = 0; i < COUNT_OF(heads); i++) {
		const struct deepscan *d;

		made.used = 0;
		packer_add(&made, span_text("Received: from a\r\nSubject: b\r\n"
					    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
					    "--b\r\n\r\n"));
		for (unsigned k = 0; k < 20000; k++)
			packer_add(&made, span_text("more of it\n"));
		packer_add(&made, span_text("--b\r\n"));
		packer_add(&made, span_text(heads[i]));
		packer_add(&made, span_text("begin 644 a.gz\r\n"));
		packer_add_uuencoded(&made, packer_hidden());
		packer_add(&made, span_text("`\r\nend\r\n--b--\r\n"));
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_ROW(heads[i], is_eicar(d));
		CHECK_ROW(heads[i], strcmp(d->layer, "mail:2->uu->gz") == 0);
	}
}

TEST(a_mail_cut_anywhere_ends_well)
{
	write_mail(packer_hidden());
	for (size_t bytes = 0; bytes < made.used; bytes++) {
		const struct deepscan *d =
		    packer_judge(span_first(packer_span(&made), bytes), &packer_limits);

		CHECK_SEED(bytes, d->verdict == VERDICT_CLEAN || is_eicar(d));
	}
}

/* An upload: the ZIP lies in the body as it is. What stands around it hides nothing. */
static struct span
write_form(const char *before, struct span file)
{
	made.used = 0;
	packer_add(&made, span_text(before));
	packer_add(&made,
	    span_text("--xYz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.zip\"\r\n"
		      "Content-Type: application/zip\r\n\r\n"));
	packer_add(&made, file);
	packer_add(&made, span_text("\r\n--xYz--\r\n"));
	return packer_span(&made);
}

TEST(what_is_uploaded_in_a_form_is_judged_and_named)
{
	const struct packer_member m = { "evil.com", packer_eicar() };
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	CHECK(packer_write(&zipped, "zip", NULL, "zip:compression=deflate", &m, 1));
	d = packer_judge(write_form("", packer_span(&zipped)), &limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "form:a.zip->zip:evil.com") == 0);
	d = packer_judge(write_form("nothing\r\n", packer_span(&zipped)), &limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "form:a.zip->zip:evil.com") == 0);
	CHECK(packer_write(&zipped, "7zip", NULL, NULL, &m, 1));
	d = packer_judge(write_form("", packer_span(&zipped)), &limits);
	CHECK(is_eicar(d) && strncmp(d->layer, "form:a.zip", 10) == 0);
	d = packer_judge(write_form("", span_text("harmless")), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX && d->members == 1);
}

/* A body that is a message and a form: what both say is one part, what one of them says is another.
 */
TEST(a_part_that_two_readings_share_counts_once)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.members_max = 3;
	d = packer_judge(write_form("Subject: a\r\nReceived: b\r\nMIME-Version: 1.0\r\n"
				    "Content-Type: multipart/mixed; boundary=xYz\r\n\r\n"
				    "--xYz\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
			     span_text("nothing")),
	    &limits);
	CHECK(d->source == SOURCE_SANDBOX && d->members == 2);
	/* the head names another boundary: all is one part to a reader of mail */
	d = packer_judge(write_form("Subject: a\r\nReceived: b\r\nMIME-Version: 1.0\r\n"
				    "Content-Type: multipart/mixed; boundary=other\r\n\r\n--other"
				    "\r\n\r\nhello\r\n",
			     span_text("nothing")),
	    &limits);
	CHECK(d->source == SOURCE_SANDBOX && d->members == 2);
	d = packer_judge(write_form("Subject: a\r\nReceived: b\r\nMIME-Version: 1.0\r\n"
				    "Content-Type: multipart/mixed; boundary=other\r\n\r\n--other"
				    "\r\n\r\nhello\r\n",
			     packer_hidden()),
	    &limits);
	CHECK(is_eicar(d) && strncmp(d->layer, "form:a.zip->gz", 14) == 0);
}

/* Where parts may lie that are not read, that is told. */
TEST(a_mail_nested_too_deep_is_oversize)
{
	const struct deepscan *d;
	char head[96];

	for (unsigned levels = 16; levels <= 17; levels++) {
		made.used = 0;
		packer_add(&made, span_text("Received: from a\r\nSubject: b\r\n"));
		for (unsigned i = 0; i < levels; i++) {
			snprintf(head, sizeof(head),
			    "Content-Type: multipart/mixed; boundary=b%02u\r\n\r\n--b%02u\r\n", i,
			    i);
			packer_add(&made, span_text(head));
		}
		packer_add(&made, span_text("\r\nhello"));
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK(d->verdict == VERDICT_CLEAN);
		CHECK_SEED(levels, d->source == (levels > 16 ? SOURCE_OVERSIZE : SOURCE_SANDBOX));
	}
}

/* Word opens a PDF that goes on as a web archive: its parts count wherever it is, also in a ZIP. */
TEST(the_parts_behind_a_pdfs_head_are_judged)
{
	static struct packed outer;
	struct packer_member m = { "a.doc", { 0 } };
	const struct deepscan *d;

	made.used = 0;
	packer_add(&made, span_text("%PDF-1.7\n1 0 obj\n<<>>\nendobj\nMIME-Version: 1.0\r\n"
				    "Content-Type: multipart/related; boundary=Q\r\n\r\n--Q\r\n"
				    "Content-Transfer-Encoding: base64\r\n\r\n"));
	add_base64(&made, packer_hidden());
	packer_add(&made, span_text("\r\n--Q--\r\n"));
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "form:1->gz") == 0);
	m.bytes = packer_span(&made);
	CHECK(packer_write(&outer, "zip", NULL, "zip:compression=deflate", &m, 1));
	d = packer_judge(packer_span(&outer), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "zip:a.doc->form:1->gz") == 0);
}
