/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Judges an object layer by layer, depth first, until something bad is found or a limit is met. A
 * layer is the object, what a compression or a member unpacks to, or what lies before or behind an
 * archive; each is matched as a whole and then taken apart by every view that fits it (archives.c):
 *
 *     stream      one compression, taken off; with hardly a head too (bare.c)
 *     container   tar, 7z, rar, … by libarchive
 *     microsoft   help, and what COMPRESS.EXE made of a file, by libmspack (microsoft.c)
 *     image       of a disc: as UDF, and as ISO 9660 a second time (images.c)
 *     zip         by its directory; by its members' headers too where the two differ (zip.c)
 *     document    streams and macros of a compound file, parts of a mail (documents.c); streams
 *                 and strings of a PDF (pdf.c); files in OneNote and Outlook's mail (carriers.c)
 *     text        UTF-16 as UTF-8; text and HTML as signatures have it (texts.c)
 *     inlay       files that stand in a text, coded (inlays.c)
 *     program     besides: what UPX packed (programs.c)
 *     overlay     nothing of these fits, and it is a program: what lies behind its sections
 *     embedded    nothing of these fits: archives that begin inside, as in self-extracting
 *                 programs, and programs (inner_programs.c)
 *
 * Bad wins over everything. What could not be read is a class, and what was read of it before is
 * judged all the same. A layer that is an archive only by a guess gives no class before its first
 * member was read: then it was none.
 * Bounds: limits.depth_max layers within each other, members_max members, STREAMS_PER_MEMBER times
 * as many streams of documents, unpacked_bytes_max bytes from all layers; contents met twice are
 * taken apart once, which also ends archives that hold themselves.
 */
#include "control/deepscan/deepscan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/documents.h"
#include "control/deepscan/layer.h"
#include "control/deepscan/microsoft.h"
#include "control/deepscan/regexes.h"
#include "control/deepscan/rules.h"
#include "control/deepscan/streams.h"
#include "control/deepscan/texts.h"
#include "scanners/digest/digest.h"
#include "scanners/format/program.h"
#include "scanners/signature/generation_file.h"

#define PIECE_BYTES        65536
#define STREAMS_PER_MEMBER 32 /* documents have many small ones */

void
layer_note(struct deepscan *d, enum source class, const char *path)
{
	if (d->verdict == VERDICT_BAD ||
	    (d->source != SOURCE_SANDBOX &&
		(d->limits.blocks[d->source] || !d->limits.blocks[class])))
		return;
	d->source = class;
	d->offset = DEEPSCAN_NO_OFFSET;
	snprintf(d->layer, sizeof(d->layer), "%s", path);
}

struct layer_class
layer_class_kept(const struct deepscan *d)
{
	struct layer_class kept = { .source = d->source };

	memcpy(kept.where, d->layer, sizeof(kept.where));
	return kept;
}

void
layer_class_restore(struct deepscan *d, const struct layer_class *kept)
{
	if (d->verdict == VERDICT_BAD)
		return;
	d->source = kept->source;
	memcpy(d->layer, kept->where, sizeof(d->layer));
}

void
layer_spent(struct deepscan *d, const char *path)
{
	d->is_spent = true;
	layer_note(d, SOURCE_OVERSIZE, path);
}

void
layer_convict(struct deepscan *d, const char *threat, const char *path)
{
	d->verdict = VERDICT_BAD;
	d->by_name = false;
	d->bad_above = UINT32_MAX;
	d->source = SOURCE_SANDBOX;
	d->offset = DEEPSCAN_NO_OFFSET;
	snprintf(d->threat, sizeof(d->threat), "%s", threat);
	snprintf(d->layer, sizeof(d->layer), "%s", path);
}

bool
layer_is_over(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD || d->is_spent;
}

/* The object itself: names of what is in it are of its bytes. */
static bool
is_whole(const struct layer *l)
{
	return l->depth == 0;
}

