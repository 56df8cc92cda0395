/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/deepscan/reader.h"

#include <errno.h>
#include <stdlib.h>

#include <isa-l/crc.h>

typedef int support(struct archive *a);

static support *const filters[] = { archive_read_support_filter_bzip2,
	archive_read_support_filter_compress, archive_read_support_filter_gzip,
	archive_read_support_filter_lz4, archive_read_support_filter_lzip,
	archive_read_support_filter_lzma, archive_read_support_filter_rpm,
	archive_read_support_filter_uu, archive_read_support_filter_xz,
	archive_read_support_filter_zstd };

static support *const containers[] = { archive_read_support_format_7zip,
	archive_read_support_format_ar, archive_read_support_format_cpio,
	archive_read_support_format_iso9660, archive_read_support_format_lha,
	archive_read_support_format_rar, archive_read_support_format_rar5,
	archive_read_support_format_tar, archive_read_support_format_warc,
	archive_read_support_format_xar };

static void
support_all(struct archive *a, support *const *what, size_t count)
{
	for (size_t i = 0; i < count; i++)
		what[i](a);
}

struct archive *
reader_open(
    struct span bytes, enum reader_view view, const struct passwords *passwords, unsigned first)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		return NULL;
	if (view == READER_ISO_PLAIN) {
		archive_read_support_format_iso9660(a);
		archive_read_set_options(a, "iso9660:!joliet");
	} else if (view == READER_ZIP_DIRECTORY) {
		archive_read_support_format_zip_seekable(a);
	} else if (view == READER_ZIP_HEADERS) {
		archive_read_support_format_zip_streamable(a);
	} else {
		support_all(a, containers, sizeof(containers) / sizeof(containers[0]));
	}
	for (unsigned i = 0; passwords != NULL && i < passwords->count; i++)
		archive_read_add_passphrase(a, passwords->texts[(first + i) % passwords->count]);
	archive_read_open_memory(a, bytes.data, bytes.bytes); /* fails: so will the first header */
	return a;
}

/* append_filter() takes one off and looks for no second; it crashes on compress (3.6.2). */
struct archive *
reader_open_filtered(struct span bytes, int filter)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		return NULL;
	if (filter == ARCHIVE_FILTER_COMPRESS)
		archive_read_support_filter_compress(a);
	else
		archive_read_append_filter(a, filter);
	archive_read_support_format_raw(a);
	archive_read_open_memory(a, bytes.data, bytes.bytes);
	return a;
}

static la_ssize_t
give_member(struct archive *a, void *member, const void **out)
{
	struct reader_member *m = member;
	unsigned piece = m->pieces++;

	(void)a;
	*out = piece == 0 ? m->header : m->data.data;
	return piece == 0 ? READER_HEADER_BYTES : piece == 1 ? (la_ssize_t)m->data.bytes : 0;
}

/* APPNOTE.TXT 4.3.7, of a member that is called "m". */
struct archive *
reader_open_member(struct reader_member *m)
{
	struct archive *a = archive_read_new();
	const uint32_t bytes = (uint32_t)m->data.bytes;

	if (a == NULL)
		return NULL;
	memset(m->header, 0, sizeof(m->header));
	memcpy(m->header, "PK\3\4", 4);
	memcpy(m->header + 8, &m->method, sizeof(m->method));
	memcpy(m->header + 18, &bytes, sizeof(bytes));
	m->header[26] = 1;
	m->header[30] = 'm';
	m->pieces = 0;
	archive_read_support_format_zip_streamable(a);
	archive_read_open(a, m, NULL, give_member, NULL);
	return a;
}

/* A list of one folder of one coder, and in it one file that is called "m": 7zFormat.txt. */
struct coder_list {
	uint8_t bytes[128];
	size_t used;
};

static void
put(struct coder_list *l, const void *bytes, size_t count)
{
	if (count > 0)
		memcpy(l->bytes + l->used, bytes, count);
	l->used += count;
}

static void
put_number(struct coder_list *l, uint64_t number)
{
	put(l, "\xff", 1);
	put(l, &number, sizeof(number));
}

