/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A PDF as a view of a layer: each of its streams, as its filters say, and its strings as they are
 * meant, put together as one text a file and one an object stream; long ones that are no text are
 * layers of their own.
 *
 * A stream that stays as it is, as a picture's does, is also inflated where it begins as zlib's do:
 * what its dictionary says may be said otherwise elsewhere.
 *
 * An encrypted file is opened with the empty password, as readers do before they ask, or with one
 * of those that are given: then each stream is read deciphered, and as it stands. Of one that none
 * opens what can be read is judged, and what cannot says nothing more than that it is encrypted.
 */
#include "control/deepscan/documents.h"
#include "control/deepscan/streams.h"

#include <stdio.h>
#include <stdlib.h>

#include "scanners/document/pdf.h"
#include "scanners/document/pdf_crypt.h"
#include "scanners/document/text.h"

#define LOOKUPS_MAX      64 /* of parameters that stand elsewhere: each goes over the file */
#define STRING_BYTES_MIN 8  /* shorter ones say nothing */
#define BINARY_BYTES_MIN 64

/* One reading of a file. */
struct reading {
	struct deepscan *d;
	const struct layer *l;
	unsigned lookups;
	bool is_encrypted, is_open; /* by `key` */
	struct pdf_key key;
	const struct pdf_object *ciphered; /* whose strings are read, if they are ciphered */
};

/* Undoes the predictor of what a filter gave. */
static void
unpredict(struct reading *r, struct pdf_coding *c, struct layer_buffer *b, const char *path)
{
	if (c->elsewhere != 0 && c->filter != PDF_HEX && c->filter != PDF_85)
		c->is_untold |= ++r->lookups > LOOKUPS_MAX || !pdf_read_elsewhere(r->l->bytes, c);
	if (c->is_untold || !pdf_unpredict(c, b->bytes, &b->used))
		layer_note(r->d, SOURCE_UNSUPPORTED, path);
}

/* One filter off. False: that is all that can be taken off; what it was is noted, and whether all
 * of it could. */
static bool
take_filter(struct reading *r, struct pdf_coding *c, struct span in, struct layer_buffer *b,
    const char *path, bool *is_whole)
{
	struct layer_target t = { r->d, b, path };
	size_t used;
	bool good;

	if (c->filter == PDF_UNKNOWN && stream_is_zlib(in))
		c->filter = PDF_FLATE;
	if (c->filter == PDF_UNKNOWN)
		layer_note(r->d, SOURCE_UNSUPPORTED, path);
	if (c->filter == PDF_UNKNOWN || c->filter == PDF_IMAGE)
		return false;
	good = c->filter == PDF_FLATE ? stream_inflate(r->d, in, &t, &used)
				      : pdf_decode(c, in, layer_take, &t);
	if (!good && !layer_is_over(r->d))
		layer_note(r->d, SOURCE_CORRUPT, path);
	*is_whole &= good;
	if (b->used > 0)
		unpredict(r, c, b, path);
	return true;
}

/* In a stream that is left as it is. */
static void
judge_hidden(struct reading *r, struct span in, const char *path)
{
	struct layer_buffer b = { 0 };
	struct layer_target t = { r->d, &b, path };
	size_t used;

	if (!stream_is_zlib(in) || layer_is_over(r->d))
		return;
	stream_inflate(r->d, in, &t, &used);
	layer_judge_buffer(r->d, r->l, path, &b);
}

static bool
is_text(struct span s)
{
	enum format_class class = format_class(format_detect(s));

	return class == FORMAT_CLASS_TEXT || class == FORMAT_CLASS_MARKUP ||
	       class == FORMAT_CLASS_SCRIPT;
}

/* What the bytes of a string that begin at `from` say, in UTF-8 (7.9.2.2). */
static bool
to_utf8(struct layer_target *t, size_t from)
{
	struct layer_buffer text = { 0 };
	struct layer_target to = { t->d, &text, t->path };
	struct span raw = span_of(t->b->bytes + from, t->b->used - from);
	bool is_big, is_whole = true;
	size_t skip;

	if (!text_is_utf16(raw, &is_big, &skip))
		return true;
	text_from_utf16(span_from(raw, skip), is_big, layer_take, &to);
	t->b->used = from;
	if (text.used > 0)
		is_whole = layer_append(t->d, t->b, text.bytes, text.used, t->path);
	free(text.bytes);
	return is_whole;
}

