/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Judges an object layer by layer, depth first, until something bad is found or a limit is met. A
 * layer is the object, what a compression or a member unpacks to, or what lies before or behind an
 * archive; each is matched as a whole and then taken apart by every view that fits it:
 *
 *     stream      one compression, taken off
 *     container   tar, 7z, rar, … by libarchive
 *     zip         by its directory; by its members' headers too where the two differ (zip.c)
 *     embedded    nothing of these fits: archives that begin inside, as in self-extracting programs
 *
 * Bad wins over everything. What could not be read is a class, and what was read of it before is
 * judged all the same. A layer that is an archive only by a guess gives no class before its first
 * member was read: then it was none.
 * Bounds: limits.depth_max layers within each other, members_max members, unpacked_bytes_max bytes
 * from all layers; contents met twice are taken apart once, which also ends archives that hold
 * themselves.
 */
#include "control/deepscan/deepscan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <archive_entry.h>

#include "control/deepscan/reader.h"
#include "control/deepscan/rules.h"
#include "control/deepscan/zip.h"
#include "scanners/digest/digest.h"
#include "scanners/format/format.h"

#define PIECE_BYTES      65536
#define EMPTY_BLOCKS_MAX 1000 /* in a row, from one member: a reader that goes nowhere */
#define EMBEDDED_MAX     4    /* places tried for each kind of archive in a layer that is none */
#define SEVEN_ZIP_START  32   /* 7zFormat.txt: the start header, which tells where all ends */

struct layer {
	struct span bytes;
	uint32_t depth;
	const char *path;
	bool is_guess;
};

struct buffer {
	uint8_t *bytes;
	size_t used, room;
};

static void judge_layer(struct deepscan *d, const struct layer *l);

/* One that the policy blocks stays; else the first: what follows says no more than "not clean". */
static void
note_class(struct deepscan *d, enum source class, const char *path)
{
	if (d->verdict == VERDICT_BAD ||
	    (d->source != SOURCE_SANDBOX &&
		(d->limits.blocks[d->source] || !d->limits.blocks[class])))
		return;
	d->source = class;
	snprintf(d->member, sizeof(d->member), "%s", path);
}

static void
note_spent(struct deepscan *d, const char *path)
{
	d->is_spent = true;
	note_class(d, SOURCE_OVERSIZE, path);
}

static void
convict(struct deepscan *d, const char *threat, const char *path)
{
	d->verdict = VERDICT_BAD;
	d->source = SOURCE_SANDBOX;
	snprintf(d->threat, sizeof(d->threat), "%s", threat);
	snprintf(d->member, sizeof(d->member), "%s", path);
}

static bool
is_over(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD || d->is_spent;
}

/* What libyara says, where the scan found that it is to be asked. */
static void
match_rules(struct deepscan *d, const struct layer *l)
{
	char name[sizeof(d->threat)];

	switch (rules_match(d->rules, l->bytes, name, sizeof(name))) {
	case RULES_MATCH:
		convict(d, name, l->path);
		break;
	case RULES_FAILED:
		note_class(d, SOURCE_ERROR, l->path);
		break;
	case RULES_NONE:
		break;
	}
}

/* Signatures and digest lists over one layer. */
static void
match(struct deepscan *d, const struct layer *l, struct digest_values *values)
{
	struct signature_scan *scan = signature_open(d->core, d->generation);
	struct digest digest;
	const char *threat;

	if (scan == NULL || signature_feed(scan, l->bytes, true) < 0)
		note_class(d, SOURCE_ERROR, l->path);
	else if (signature_hit(scan) != NULL)
		convict(d, signature_hit(scan)->name, l->path);
	else if (signature_wants_deep(scan))
		match_rules(d, l);
	if (scan != NULL)
		signature_close(scan);
	digest_init(&digest);
	digest_feed(&digest, l->bytes);
	digest_finish(&digest, values);
	threat = generation_bad_digest(d->generation, values->md5, values->sha256, l->bytes.bytes);
	if (threat != NULL && d->verdict == VERDICT_CLEAN)
		convict(d, threat, l->path);
}

/* Whether the same content was followed as deep as it could be from here. */
static bool
was_seen(struct deepscan *d, const uint8_t sha256[32], uint32_t levels)
{
	struct deepscan_seen *place;
	uint32_t number;

	memcpy(&number, sha256, sizeof(number));
	place = &d->seen[number % DEEPSCAN_SEEN_MAX];
	if (place->levels >= levels && memcmp(place->sha256, sha256, 32) == 0)
		return true;
	memcpy(place->sha256, sha256, 32);
	place->levels = levels;
	return false;
}

