/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text that is rewritten (scanners/document/text.h) is a layer that is matched, and no more: it is
 * what another layer says, so it is not taken apart, has no name, is no part that may come alone,
 * libyara is not asked of it (YARA's rules are of the bytes as they are), and its bytes, bounded by
 * the other's, count against no limit. UTF-16 in UTF-8 is a layer like any other.
 *
 * ClamAV's signatures of text and of HTML are matched with their forms alone, never with the bytes
 * as they are, since that is what they are written against; those of mails with mails as they are.
 */
#include "control/deepscan/texts.h"

#include <stdlib.h>

#include "scanners/document/text.h"
#include "scanners/signature/generation_file.h"

/* Room for all that may come is there. */
static bool
take_rewritten(void *arg, struct span bytes)
{
	struct layer_buffer *b = arg;

	if (bytes.bytes > b->room - b->used)
		return false;
	memcpy(b->bytes + b->used, bytes.data, bytes.bytes);
	b->used += bytes.bytes;
	return true;
}

/* ClamAV knows as text what is neither HTML nor a mail. */
static bool
is_plain_text(struct span bytes)
{
	return !text_is_page(bytes) && !format_is_mail(bytes);
}

static void
judge_form(struct deepscan *d, const struct layer *l, enum text_form form, const char *view,
    struct layer_buffer *b)
{
	const unsigned target = form == TEXT_PLAIN ? TARGET_TEXT : TARGET_HTML;
	struct layer inner = {
		.depth = l->depth + 1, .is_rewritten = true, .containers = l->containers
	};
	char path[DEEPSCAN_LAYER_MAX];

	b->used = 0;
	text_rewrite(l->bytes, form, take_rewritten, b);
	inner.bytes = span_of(b->bytes, b->used);
	inner.path = layer_path(path, l, view, NULL);
	if (b->used > 0 && !span_equal(inner.bytes, l->bytes))
		layer_judge(d, &inner);
	if (b->used > 0 && generation_has_target(d->generation, target) &&
	    (target == TARGET_HTML || is_plain_text(l->bytes)))
		layer_match_as(d, &inner, target);
}

static void
judge_forms(struct deepscan *d, const struct layer *l, bool is_text)
{
	struct layer_buffer b = { .room = 2 * l->bytes.bytes + TEXT_PIECE_BYTES };

	b.bytes = malloc(b.room);
	if (b.bytes == NULL) {
		layer_note(d, SOURCE_OVERSIZE, l->path);
		return;
	}
	if (is_text)
		judge_form(d, l, TEXT_PLAIN, "text", &b);
	if (text_has_markup(l->bytes)) {
		if (!layer_is_over(d))
			judge_form(d, l, TEXT_HTML, "html", &b);
		if (!layer_is_over(d))
			judge_form(d, l, TEXT_NO_TAGS, "notags", &b);
	}
	free(b.bytes);
}

static void
judge_utf16(struct deepscan *d, const struct layer *l, size_t skip, bool is_big)
{
	struct layer inner = { .depth = l->depth + 1 };
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "utf16", NULL) };

	text_from_utf16(span_from(l->bytes, skip), is_big, layer_take, &t);
	inner.bytes = span_of(b.bytes, b.used);
	inner.path = path;
	if (b.used > 0)
		layer_judge(d, &inner);
	free(b.bytes);
}

/* Bytes of no format, which some readers take for text all the same. */
static void
judge_likely(struct deepscan *d, const struct layer *l)
{
	struct span head = span_first(l->bytes, FORMAT_HEAD_BYTES);
	bool is_likely = generation_has_target(d->generation, TARGET_TEXT) && text_is_likely(head);

	if (is_likely ||
	    (generation_has_target(d->generation, TARGET_HTML) && text_has_markup(head)))
		judge_forms(d, l, is_likely);
}

bool
texts_is_one(enum format f)
{
	enum format_class class = format_class(f);

	return class == FORMAT_CLASS_TEXT || class == FORMAT_CLASS_MARKUP ||
	       class == FORMAT_CLASS_SCRIPT || f == FORMAT_SVG;
}

void
texts_judge(struct deepscan *d, const struct layer *l, enum format format)
{
	bool is_big;
	size_t skip;

	if (format_is_mail(l->bytes))
		layer_match_as(d, l, TARGET_MAIL);
	if (l->bytes.bytes > TEXTS_BYTES_MAX)
		return;
	if ((format == FORMAT_GENERAL_BIN || format == FORMAT_GENERAL_TXT) &&
	    text_is_utf16(l->bytes, &is_big, &skip)) {
		if (l->depth < d->limits.depth_max)
			judge_utf16(d, l, skip, is_big);
	} else if (texts_is_one(format)) {
		judge_forms(d, l, true);
	} else if (format == FORMAT_GENERAL_BIN) {
		judge_likely(d, l);
	}
}
