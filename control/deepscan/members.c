/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures of an archive's members (ClamAV's .cdb): what each kind of archive tells of one, and
 * from which number on it counts, is as clamscan has it, which tells with --debug ("CDBNAME").
 */
#include <archive.h>
#include <archive_entry.h>

#include "control/deepscan/layer.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/regexes.h"
#include "control/deepscan/zip.h"
#include "scanners/archive/rar4.h"
#include "scanners/archive/rar5.h"
#include "scanners/signature/generation_file.h"

#define BIT(archive) (1u << ARCHIVE_##archive)

void
layer_match_member(
    struct deepscan *d, const struct layer *l, const char *path, struct signature_member *m)
{
	const char *threat;
	int rc;

	if (layer_is_over(d))
		return;
	m->archive_bytes = l->bytes.bytes;
	rc = generation_match_member(d->generation, m, regexes_search, d->regexes, &threat);
	if (rc == 1)
		layer_convict(d, threat, path);
	else if (rc < 0)
		layer_note(d, SOURCE_ERROR, path);
}

static void
match_said(struct deepscan *d, const struct layer *l, const char *kind, struct signature_member *m)
{
	char path[DEEPSCAN_LAYER_MAX], name[DEEPSCAN_LAYER_MAX];
	size_t bytes = m->name.bytes < sizeof(name) ? m->name.bytes : sizeof(name) - 1;

	if (bytes > 0)
		memcpy(name, m->name.data, bytes);
	name[bytes] = 0;
	layer_match_member(d, l, layer_path(path, l, kind, name), m);
}

/* `offices`: containers_of_office() */
static uint32_t
zip_is(uint32_t offices)
{
	return BIT(ZIP) | ((offices & 1u << CONTAINER_WORD) != 0 ? BIT(WORD) : 0) |
	       ((offices & 1u << CONTAINER_EXCEL) != 0 ? BIT(EXCEL) : 0) |
	       ((offices & 1u << CONTAINER_POWERPOINT) != 0 ? BIT(POWERPOINT) : 0);
}

void
layer_match_zip(struct deepscan *d, const struct layer *l, const struct zip_survey *zip)
{
	uint32_t offices = l->depth < DEEPSCAN_DEPTH_MAX ? d->offices[l->depth] : 0;
	struct signature_member m = { .archives = zip_is(offices) };
	struct zip_said said[2];
	size_t at = 0;
	unsigned count = 1;

	if (!generation_has_members(d->generation))
		return;
	while (m.position++ < d->limits.members_max && !layer_is_over(d) && count > 0) {
		count = zip_next_said(l->bytes, zip, &at, said);
		for (unsigned i = 0; i < count; i++) {
			m.name = said[i].name;
			m.packed_bytes = said[i].packed_bytes;
			m.bytes = said[i].bytes;
			m.crc = said[i].crc;
			m.is_encrypted = said[i].is_encrypted;
			match_said(d, l, "zip", &m);
		}
	}
}

static void
match_file(
    struct deepscan *d, const struct layer *l, const struct rar_member *file, uint64_t position)
{
	struct signature_member m = { .archives = BIT(RAR),
		.name = file->name,
		.packed_bytes = file->packed_bytes,
		.bytes = file->bytes,
		.position = position,
		.crc = file->crc,
		.is_encrypted = file->is_encrypted };

	match_said(d, l, "rar", &m);
}

void
layer_match_rar(struct deepscan *d, const struct layer *l)
{
	struct rar_member file;
	uint64_t position = 0;
	struct rar4 r4;
	struct rar5 r5;
	bool is_5 = rar5_begin(&r5, l->bytes);

	if (!generation_has_members(d->generation) || (!is_5 && !rar4_begin(&r4, l->bytes)))
		return;
	while (position++ < d->limits.members_max && !layer_is_over(d) &&
	       (is_5 ? rar5_next(&r5, &file) : rar4_next(&r4, &file)))
		match_file(d, l, &file, position);
}

/* What libarchive took it for; 0: nothing that ClamAV has a word for. */
static uint32_t
archive_is(struct archive *a)
{
	switch (archive_format(a)) {
	case ARCHIVE_FORMAT_TAR:
		return BIT(OLD_TAR);
	case ARCHIVE_FORMAT_CPIO_BIN_LE:
	case ARCHIVE_FORMAT_CPIO_BIN_BE:
		return BIT(CPIO_OLD);
	case ARCHIVE_FORMAT_CPIO_POSIX:
		return BIT(CPIO_ODC);
	case ARCHIVE_FORMAT_CPIO_SVR4_NOCRC:
		return BIT(CPIO_NEWC);
	case ARCHIVE_FORMAT_CPIO_SVR4_CRC:
		return BIT(CPIO_CRC);
	default:
		break;
	}
	switch (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) {
	case ARCHIVE_FORMAT_TAR:
		return BIT(POSIX_TAR);
	case ARCHIVE_FORMAT_7ZIP:
		return BIT(SEVEN_ZIP);
	case ARCHIVE_FORMAT_ISO9660:
		return BIT(ISO);
	default:
		return 0;
	}
}

/* Its name in its own directory. */
static struct span
base_name(struct span name)
{
	const uint8_t *slash = name.bytes > 0 ? memrchr(name.data, '/', name.bytes) : NULL;

	return slash != NULL ? span_from(name, (size_t)(slash - name.data) + 1) : name;
}

static bool
is_told_by_headers(struct archive *a)
{
	int format = archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;

	return format == ARCHIVE_FORMAT_ZIP || format == ARCHIVE_FORMAT_RAR ||
	       format == ARCHIVE_FORMAT_RAR_V5;
}

void
layer_match_entry(struct deepscan *d, const struct layer *l, struct archive *a,
    struct archive_entry *entry, const struct layer *member, struct layer_listing *so_far)
{
	uint32_t is = archive_is(a);
	bool is_file = archive_entry_filetype(entry) == AE_IFREG;
	struct signature_member m = { .archives = is, .name = member->name };

	so_far->entries++;
	so_far->files += is_file;
	if (!generation_has_members(d->generation) || is_told_by_headers(a) ||
	    (!is_file && is != BIT(ISO)))
		return;
	m.bytes = m.packed_bytes = (uint64_t)archive_entry_size(entry);
	m.is_encrypted = archive_entry_is_encrypted(entry) == 1;
	m.position = is == BIT(POSIX_TAR) || is == BIT(OLD_TAR) ? so_far->files : so_far->entries;
	if (is == BIT(SEVEN_ZIP)) {
		m.packed_bytes = 0;
		m.position--;
	} else if (is == BIT(ISO)) {
		m.position = 0;
		m.name = base_name(m.name);
	}
	layer_match_member(d, l, member->path, &m);
}
