/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/openpgp.h"

#include "common/base/bytes.h"

#define IS_PACKET      0x80
#define IS_NEW_FORMAT  0x40
#define PACKETS_BEFORE 32 /* keys and signatures before what they are of */
#define DATE_BYTES     4
#define ONE_PASS_BYTES 13

/* How long the next piece is. */
struct length {
	size_t head; /* its own bytes; 0: cut */
	uint64_t bytes;
	bool is_partial; /* another length follows */
};

/* Section 4.2.1. */
static struct length
read_length(struct span s)
{
	uint8_t first = s.bytes > 0 ? s.data[0] : 0;

	if (first < 192)
		return (struct length){ .head = s.bytes >= 1, .bytes = first };
	if (first < 224)
		return (struct length){ .head = s.bytes >= 2 ? 2 : 0,
			.bytes = ((bytes_be(s, 0, 2) - (192u << 8)) & 0x1fff) + 192 };
	if (first < 255)
		return (
		    struct length){ .head = 1, .bytes = 1u << (first & 0x1f), .is_partial = true };
	return (struct length){ .head = s.bytes >= 5 ? 5 : 0, .bytes = bytes_be(s, 1, 4) };
}

/* Section 4.2.2: of one, two or four bytes; or up to the end. */
static struct length
read_old_length(struct span s, unsigned kind)
{
	size_t head = (size_t)1 << kind;

	if (kind == 3)
		return (struct length){ .head = 0, .bytes = s.bytes };
	return (struct length){ .head = head, .bytes = bytes_be(s, 0, (unsigned)head) };
}

static struct span
first_of(struct span s, uint64_t bytes)
{
	return span_first(s, bytes < s.bytes ? (size_t)bytes : s.bytes);
}

/* Behind the pieces of a body, of which the first length stands at its start. */
static size_t
skip_pieces(struct span coded, bool *is_cut)
{
	struct length l = { .is_partial = true };
	size_t at = 0;

	while (l.is_partial) {
		struct span rest = span_from(coded, at);

		l = read_length(rest);
		*is_cut = l.head == 0 || l.bytes > rest.bytes - l.head;
		if (*is_cut)
			return coded.bytes;
		at += l.head + (size_t)l.bytes;
	}
	return at;
}

bool
openpgp_next(struct span file, size_t *at, struct openpgp_packet *out)
{
	struct span rest = span_from(file, *at), coded = span_from(rest, 1);
	struct length l;
	bool is_new;

	*out = (struct openpgp_packet){ .tag = 0 };
	if (rest.bytes < 2 || (rest.data[0] & IS_PACKET) == 0)
		return false;
	is_new = (rest.data[0] & IS_NEW_FORMAT) != 0;
	out->tag = is_new ? rest.data[0] & 0x3f : rest.data[0] >> 2 & 0x0f;
	l = is_new ? read_length(coded) : read_old_length(coded, rest.data[0] & 3);
	if ((is_new && l.head == 0) || l.head > coded.bytes)
		return false;
	coded = l.is_partial ? coded : span_from(coded, l.head);
	out->is_in_part = l.is_partial;
	out->first =
	    l.is_partial ? first_of(span_from(coded, l.head), l.bytes) : first_of(coded, l.bytes);
	out->coded = coded;
	if (l.is_partial) {
		*at += 1 + skip_pieces(coded, &out->is_cut);
		return true;
	}
	out->is_cut = l.bytes > coded.bytes;
	*at += 1 + l.head + out->first.bytes;
	return true;
}

void
openpgp_body(const struct openpgp_packet *p, span_sink sink, void *arg)
{
	struct length l = { .is_partial = true };
	struct span rest = p->coded;

	if (!p->is_in_part) {
		if (p->first.bytes > 0)
			sink(arg, p->first);
		return;
	}
	while (l.is_partial && rest.bytes > 0) {
		struct span piece;

		l = read_length(rest);
		if (l.head == 0)
			return;
		rest = span_from(rest, l.head);
		piece = first_of(rest, l.bytes);
		rest = span_from(rest, piece.bytes);
		if (piece.bytes > 0 && !sink(arg, piece))
			return;
	}
}

struct span
openpgp_literal(struct span body, struct span *name)
{
	size_t bytes = body.bytes > 1 ? body.data[1] : 0;

	*name = span_first(span_from(body, 2), bytes);
	return span_from(body, 2 + bytes + DATE_BYTES);
}

/* Of the format's letters: binary, text, UTF-8, and two that old programs write. */
static bool
is_literal(const struct openpgp_packet *p)
{
	return p->first.bytes >= 2 + DATE_BYTES && memchr("btul1m", p->first.data[0], 6) != NULL &&
	       2u + p->first.data[1] + DATE_BYTES <= p->first.bytes;
}

/* A byte of the body; beyond its first piece zero. */
static uint8_t
byte_at(const struct openpgp_packet *p, size_t at)
{
	return at < p->first.bytes ? p->first.data[at] : 0;
}

/* Whether its first fields are such as its kind has: versions, and numbers of algorithms. */
static bool
is_sound(const struct openpgp_packet *p)
{
	uint8_t version = byte_at(p, 0);

	if (p->is_cut && p->tag != OPENPGP_COMPRESSED && p->tag != OPENPGP_ENCRYPTED &&
	    p->tag != OPENPGP_ENCRYPTED_INTEGRITY && p->tag != OPENPGP_ENCRYPTED_AEAD)
		return false;
	switch (p->tag) {
	case OPENPGP_PUBLIC_KEY_ESK:
		return (version == 3 && byte_at(p, 9) > 0 && byte_at(p, 9) < 32) || version == 6;
	case OPENPGP_PASSWORD_ESK: /* a cipher, and how its key is made */
		return version == 5 || version == 6 ||
		       (version == 4 && byte_at(p, 1) > 0 && byte_at(p, 1) < 16 &&
			   byte_at(p, 2) <= 4);
	case OPENPGP_SIGNATURE:
		return version >= 2 && version <= 6;
	case OPENPGP_ONE_PASS_SIGNATURE:
		return (version == 3 && p->first.bytes == ONE_PASS_BYTES) || version == 6;
	case OPENPGP_MARKER:
		return span_is(p->first, "PGP");
	case OPENPGP_COMPRESSED:
		return version >= OPENPGP_DEFLATE && version <= OPENPGP_BZIP2;
	case OPENPGP_LITERAL:
		return is_literal(p);
	case OPENPGP_ENCRYPTED_INTEGRITY:
	case OPENPGP_ENCRYPTED_AEAD:
		return version == 1 || version == 2;
	default:
		return p->tag == OPENPGP_ENCRYPTED;
	}
}

bool
openpgp_is(struct span file)
{
	struct openpgp_packet p;
	bool has_key = false;
	size_t at = 0;

	for (unsigned i = 0; i < PACKETS_BEFORE; i++) {
		if (!openpgp_next(file, &at, &p) || !is_sound(&p))
			return false;
		if (p.tag == OPENPGP_COMPRESSED || p.tag == OPENPGP_LITERAL)
			return true;
		if (p.tag == OPENPGP_ENCRYPTED || p.tag == OPENPGP_ENCRYPTED_INTEGRITY ||
		    p.tag == OPENPGP_ENCRYPTED_AEAD)
			return has_key;
		has_key |= p.tag == OPENPGP_PUBLIC_KEY_ESK || p.tag == OPENPGP_PASSWORD_ESK;
	}
	return false;
}
