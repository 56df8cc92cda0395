/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Archives and compressions as views of a layer, by libarchive (reader.c), but for gzip, which our
 * own decoder takes off, and the structure of a ZIP (zip.c, zip_odd.c). What one gives is handed to
 * layer_judge(); what lies before or behind it is a part of the layer.
 */
#include <stdio.h>
#include <stdlib.h>

#include <archive_entry.h>

#include "control/deepscan/layer.h"
#include "control/deepscan/microsoft.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/streams.h"
#include "control/deepscan/zip.h"
#include "scanners/archive/rar5.h"

#define EMPTY_BLOCKS_MAX   1000 /* in a row, from one member: a reader that goes nowhere */
#define LOCKED_MEMBERS_MAX 16   /* of one object, that no password opened: no more are tried */
#define EMBEDDED_MAX       4    /* places tried for each kind of archive in a layer that is none */
#define STREAMS_WITHIN_MAX 64   /* marks of compressed streams tried in one layer */
#define SKIPPABLE_MARK     0x184d2a50u
#define SKIPPABLE_HEAD     8u /* mark and size */
#define SEVEN_ZIP_START    32 /* 7zFormat.txt: the start header, which tells where all ends */

/* What libarchive failed at. An encrypted member is broken where a password fits by chance. */
static enum source
class_of_failure(struct deepscan *d, struct archive *a, bool is_encrypted)
{
	enum source class = reader_class(a);

	if (!is_encrypted)
		return class;
	if (class == SOURCE_ENCRYPTED)
		d->locked_members++;
	else
		d->missed_password = true;
	return SOURCE_ENCRYPTED;
}

/* Block by block: the block that comes with an error (a wrong checksum at the end) is taken too. */
bool
layer_read_member(struct deepscan *d, struct archive *a, struct layer_buffer *b,
    const struct layer *l, bool is_encrypted)
{
	unsigned empty = 0;
	bool is_sound = true;

	while (empty < EMPTY_BLOCKS_MAX) {
		const void *bytes = NULL;
		size_t count = 0;
		la_int64_t offset = 0;
		int rc = archive_read_data_block(a, &bytes, &count, &offset);

		if (rc == ARCHIVE_EOF)
			return is_sound;
		if (offset > 0 && (uint64_t)offset > b->used &&
		    !layer_append(d, b, NULL, (uint64_t)offset - b->used, l->path))
			return false;
		if (bytes != NULL && !layer_append(d, b, bytes, count, l->path))
			return false;
		if (rc <= ARCHIVE_WARN && (!l->is_guess || b->used > 0))
			layer_note(d, class_of_failure(d, a, is_encrypted), l->path);
		is_sound &= rc > ARCHIVE_WARN;
		if (rc < ARCHIVE_WARN)
			return false;
		empty = count == 0 ? empty + 1 : 0;
	}
	layer_note(d, SOURCE_CORRUPT, l->path);
	return false;
}

bool
layer_read_only_member(
    struct deepscan *d, const struct layer *l, struct archive *a, struct layer_buffer *out)
{
	const struct layer_class before = layer_class_kept(d);
	struct archive_entry *entry;
	bool is_whole;

	if (a == NULL)
		return false;
	is_whole = archive_read_next_header(a, &entry) >= ARCHIVE_WARN &&
		   layer_read_member(d, a, out, l, false);
	archive_read_free(a);
	layer_class_restore(d, &before);
	if (d->is_spent)
		layer_note(d, SOURCE_OVERSIZE, l->path);
	return is_whole;
}