/* One that says something: behind the others; or, where it is no text, as a layer of its own. */
static void
take_string(struct reading *r, const struct pdf_string *s, struct layer_target *t)
{
	size_t from = t->b->used;
	struct span told;

	pdf_decode_string(s, layer_take, t);
	if (layer_is_over(r->d))
		return;
	if (r->ciphered != NULL)
		t->b->used =
		    from + pdf_decipher(&r->key, r->key.strings, r->ciphered->object,
			       r->ciphered->generation, t->b->bytes + from, t->b->used - from);
	if (!to_utf8(t, from))
		return;
	told = span_of(t->b->bytes + from, t->b->used - from);
	if (told.bytes >= STRING_BYTES_MIN && is_text(told)) {
		layer_append(r->d, t->b, "\n", 1, t->path);
		return;
	}
	if (told.bytes >= BINARY_BYTES_MIN && layer_count_stream(r->d, r->l)) {
		struct layer inner = { .bytes = told, .depth = r->l->depth + 1 };

		inner.path = t->path;
		layer_judge(r->d, &inner);
	}
	t->b->used = from;
}

static void
take_strings(struct reading *r, struct span in, struct layer_target *t)
{
	struct pdf_strings strings = { .in = in };
	struct pdf_string s;

	while (!layer_is_over(r->d) && pdf_next_string(&strings, &s)) {
		if (s.raw.bytes >= STRING_BYTES_MIN && (!s.is_plain || r->ciphered != NULL))
			take_string(r, &s, t);
	}
}

/* Those between streams, of one object after the other: each has a key of its own. */
static void
take_strings_between(struct reading *r, struct span in, struct layer_target *t)
{
	struct pdf_object object;
	size_t at = 0;

	if (r->is_encrypted && !r->is_open)
		return;
	if (!r->is_open || r->key.strings == 0) {
		take_strings(r, in, t);
		return;
	}
	while (!layer_is_over(r->d) && pdf_next_object(in, &at, &object)) {
		r->ciphered = &object;
		take_strings(r, object.bytes, t);
	}
	r->ciphered = NULL;
}

/* Those of an object stream. */
static void
judge_strings(struct reading *r, struct span in, const char *path)
{
	struct layer_buffer b = { 0 };
	struct layer_target t = { r->d, &b, path };

	take_strings(r, in, &t);
	layer_judge_buffer(r->d, r->l, path, &b);
}

/* A stream of these bytes. False: not all of its filters could be taken off. */
static bool
judge_bytes(struct reading *r, const struct pdf_stream *stream, struct span bytes, const char *path)
{
	struct layer inner = { .depth = r->l->depth + 1, .bytes = bytes, .path = path };
	struct pdf_stream s = *stream;
	struct layer_buffer held = { 0 };
	char strings[DEEPSCAN_LAYER_MAX], name[32];
	unsigned taken = 0;
	bool is_whole = true;

	for (unsigned i = 0; i < s.coding_count && !layer_is_over(r->d); i++) {
		struct layer_buffer b = { 0 };

		if (s.codings[i].filter == PDF_CRYPT)
			continue;
		if (!take_filter(r, &s.codings[i], inner.bytes, &b, path, &is_whole))
			break;
		taken++;
		free(held.bytes);
		held = b;
		inner.bytes = span_of(held.bytes, held.used);
	}
	layer_judge_inner(r->d, &inner);
	if (taken < s.coding_count || s.coding_count == 0)
		judge_hidden(r, inner.bytes, path);
	if (s.has_objects && (!r->is_encrypted || r->is_open) && !layer_is_over(r->d)) {
		snprintf(name, sizeof(name), "%u/strings", s.object);
		judge_strings(r, inner.bytes, layer_path(strings, r->l, "pdf", name));
	}
	free(held.bytes);
	return is_whole;
}