/* What libyara says, where the scan found that it is to be asked. True: of no other name. */
static bool
match_rules(struct deepscan *d, const struct layer *l)
{
	enum format f = format_detect(l->bytes);
	struct signature_variables called;
	struct rules_found found;

	signature_variables(l->name, f, l->bytes, &called);
	switch (rules_match(d->rules, l->bytes, &called, &found)) {
	case RULES_MATCH:
		layer_convict(d, found.name, l->path);
		d->by_name = found.by_name && is_whole(l);
		return found.by_name;
	case RULES_FAILED:
		layer_note(d, SOURCE_ERROR, l->path);
		break;
	case RULES_NONE:
		break;
	}
	return false;
}

/* These bytes are bad wherever they are met; those of the object itself are control's to know. */
static void
add_part(struct deepscan *d, const struct layer *l, const struct digest_values *values)
{
	if (!is_whole(l) && !l->is_rewritten && l->depth < d->bad_above &&
	    d->part_count < DEEPSCAN_PARTS_MAX)
		memcpy(d->parts[d->part_count++], values->sha256, sizeof(values->sha256));
}

static size_t
name_of_layer(void *layer, char *out, size_t room)
{
	struct span name = span_first(((const struct layer *)layer)->name, room);

	if (name.bytes > 0)
		memcpy(out, name.data, name.bytes);
	return name.bytes;
}

/* What the scan and the rules say of one layer. True: it is bad for what it is called. */
static bool
match_signatures(struct deepscan *d, const struct layer *l, const struct signature_scan *scan)
{
	bool by_name = signature_is_by_name(scan);

	d->by_name |= by_name && is_whole(l);
	if (signature_hit(scan) == NULL)
		return signature_wants_deep(scan) && !l->is_rewritten && match_rules(d, l);
	layer_convict(d, signature_hit(scan)->name, l->path);
	d->by_name = by_name && is_whole(l);
	d->offset = signature_hit(scan)->offset;
	return by_name;
}

/*
 * Signatures and digest lists over one layer. True: it is on a list of trusted files, and nothing
 * is said of it, as of an object that is.
 */
static bool
match(struct deepscan *d, struct layer *l, struct digest_values *values)
{
	struct signature_scan *scan = signature_open(d->core, d->generation);
	bool by_name = false, is_scanned, is_trusted;
	struct digest digest;
	const char *threat;

	if (scan != NULL)
		signature_name(scan, name_of_layer, l);
	is_scanned = scan != NULL && signature_feed(scan, l->bytes, true) >= 0;
	digest_init(&digest);
	digest_feed(&digest, l->bytes);
	digest_finish(&digest, values);
	is_trusted =
	    (scan != NULL && signature_is_trusted(scan)) ||
	    generation_trusted_digest(d->generation, values->md5, values->sha256, l->bytes.bytes);
	if (!is_trusted && !is_scanned)
		layer_note(d, SOURCE_ERROR, l->path);
	if (!is_trusted && is_scanned)
		by_name = match_signatures(d, l, scan);
	if (scan != NULL)
		signature_close(scan);
	if (is_trusted)
		return true;
	threat = generation_bad_digest(d->generation, values->md5, values->sha256, l->bytes.bytes);
	if (threat != NULL && d->verdict == VERDICT_CLEAN)
		layer_convict(d, threat, l->path);
	layer_match_as(d, l, TARGET_WHOLE);
	if (d->verdict == VERDICT_BAD && !by_name)
		add_part(d, l, values);
	return false;
}

void
layer_match_as(struct deepscan *d, const struct layer *l, unsigned form)
{
	struct signature_scan *scan;

	if (!generation_has_target(d->generation, form) || layer_is_over(d))
		return;
	scan = signature_open(d->core, d->generation);
	if (scan == NULL) {
		layer_note(d, SOURCE_ERROR, l->path);
		return;
	}
	signature_take_as(scan, form);
	signature_lies_in(scan, l->containers);
	signature_match_regexes(scan, regexes_search, d->regexes);
	if (signature_feed(scan, l->bytes, true) < 0)
		layer_note(d, SOURCE_ERROR, l->path);
	else
		match_signatures(d, l, scan);
	if (signature_hangs_on_container(scan)) /* the layer that was rewritten is in it, too */
		d->bad_above = l->is_rewritten ? l->depth - 1 : l->depth;
	signature_close(scan);
}