/* libarchive decrypts nothing but ZIP. A member that no password opens costs a key for each. */
static bool
may_decrypt(const struct deepscan *d, struct archive *a)
{
	return (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP &&
	       d->passwords != NULL && d->passwords->count > 0 &&
	       d->locked_members < LOCKED_MEMBERS_MAX;
}

/* Its name, as the archive has it or as UTF-8. */
static const char *
name_of(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	return name != NULL ? name : archive_entry_pathname_utf8(entry);
}

static const char *
path_of(char path[DEEPSCAN_LAYER_MAX], struct archive *a, struct archive_entry *entry,
    const struct layer *l)
{
	const char *name = name_of(entry);

	return layer_path(path, l, reader_kind(a), name != NULL ? name : "?");
}

static void
note_member(struct deepscan *d, enum source class, struct archive *a, struct archive_entry *entry,
    const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX];

	layer_note(d, class, path_of(path, a, entry, l));
}

/* Once libarchive fails at a 7z, our own reading of it all counts, if that is whole. */
static bool
is_read_anew(
    struct deepscan *d, struct archive *a, const struct layer *l, struct layer_listing *so_far)
{
	if (!reader_is_7z(a) || so_far->is_read_anew || layer_is_over(d))
		return false;
	so_far->is_read_anew = true;
	d->members -= (uint32_t)so_far->entries; /* they come again */
	so_far->is_over = layer_unpack_7z(d, l);
	return so_far->is_over;
}

/* The same where a member was read in part; `before` is what had been told before that. */
static bool
is_member_read_anew(struct deepscan *d, struct archive *a, const struct layer *l,
    struct layer_listing *so_far, const struct layer_class *before)
{
	const struct layer_class after = layer_class_kept(d);
	bool is_anew;

	if (!reader_is_7z(a) || layer_is_over(d))
		return false;
	layer_class_restore(d, before);
	is_anew = is_read_anew(d, a, l, so_far);
	if (!is_anew && after.source != SOURCE_SANDBOX)
		layer_note(d, after.source, after.where);
	return is_anew;
}

/* Its name and sizes are enough for a signature of members; else what it holds is judged. */
static void
judge_member(struct deepscan *d, struct archive *a, struct archive_entry *entry,
    const struct layer *l, struct layer_listing *so_far)
{
	bool is_encrypted = archive_entry_is_encrypted(entry) == 1;
	const struct layer_class before = layer_class_kept(d);
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer inner = { .depth = l->depth + 1 };

	inner.path = path_of(path, a, entry, l);
	if (name_of(entry) != NULL)
		inner.name = span_text(name_of(entry));
	layer_match_entry(d, l, a, entry, &inner, so_far);
	if (layer_is_over(d) || (reader_leaves_method(a) && !is_encrypted))
		return; /* zip_odd.c takes it */
	if (is_encrypted && !may_decrypt(d, a)) {
		layer_note(d, SOURCE_ENCRYPTED, path);
		return;
	}
	inner.is_guess = archive_entry_filetype(entry) == AE_IFDIR || /* hardly any has data */
			 archive_entry_filetype(entry) == AE_IFLNK;
	if (!layer_read_member(d, a, &b, &inner, is_encrypted) &&
	    is_member_read_anew(d, a, l, so_far, &before))
		b.used = 0;
	inner.bytes = span_of(b.bytes, b.used);
	if (b.used > 0)
		layer_judge(d, &inner);
	free(b.bytes);
}

/* Whether libarchive would give an encrypted file of a RAR 5 as if it were not: `r` goes on to it.
 */
static bool
is_locked_in(struct rar5 *r, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);
	struct rar_member m;

	while (name != NULL && rar5_next(r, &m)) {
		if (span_is(m.name, name))
			return m.is_encrypted;
	}
	return false;
}

