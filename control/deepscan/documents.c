/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents as views of a layer: what scanners/document finds in them is handed to layer_judge().
 * Bytes that are unpacked or put together count against unpacked_bytes_max like those of an
 * archive.
 */
#include "control/deepscan/documents.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/streams.h"
#include "scanners/document/carrier.h"
#include "scanners/document/mail.h"
#include "scanners/document/pdf.h"
#include "scanners/document/rtf.h"
#include "scanners/document/text.h"
#include "scanners/document/vba.h"
#include "scanners/signature/generation_file.h"

#define MODULES_MAX 256 /* named by "dir"; more are looked for by how source begins */
#define SOURCES_MAX 16  /* places in one stream where a module's source begins */

/* What other streams tell of one. */
struct macros {
	bool is_hwp; /* each may be Deflate without a head */
	uint32_t count;
	struct vba_module modules[MODULES_MAX];
};

/* A compressed container's bytes. False: it is none, or broken. */
static bool
unpack_vba(struct deepscan *d, struct span packed, struct layer_buffer *b, const char *path)
{
	uint8_t chunk[VBA_CHUNK_BYTES];
	struct vba_reader r;
	size_t bytes;

	if (!vba_begin(&r, packed))
		return false;
	while (vba_next(&r, chunk, &bytes)) {
		if (!layer_append(d, b, chunk, bytes, path))
			break;
	}
	return !r.is_broken;
}

static void
read_stream(struct deepscan *d, const struct ole *o, const struct ole_entry *e,
    struct layer_buffer *b, const char *path)
{
	struct ole_walk w;
	struct span piece;

	ole_walk(o, e, &w);
	while (ole_next(o, &w, &piece)) {
		if (!layer_append(d, b, piece.data, piece.bytes, path))
			return;
	}
	if (w.left > 0)
		layer_note(d, SOURCE_CORRUPT, path);
}

/* A document of Hangul's word processor: a stream of it says so. */
static bool
is_hwp(const struct ole *o)
{
	struct ole_walk w;
	struct ole_entry e;
	struct span head;

	for (uint32_t i = 0; i < ole_entries(o); i++) {
		if (!ole_entry(o, i, &e) || !e.is_stream || strcmp(e.name, "FileHeader") != 0)
			continue;
		ole_walk(o, &e, &w);
		if (ole_next(o, &w, &head) && span_starts(head, "HWP Document File"))
			return true;
	}
	return false;
}

/* What the streams called "dir" say. */
static void
find_macros(struct deepscan *d, const struct ole *o, const struct layer *l, struct macros *m)
{
	struct ole_entry e;

	m->count = 0;
	for (uint32_t i = 0; i < ole_entries(o) && !layer_is_over(d); i++) {
		struct layer_buffer packed = { 0 }, dir = { 0 };
		size_t at = 0;

		if (!ole_entry(o, i, &e) || !e.is_stream || strcasecmp(e.name, "dir") != 0)
			continue;
		read_stream(d, o, &e, &packed, l->path);
		unpack_vba(d, span_of(packed.bytes, packed.used), &dir, l->path);
		while (m->count < MODULES_MAX &&
		       vba_next_module(span_of(dir.bytes, dir.used), &at, &m->modules[m->count]))
			m->count++;
		free(packed.bytes);
		free(dir.bytes);
	}
}

static void
judge_source(struct deepscan *d, const struct layer *l, const char *name, struct span packed)
{
	struct layer_buffer b = { 0 };
	char path[DEEPSCAN_LAYER_MAX];

	layer_path(path, l, "vba", name);
	if (!unpack_vba(d, packed, &b, path))
		layer_note(d, SOURCE_CORRUPT, path);
	layer_judge_buffer(d, l, path, &b);
}

/* Where "dir" says that source begins in this stream, and where else it looks like it. */
static void
judge_sources(struct deepscan *d, const struct layer *l, const char *name, struct span stream,
    const struct macros *m)
{
	size_t told = SIZE_MAX, at = 0;

	for (uint32_t i = 0; i < m->count && told == SIZE_MAX; i++) {
		if (strcasecmp(m->modules[i].stream, name) == 0)
			told = m->modules[i].offset;
	}
	if (told != SIZE_MAX)
		judge_source(d, l, name, span_from(stream, told));
	for (unsigned i = 0; i < SOURCES_MAX && !layer_is_over(d); i++, at++) {
		at = vba_find(stream, at);
		if (at == SIZE_MAX)
			return;
		if (at != told)
			judge_source(d, l, name, span_from(stream, at));
	}
}