/* Deciphered, by each cipher that the file uses. False: so it is no stream that can be read. */
static bool
judge_deciphered(struct reading *r, const struct pdf_stream *s, const char *path)
{
	bool is_whole = false;

	for (unsigned cipher = PDF_RC4; cipher <= PDF_AES_256 && !is_whole; cipher <<= 1) {
		struct layer_buffer b = { 0 };

		if ((r->key.ciphers & cipher) == 0)
			continue;
		if (layer_append(r->d, &b, s->bytes.data, s->bytes.bytes, path)) {
			b.used = pdf_decipher(
			    &r->key, cipher, s->object, s->generation, b.bytes, b.used);
			is_whole = judge_bytes(r, s, span_of(b.bytes, b.used), path);
		}
		free(b.bytes);
		if (layer_is_over(r->d))
			return true;
	}
	return is_whole;
}

/* Both ways: some stay as they are, and what says so may say it elsewhere. One that can be read
 * tells the class, before the other. */
static void
judge_both(struct reading *r, const struct pdf_stream *s, const char *path)
{
	struct layer_class before = layer_class_kept(r->d), deciphered;
	bool is_whole;

	is_whole = judge_deciphered(r, s, path);
	if (layer_is_over(r->d))
		return;
	deciphered = layer_class_kept(r->d);
	layer_class_restore(r->d, &before);
	if (!judge_bytes(r, s, s->bytes, path) || is_whole)
		layer_class_restore(r->d, &deciphered);
	if (r->d->is_spent)
		layer_note(r->d, SOURCE_OVERSIZE, path);
}

static void
judge_stream(struct reading *r, const struct pdf_stream *s)
{
	char path[DEEPSCAN_LAYER_MAX], name[32];

	snprintf(name, sizeof(name), "%u", s->object);
	layer_path(path, r->l, "pdf", name);
	if (s->is_open)
		layer_note(r->d, SOURCE_CORRUPT, path);
	if (r->is_open)
		judge_both(r, s, path);
	else
		judge_bytes(r, s, s->bytes, path);
}

static void
judge_all(struct reading *r)
{
	struct span file = r->l->bytes;
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer strings = { 0 };
	struct layer_target t = { r->d, &strings, layer_path(path, r->l, "pdf", "strings") };
	struct pdf_stream s;
	size_t at = 0, behind = 0;
	bool more = true;

	while (more && !layer_is_over(r->d)) {
		size_t end;

		more = pdf_next(file, &at, &s);
		end = more ? at - s.bytes.bytes : file.bytes;
		take_strings_between(r, span_of(file.data + behind, end - behind), &t);
		behind = at;
		if (more && !layer_is_over(r->d) && layer_count_stream(r->d, r->l))
			judge_stream(r, &s);
	}
	layer_judge_buffer(r->d, r->l, path, &strings);
}

/* The empty password, or one of the given. */
static void
unlock(struct reading *r)
{
	const struct passwords *p = r->d->passwords;
	struct pdf_locks locks;

	r->is_encrypted = pdf_is_encrypted(r->l->bytes);
	if (!r->is_encrypted || !pdf_read_locks(r->l->bytes, &locks))
		return;
	r->is_open = pdf_unlock(&locks, span_of(NULL, 0), &r->key);
	for (unsigned i = 0; p != NULL && i < p->count && !r->is_open; i++)
		r->is_open = pdf_unlock(&locks, span_text(p->texts[i]), &r->key);
}

void
document_unpack_pdf(struct deepscan *d, const struct layer *l)
{
	struct reading r = { .d = d, .l = l };
	const struct layer_class before = layer_class_kept(d);

	unlock(&r);
	judge_all(&r);
	if (!r.is_encrypted || r.is_open || d->verdict == VERDICT_BAD)
		return;
	layer_class_restore(d, &before);
	layer_note(d, SOURCE_ENCRYPTED, l->path);
	if (d->is_spent)
		layer_note(d, SOURCE_OVERSIZE, l->path);
}