/* Every member of one view. False: it is none of the kind. */
static bool
judge_members(struct deepscan *d, struct archive *a, const struct layer *l)
{
	struct archive_entry *entry;
	struct rar5 rar;
	bool any = false, is_rar5 = rar5_begin(&rar, l->bytes), is_locked = false;
	struct layer_listing so_far = { 0 };
	int rc = ARCHIVE_OK;

	while (!layer_is_over(d) && rc != ARCHIVE_FATAL && !so_far.is_over) {
		rc = archive_read_next_header(a, &entry);
		if (rc == ARCHIVE_EOF || archive_format(a) == 0)
			return archive_format(a) != 0;
		if (rc < ARCHIVE_WARN && !any && l->is_guess)
			return false;
		if (++d->members > d->limits.members_max) {
			layer_spent(d, l->path);
		} else if (rc < ARCHIVE_WARN && is_read_anew(d, a, l, &so_far)) {
			any = true;
		} else if (rc < ARCHIVE_WARN) {
			layer_note(d, is_locked ? SOURCE_ENCRYPTED : reader_class(a), l->path);
		} else if (is_rar5 && is_locked_in(&rar, entry)) {
			is_locked = any = true;
			note_member(d, SOURCE_ENCRYPTED, a, entry, l);
		} else {
			judge_member(d, a, entry, l, &so_far);
			any = true;
		}
	}
	return true;
}

/* A gzip stream by our own decoder: unlike libarchive's it gives what came before an error. */
static size_t
gunzip(struct deepscan *d, const struct layer *l, struct layer_buffer *b)
{
	const struct decode_limits no_limits = { .output_bytes_max = UINT64_MAX };
	const struct decode_codings gzip = { .count = 1, .list = { DECODE_GZIP } };
	struct decoder *gz = decode_open(d->decoders, &gzip, &no_limits);
	enum decode_result rc = DECODE_OUTPUT;
	size_t at = 0;

	while (rc == DECODE_OUTPUT) {
		struct span out = { NULL, 0 };

		rc = decode_next(gz, l->bytes, &at, &out);
		if (!layer_append(d, b, out.data, out.bytes, l->path))
			break;
	}
	if (!decode_is_whole(gz) && !layer_is_over(d) && (!l->is_guess || b->used > 0))
		layer_note(d, SOURCE_CORRUPT, l->path);
	decode_close(d->decoders, gz);
	return at;
}

static size_t
unfilter(struct deepscan *d, const struct layer *l, int filter, struct layer_buffer *b)
{
	struct archive *a = reader_open_filtered(l->bytes, filter);
	struct archive_entry *entry;
	size_t used;

	if (a == NULL) {
		layer_note(d, SOURCE_OVERSIZE, l->path);
		return l->bytes.bytes;
	}
	if (archive_read_next_header(a, &entry) >= ARCHIVE_WARN)
		layer_read_member(d, a, b, l, false);
	else if (!l->is_guess)
		layer_note(d, reader_class(a), l->path);
	used = reader_used(a);
	archive_read_free(a);
	return used;
}

/* Behind the frames that hold nothing of the data, before the first that does (RFC 8878 3.1.2). */
static size_t
behind_skippable(struct span s)
{
	size_t at = 0;
	uint32_t mark, size;

	while (s.bytes - at > SKIPPABLE_HEAD) {
		memcpy(&mark, s.data + at, 4);
		memcpy(&size, s.data + at + 4, 4);
		if ((mark & 0xfffffff0) != SKIPPABLE_MARK || size >= s.bytes - at - SKIPPABLE_HEAD)
			return at;
		at += SKIPPABLE_HEAD + size;
	}
	return at;
}

/* One compression off, judged as a layer; `*used` is where it ends. How many bytes came out. */
static size_t
take_off(struct deepscan *d, const struct layer *l, int filter, size_t *used)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer inner = { .depth = l->depth + 1, .path = path };
	struct layer_buffer b = { 0 };

	*used = filter == ARCHIVE_FILTER_GZIP ? gunzip(d, l, &b) : unfilter(d, l, filter, &b);
	inner.bytes = span_of(b.bytes, b.used);
	layer_path(path, l, reader_filter_kind(filter), NULL);
	if (b.used > 0)
		layer_judge(d, &inner);
	free(b.bytes);
	return b.used;
}