/* Room for `more` bytes. */
static bool
make_room(struct buffer *b, size_t more)
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

/* Takes what the limits leave room for; NULL: zeros. False: that was not all. */
static bool
append(struct deepscan *d, struct buffer *b, const void *bytes, uint64_t count, const char *path)
{
	uint64_t left = d->limits.unpacked_bytes_max - d->unpacked_bytes;
	size_t taken = (size_t)(count < left ? count : left);

	if (!make_room(b, taken)) {
		note_class(d, SOURCE_OVERSIZE, path);
		return false;
	}
	if (taken > 0 && bytes != NULL)
		memcpy(b->bytes + b->used, bytes, taken);
	else if (taken > 0)
		memset(b->bytes + b->used, 0, taken);
	b->used += taken;
	d->unpacked_bytes += taken;
	if (taken < count)
		note_spent(d, path);
	return taken == count;
}

/*
 * A member's bytes as far as they can be read, holes as zeros. Block by block: the block that comes
 * with an error (a wrong checksum at the end) is taken too.
 */
static void
read_member(struct deepscan *d, struct archive *a, struct buffer *b, const struct layer *l)
{
	unsigned empty = 0;

	while (empty < EMPTY_BLOCKS_MAX) {
		const void *bytes = NULL;
		size_t count = 0;
		la_int64_t offset = 0;
		int rc = archive_read_data_block(a, &bytes, &count, &offset);

		if (rc == ARCHIVE_EOF)
			return;
		if (offset > 0 && (uint64_t)offset > b->used &&
		    !append(d, b, NULL, (uint64_t)offset - b->used, l->path))
			return;
		if (bytes != NULL && !append(d, b, bytes, count, l->path))
			return;
		if (rc <= ARCHIVE_WARN && (!l->is_guess || b->used > 0))
			note_class(d, reader_class(a), l->path);
		if (rc < ARCHIVE_WARN)
			return;
		empty = count == 0 ? empty + 1 : 0;
	}
	note_class(d, SOURCE_CORRUPT, l->path);
}

static void
judge_member(
    struct deepscan *d, struct archive *a, struct archive_entry *entry, const struct layer *l)
{
	const char *name = archive_entry_pathname(entry);
	char path[DEEPSCAN_MEMBER_MAX];
	struct buffer b = { 0 };
	struct layer inner = { .depth = l->depth + 1, .path = path };

	if (name == NULL)
		name = archive_entry_pathname_utf8(entry);
	snprintf(path, sizeof(path), "%s%s%s", l->path, l->path[0] != 0 ? "/" : "",
	    name != NULL ? name : "?");
	if (archive_entry_is_encrypted(entry) == 1) {
		note_class(d, SOURCE_ENCRYPTED, path);
		return;
	}
	inner.is_guess = archive_entry_filetype(entry) == AE_IFDIR || /* hardly any has data */
			 archive_entry_filetype(entry) == AE_IFLNK;
	read_member(d, a, &b, &inner);
	inner.bytes = span_of(b.bytes, b.used);
	if (b.used > 0)
		judge_layer(d, &inner);
	free(b.bytes);
}

/* Every member of one view. False: it is none of the kind. */
static bool
judge_members(struct deepscan *d, struct archive *a, const struct layer *l)
{
	struct archive_entry *entry;
	bool any = false;
	int rc = ARCHIVE_OK;

	while (!is_over(d) && rc != ARCHIVE_FATAL) {
		rc = archive_read_next_header(a, &entry);
		if (rc == ARCHIVE_EOF || archive_format(a) == 0)
			return archive_format(a) != 0;
		if (rc < ARCHIVE_WARN && !any && l->is_guess)
			return false;
		if (++d->members > d->limits.members_max) {
			note_spent(d, l->path);
		} else if (rc < ARCHIVE_WARN) {
			note_class(d, reader_class(a), l->path);
		} else {
			judge_member(d, a, entry, l);
			any = true;
		}
	}
	return true;
}

/* A part of a layer, judged as a layer of its own; nothing for nothing, or for padding. */
static void
judge_part(struct deepscan *d, const struct layer *l, size_t from, size_t to)
{
	struct layer part = *l;

	while (from < to && l->bytes.data[from] == 0)
		from++;
	if (from >= to || to - from == l->bytes.bytes || is_over(d))
		return;
	part.bytes = span_of(l->bytes.data + from, to - from);
	part.depth++;
	judge_layer(d, &part);
}

