/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Judges an object and what is packed in it, depth first, until something bad is found or a limit
 * is met. libarchive reads from memory; each member is read whole, judged, and taken apart in turn.
 */
#include <stdio.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

#include "control/deepscan/deepscan.h"
#include "scanners/digest/digest.h"
#include "scanners/format/format.h"

#define PIECE_BYTES 65536

static void judge_layer(struct deepscan *d, struct span bytes, uint32_t depth, const char *path);

/* The first class that was met stays: what follows says no more than that it is not clean. */
static void
note_class(struct deepscan *d, enum source class)
{
	if (d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX)
		d->source = class;
}

static void
convict(struct deepscan *d, const char *threat, const char *path)
{
	d->verdict = VERDICT_BAD;
	d->source = SOURCE_SANDBOX;
	snprintf(d->threat, sizeof(d->threat), "%s", threat);
	snprintf(d->member, sizeof(d->member), "%s", path);
}

static void
match(struct deepscan *d, struct span bytes, const char *path)
{
	struct signature_scan *scan = signature_open(d->core, d->generation);
	struct digest digest;
	struct digest_values values;
	const char *threat;

	if (scan == NULL || signature_feed(scan, bytes, true) < 0)
		note_class(d, SOURCE_ERROR);
	else if (signature_hit(scan) != NULL)
		convict(d, signature_hit(scan)->name, path);
	if (scan != NULL)
		signature_close(scan);
	digest_init(&digest);
	digest_feed(&digest, bytes);
	digest_finish(&digest, &values);
	threat = generation_bad_digest(d->generation, values.md5, values.sha256, bytes.bytes);
	if (threat != NULL && d->verdict == VERDICT_CLEAN)
		convict(d, threat, path);
}

/* A member's bytes; NULL when it is over a limit, encrypted or broken. The caller frees. */
static uint8_t *
read_member(struct deepscan *d, struct archive *a, size_t *bytes)
{
	uint8_t *out = NULL;
	size_t room = 0;
	la_ssize_t n;

	*bytes = 0;
	for (;;) {
		if (room - *bytes < PIECE_BYTES) {
			uint8_t *larger = realloc(out, room * 2 + PIECE_BYTES);

			if (larger == NULL) {
				note_class(d, SOURCE_OVERSIZE);
				break;
			}
			out = larger;
			room = room * 2 + PIECE_BYTES;
		}
		n = archive_read_data(a, out + *bytes, PIECE_BYTES);
		if (n == 0)
			return out;
		if (n < 0) {
			note_class(d, SOURCE_CORRUPT);
			break;
		}
		*bytes += (size_t)n;
		d->unpacked_bytes += (uint64_t)n;
		if (d->unpacked_bytes > d->limits.unpacked_bytes_max) {
			note_class(d, SOURCE_OVERSIZE);
			break;
		}
	}
	free(out);
	return NULL;
}

static void
judge_member(struct deepscan *d, struct archive *a, struct archive_entry *entry, uint32_t depth,
    const char *path)
{
	const char *name = archive_entry_pathname(entry);
	char inner[DEEPSCAN_MEMBER_MAX];
	uint8_t *bytes;
	size_t count;

	snprintf(inner, sizeof(inner), "%s%s%s", path, path[0] != 0 ? "/" : "",
	    name != NULL ? name : "data");
	if (archive_entry_is_data_encrypted(entry) == 1) {
		note_class(d, SOURCE_ENCRYPTED);
		return;
	}
	if (++d->members > d->limits.members_max) {
		note_class(d, SOURCE_OVERSIZE);
		return;
	}
	bytes = read_member(d, a, &count);
	if (bytes != NULL && count > 0)
		judge_layer(d, span_of(bytes, count), depth + 1, inner);
	free(bytes);
}

/* Opens it as an archive, or as one compressed file; what is neither has no members. */
static void
take_apart(struct deepscan *d, struct span bytes, uint32_t depth, const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc;

	archive_read_support_filter_all(a);
	archive_read_support_format_all(a);
	archive_read_support_format_raw(a);
	rc = archive_read_open_memory(a, bytes.data, bytes.bytes);
	while (rc == ARCHIVE_OK && d->verdict == VERDICT_CLEAN &&
	       d->members <= d->limits.members_max) {
		rc = archive_read_next_header(a, &entry);
		if (rc == ARCHIVE_EOF)
			break;
		if (rc < ARCHIVE_WARN) {
			note_class(d, archive_read_has_encrypted_entries(a) == 1 ? SOURCE_ENCRYPTED
										 : SOURCE_CORRUPT);
			break;
		}
		rc = ARCHIVE_OK;
		if (archive_format(a) == ARCHIVE_FORMAT_RAW && archive_filter_count(a) < 2)
			break;
		judge_member(d, a, entry, depth, path);
	}
	archive_read_free(a);
}

static void
judge_layer(struct deepscan *d, struct span bytes, uint32_t depth, const char *path)
{
	enum format f = format_detect(span_first(bytes, FORMAT_HEAD_BYTES), bytes.bytes);
	bool is_packed = format_class(f) == FORMAT_CLASS_ARCHIVE || f == FORMAT_OOXML ||
			 f == FORMAT_ODF || f == FORMAT_EPUB;

	match(d, bytes, path);
	if (d->verdict == VERDICT_BAD || !is_packed)
		return;
	if (depth >= d->limits.depth_max)
		note_class(d, SOURCE_OVERSIZE);
	else
		take_apart(d, bytes, depth, path);
}

void
deepscan_judge(struct deepscan *d, struct span object)
{
	d->verdict = VERDICT_CLEAN;
	d->source = SOURCE_SANDBOX;
	judge_layer(d, object, 0, "");
}
