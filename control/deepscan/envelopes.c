/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was signed, compressed or encrypted for somebody, as views of a layer: CMS (`.p7m`), OpenPGP
 * without its armor, and what `openssl enc` wrote. What is carried in clear is judged; what is
 * encrypted is that class.
 *
 * OpenPGP is told by few bytes: a compressed packet that gives next to nothing was none.
 */
#include <stdlib.h>

#include "control/deepscan/documents.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/streams.h"
#include "scanners/document/cms.h"
#include "scanners/document/openpgp.h"

#define SALTED       "Salted__"
#define SALTED_BYTES 24 /* with its salt, and a block of ciphered bytes */

static bool
is_salted(struct span s)
{
	return s.bytes >= SALTED_BYTES && span_starts(s, SALTED);
}

static bool
unpack_cms(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "cms", NULL) };
	struct cms cms;

	if (!cms_read(l->bytes, &cms))
		return false;
	if (cms.is_encrypted)
		layer_note(d, SOURCE_ENCRYPTED, l->path);
	cms_content(&cms, layer_take, &t);
	layer_judge_buffer(d, l, path, &b);
	layer_judge_part(d, l, cms.end, l->bytes.bytes);
	return true;
}

static void
judge_literal(struct deepscan *d, const struct layer *l, const struct openpgp_packet *p)
{
	char path[DEEPSCAN_LAYER_MAX], name[UINT8_MAX + 1];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, l->path };
	struct layer inner = { .depth = l->depth + 1, .path = path };

	openpgp_body(p, layer_take, &t);
	inner.bytes = openpgp_literal(span_of(b.bytes, b.used), &inner.name);
	if (inner.name.bytes > 0)
		memcpy(name, inner.name.data, inner.name.bytes);
	name[inner.name.bytes] = 0;
	layer_path(path, l, "pgp", name[0] != 0 ? name : NULL);
	layer_judge_inner(d, &inner);
	free(b.bytes);
}

static bool
decompress(struct deepscan *d, const struct layer *l, struct span body, struct layer_target *t)
{
	struct span in = span_from(body, 1);
	size_t used;

	if (body.bytes > 0 && body.data[0] == OPENPGP_BZIP2)
		return layer_read_only_member(
		    d, l, reader_open_filtered(in, ARCHIVE_FILTER_BZIP2), t->b);
	return stream_inflate(d, in, t, &used);
}

/* False: it was none. */
static bool
judge_compressed(struct deepscan *d, const struct layer *l, const struct openpgp_packet *p)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer packed = { 0 }, b = { 0 };
	struct layer_target to_packed = { d, &packed, path }, t = { d, &b, path };
	struct span body = p->first;
	bool is_whole, is_one;

	layer_path(path, l, "pgp", NULL);
	if (p->is_in_part) {
		openpgp_body(p, layer_take, &to_packed);
		body = span_of(packed.bytes, packed.used);
	}
	is_whole = decompress(d, l, body, &t);
	free(packed.bytes);
	is_one = is_whole || b.used >= STREAM_TOLD_BYTES;
	if (is_one && !is_whole && !layer_is_over(d))
		layer_note(d, SOURCE_CORRUPT, path);
	layer_judge_buffer(d, l, path, &b);
	return is_one;
}

/* What a message holds, of which this is one packet. False: nothing. */
static bool
judge_packet(struct deepscan *d, const struct layer *l, const struct openpgp_packet *p)
{
	switch (p->tag) {
	case OPENPGP_LITERAL:
		judge_literal(d, l, p);
		return true;
	case OPENPGP_COMPRESSED:
		return judge_compressed(d, l, p);
	case OPENPGP_ENCRYPTED:
	case OPENPGP_ENCRYPTED_INTEGRITY:
	case OPENPGP_ENCRYPTED_AEAD:
		layer_note(d, SOURCE_ENCRYPTED, l->path);
		return true;
	default:
		return false;
	}
}

/* Behind the signatures that follow what they are of. */
static size_t
behind_signatures(struct span file, size_t at)
{
	struct openpgp_packet p;
	size_t next = at;

	while (openpgp_next(file, &next, &p) && p.tag == OPENPGP_SIGNATURE && !p.is_cut)
		at = next;
	return at;
}

static bool
unpack_openpgp(struct deepscan *d, const struct layer *l)
{
	struct openpgp_packet p;
	bool is_one = false, is_read;
	size_t at = 0;

	while (!layer_is_over(d) && openpgp_is(span_from(l->bytes, at))) {
		is_read = false;
		while (!is_read && openpgp_next(l->bytes, &at, &p)) {
			if (!layer_count_stream(d, l))
				return true;
			is_read = judge_packet(d, l, &p);
		}
		at = behind_signatures(l->bytes, at);
		is_one |= is_read;
	}
	if (is_one)
		layer_judge_part(d, l, at, l->bytes.bytes);
	return is_one;
}

bool
document_is_envelope(struct span bytes)
{
	struct cms cms;

	return is_salted(bytes) || cms_read(bytes, &cms) || openpgp_is(bytes);
}

bool
document_unpack_envelope(struct deepscan *d, const struct layer *l)
{
	if (is_salted(l->bytes)) {
		layer_note(d, SOURCE_ENCRYPTED, l->path);
		return true;
	}
	return unpack_cms(d, l) || unpack_openpgp(d, l);
}
