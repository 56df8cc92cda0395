/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sections of OneNote, Outlook's attachments and what PowerPoint embeds
 * (scanners/document/carrier.h) as views of a layer: the files in them lie there as they are. Some
 * may overlap, so they count as unpacked.
 */
#include <stdio.h>

#include "control/deepscan/documents.h"
#include "scanners/document/carrier.h"
#include "scanners/signature/generation_file.h"

/* Bytes of a layer, judged as one of their own. */
static void
judge_file(struct deepscan *d, const struct layer *l, struct span bytes, const char *path,
    const char *name)
{
	struct layer inner = { .bytes = bytes, .path = path, .depth = l->depth + 1 };

	if (!layer_count_bytes(d, bytes.bytes, path))
		return;
	inner.name = span_text(name);
	if (bytes.bytes > 0)
		layer_judge(d, &inner);
}

static void
unpack_onenote(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX], name[16];
	unsigned number = 0;
	struct span file;
	bool is_cut;
	size_t at = 0;

	while (!layer_is_over(d) && onenote_next(l->bytes, &at, &file, &is_cut)) {
		if (!layer_count_stream(d, l))
			return;
		snprintf(name, sizeof(name), "%u", ++number);
		layer_path(path, l, "onenote", name);
		if (is_cut)
			layer_note(d, SOURCE_CORRUPT, path);
		judge_file(d, l, file, path, "");
	}
	at = 0;
	while (!layer_is_over(d) && onenote_next_exported(l->bytes, &at, &file)) {
		if (!layer_count_stream(d, l))
			return;
		snprintf(name, sizeof(name), "%u", ++number);
		judge_file(d, l, file, layer_path(path, l, "onenote", name), "");
	}
}

void
document_judge_slides(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX], name[16];
	unsigned number = 0;
	struct span file;
	size_t at = 0;

	while (!layer_is_over(d) && slides_next(l->bytes, &at, &file)) {
		if (l->depth >= d->limits.depth_max) {
			layer_note(d, SOURCE_OVERSIZE, l->path);
			return;
		}
		if (!layer_count_stream(d, l))
			return;
		snprintf(name, sizeof(name), "%u", ++number);
		judge_file(d, l, file, layer_path(path, l, "slides", name), "");
	}
}

/* A mail within properties: its own attachments, or Outlook's file of it. */
static void
judge_mail_within(struct deepscan *d, const struct layer *l, struct span properties)
{
	static const struct span marks[] = { { (const uint8_t *)"\x78\x9f\x3e\x22", 4 },
		{ (const uint8_t *)"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8 } };

	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]) && !layer_is_over(d); i++) {
		const uint8_t *found =
		    properties.bytes == 0
			? NULL
			: memmem(properties.data, properties.bytes, marks[i].data, marks[i].bytes);
		size_t from = found != NULL ? (size_t)(found - l->bytes.data) : 0;
		size_t end = (size_t)(properties.data - l->bytes.data) + properties.bytes;

		if (found != NULL)
			layer_judge_part(d, l, from, end);
	}
}

static void
judge_attachment(
    struct deepscan *d, const struct layer *l, const struct tnef_part *p, const char *path)
{
	struct signature_member m = { .archives = 1u << ARCHIVE_TNEF,
		.name = span_text(p->name),
		.bytes = p->bytes.bytes,
		.packed_bytes = p->bytes.bytes };

	layer_match_member(d, l, path, &m);
	if (!layer_is_over(d))
		judge_file(d, l, p->bytes, path, p->name);
}

static void
unpack_tnef(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX], number[16];
	struct tnef_reader r;
	struct tnef_part p;

	tnef_begin(&r, l->bytes);
	while (!layer_is_over(d) && tnef_next(&r, &p)) {
		if (!layer_count_stream(d, l))
			return;
		if (p.is_cut)
			layer_note(d, SOURCE_CORRUPT, l->path);
		if (p.kind == TNEF_PROPERTIES)
			judge_mail_within(d, l, p.bytes);
		if (p.kind != TNEF_FILE)
			continue;
		snprintf(number, sizeof(number), "%u", ++d->members);
		layer_path(path, l, "tnef", p.name[0] != 0 ? p.name : number);
		if (d->members > d->limits.members_max)
			layer_spent(d, l->path);
		else
			judge_attachment(d, l, &p, path);
	}
}

bool
document_is_carrier(struct span bytes)
{
	return onenote_is(bytes) || tnef_is(bytes);
}

bool
document_unpack_carrier(struct deepscan *d, const struct layer *l)
{
	if (onenote_is(l->bytes))
		unpack_onenote(d, l);
	else if (tnef_is(l->bytes))
		unpack_tnef(d, l);
	else
		return false;
	return true;
}
