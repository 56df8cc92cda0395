/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/cms.h"

#include "common/base/bytes.h"

/* X.690 8.1.2: tags, of one byte here. */
#define OCTETS         0x04
#define OBJECT_ID      0x06
#define SEQUENCE       0x30
#define OCTETS_IN_PART 0x24
#define EXPLICIT_0     0xa0
#define IS_CONSTRUCTED 0x20
#define MORE_BYTES     0x1f

/* What is left of the elements within one. */
struct cursor {
	struct span file;
	size_t at, end;
};

struct element {
	uint8_t tag;
	bool is_endless; /* its end is marked by an element of tag 0 */
	size_t head, bytes;
};

static bool
read_element(struct span s, size_t at, struct element *e)
{
	struct span rest = span_from(s, at);
	size_t more;

	*e = (struct element){ .head = 2 };
	if (rest.bytes < 2 || (rest.data[0] & MORE_BYTES) == MORE_BYTES)
		return false;
	e->tag = rest.data[0];
	e->bytes = rest.data[1];
	if (e->bytes == 0x80) {
		e->is_endless = true;
		e->bytes = 0;
		return (e->tag & IS_CONSTRUCTED) != 0;
	}
	if (e->bytes > 0x80) {
		more = e->bytes & 0x7f;
		if (more > sizeof(more) || more > rest.bytes - 2)
			return false;
		e->head += more;
		e->bytes = (size_t)bytes_be(rest, 2, (unsigned)more);
	}
	if (e->bytes > rest.bytes - e->head) /* cut: what is there counts */
		e->bytes = rest.bytes - e->head;
	return true;
}

static bool
next_element(const struct cursor *c, struct element *e)
{
	return read_element(span_first(c->file, c->end), c->at, e);
}

/* Goes into the next element, which must have that tag. */
static bool
enter(struct cursor *c, uint8_t tag)
{
	struct element e;

	if (!next_element(c, &e) || e.tag != tag)
		return false;
	c->at += e.head;
	if (!e.is_endless)
		c->end = c->at + e.bytes;
	return true;
}

/* Goes behind the next element, whatever is in it. */
static bool
skip(struct cursor *c)
{
	struct element e;
	uint64_t open = 0;

	do {
		if (!next_element(c, &e))
			return false;
		c->at += e.head + e.bytes;
		if (e.is_endless)
			open++;
		else if (e.tag == 0 && open-- == 0)
			return false; /* the end of what is around */
	} while (open > 0);
	return true;
}

/* EncapsulatedContentInfo, and the ContentInfo of data: what kind it is, and octets in [0]. */
static bool
find_content(struct cursor c, struct span *out)
{
	struct element e;

	if (!enter(&c, SEQUENCE) || !next_element(&c, &e) || e.tag != OBJECT_ID || !skip(&c) ||
	    !enter(&c, EXPLICIT_0) || !next_element(&c, &e) ||
	    (e.tag != OCTETS && e.tag != OCTETS_IN_PART))
		return false;
	*out = span_first(span_from(c.file, c.at), e.is_endless ? c.end - c.at : e.head + e.bytes);
	return true;
}

enum kind {
	NONE,
	DATA,
	CLEAR,
	ENCRYPTED
};

static enum kind
kind_of(struct span oid)
{
	static const uint8_t pkcs7[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07 },
			     smime[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10,
				     0x01 };
	/* 1 to 6: data, signed, enveloped, signed and enveloped, digested, encrypted */
	static const enum kind kinds[] = { NONE, DATA, CLEAR, ENCRYPTED, ENCRYPTED, CLEAR,
		ENCRYPTED };
	uint8_t last = oid.bytes > 0 ? oid.data[oid.bytes - 1] : 0;

	if (oid.bytes == sizeof(pkcs7) + 1 && span_has(oid, 0, pkcs7, sizeof(pkcs7)))
		return last < sizeof(kinds) / sizeof(kinds[0]) ? kinds[last] : NONE;
	if (oid.bytes == sizeof(smime) + 1 && span_has(oid, 0, smime, sizeof(smime)))
		return last == 2 || last == 9 ? CLEAR : last == 23 ? ENCRYPTED : NONE;
	return NONE;
}

bool
cms_read(struct span file, struct cms *out)
{
	const struct cursor whole = { .file = file, .end = file.bytes };
	struct cursor c = whole, end = whole;
	struct element e;
	enum kind kind;

	*out = (struct cms){ .is_encrypted = false };
	if (!enter(&c, SEQUENCE) || !next_element(&c, &e) || e.tag != OBJECT_ID)
		return false;
	kind = kind_of(span_first(span_from(file, c.at + e.head), e.bytes));
	if (kind == NONE || !skip(&c))
		return false;
	out->is_encrypted = kind == ENCRYPTED;
	out->end = skip(&end) ? end.at : file.bytes;
	if (kind == DATA)
		find_content(whole, &out->content);
	if (kind != CLEAR || !enter(&c, EXPLICIT_0) || !enter(&c, SEQUENCE))
		return true;
	while (!find_content(c, &out->content) && skip(&c))
		;
	return true;
}

/* A string in part may hold others that are, too: their ends are counted where they are marked. */
void
cms_content(const struct cms *c, span_sink sink, void *arg)
{
	struct element e;
	size_t at = 0;
	uint64_t open = 0;
	bool is_endless = read_element(c->content, 0, &e) && e.is_endless;

	while (read_element(c->content, at, &e)) {
		struct span piece = span_first(span_from(c->content, at + e.head), e.bytes);

		at += e.head;
		if (e.tag == OCTETS_IN_PART) {
			open += e.is_endless;
			continue;
		}
		at += e.bytes;
		if (e.tag == OCTETS && piece.bytes > 0 && !sink(arg, piece))
			return;
		if (e.tag == 0 && open > 0)
			open--;
		else if (e.tag != OCTETS)
			return;
		if (open == 0 && is_endless)
			return;
	}
}