static void
judge_stream(struct deepscan *d, const struct layer *l, const struct ole *o,
    const struct ole_entry *e, const struct macros *m)
{
	struct layer inner = { .depth = l->depth + 1 };
	struct layer_buffer b = { 0 };
	char path[DEEPSCAN_LAYER_MAX];
	struct span bytes, file;

	inner.path = layer_path(path, l, "ole", e->name);
	read_stream(d, o, e, &b, path);
	inner.bytes = bytes = span_of(b.bytes, b.used);
	if (b.used > 0 && !layer_is_over(d)) {
		if (ole_says_encrypted(e->name, bytes))
			layer_note(d, SOURCE_ENCRYPTED, path);
		layer_judge(d, &inner);
		judge_sources(d, l, e->name, bytes, m);
		if (m->is_hwp)
			layer_unpack_spelled(d, &inner);
		if (strcmp(e->name, SLIDES_STREAM) == 0)
			document_judge_slides(d, &inner);
	}
	if (strcmp(e->name, "\1Ole10Native") == 0 && !layer_is_over(d)) {
		file = ole_native_file(bytes);
		if (file.bytes > 0)
			layer_judge_part(d, &inner, (size_t)(file.data - bytes.data),
			    (size_t)(file.data - bytes.data) + file.bytes);
	}
	free(b.bytes);
}

static bool
unpack_ole(struct deepscan *d, const struct layer *l)
{
	struct macros *m;
	struct ole_entry e;
	struct ole o;
	int rc = ole_open(&o, l->bytes);

	if (rc == 0 && (m = malloc(sizeof(*m))) != NULL) {
		m->is_hwp = is_hwp(&o);
		find_macros(d, &o, l, m);
		for (uint32_t i = 0; i < ole_entries(&o) && !layer_is_over(d); i++) {
			if (ole_entry(&o, i, &e) && e.is_stream && layer_count_stream(d, l))
				judge_stream(d, l, &o, &e, m);
		}
		if (o.is_torn)
			layer_note(d, SOURCE_CORRUPT, l->path);
		free(m);
		ole_close(&o);
		return true;
	}
	if (rc == 0)
		ole_close(&o);
	layer_note(d, rc == -EINVAL ? SOURCE_CORRUPT : SOURCE_OVERSIZE, l->path);
	return false;
}

/* As a member of a mail. ClamAV has '_' for what is neither letter, digit, '.' nor '_' in its name.
 */
static void
match_attachment(struct deepscan *d, const struct layer *l, const char *name,
    const struct layer *file, const char *view)
{
	struct signature_member m = { .archives =
					  strcmp(view, "mail") == 0 ? 1u << ARCHIVE_MAIL : 0,
		.bytes = file->bytes.bytes,
		.packed_bytes = file->bytes.bytes };
	char plain[MAIL_NAME_MAX];
	size_t bytes = strnlen(name, sizeof(plain));

	for (size_t i = 0; i < bytes; i++)
		plain[i] = isalnum((uint8_t)name[i]) || name[i] == '.' ? name[i] : '_';
	m.name = span_of(plain, bytes);
	layer_match_member(d, l, file->path, &m);
}

/* A part as it was before it was coded; one that was not coded lies in the message as it is. */
static void
judge_part(struct deepscan *d, const struct layer *l, const struct mail_part *p, const char *view,
    unsigned number)
{
	struct layer inner = { .depth = l->depth + 1, .bytes = p->bytes };
	struct transfer t;
	struct layer_buffer b = { 0 };
	char path[DEEPSCAN_LAYER_MAX], name[16];
	uint8_t piece[4096];
	size_t at = 0;
	bool is_whole = true;

	snprintf(name, sizeof(name), "%u", number);
	inner.path = layer_path(path, l, view, p->name[0] != 0 ? p->name : name);
	inner.name = span_text(p->name);
	if (p->coding != TRANSFER_IDENTITY) {
		transfer_init(&t, p->coding);
		while (is_whole && at < p->bytes.bytes) {
			size_t bytes = transfer_next(&t, p->bytes, &at, piece, sizeof(piece));

			is_whole = layer_append(d, &b, piece, bytes, path);
		}
		if (is_whole)
			layer_append(d, &b, piece, transfer_end(&t, piece), path);
		inner.bytes = span_of(b.bytes, b.used);
	}
	match_attachment(d, l, p->name, &inner, view);
	layer_judge_inner(d, &inner);
	free(b.bytes);
}

/* Parts of another reading of the same bytes, which both go through from their start. */
struct known {
	struct mail_reader reader;
	struct mail_part part; /* of that reading, the last; empty: there is no more */
};

/* Whether the other reading has this part, or had: it is judged already. */
static bool
is_known(struct known *k, const struct mail_part *p)
{
	while (k->part.bytes.data != NULL && k->part.bytes.data < p->bytes.data) {
		if (!mail_next(&k->reader, &k->part))
			k->part.bytes = span_of(NULL, 0);
	}
	return k->part.bytes.data == p->bytes.data && k->part.bytes.bytes == p->bytes.bytes &&
	       k->part.coding == p->coding && strcmp(k->part.name, p->name) == 0;
}