/* A gzip stream by our own decoder: unlike libarchive's it gives what came before an error. */
static size_t
gunzip(struct deepscan *d, const struct layer *l, struct buffer *b)
{
	const struct decode_limits no_limits = { .output_bytes_max = UINT64_MAX };
	const struct decode_codings gzip = { .count = 1, .list = { DECODE_GZIP } };
	struct decoder *gz = decode_open(d->decoders, &gzip, &no_limits);
	enum decode_result rc = DECODE_OUTPUT;
	size_t at = 0;

	while (rc == DECODE_OUTPUT) {
		struct span out = { NULL, 0 };

		rc = decode_next(gz, l->bytes, &at, &out);
		if (!append(d, b, out.data, out.bytes, l->path))
			break;
	}
	if (!decode_is_whole(gz) && !is_over(d) && (!l->is_guess || b->used > 0))
		note_class(d, SOURCE_CORRUPT, l->path);
	decode_close(d->decoders, gz);
	return at;
}

static size_t
unfilter(struct deepscan *d, const struct layer *l, int filter, struct buffer *b)
{
	struct archive *a = reader_open_filtered(l->bytes, filter);
	struct archive_entry *entry;
	size_t used;

	if (a == NULL) {
		note_class(d, SOURCE_OVERSIZE, l->path);
		return l->bytes.bytes;
	}
	if (archive_read_next_header(a, &entry) >= ARCHIVE_WARN)
		read_member(d, a, b, l);
	else if (!l->is_guess)
		note_class(d, reader_class(a), l->path);
	used = reader_used(a);
	archive_read_free(a);
	return used;
}

static bool
unpack_stream(struct deepscan *d, const struct layer *l, enum format format)
{
	struct layer inner = { .depth = l->depth + 1, .path = l->path };
	struct buffer b = { 0 };
	enum source why = SOURCE_CORRUPT;
	int filter = format == FORMAT_GZ ? ARCHIVE_FILTER_GZIP : reader_filter_of(l->bytes, &why);
	size_t used;

	if (filter < 0 && !l->is_guess)
		note_class(d, why, l->path);
	if (filter <= ARCHIVE_FILTER_NONE)
		return false;
	used = filter == ARCHIVE_FILTER_GZIP ? gunzip(d, l, &b) : unfilter(d, l, filter, &b);
	inner.bytes = span_of(b.bytes, b.used);
	if (b.used > 0)
		judge_layer(d, &inner);
	free(b.bytes);
	judge_part(d, l, used, l->bytes.bytes);
	return inner.bytes.bytes > 0 || !l->is_guess;
}

/* Where a container ends. Those that are read from several places say so themselves, or not. */
static size_t
end_of(struct archive *a, const struct layer *l)
{
	uint64_t offset = 0, bytes = 0;

	switch (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) {
	case ARCHIVE_FORMAT_7ZIP:
		if (l->bytes.bytes < SEVEN_ZIP_START || l->bytes.data[0] != '7')
			return l->bytes.bytes; /* behind a program */
		memcpy(&offset, l->bytes.data + 12, 8);
		memcpy(&bytes, l->bytes.data + 20, 8);
		if (offset > l->bytes.bytes || bytes > l->bytes.bytes)
			return l->bytes.bytes;
		return SEVEN_ZIP_START + (size_t)(offset + bytes);
	case ARCHIVE_FORMAT_ISO9660:
	case ARCHIVE_FORMAT_XAR:
		return l->bytes.bytes;
	default:
		return reader_used(a);
	}
}

static bool
unpack_container(struct deepscan *d, const struct layer *l)
{
	struct archive *a = reader_open(l->bytes, READER_CONTAINER);
	bool is_one;

	if (a == NULL) {
		note_class(d, SOURCE_OVERSIZE, l->path);
		return false;
	}
	is_one = judge_members(d, a, l);
	if (is_one)
		judge_part(d, l, end_of(a, l), l->bytes.bytes);
	archive_read_free(a);
	return is_one;
}

static void
unpack_zip_view(struct deepscan *d, const struct layer *l, struct span bytes, enum reader_view view)
{
	struct archive *a = reader_open(bytes, view);

	if (a == NULL) {
		note_class(d, SOURCE_OVERSIZE, l->path);
		return;
	}
	if (!judge_members(d, a, l) && !l->is_guess)
		note_class(d, SOURCE_CORRUPT, l->path);
	archive_read_free(a);
}