/*
 * Whether the same content was followed as deep as it could be from here; then `*is_new_there` is
 * whether it lies in what it did not lie in before, which signatures of its texts may ask for.
 */
static bool
was_seen(struct deepscan *d, const struct layer *l, const uint8_t sha256[32], bool *is_new_there)
{
	uint32_t number, levels = d->limits.depth_max - l->depth;
	struct deepscan_seen *place;

	memcpy(&number, sha256, sizeof(number));
	place = &d->seen[number % DEEPSCAN_SEEN_MAX];
	if (place->levels >= levels && memcmp(place->sha256, sha256, 32) == 0) {
		*is_new_there = (l->containers & ~place->containers) != 0;
		place->containers |= l->containers;
		return true;
	}
	memcpy(place->sha256, sha256, 32);
	place->levels = levels;
	place->containers = l->containers;
	*is_new_there = true;
	return false;
}

/* Room for `more` bytes. */
static bool
make_room(struct layer_buffer *b, size_t more)
{
	size_t room = b->room * 2 + PIECE_BYTES;
	uint8_t *larger;

	if (more <= b->room - b->used)
		return true;
	if (room - b->used < more)
		room = b->used + more;
	larger = realloc(b->bytes, room);
	if (larger == NULL)
		return false;
	b->bytes = larger;
	b->room = room;
	return true;
}

bool
layer_append(
    struct deepscan *d, struct layer_buffer *b, const void *bytes, uint64_t count, const char *path)
{
	uint64_t left = d->limits.unpacked_bytes_max - d->unpacked_bytes;
	size_t taken = (size_t)(count < left ? count : left);

	if (!make_room(b, taken)) {
		layer_note(d, SOURCE_OVERSIZE, path);
		return false;
	}
	if (taken > 0 && bytes != NULL)
		memcpy(b->bytes + b->used, bytes, taken);
	else if (taken > 0)
		memset(b->bytes + b->used, 0, taken);
	b->used += taken;
	d->unpacked_bytes += taken;
	if (taken < count)
		layer_spent(d, path);
	return taken == count;
}

bool
layer_count_bytes(struct deepscan *d, uint64_t bytes, const char *path)
{
	if (bytes > d->limits.unpacked_bytes_max - d->unpacked_bytes) {
		layer_spent(d, path);
		return false;
	}
	d->unpacked_bytes += bytes;
	return true;
}

bool
layer_take(void *target, struct span piece)
{
	const struct layer_target *t = target;

	return layer_append(t->d, t->b, piece.data, piece.bytes, t->path);
}

bool
layer_count_stream(struct deepscan *d, const struct layer *l)
{
	if (++d->streams <= (uint64_t)d->limits.members_max * STREAMS_PER_MEMBER)
		return true;
	layer_spent(d, l->path);
	return false;
}

const char *
layer_path(char out[DEEPSCAN_LAYER_MAX], const struct layer *l, const char *kind, const char *name)
{
	int room = DEEPSCAN_LAYER_MAX - 1 - (int)strlen("->:") - (int)strlen(kind), used;

	used = snprintf(out, DEEPSCAN_LAYER_MAX, "%.*s%s%s%s", room, l->path,
	    l->path[0] != 0 ? "->" : "", kind, name != NULL ? ":" : "");
	for (; name != NULL && *name != 0 && used < DEEPSCAN_LAYER_MAX - 1; name++)
		out[used++] = *name > ' ' && *name < 0x7f && *name != '>' ? *name : '_';
	if (used < DEEPSCAN_LAYER_MAX)
		out[used] = 0;
	return out;
}

