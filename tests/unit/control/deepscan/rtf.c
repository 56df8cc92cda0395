/* SPDX-License-Identifier: BSD-3-Clause */
/* RTF in the deep scan: what is in its objects is judged. */
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static struct packed made, zipped;

/* Bytes behind words, with an obstacle after each 20; of an object, with a header before it. */
static struct span
write_behind(const char *words, struct span object)
{
	char two[3];

	made.used = 0;
	packer_add(&made, span_text(words));
	for (size_t i = 0; i < object.bytes; i++) {
		snprintf(two, sizeof(two), "%02x", object.data[i]);
		packer_add(&made, span_text(two));
		if (i % 20 == 19)
			packer_add(&made, span_text("\r\n{\\*\\x}\\par "));
	}
	packer_add(&made, span_text("}}}"));
	return packer_span(&made);
}

static struct span
write_rtf(struct span object)
{
	return write_behind("{\\rtf1 hello{\\object\\objemb{\\*\\objdata 0105000002000000", object);
}

static bool
is_bad(const struct deepscan *d, const char *layer)
{
	if (strcmp(d->layer, layer) != 0)
		fprintf(stderr, "  '%s', not '%s'\n", d->layer, layer);
	return d->verdict == VERDICT_BAD && strcmp(d->layer, layer) == 0;
}

TEST(what_is_in_an_object_of_rtf_is_judged)
{
	const struct packer_member m = { "evil.com", packer_eicar() };
	struct deepscan_limits shallow = packer_limits;
	const struct deepscan *d;

	CHECK(is_bad(packer_judge(write_rtf(packer_eicar()), &packer_limits), "rtf:1"));
	CHECK(packer_write(&zipped, "zip", NULL, NULL, &m, 1));
	CHECK(is_bad(
	    packer_judge(write_rtf(packer_span(&zipped)), &packer_limits), "rtf:1->zip:evil.com"));
	d = packer_judge(write_rtf(span_text("harmless")), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX && d->streams == 1);
	shallow.depth_max = 0;
	d = packer_judge(write_rtf(packer_eicar()), &shallow);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	shallow = packer_limits;
	shallow.unpacked_bytes_max = 10;
	d = packer_judge(write_rtf(packer_eicar()), &shallow);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
}

/* A file that was dropped into the document, as Packager writes it; cut anywhere it is no file, or
 * a cut one. */
TEST(a_package_in_an_object_of_rtf_is_taken_out)
{
	static const char head[] =
	    "\10\0\0\0Package\0\0\0\0\0\0\0\0\0\xff\0\0\0\2\0a.gz\0c:\\a.gz\0"
	    "\0\0\3\0\3\0\0\0t\\\0";
	struct span hidden = packer_hidden();
	uint8_t object[1024], size[4] = { (uint8_t)hidden.bytes, (uint8_t)(hidden.bytes >> 8) };
	size_t n = sizeof(head) - 1;

	memcpy(object, head, n);
	memcpy(object + n, size, sizeof(size));
	memcpy(object + n + 4, hidden.data, hidden.bytes);
	n += 4 + hidden.bytes;
	memcpy(object + n, "behind", 6);
	CHECK(is_bad(
	    packer_judge(write_rtf(span_of(object, n + 6)), &packer_limits), "rtf:1->at:62->gz"));
	for (size_t cut = 0; cut < n - hidden.bytes; cut++)
		CHECK(packer_judge(write_rtf(span_of(object, cut)), &packer_limits)->verdict ==
		      VERDICT_CLEAN);
	object[2] = 1; /* a class that is longer than all of it */
	CHECK(
	    packer_judge(write_rtf(span_of(object, n)), &packer_limits)->verdict == VERDICT_CLEAN);
}

/* Pictures, fonts, the data store and the theme are as good a place. */
TEST(what_stands_behind_other_words_of_rtf_is_judged)
{
	static const char *const words[] = { "{\\rtf1{{\\*\\datastore ", "{\\rtf1{{\\*\\themedata ",
		"{\\rtf1{{\\pict\\wmetafile8{\\*\\blipuid 01}", "{\\rtf1{{\\*\\fontemb\\fnil " };

	for (unsigned i = 0; i < COUNT_OF(words); i++)
		CHECK_ROW(words[i],
		    is_bad(packer_judge(write_behind(words[i], packer_hidden()), &packer_limits),
			"rtf:1->gz"));
}