bool
layer_unpack_stream(struct deepscan *d, const struct layer *l, enum format format)
{
	enum source why = SOURCE_CORRUPT;
	int filter = format == FORMAT_GZ ? ARCHIVE_FILTER_GZIP : reader_filter_of(l->bytes, &why);
	size_t used, bytes;

	if (filter < 0 && !l->is_guess)
		layer_note(d, why, l->path);
	if (filter <= ARCHIVE_FILTER_NONE) {
		/* libarchive knows them before zstd's frames alone, lz4 has them too */
		used = behind_skippable(l->bytes);
		if (used > 0)
			layer_judge_part(d, l, used, l->bytes.bytes);
		return used > 0;
	}
	bytes = take_off(d, l, filter, &used);
	layer_judge_part(d, l, used, l->bytes.bytes);
	return bytes > 0 || !l->is_guess;
}

/* The mark of the next one behind `*at`. */
static int
find_stream(struct span s, size_t *at)
{
	int filter = ARCHIVE_FILTER_NONE;

	while (filter == ARCHIVE_FILTER_NONE && ++*at < s.bytes)
		filter = reader_filter_by_mark(span_from(s, *at));
	return filter;
}

void
layer_unpack_streams_within(struct deepscan *d, const struct layer *l, size_t at)
{
	char path[DEEPSCAN_LAYER_MAX], place[32];
	size_t used, bytes;
	int filter;

	for (unsigned tried = 0; tried < STREAMS_WITHIN_MAX && !layer_is_over(d); tried++) {
		const struct layer_class kept = layer_class_kept(d);
		struct layer inner = *l;

		filter = find_stream(l->bytes, &at);
		if (filter == ARCHIVE_FILTER_NONE)
			return;
		inner.bytes = span_from(l->bytes, at);
		inner.is_guess = true;
		snprintf(place, sizeof(place), "%zu", at);
		inner.path = layer_path(path, l, "at", place);
		bytes = take_off(d, &inner, filter, &used);
		if (bytes < STREAM_TOLD_BYTES && !d->is_spent)
			layer_class_restore(d, &kept);
		at += bytes > 0 && used > 0 ? used - 1 : 0;
	}
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

bool
layer_unpack_container(struct deepscan *d, const struct layer *l)
{
	struct archive *a = reader_open(l->bytes, READER_CONTAINER, NULL, 0);
	bool is_one;

	if (a == NULL) {
		layer_note(d, SOURCE_OVERSIZE, l->path);
		return false;
	}
	layer_match_rar(d, l);
	is_one = judge_members(d, a, l);
	if (is_one)
		layer_judge_part(d, l, end_of(a, l), l->bytes.bytes);
	archive_read_free(a);
	return is_one;
}

bool
layer_judge_members(struct deepscan *d, struct archive *a, const struct layer *l)
{
	bool is_one = a != NULL && judge_members(d, a, l);

	if (a == NULL)
		layer_note(d, SOURCE_OVERSIZE, l->path);
	else
		archive_read_free(a);
	return is_one;
}

static void
read_zip(struct deepscan *d, const struct layer *l, struct span bytes, enum reader_view view,
    unsigned first_password)
{
	struct archive *a = reader_open(bytes, view, d->passwords, first_password);

	if (!layer_judge_members(d, a, l) && a != NULL && !l->is_guess)
		layer_note(d, SOURCE_CORRUPT, l->path);
}

/*
 * libarchive takes the first password that fits by one byte (APPNOTE.TXT 6.1.6): where a member
 * then proves broken, all is read again from the next password on.
 */
static void
unpack_zip_view(struct deepscan *d, const struct layer *l, struct span bytes, enum reader_view view)
{
	unsigned first = 0, count = d->passwords != NULL ? d->passwords->count : 0;
	bool missed_outside = d->missed_password;
	enum source source = d->source;
	char where[DEEPSCAN_LAYER_MAX];

	memcpy(where, d->layer, sizeof(where));
	do {
		d->source = source;
		memcpy(d->layer, where, sizeof(where));
		d->missed_password = false;
		if (first > 0) /* whatever is in it says its class again */
			memset(d->seen, 0, sizeof(d->seen));
		read_zip(d, l, bytes, view, first);
	} while (++first < count && d->missed_password && !layer_is_over(d));
	d->missed_password = missed_outside;
}

bool
layer_unpack_zip(struct deepscan *d, const struct layer *l, bool is_alone)
{
	bool begins = l->bytes.bytes >= 4 && memcmp(l->bytes.data, "PK\3\4", 4) == 0;
	struct zip_survey zip;

	zip_survey(l->bytes, &zip);
	if (zip.shape == ZIP_ABSENT && !begins)
		return false;
	layer_match_zip(d, l, &zip);
	if (zip.shape == ZIP_ABSENT) {
		unpack_zip_view(d, l, l->bytes, READER_ZIP_HEADERS);
		layer_judge_unlisted(d, l);
		if (!l->is_guess)
			layer_note(d, SOURCE_CORRUPT, l->path);
		return true;
	}
	if (zip.members > 0)
		unpack_zip_view(d, l, span_of(l->bytes.data + zip.base, zip.end - zip.base),
		    READER_ZIP_DIRECTORY);
	if (zip.shape != ZIP_SOUND && !layer_is_over(d))
		unpack_zip_view(d, l, span_of(l->bytes.data + zip.start, zip.end - zip.start),
		    READER_ZIP_HEADERS);
	if (zip.shape != ZIP_SOUND)
		layer_judge_unlisted(d, l);
	if (zip.shape == ZIP_TORN && !l->is_guess)
		layer_note(d, SOURCE_CORRUPT, l->path);
	layer_judge_odd_members(d, l, &zip);
	if (is_alone) {
		layer_judge_part(d, l, 0, zip.start);
		layer_judge_part(d, l, zip.end, l->bytes.bytes);
	}
	return true;
}

static bool
unpack_zip_within(struct deepscan *d, const struct layer *l)
{
	return layer_unpack_zip(d, l, false);
}

/* What begins with one of these may be an archive; in the middle of a program it may be none. */
void
layer_unpack_embedded(struct deepscan *d, const struct layer *l, size_t end)
{
	static const struct {
		struct span text;
		bool (*unpack)(struct deepscan *d, const struct layer *l);
	} marks[] = { { { (const uint8_t *)"PK\3\4", 4 }, unpack_zip_within },
		{ { (const uint8_t *)"7z\xbc\xaf\x27\x1c", 6 }, layer_unpack_container },
		{ { (const uint8_t *)"Rar!\x1a\x07", 6 }, layer_unpack_container },
		{ { (const uint8_t *)"MSCF\0\0\0\0", 8 }, microsoft_unpack } };

	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		char path[DEEPSCAN_LAYER_MAX], place[32];
		size_t at = 1;

		for (unsigned tried = 0; tried < EMBEDDED_MAX && !layer_is_over(d); tried++) {
			struct span rest = span_from(l->bytes, at);
			struct layer inner = *l;
			const uint8_t *found = rest.bytes == 0
						   ? NULL
						   : memmem(rest.data, rest.bytes,
							 marks[i].text.data, marks[i].text.bytes);

			if (found == NULL || found >= l->bytes.data + end)
				break;
			at = (size_t)(found - l->bytes.data) + 1;
			inner.bytes = span_from(l->bytes, at - 1);
			inner.is_guess = true;
			snprintf(place, sizeof(place), "%zu", at - 1);
			inner.path = layer_path(path, l, "at", place);
			if (marks[i].unpack(d, &inner))
				break;
		}
	}
}

bool
layer_is_compressed(const struct layer *l)
{
	enum source why;

	return reader_filter_of(l->bytes, &why) > ARCHIVE_FILTER_NONE;
}