/* `is_alone`: no other view fitted, so what lies outside the ZIP is nobody else's. */
static bool
unpack_zip(struct deepscan *d, const struct layer *l, bool is_alone)
{
	bool begins = l->bytes.bytes >= 4 && memcmp(l->bytes.data, "PK\3\4", 4) == 0;
	struct zip_survey zip;

	zip_survey(l->bytes, &zip);
	if (zip.shape == ZIP_ABSENT && !begins)
		return false;
	if (zip.shape == ZIP_ABSENT) {
		unpack_zip_view(d, l, l->bytes, READER_ZIP_HEADERS);
		if (!l->is_guess)
			note_class(d, SOURCE_CORRUPT, l->path);
		return true;
	}
	if (zip.members > 0)
		unpack_zip_view(d, l, span_of(l->bytes.data + zip.base, zip.end - zip.base),
		    READER_ZIP_DIRECTORY);
	if (zip.shape != ZIP_SOUND && !is_over(d))
		unpack_zip_view(d, l, span_of(l->bytes.data + zip.start, zip.end - zip.start),
		    READER_ZIP_HEADERS);
	if (zip.shape == ZIP_TORN && !l->is_guess)
		note_class(d, SOURCE_CORRUPT, l->path);
	if (is_alone) {
		judge_part(d, l, 0, zip.start);
		judge_part(d, l, zip.end, l->bytes.bytes);
	}
	return true;
}

/* What begins with one of these may be an archive; in the middle of a program it may be none. */
static void
unpack_embedded(struct deepscan *d, const struct layer *l)
{
	static const struct span marks[] = { { (const uint8_t *)"PK\3\4", 4 },
		{ (const uint8_t *)"7z\xbc\xaf\x27\x1c", 6 },
		{ (const uint8_t *)"Rar!\x1a\x07", 6 }, { (const uint8_t *)"MSCF\0\0\0\0", 8 } };

	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t at = 1;

		for (unsigned tried = 0; tried < EMBEDDED_MAX && !is_over(d); tried++) {
			struct span rest = span_from(l->bytes, at);
			struct layer inner = *l;
			const uint8_t *found = rest.bytes == 0 ? NULL
							       : memmem(rest.data, rest.bytes,
								     marks[i].data, marks[i].bytes);

			if (found == NULL)
				break;
			at = (size_t)(found - l->bytes.data) + 1;
			inner.bytes = span_from(l->bytes, at - 1);
			inner.is_guess = true;
			if (i == 0 ? unpack_zip(d, &inner, false) : unpack_container(d, &inner))
				break;
		}
	}
}

/* A known archive that no view fitted. */
static enum source
class_of_unread(enum format format)
{
	return format == FORMAT_ARJ || format == FORMAT_CHM ? SOURCE_UNSUPPORTED : SOURCE_CORRUPT;
}

static void
take_apart(struct deepscan *d, struct layer *l, enum format format, bool is_archive)
{
	bool fitted;

	l->is_guess = !is_archive;
	fitted = unpack_stream(d, l, format) || unpack_container(d, l);
	if (unpack_zip(d, l, !fitted))
		fitted = true;
	if (fitted || is_over(d))
		return;
	if (is_archive)
		note_class(d, class_of_unread(format), l->path);
	unpack_embedded(d, l);
}

static void
judge_layer(struct deepscan *d, const struct layer *given)
{
	struct layer l = *given;
	enum format f = format_detect(span_first(l.bytes, FORMAT_HEAD_BYTES), l.bytes.bytes);
	bool is_archive = format_class(f) == FORMAT_CLASS_ARCHIVE || f == FORMAT_OOXML ||
			  f == FORMAT_ODF || f == FORMAT_EPUB;
	uint32_t levels = d->limits.depth_max - l.depth;
	struct digest_values values;
	enum source why;

	match(d, &l, &values);
	if (is_over(d))
		return;
	if (levels > 0) {
		if (!was_seen(d, values.sha256, levels))
			take_apart(d, &l, f, is_archive);
	} else if (is_archive || reader_filter_of(l.bytes, &why) > ARCHIVE_FILTER_NONE) {
		note_class(d, SOURCE_OVERSIZE, l.path);
	}
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
	if (d->decoders == NULL || d->core == NULL || d->rules == NULL ||
	    signature_core_prepare(d->core, g) != 0) {
		deepscan_fini(d);
		return -ENOMEM;
	}
	return 0;
}

void
deepscan_fini(struct deepscan *d)
{
	rules_destroy(d->rules);
	signature_core_destroy(d->core);
	if (d->decoders != NULL)
		decode_pool_destroy(d->decoders);
}

void
deepscan_judge(struct deepscan *d, struct span object)
{
	const struct layer whole = { .bytes = object, .path = "" };

	d->members = 0;
	d->unpacked_bytes = 0;
	d->is_spent = false;
	d->verdict = VERDICT_CLEAN;
	d->source = SOURCE_SANDBOX;
	d->threat[0] = d->member[0] = 0;
	memset(d->seen, 0, sizeof(d->seen));
	judge_layer(d, &whole);
}