void
layer_judge_part(struct deepscan *d, const struct layer *l, size_t from, size_t to)
{
	char path[DEEPSCAN_LAYER_MAX], at[32];
	struct layer part = *l;

	while (from < to && l->bytes.data[from] == 0)
		from++;
	if (from >= to || to - from == l->bytes.bytes || layer_is_over(d))
		return;
	part.bytes = span_of(l->bytes.data + from, to - from);
	part.name = span_of(NULL, 0);
	part.depth++;
	snprintf(at, sizeof(at), "%zu", from);
	part.path = layer_path(path, l, "at", at);
	layer_judge(d, &part);
}

/* A known archive that no view fitted. */
static enum source
class_of_unread(enum format format)
{
	static const enum format unread[] = { FORMAT_ARJ, FORMAT_ACE, FORMAT_WIM, FORMAT_VHD,
		FORMAT_VHDX };

	for (unsigned i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
		if (format == unread[i])
			return SOURCE_UNSUPPORTED;
	}
	return SOURCE_CORRUPT;
}

/* What lies behind a program's sections, each part as a layer. Where the first begins. */
static size_t
judge_overlay(struct deepscan *d, const struct layer *l)
{
	struct program_section parts[PROGRAM_OVERLAY_MAX];
	unsigned count = program_overlay(l->bytes, parts);

	for (unsigned i = 0; i < count; i++)
		layer_judge_part(d, l, (size_t)parts[i].at, (size_t)(parts[i].at + parts[i].bytes));
	return count > 0 ? (size_t)parts[0].at : l->bytes.bytes;
}

static void
take_apart(struct deepscan *d, struct layer *l, enum format format, bool is_archive)
{
	uint32_t members = d->members;
	size_t overlay;
	bool fitted;

	l->is_guess = !is_archive;
	fitted = layer_unpack_stream(d, l, format) || layer_unpack_bare(d, l) ||
		 layer_unpack_container(d, l);
	if (!layer_is_over(d) && layer_unpack_image(d, l, members))
		fitted = true;
	if (!layer_is_over(d) && microsoft_unpack(d, l))
		fitted = true;
	if (!layer_is_over(d) && document_unpack(d, l, format)) /* a ZIP in it is no layer's rest */
		fitted = true;
	/* besides: a preamble may look like anything, and Word opens a PDF that goes on as a page
	 */
	if (!layer_is_over(d) && (l->depth == 0 || format == FORMAT_PDF))
		document_unpack_form(d, l);
	if (!layer_is_over(d) && layer_unpack_zip(d, l, !fitted))
		fitted = true;
	if (layer_is_over(d))
		return;
	if (layer_is_unread(l->bytes, format))
		layer_note(d, SOURCE_UNSUPPORTED, l->path);
	if (layer_unpack_fat(d, l))
		fitted = true;
	layer_unpack_program(d, l); /* an archive behind it makes it none the less one */
	if (fitted)
		return;
	if (is_archive)
		layer_note(d, class_of_unread(format), l->path);
	overlay = judge_overlay(d, l);
	layer_unpack_embedded(d, l, overlay);
	layer_judge_programs_within(d, l, overlay);
	/* elsewhere, in pictures and what is coded, such marks stand by chance */
	layer_unpack_streams_within(
	    d, l, format_class(format) == FORMAT_CLASS_SCRIPT ? 0 : overlay);
}

/* A disc's image is told by its head only as what may be one. */
static bool
is_archive_of(enum format f, struct span bytes)
{
	return (format_class(f) == FORMAT_CLASS_ARCHIVE && f != FORMAT_ISO) || f == FORMAT_OOXML ||
	       f == FORMAT_ODF || f == FORMAT_EPUB || layer_is_disc(bytes) ||
	       microsoft_is_one(bytes);
}

