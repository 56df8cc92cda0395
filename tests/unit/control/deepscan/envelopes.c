/* SPDX-License-Identifier: BSD-3-Clause */
/* What CMS and OpenPGP carry is judged, by each way to write its lengths; what is encrypted is that
 * class. */
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

/* The last number of an object identifier of PKCS #7, and of S/MIME's content types. */
#define PKCS7      "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define SMIME      "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"
#define COUNTED    "\x02\x01\x01\x31\x00" /* a version, and a set of nothing */
#define BYTES(lit) span_of(lit, sizeof(lit) - 1)
#define SPAN(lit)                                       \
	{                                               \
		(const uint8_t *)(lit), sizeof(lit) - 1 \
	}

static struct packed made;

static void
put_before(struct span s)
{
	CHECK(made.used + s.bytes <= sizeof(made.bytes));
	memmove(made.bytes + s.bytes, made.bytes, made.used);
	memcpy(made.bytes, s.data, s.bytes);
	made.used += s.bytes;
}

/* Makes one element of all that was made. */
static void
wrap(uint8_t tag, bool is_endless)
{
	const uint8_t head[] = { tag, 0x82, (uint8_t)(made.used >> 8), (uint8_t)made.used };
	const uint8_t open[] = { tag, 0x80 };

	if (is_endless)
		packer_add(&made, span_of("\0\0", 2));
	put_before(is_endless ? span_of(open, 2) : span_of(head, 4));
}

/* An octet string, in two parts, of which the first is of one more. */
static void
make_parts(struct span content, bool is_endless)
{
	size_t half = content.bytes / 2;
	static struct packed rest;

	made.used = 0;
	packer_add(&made, span_from(content, half));
	wrap(0x04, false);
	rest = made;
	made.used = 0;
	packer_add(&made, span_first(content, half));
	wrap(0x04, false);
	wrap(0x24, true);
	packer_add(&made, packer_span(&rest));
	wrap(0x24, is_endless);
}

struct cms_case {
	const char *name;
	struct span kind;                     /* of all */
	bool is_bare, is_endless, is_in_part; /* is_bare: the content stands in it at once */
	const char *layer;
};

static const struct cms_case envelopes[] = {
	{ "signed, DER", SPAN(PKCS7 "\x02"), false, false, false, "cms->gz" },
	{ "signed, BER", SPAN(PKCS7 "\x02"), false, true, true, "cms->gz" },
	{ "signed, in parts of told length", SPAN(PKCS7 "\x02"), false, false, true, "cms->gz" },
	{ "signed, of no told length", SPAN(PKCS7 "\x02"), false, true, false, "cms->gz" },
	{ "data", SPAN(PKCS7 "\x01"), true, false, false, "cms->gz" },
	{ "digested", SPAN(PKCS7 "\x05"), false, false, false, "cms->gz" },
	{ "authenticated", SPAN(SMIME "\x02"), false, false, false, "cms->gz" },
	{ "compressed", SPAN(SMIME "\x09"), false, true, true, "cms->gz" },
};

static struct span
make_cms(const struct cms_case *row, struct span content)
{
	made.used = 0;
	if (row->is_in_part) {
		make_parts(content, row->is_endless);
	} else {
		packer_add(&made, content);
		wrap(0x04, false);
	}
	wrap(0xa0, row->is_endless);
	if (!row->is_bare) {
		put_before(BYTES(PKCS7 "\x01"));
		wrap(0x30, row->is_endless);
		put_before(BYTES(COUNTED));
		packer_add(&made, BYTES("\x31\x00"));
		wrap(0x30, row->is_endless);
		wrap(0xa0, row->is_endless);
	}
	put_before(row->kind);
	wrap(0x30, row->is_endless);
	return packer_span(&made);
}

