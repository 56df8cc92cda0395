/* SPDX-License-Identifier: BSD-3-Clause */
/* What OneNote and Outlook carry is judged, within its limits. */
#include <stdio.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define ONENOTE "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"
#define STORED  "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"

static struct packed made;

static void
add_number(uint64_t value, unsigned bytes)
{
	packer_add(&made, span_of(&value, bytes));
}

static void
add_stored(uint64_t told, struct span bytes)
{
	packer_add(&made, span_of(STORED, 16));
	add_number(told, 8);
	add_number(0, 8);
	add_number(0, 4);
	packer_add(&made, bytes);
}

static void
begin_onenote(void)
{
	made.used = 0;
	packer_add(&made, span_of(ONENOTE, 16));
	packer_add(&made, span_text("notes"));
}

static void
add_attribute(uint32_t id, struct span bytes)
{
	add_number(2, 1);
	add_number(id, 4);
	add_number(bytes.bytes, 4);
	packer_add(&made, bytes);
	add_number(0, 2);
}

static void
write_tnef(struct span file)
{
	made.used = 0;
	add_number(0x223e9f78, 4);
	add_number(1, 2);
	add_attribute(0x00069002, span_text(""));
	add_attribute(0x00018010, span_text("bill.gz"));
	add_attribute(0x0006800f, file);
}

static bool
is_bad_in(const struct deepscan *d, const char *layer)
{
	if (strcmp(d->layer, layer) != 0)
		fprintf(stderr, "  '%s', not '%s'\n", d->layer, layer);
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0 &&
	       strcmp(d->layer, layer) == 0;
}

static bool
is_class(const struct deepscan *d, enum source class)
{
	return d->verdict == VERDICT_CLEAN && d->source == class;
}

TEST(files_in_onenote_are_judged)
{
	begin_onenote();
	add_stored(4, span_text("fine"));
	add_stored(packer_hidden().bytes, packer_hidden());
	CHECK(is_bad_in(packer_judge(packer_span(&made), &packer_limits), "onenote:2->gz"));
	begin_onenote();
	add_stored(packer_hidden().bytes + 1, packer_hidden());
	CHECK(is_bad_in(packer_judge(packer_span(&made), &packer_limits), "onenote:1->gz"));
	begin_onenote();
	add_stored(5, span_text("fine"));
	CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_CORRUPT));
	begin_onenote();
	add_stored(4, span_text("fine"));
	CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
}

TEST(outlook_tells_its_attachments)
{
	struct judge j;

	CHECK(judge_begin_members(&j, "M:CL_TYPE_TNEF:*:^bill.gz$:4:4:0:0:*:*"));
	j.deep.limits = packer_limits;
	write_tnef(span_text("fine"));
	deepscan_judge(&j.deep, packer_span(&made), span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_BAD && strcmp(j.deep.layer, "tnef:bill.gz") == 0);
	write_tnef(span_text("finer"));
	deepscan_judge(&j.deep, packer_span(&made), span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_CLEAN);
	judge_end(&j);
}

/* Each says that it has all that follows. */
TEST(files_that_overlap_cost_their_limit)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	begin_onenote();
	for (unsigned i = 0; i < 1000; i++)
		add_stored(UINT64_MAX, span_text("fine"));
	limits.unpacked_bytes_max = 1u << 20;
	d = packer_judge(packer_span(&made), &limits);
	CHECK(d->is_spent && d->unpacked_bytes <= limits.unpacked_bytes_max);
}

TEST(attachments_of_outlook_are_judged)
{
	static struct packed inner;

	write_tnef(packer_hidden());
	CHECK(is_bad_in(packer_judge(packer_span(&made), &packer_limits), "tnef:bill.gz->gz"));
	inner.used = 0;
	packer_add(&inner, span_text("what it is"));
	packer_add(&inner, packer_span(&made));
	write_tnef(span_text("fine"));
	CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
	add_attribute(0x00069005, packer_span(&inner));
	CHECK(
	    is_bad_in(packer_judge(packer_span(&made), &packer_limits), "at:69->tnef:bill.gz->gz"));
	write_tnef(span_text("fine"));
	CHECK(is_class(packer_judge(span_first(packer_span(&made), made.used - 3), &packer_limits),
	    SOURCE_CORRUPT));
}