static void
put_coder(struct coder_list *l, const struct reader_coder *c)
{
	uint8_t id[sizeof(c->method)], head;
	unsigned bytes = 1;

	while (bytes < sizeof(id) && c->method >> 8 * bytes != 0)
		bytes++;
	for (unsigned i = 0; i < bytes; i++)
		id[i] = (uint8_t)(c->method >> 8 * (bytes - 1 - i));
	head = (uint8_t)(bytes | (c->properties.bytes > 0 ? 0x20 : 0));
	put(l, &head, 1);
	put(l, id, bytes);
	if (c->properties.bytes > 0) {
		put_number(l, c->properties.bytes);
		put(l, c->properties.data, c->properties.bytes);
	}
}

static void
put_list(struct coder_list *l, const struct reader_coder *c)
{
	put(l, "\x01\x04\x06\x00\x01\x09", 6); /* one packed stream, at 0 */
	put_number(l, c->packed.bytes);
	put(l, "\x00\x07\x0b\x01\x00\x01", 6); /* one folder, one coder */
	put_coder(l, c);
	put(l, "\x0c", 1);
	put_number(l, c->bytes);
	put(l, "\x00\x08\x00\x00\x05\x01\x11\x05\x00m\x00\x00\x00\x00\x00", 15); /* one file */
}

struct archive *
reader_open_coder(const struct reader_coder *c, uint8_t **file)
{
	struct coder_list l = { .used = 0 };
	uint64_t place[2] = { c->packed.bytes };
	struct archive *a;
	uint32_t crc;

	*file = NULL;
	if (c->properties.bytes > READER_PROPERTIES_MAX)
		return NULL;
	put_list(&l, c);
	place[1] = l.used;
	*file = malloc(32 + c->packed.bytes + l.used);
	a = *file != NULL ? archive_read_new() : NULL;
	if (a == NULL) {
		free(*file);
		*file = NULL;
		return NULL;
	}
	memcpy(*file, "7z\xbc\xaf\x27\x1c\0\4", 8);
	memcpy(*file + 12, place, sizeof(place));
	crc = crc32_gzip_refl(0, l.bytes, l.used);
	memcpy(*file + 28, &crc, sizeof(crc));
	crc = crc32_gzip_refl(0, *file + 12, 20);
	memcpy(*file + 8, &crc, sizeof(crc));
	if (c->packed.bytes > 0)
		memcpy(*file + 32, c->packed.data, c->packed.bytes);
	memcpy(*file + 32 + c->packed.bytes, l.bytes, l.used);
	archive_read_support_format_7zip(a);
	archive_read_open_memory(a, *file, 32 + c->packed.bytes + l.used);
	return a;
}

static bool
says(const char *why, const char *word)
{
	return strcasestr(why, word) != NULL;
}

/*
 * libarchive has one error number for all that is wrong with a file; the sentence tells more.
 * tests/unit/control/deepscan/corpus.c holds it to files of each kind.
 */
enum source
reader_class(struct archive *a)
{
	const char *why = archive_error_string(a);

	if (archive_errno(a) == ENOMEM)
		return SOURCE_OVERSIZE;
	if (why == NULL) /* a ZIP whose directory is encrypted fails without a word */
		return archive_read_has_encrypted_entries(a) == 1 ? SOURCE_ENCRYPTED
								  : SOURCE_CORRUPT;
	if (says(why, "crypt") || says(why, "passphrase"))
		return SOURCE_ENCRYPTED;
	if (says(why, "unsupported") || says(why, "not supported") || says(why, "unavailable") ||
	    says(why, "codec id"))
		return SOURCE_UNSUPPORTED;
	return SOURCE_CORRUPT;
}

struct mark {
	struct span text;
	int filter;
};
#define MARK(text, filter)                                            \
	{                                                             \
		{ (const uint8_t *)(text), sizeof(text) - 1 }, filter \
	}

static int
filter_of_mark(struct span bytes, const struct mark *marks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes.bytes > marks[i].text.bytes && bytes.data[0] == marks[i].text.data[0] &&
		    memcmp(bytes.data, marks[i].text.data, marks[i].text.bytes) == 0)
			return marks[i].filter;
	}
	return ARCHIVE_FILTER_NONE;
}

int
reader_filter_by_mark(struct span bytes)
{
	static const struct mark marks[] = { MARK("\x1f\x8b\x08", ARCHIVE_FILTER_GZIP),
		MARK("\xfd"
		     "7zXZ\0",
		    ARCHIVE_FILTER_XZ),
		MARK("BZh", ARCHIVE_FILTER_BZIP2), MARK("LZIP", ARCHIVE_FILTER_LZIP),
		MARK("\x28\xb5\x2f\xfd", ARCHIVE_FILTER_ZSTD),
		MARK("\x04\x22\x4d\x18", ARCHIVE_FILTER_LZ4) };

	return filter_of_mark(bytes, marks, sizeof(marks) / sizeof(marks[0]));
}