TEST(what_cms_carries_is_judged)
{
	for (size_t i = 0; i < COUNT_OF(envelopes); i++) {
		const struct cms_case *row = &envelopes[i];
		const struct deepscan *d =
		    packer_judge(make_cms(row, packer_hidden()), &packer_limits);

		CHECK_ROW(row->name, d->verdict == VERDICT_BAD);
		CHECK_ROW(row->name, strcmp(d->layer, row->layer) == 0);
		packer_add(&made, packer_hidden()); /* behind its end */
		make_cms(row, span_text("fine"));
		packer_add(&made, packer_hidden());
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_ROW(row->name, d->verdict == VERDICT_BAD);
		d = packer_judge(make_cms(row, span_text("fine")), &packer_limits);
		CHECK_ROW(row->name, d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
		CHECK_ROW(row->name, d->unpacked_bytes == 4);
	}
}

/* However much is there: what is cut off is not made up. */
TEST(cms_that_is_cut_ends)
{
	for (size_t i = 0; i < COUNT_OF(envelopes); i++) {
		struct span all = make_cms(&envelopes[i], span_text("fine"));

		for (size_t end = 0; end < all.bytes; end++)
			CHECK_SEED(
			    end, packer_judge(span_first(all, end), &packer_limits)->verdict ==
				     VERDICT_CLEAN);
	}
}

static const struct {
	const char *name;
	struct span bytes;
	enum source source;
} locked[] = {
	{ "CMS, enveloped", SPAN("\x30\x0d" PKCS7 "\x03\xa0\x00"), SOURCE_ENCRYPTED },
	{ "CMS, signed and enveloped", SPAN("\x30\x0d" PKCS7 "\x04\xa0\x00"), SOURCE_ENCRYPTED },
	{ "CMS, encrypted", SPAN("\x30\x0d" PKCS7 "\x06\xa0\x00"), SOURCE_ENCRYPTED },
	{ "CMS, authenticated and enveloped", SPAN("\x30\x80" SMIME "\x17\xa0\x80\0\0\0\0"),
	    SOURCE_ENCRYPTED },
	{ "CMS, signed, without content", SPAN("\x30\x0d" PKCS7 "\x02\xa0\x00"), SOURCE_SANDBOX },
	{ "CMS, of no known kind", SPAN("\x30\x0d" PKCS7 "\x07\xa0\x00"), SOURCE_SANDBOX },
	{ "OpenPGP, by a password",
	    SPAN("\x8c\x0d\x04\x09\x03\x02SALTsalt\xff\xd2\x05\x01....\xff"), SOURCE_ENCRYPTED },
	{ "OpenPGP, by a public key",
	    SPAN("\x84\x0c\x03KEYIDKEY\x01\x01\x01\xd2\xff\0\1\0\0\x01...."), SOURCE_ENCRYPTED },
	{ "OpenPGP, a key of no such version",
	    SPAN("\x84\x0c\x0bKEYIDKEY\x01\x01\x01\xd2\x05\x01...."), SOURCE_SANDBOX },
	{ "OpenPGP, without a key", SPAN("\xd2\x05\x01...."), SOURCE_SANDBOX },
	{ "openssl enc", SPAN("Salted__saltsaltcipherci"), SOURCE_ENCRYPTED },
	{ "openssl's mark alone", SPAN("Salted__saltsaltciphe"), SOURCE_SANDBOX },
};

TEST(what_is_encrypted_is_told)
{
	for (size_t i = 0; i < COUNT_OF(locked); i++) {
		const struct deepscan *d = packer_judge(locked[i].bytes, &packer_limits);

		CHECK_ROW(locked[i].name, d->verdict == VERDICT_CLEAN);
		CHECK_ROW(locked[i].name, d->source == locked[i].source);
	}
}

/* A packet of OpenPGP's newer format around all that was made; in pieces: the first of 32 bytes. */
static void
packet(uint8_t tag, bool is_in_part)
{
	uint8_t head[] = { (uint8_t)(0xc0 | tag), 0xff, 0, 0, (uint8_t)(made.used >> 8),
		(uint8_t)made.used };
	uint8_t rest[] = { 0xff, 0, 0, (uint8_t)((made.used - 32) >> 8),
		(uint8_t)(made.used - 32) };
	static struct packed all;

	if (!is_in_part) {
		put_before(span_of(head, sizeof(head)));
		return;
	}
	all = made;
	made.used = 0;
	head[1] = 224 + 5;
	packer_add(&made, span_of(head, 2));
	packer_add(&made, span_first(packer_span(&all), 32));
	packer_add(&made, span_of(rest, sizeof(rest)));
	packer_add(&made, span_from(packer_span(&all), 32));
}

static void
literal(struct span content, bool is_in_part)
{
	made.used = 0;
	packer_add(&made, BYTES("b\x05"
				"a.com"
				"\0\0\0\0"));
	packer_add(&made, content);
	packet(11, is_in_part);
}

/* As one stored block of Deflate: RFC 1951 3.2.4. */
static void
compress(bool is_in_part)
{
	uint16_t sizes[2] = { (uint16_t)made.used, (uint16_t)~made.used };

	put_before(span_of(sizes, sizeof(sizes)));
	put_before(BYTES("\x01\x01")); /* the method, and that the block is the last */
	packet(8, is_in_part);
}

static void
compress_by_bzip2(void)
{
	static struct packed bz2;
	const struct packer_member m = { "m", packer_span(&made) };

	CHECK(packer_write(&bz2, "raw", "bzip2", NULL, &m, 1));
	made.used = 0;
	packer_add(&made, BYTES("\x03"));
	packer_add(&made, packer_span(&bz2));
	packet(8, false);
}

static bool
is_bad_at(const char *layer)
{
	const struct deepscan *d = packer_judge(packer_span(&made), &packer_limits);

	return d->verdict == VERDICT_BAD && strcmp(d->layer, layer) == 0;
}

TEST(what_openpgp_carries_is_judged)
{
	for (unsigned i = 0; i < 2; i++) {
		literal(packer_hidden(), i == 1);
		CHECK_SEED(i, is_bad_at("pgp:a.com->gz"));
		compress(i == 1);
		CHECK_SEED(i, is_bad_at("pgp->pgp:a.com->gz"));
		put_before(BYTES("\xc4\x0d\x03\x00\x0a\x01KEYIDKEY\x01")); /* a signature follows */
		packer_add(&made, BYTES("\xc2\x03\x04\x00\x01"));
		CHECK_SEED(i, is_bad_at("pgp->pgp:a.com->gz"));
	}
	literal(packer_hidden(), false);
	compress_by_bzip2();
	CHECK(is_bad_at("pgp->pgp:a.com->gz"));
	made.used = 0; /* of the older format, up to the end */
	packer_add(&made, BYTES("\xaf"
				"b\0\0\0\0\0"));
	packer_add(&made, packer_hidden());
	CHECK(is_bad_at("pgp->gz"));
}

TEST(several_messages_and_what_follows_are_judged)
{
	static struct packed first;

	literal(span_text("fine"), false);
	packer_add(&made, BYTES("\xc2\x03\x04\x00\x01"));
	first = made;
	literal(packer_hidden(), false);
	put_before(packer_span(&first));
	CHECK(is_bad_at("pgp:a.com->gz"));
	made = first;
	packer_add(&made, packer_hidden());
	CHECK(is_bad_at("at:26->gz"));
	made = first;
	CHECK(packer_judge(packer_span(&made), &packer_limits)->source == SOURCE_SANDBOX);
}

TEST(openpgp_that_is_cut_or_by_chance_hides_nothing)
{
	const struct deepscan *d;

	literal(packer_hidden(), false);
	compress(false);
	for (size_t end = 0; end + 8 < made.used; end++)
		CHECK_SEED(end, packer_judge(span_first(packer_span(&made), end), &packer_limits)
					->unpacked_bytes <= made.used);
	made.used = 0; /* no Deflate, and an archive behind */
	packer_add(&made, BYTES("\xa3\x01\xff\xff\xff\xff"));
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
	packer_add(&made, BYTES("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	packer_add(&made, BYTES("\x7f\0\0\0\x7f\0\0\0\1\0\0\0m"));
	packer_add(&made, packer_hidden());
	CHECK(is_bad_at("at:6->zip:m->gz"));
}

TEST(what_envelopes_unpack_to_is_bounded)
{
	struct deepscan_limits small = packer_limits;
	static uint8_t much[1000];

	small.unpacked_bytes_max = 500;
	for (unsigned i = 0; i < 2; i++) {
		const struct deepscan *d;

		literal(span_of(much, sizeof(much)), i == 1);
		d = packer_judge(packer_span(&made), &small);
		CHECK_SEED(i, d->source == SOURCE_OVERSIZE && d->unpacked_bytes == 500);
		d = packer_judge(make_cms(&envelopes[i], span_of(much, sizeof(much))), &small);
		CHECK_SEED(i, d->source == SOURCE_OVERSIZE && d->unpacked_bytes == 500);
	}
}
