/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/ole.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/bytes.h"

#define HEADER_BYTES   512u
#define ENTRY_BYTES    128u
#define HEADER_TABLES  109u /* of the table's sectors, named in the header */
#define SMALL_BYTES    64u
#define SECTOR_LAST    0xfffffffau /* MAXREGSECT: what is larger is no sector */
#define ENTRY_STREAM   2
#define ENTRY_ROOT     5
#define NAME_UNITS_MAX 32u
#define RECORDS_MAX    16 /* of a workbook, until the one that says that it is encrypted */

bool
ole_is(struct span file)
{
	return file.bytes >= HEADER_BYTES &&
	       memcmp(file.data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0;
}

/* A sector's bytes; the file's last may be cut. Empty: there is none of that number. */
static struct span
sector_at(const struct ole *o, uint32_t sector)
{
	if (sector >= o->sectors)
		return span_of(NULL, 0);
	return span_first(
	    span_from(o->file, ((size_t)sector + 1) * o->sector_bytes), o->sector_bytes);
}

/* Entries `from` on of the table, out of one of its sectors. */
static void
take_table_sector(struct ole *o, uint32_t sector, uint32_t from)
{
	struct span s = sector_at(o, sector);

	for (size_t at = 0; at + 4 <= s.bytes && from < o->sectors; at += 4)
		o->table[from++] = (uint32_t)bytes_le(s, at, 4);
}

/* MS-CFB 2.5: the table's own sectors are named in the header, then in a chain of lists. */
static void
load_table(struct ole *o)
{
	uint32_t in_sector = o->sector_bytes / 4, from = 0, steps = 0;
	uint32_t list = (uint32_t)bytes_le(o->file, 68, 4);

	for (uint32_t i = 0; i < HEADER_TABLES && from < o->sectors; i++, from += in_sector)
		take_table_sector(o, (uint32_t)bytes_le(o->file, 76 + 4 * (size_t)i, 4), from);
	while (list < o->sectors && from < o->sectors && steps++ < o->sectors) {
		struct span s = sector_at(o, list);

		if (s.bytes < o->sector_bytes)
			return;
		for (uint32_t i = 0; i + 1 < in_sector && from < o->sectors; i++, from += in_sector)
			take_table_sector(o, (uint32_t)bytes_le(s, 4 * (size_t)i, 4), from);
		list = (uint32_t)bytes_le(s, o->sector_bytes - 4, 4);
	}
}

/* A chain's bytes in one piece, at most as many as the file has. NULL: nothing, or no memory. */
static uint8_t *
gather(struct ole *o, uint32_t first, size_t *bytes)
{
	uint32_t count = 0, s;
	uint8_t *out;

	*bytes = 0;
	for (s = first; s < o->sectors && count < o->sectors; s = o->table[s])
		count++;
	o->is_torn |= s <= SECTOR_LAST; /* one that is not there, or a circle */
	out = count > 0 ? malloc((size_t)count * o->sector_bytes) : NULL;
	for (s = first; out != NULL && count > 0; s = o->table[s], count--) {
		struct span piece = sector_at(o, s);

		if (piece.bytes > 0)
			memcpy(out + *bytes, piece.data, piece.bytes);
		*bytes += piece.bytes;
		o->is_torn |= piece.bytes < o->sector_bytes;
	}
	return out;
}

/* Streams below a size lie in one stream of their own, with a table of their own (2.6). */
static void
load_small(struct ole *o)
{
	struct ole_entry root;
	size_t bytes = 0;
	uint8_t *raw;

	if (!ole_entry(o, 0, &root) || !root.is_root)
		return;
	o->small = gather(o, root.start, &o->small_bytes);
	o->is_torn |= o->small_bytes < root.bytes;
	raw = gather(o, (uint32_t)bytes_le(o->file, 60, 4), &bytes);
	if (raw != NULL)
		o->small_table = malloc(bytes / 4 * 4 + 4);
	for (size_t at = 0; o->small_table != NULL && at + 4 <= bytes; at += 4)
		o->small_table[o->small_sectors++] = (uint32_t)bytes_le(span_of(raw, bytes), at, 4);
	free(raw);
}

int
ole_open(struct ole *o, struct span file)
{
	unsigned shift;

	memset(o, 0, sizeof(*o));
	if (!ole_is(file))
		return -EINVAL;
	shift = (unsigned)bytes_le(file, 30, 2);
	if (shift != 9 && shift != 12)
		return -EINVAL;
	o->file = file;
	o->sector_bytes = 1u << shift;
	o->sectors = file.bytes / o->sector_bytes > SECTOR_LAST
			 ? SECTOR_LAST
			 : (uint32_t)((file.bytes + o->sector_bytes - 1) / o->sector_bytes);
	o->sectors -= o->sectors > 0; /* the header's own */
	o->small_below = (uint32_t)bytes_le(file, 56, 4);
	o->table = malloc((size_t)o->sectors * 4 + 4);
	if (o->table == NULL)
		return -ENOMEM;
	memset(o->table, 0xff, (size_t)o->sectors * 4);
	load_table(o);
	o->directory = gather(o, (uint32_t)bytes_le(file, 48, 4), &o->directory_bytes);
	if (o->directory == NULL || o->directory_bytes < ENTRY_BYTES) {
		ole_close(o);
		return -EINVAL;
	}
	load_small(o);
	return 0;
}

void
ole_close(struct ole *o)
{
	free(o->table);
	free(o->small_table);
	free(o->directory);
	free(o->small);
}

uint32_t
ole_entries(const struct ole *o)
{
	return (uint32_t)(o->directory_bytes / ENTRY_BYTES);
}

/* An installer packs two characters of its names into a unit, or one. */
static unsigned
unpack_unit(uint32_t unit, char out[3])
{
	static const char letters[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";

	if (unit < 0x4800) {
		out[0] = letters[(unit - 0x3800) & 0x3f];
		out[1] = letters[(unit - 0x3800) >> 6 & 0x3f];
		return 2;
	}
	out[0] = unit == 0x4840 ? '!' : letters[unit - 0x4800];
	return 1;
}

static unsigned
put_unit(uint32_t unit, char out[3])
{
	if (unit >= 0x3800 && unit <= 0x4840)
		return unpack_unit(unit, out);
	if (unit < 0x80) {
		out[0] = (char)unit;
		return 1;
	}
	if (unit < 0x800) {
		out[0] = (char)(0xc0 | unit >> 6);
		out[1] = (char)(0x80 | (unit & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | unit >> 12);
	out[1] = (char)(0x80 | (unit >> 6 & 0x3f));
	out[2] = (char)(0x80 | (unit & 0x3f));
	return 3;
}

bool
ole_entry(const struct ole *o, uint32_t i, struct ole_entry *out)
{
	struct span e = span_from(span_of(o->directory, o->directory_bytes), (size_t)i * 128);
	uint8_t type;
	size_t used = 0, units;

	if (e.bytes < ENTRY_BYTES)
		return false;
	type = e.data[66];
	if (type != ENTRY_STREAM && type != ENTRY_ROOT)
		return false;
	units = (size_t)bytes_le(e, 64, 2) / 2;
	if (units > NAME_UNITS_MAX)
		units = NAME_UNITS_MAX;
	for (size_t u = 0; u + 1 < units && bytes_le(e, 2 * u, 2) != 0; u++)
		used += put_unit((uint32_t)bytes_le(e, 2 * u, 2), out->name + used);
	out->name[used] = 0;
	out->start = (uint32_t)bytes_le(e, 116, 4);
	/* In files of small sectors the upper half may be anything (2.6.3). */
	out->bytes = bytes_le(e, 120, o->sector_bytes == 512 ? 4 : 8);
	out->is_stream = type == ENTRY_STREAM;
	out->is_root = type == ENTRY_ROOT;
	return true;
}

void
ole_walk(const struct ole *o, const struct ole_entry *e, struct ole_walk *w)
{
	*w = (struct ole_walk){ .sector = e->start,
		.left = e->bytes,
		.is_small = e->is_stream && e->bytes < o->small_below };
}

bool
ole_next(const struct ole *o, struct ole_walk *w, struct span *piece)
{
	uint32_t most = w->is_small ? o->small_sectors : o->sectors;

	if (w->left == 0 || w->sector >= most || w->steps++ >= most)
		return false;
	if (w->is_small)
		*piece = span_first(
		    span_from(span_of(o->small, o->small_bytes), (size_t)w->sector * SMALL_BYTES),
		    SMALL_BYTES);
	else
		*piece = sector_at(o, w->sector);
	w->sector = w->is_small ? o->small_table[w->sector] : o->table[w->sector];
	if (piece->bytes > w->left)
		piece->bytes = (size_t)w->left;
	w->left -= piece->bytes;
	return piece->bytes > 0;
}

/* Past a text that ends in a zero byte; nothing where it does not end. */
static struct span
past_text(struct span s)
{
	const uint8_t *end = s.bytes > 0 ? memchr(s.data, 0, s.bytes) : NULL;

	return end != NULL ? span_from(s, (size_t)(end - s.data) + 1) : span_of(NULL, 0);
}

struct span
ole_native_file(struct span stream)
{
	struct span s = span_from(stream, 6); /* size of all, kind */
	size_t path_bytes;

	s = past_text(past_text(s)); /* label, file name */
	if (s.bytes < 8)
		return span_of(NULL, 0);
	path_bytes = (size_t)bytes_le(s, 4, 4);
	s = span_from(s, 8);
	if (path_bytes > s.bytes || s.bytes - path_bytes < 4)
		return span_of(NULL, 0);
	s = span_from(s, path_bytes);
	return span_first(span_from(s, 4), (size_t)bytes_le(s, 0, 4));
}

/* Past a text behind its length (MS-OLEDS 2.1.4). */
static struct span
past_counted_text(struct span s)
{
	uint64_t bytes = s.bytes >= 4 ? bytes_le(s, 0, 4) : s.bytes;

	s = span_from(s, 4);
	return bytes < s.bytes ? span_from(s, (size_t)bytes) : span_of(NULL, 0);
}

struct span
ole_embedded_stream(struct span object)
{
	if (object.bytes < 12 || bytes_le(object, 4, 4) != 2) /* a link, or a picture alone */
		return span_of(NULL, 0);
	/* class, topic, item */
	return past_counted_text(past_counted_text(past_counted_text(span_from(object, 8))));
}

/* A record that says so (FILEPASS) stands among the first of a workbook. */
static bool
is_locked_workbook(struct span s)
{
	for (unsigned i = 0; i < RECORDS_MAX && s.bytes >= 4; i++) {
		if (bytes_le(s, 0, 2) == 0x2f)
			return true;
		s = span_from(s, 4 + (size_t)bytes_le(s, 2, 2));
	}
	return false;
}

bool
ole_says_encrypted(const char *name, struct span stream)
{
	if (strcmp(name, "EncryptedPackage") == 0)
		return true;
	if (strcmp(name, "WordDocument") == 0)
		return stream.bytes >= 12 && bytes_le(stream, 0, 2) == 0xa5ec &&
		       (stream.data[11] & 1) != 0;
	if (strcmp(name, "Workbook") == 0 || strcmp(name, "Book") == 0)
		return stream.bytes >= 4 && stream.data[1] == 8 && is_locked_workbook(stream);
	return false;
}