/* The same of a layer's start, where a mark may be shorter. */
static int
filter_of_start(struct span bytes)
{
	static const struct mark marks[] = { MARK("\x1f\x9d", ARCHIVE_FILTER_COMPRESS),
		MARK("\xed\xab\xee\xdb", ARCHIVE_FILTER_RPM) };
	int filter = reader_filter_by_mark(bytes);

	return filter != ARCHIVE_FILTER_NONE
		   ? filter
		   : filter_of_mark(bytes, marks, sizeof(marks) / sizeof(marks[0]));
}

int
reader_filter_of(struct span bytes, enum source *why)
{
	struct archive *a = archive_read_new();
	int filter = ARCHIVE_FILTER_NONE, count;

	*why = SOURCE_OVERSIZE;
	if (a == NULL)
		return -1;
	support_all(a, filters, sizeof(filters) / sizeof(filters[0]));
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, bytes.data, bytes.bytes) == ARCHIVE_OK) {
		count = archive_filter_count(a); /* the last is the memory itself */
		filter = count > 1 ? archive_filter_code(a, count - 2) : ARCHIVE_FILTER_NONE;
	} else {
		/* It looks for one in what comes out of the first, too, and fails where that only
		 * begins like a stream: numbers are soon the header of an LZMA one. */
		*why = reader_class(a);
		filter = *why == SOURCE_OVERSIZE ? ARCHIVE_FILTER_NONE : filter_of_start(bytes);
		if (filter == ARCHIVE_FILTER_NONE)
			filter = -1;
	}
	archive_read_free(a);
	return filter;
}

size_t
reader_used(struct archive *a)
{
	la_int64_t used = archive_filter_bytes(a, archive_filter_count(a) - 1);

	return used > 0 ? (size_t)used : 0;
}

bool
reader_is_7z(struct archive *a)
{
	return (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_7ZIP;
}

/* libarchive tells the method in the name that it gives the format, there alone. */
bool
reader_leaves_method(struct archive *a)
{
	const char *name = archive_format_name(a);

	return (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP &&
	       name != NULL && (says(name, "(deflation-64-bit)") || says(name, "(imploded)"));
}

struct kind {
	int code;
	const char *name;
};

static const char *
name_of(const struct kind *kinds, size_t count, int code)
{
	for (size_t i = 0; i < count; i++) {
		if (kinds[i].code == code)
			return kinds[i].name;
	}
	return "archive";
}

const char *
reader_kind(struct archive *a)
{
	static const struct kind kinds[] = { { ARCHIVE_FORMAT_ZIP, "zip" },
		{ ARCHIVE_FORMAT_TAR, "tar" }, { ARCHIVE_FORMAT_7ZIP, "7z" },
		{ ARCHIVE_FORMAT_RAR, "rar" }, { ARCHIVE_FORMAT_RAR_V5, "rar" },
		{ ARCHIVE_FORMAT_ISO9660, "iso" }, { ARCHIVE_FORMAT_AR, "ar" },
		{ ARCHIVE_FORMAT_CPIO, "cpio" }, { ARCHIVE_FORMAT_LHA, "lha" },
		{ ARCHIVE_FORMAT_XAR, "xar" }, { ARCHIVE_FORMAT_WARC, "warc" } };

	return name_of(
	    kinds, sizeof(kinds) / sizeof(kinds[0]), archive_format(a) & ARCHIVE_FORMAT_BASE_MASK);
}

const char *
reader_filter_kind(int filter)
{
	static const struct kind kinds[] = { { ARCHIVE_FILTER_GZIP, "gz" },
		{ ARCHIVE_FILTER_BZIP2, "bz2" }, { ARCHIVE_FILTER_XZ, "xz" },
		{ ARCHIVE_FILTER_ZSTD, "zst" }, { ARCHIVE_FILTER_COMPRESS, "z" },
		{ ARCHIVE_FILTER_LZMA, "lzma" }, { ARCHIVE_FILTER_LZIP, "lz" },
		{ ARCHIVE_FILTER_LZ4, "lz4" }, { ARCHIVE_FILTER_UU, "uu" },
		{ ARCHIVE_FILTER_RPM, "rpm" } };

	return name_of(kinds, sizeof(kinds) / sizeof(kinds[0]), filter);
}