/* `known` may be NULL. */
static void
unpack_parts(struct deepscan *d, const struct layer *l, struct mail_reader *r, const char *view,
    struct known *known)
{
	struct mail_part p;
	unsigned number = 0;

	while (!layer_is_over(d) && mail_next(r, &p)) {
		if (known != NULL && is_known(known, &p))
			continue;
		if (++d->members > d->limits.members_max)
			layer_spent(d, l->path);
		else
			judge_part(d, l, &p, view, ++number);
	}
	if (r->is_cut)
		layer_note(d, SOURCE_OVERSIZE, l->path);
}

static bool
unpack_mail(struct deepscan *d, const struct layer *l)
{
	struct mail_reader r;

	mail_begin(&r, l->bytes);
	unpack_parts(d, l, &r, "mail", NULL);
	return true;
}

void
document_unpack_form(struct deepscan *d, const struct layer *l)
{
	struct known mail = { 0 };
	struct mail_reader r;
	size_t at;

	if (!mail_is_form(l->bytes, &at))
		return;
	mail_begin_form(&r, l->bytes, at);
	if (format_is_mail(l->bytes)) {
		mail_begin(&mail.reader, l->bytes);
		if (!mail_next(&mail.reader, &mail.part))
			mail.part.bytes = span_of(NULL, 0);
	}
	unpack_parts(d, l, &r, "form", mail.part.bytes.data != NULL ? &mail : NULL);
}

/* What an object of OLE 1 holds: a compound file somewhere in it, or a file that was dropped. */
static void
judge_embedded(struct deepscan *d, const struct layer *l)
{
	static const char ole[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	const uint8_t *found = memmem(l->bytes.data, l->bytes.bytes, ole, sizeof(ole) - 1);
	struct span file = ole_native_file(ole_embedded_stream(l->bytes));
	size_t at;

	if (l->depth >= d->limits.depth_max)
		return;
	if (found != NULL && found != l->bytes.data)
		layer_judge_part(d, l, (size_t)(found - l->bytes.data), l->bytes.bytes);
	if (file.bytes > 0 && !layer_is_over(d)) {
		at = (size_t)(file.data - l->bytes.data);
		layer_judge_part(d, l, at, at + file.bytes);
	}
}

static void
judge_rtf_object(
    struct deepscan *d, const struct layer *l, size_t *at, enum rtf_kind kind, unsigned number)
{
	struct layer_buffer b = { 0 };
	char path[DEEPSCAN_LAYER_MAX], name[16];
	struct layer_target t = { d, &b, path };
	struct layer inner;

	snprintf(name, sizeof(name), "%u", number);
	layer_path(path, l, "rtf", name);
	rtf_decode(l->bytes, at, kind, layer_take, &t);
	inner = layer_inner(l, path, span_of(b.bytes, b.used));
	layer_judge_inner(d, &inner);
	if (b.used > 0)
		judge_embedded(d, &inner);
	free(b.bytes);
}

static bool
unpack_rtf(struct deepscan *d, const struct layer *l)
{
	enum rtf_kind kind;
	unsigned number = 0;
	size_t at = 0;

	while (!layer_is_over(d) && rtf_next(l->bytes, &at, &kind)) {
		if (layer_count_stream(d, l))
			judge_rtf_object(d, l, &at, kind, ++number);
	}
	return true;
}

/* What a shortcut of Windows runs, with what arguments: its strings (MS-SHLLINK 2.4), wherever its
 * lengths say that they are. Files may lie behind it, too. */
static void
judge_shortcut(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "lnk", NULL) };

	text_from_wide_runs(l->bytes, layer_take, &t);
	layer_judge_buffer(d, l, path, &b);
}

bool
document_is_one(struct span bytes, enum format format)
{
	return format == FORMAT_OLE || format == FORMAT_LNK || document_is_carrier(bytes) ||
	       pdf_is(bytes) || rtf_is(bytes) || format_is_mail(bytes) ||
	       document_is_envelope(bytes);
}

bool
document_unpack(struct deepscan *d, const struct layer *l, enum format format)
{
	if (format == FORMAT_OLE)
		return unpack_ole(d, l);
	if (format == FORMAT_LNK) {
		judge_shortcut(d, l);
		return false;
	}
	if (document_unpack_carrier(d, l) || document_unpack_envelope(d, l))
		return true;
	if (pdf_is(l->bytes)) {
		document_unpack_pdf(d, l);
		return true;
	}
	if (rtf_is(l->bytes))
		return unpack_rtf(d, l);
	return format_is_mail(l->bytes) && unpack_mail(d, l);
}