/* Whether more may be in it, though it is no archive. */
static bool
is_packed(const struct layer *l, enum format f)
{
	return document_is_one(l->bytes, f) || layer_is_compressed(l) || layer_is_bare(l->bytes) ||
	       layer_is_packed_program(l->bytes);
}

/* What it lies in; and, for those in it, which office's it is. */
static void
note_containers(struct deepscan *d, struct layer *l, enum format f)
{
	bool is_around = l->depth > 0 && l->depth <= DEEPSCAN_DEPTH_MAX;

	l->containers = containers_of(l->path, is_around ? d->offices[l->depth - 1] : 0);
	if (l->depth < DEEPSCAN_DEPTH_MAX)
		d->offices[l->depth] = f == FORMAT_OOXML ? containers_of_office(l->bytes) : 0;
}

void
layer_judge(struct deepscan *d, const struct layer *given)
{
	struct layer l = *given;
	enum format f = format_detect(l.bytes);
	bool is_archive = is_archive_of(f, l.bytes);
	uint32_t levels = d->limits.depth_max - l.depth;
	struct digest_values values;
	bool is_new, is_new_there = true;

	if (!l.is_rewritten)
		note_containers(d, &l, f);
	if (match(d, &l, &values) || layer_is_over(d) || l.is_rewritten)
		return;
	is_new = levels == 0 || !was_seen(d, &l, values.sha256, &is_new_there);
	if (is_new && levels > 0)
		take_apart(d, &l, f, is_archive);
	if (is_new_there && !layer_is_over(d))
		texts_judge(d, &l, f);
	if (is_new && !layer_is_over(d))
		inlays_judge(d, &l, f);
	if (d->verdict == VERDICT_BAD)
		add_part(d, &l, &values);
	if (levels == 0 && (is_archive || is_packed(&l, f)))
		layer_note(d, SOURCE_OVERSIZE, l.path);
}

void
layer_judge_inner(struct deepscan *d, const struct layer *l)
{
	if (l->bytes.bytes > 0 && d->verdict != VERDICT_BAD)
		layer_judge(d, l);
}

void
layer_judge_buffer(
    struct deepscan *d, const struct layer *l, const char *path, struct layer_buffer *b)
{
	const struct layer inner = layer_inner(l, path, span_of(b->bytes, b->used));

	layer_judge_inner(d, &inner);
	free(b->bytes);
	*b = (struct layer_buffer){ 0 };
}

int
deepscan_init(struct deepscan *d, const struct generation *g, const struct deepscan_limits *limits)
{
	memset(d, 0, sizeof(*d));
	d->limits = *limits;
	d->generation = g;
	d->decoders = decode_pool_create(1, 0); /* one layer is unpacked at a time */
	d->core = signature_core_create(1);
	d->rules = rules_create(generation_yara(g));
	d->regexes = regexes_create();
	if (d->decoders == NULL || d->core == NULL || d->rules == NULL || d->regexes == NULL ||
	    signature_core_prepare(d->core, g) != 0) {
		deepscan_fini(d);
		return -ENOMEM;
	}
	return 0;
}

void
deepscan_fini(struct deepscan *d)
{
	regexes_destroy(d->regexes);
	rules_destroy(d->rules);
	signature_core_destroy(d->core);
	if (d->decoders != NULL)
		decode_pool_destroy(d->decoders);
}

void
deepscan_judge(struct deepscan *d, struct span object, struct span name)
{
	const struct layer whole = { .bytes = object, .path = "", .name = name };

	d->members = d->locked_members = d->part_count = 0;
	d->unpacked_bytes = d->streams = 0;
	d->is_spent = d->by_name = false;
	d->verdict = VERDICT_CLEAN;
	d->source = SOURCE_SANDBOX;
	d->threat[0] = d->layer[0] = 0;
	d->offset = DEEPSCAN_NO_OFFSET;
	memset(d->seen, 0, sizeof(d->seen));
	layer_judge(d, &whole);
}
