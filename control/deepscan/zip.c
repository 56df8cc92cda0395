/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/deepscan/zip.h"

#include "common/base/bytes.h"

#define LOCAL_BYTES    30u
#define ENTRY_BYTES    46u
#define END_BYTES      22u
#define LOCATOR_BYTES  20u
#define END64_BYTES    56u
#define EXTRA_ZIP64    1u
#define HAS_DESCRIPTOR 8u
#define IS_ENCRYPTED   1u
#define IN_EXTRA       0xffffffffu
#define MODE_SHIFT     28 /* of the external attributes: what kind of file, where Unix made it */
#define MODE_REGULAR   8
/* The end record's count has 16 bits, and wraps in some writers. */
#define ENTRIES_MODULUS 0x10000u

/* One member by either description; sizes and offset as they are once the extra field is read. */
struct member {
	uint64_t flags, method, crc, packed_bytes, bytes, offset, kind;
	struct span name, extra;
	size_t header_bytes; /* all of it, with name, extra field and comment */
};

struct directory {
	size_t begin, end; /* where its entries lie */
	size_t base;       /* what offsets count from */
	uint64_t entries;
	bool is_64, is_split;
};

static bool
has_record(struct span s, size_t at, const char *signature, size_t record_bytes)
{
	return at <= s.bytes && record_bytes <= s.bytes - at &&
	       memcmp(s.data + at, signature, 4) == 0;
}

/* 4.5.3: those of the three that did not fit stand there, in this order, each in eight bytes. */
static void
read_zip64_extra(struct member *m)
{
	uint64_t *const fields[] = { &m->bytes, &m->packed_bytes, &m->offset };
	struct span extra = m->extra;

	while (extra.bytes >= 4) {
		size_t size = (size_t)bytes_le(extra, 2, 2);
		struct span body = span_first(span_from(extra, 4), size);

		for (unsigned i = 0; i < 3 && bytes_le(extra, 0, 2) == EXTRA_ZIP64; i++) {
			if (*fields[i] != IN_EXTRA || body.bytes < 8)
				continue;
			*fields[i] = bytes_le(body, 0, 8);
			body = span_from(body, 8);
		}
		extra = span_from(extra, 4 + size);
	}
}

/* 4.3.7 and 4.3.12 hold the same fields, in the directory two bytes later. */
static bool
read_member(struct span s, size_t at, bool in_directory, struct member *m)
{
	size_t fixed = in_directory ? ENTRY_BYTES : LOCAL_BYTES, f = at + (in_directory ? 2 : 0);
	size_t name, extra, comment;

	if (!has_record(s, at, in_directory ? "PK\1\2" : "PK\3\4", fixed))
		return false;
	*m = (struct member){ .flags = bytes_le(s, f + 6, 2),
		.method = bytes_le(s, f + 8, 2),
		.crc = bytes_le(s, f + 14, 4),
		.packed_bytes = bytes_le(s, f + 18, 4),
		.bytes = bytes_le(s, f + 22, 4),
		.offset = in_directory ? bytes_le(s, at + 42, 4) : 0,
		.kind = in_directory ? bytes_le(s, at + 38, 4) >> MODE_SHIFT : 0 };
	name = (size_t)bytes_le(s, f + 26, 2);
	extra = (size_t)bytes_le(s, f + 28, 2);
	comment = in_directory ? (size_t)bytes_le(s, at + 32, 2) : 0;
	m->header_bytes = fixed + name + extra + comment;
	if (m->header_bytes > s.bytes - at)
		return false;
	m->name = span_of(s.data + at + fixed, name);
	m->extra = span_of(s.data + at + fixed + name, extra);
	read_zip64_extra(m);
	return true;
}

/*
 * Sizes and checksum may follow the data: then the header before it does not say them. Names are
 * not compared: writers code them differently in the two places.
 */
static bool
agree(const struct member *entry, const struct member *local)
{
	if (entry->method != local->method || ((entry->flags ^ local->flags) & IS_ENCRYPTED) != 0)
		return false;
	return (local->flags & HAS_DESCRIPTOR) != 0 ||
	       (entry->crc == local->crc && entry->packed_bytes == local->packed_bytes &&
		   entry->bytes == local->bytes);
}

/* 4.3.9: with a signature or without, with sizes of four bytes or eight; or none. */
static bool
is_descriptor(uint64_t bytes)
{
	return bytes == 0 || bytes == 12 || bytes == 16 || bytes == 20 || bytes == 24;
}

/* 4.3.14, 4.3.15: the larger end record, found by its locator or right before it. */
static bool
read_end64(struct span s, size_t end_at, struct directory *d)
{
	size_t locator, at;

	if (end_at < LOCATOR_BYTES ||
	    !has_record(s, end_at - LOCATOR_BYTES, "PK\6\7", LOCATOR_BYTES))
		return false;
	locator = end_at - LOCATOR_BYTES;
	at = (size_t)bytes_le(s, locator + 8, 8);
	if (!has_record(s, at, "PK\6\6", END64_BYTES)) {
		if (locator < END64_BYTES ||
		    !has_record(s, locator - END64_BYTES, "PK\6\6", END64_BYTES))
			return false;
		at = locator - END64_BYTES;
	}
	d->is_64 = true;
	d->entries = bytes_le(s, at + 32, 8);
	d->begin = (size_t)bytes_le(s, at + 40, 8); /* its size, for now */
	d->base = (size_t)bytes_le(s, at + 48, 8);  /* its offset, for now */
	d->end = at;
	return true;
}

/* An end record whose directory lies where it can: the directory ends where the record begins. */
static bool
read_end(struct span s, size_t at, struct directory *d)
{
	if (!has_record(s, at, "PK\5\6", END_BYTES))
		return false;
	if (!read_end64(s, at, d))
		*d = (struct directory){ .begin = (size_t)bytes_le(s, at + 12, 4),
			.base = (size_t)bytes_le(s, at + 16, 4),
			.end = at,
			.entries = bytes_le(s, at + 10, 2),
			.is_split = bytes_le(s, at + 4, 2) != 0 || bytes_le(s, at + 6, 2) != 0 };
	if (d->begin > d->end || d->base > d->end - d->begin)
		return false;
	d->begin = d->end - d->begin;
	d->base = d->begin - d->base;
	return d->begin == d->end ? d->entries == 0
				  : has_record(s, d->begin, "PK\1\2", ENTRY_BYTES);
}

/* The last that makes sense. */
static bool
find_end(struct span s, struct directory *d, size_t *end)
{
	size_t lowest = has_record(s, 0, "PK\3\4", LOCAL_BYTES) || s.bytes < ZIP_TAIL_BYTES
			    ? 0
			    : s.bytes - ZIP_TAIL_BYTES;

	for (size_t at = s.bytes < END_BYTES ? 0 : s.bytes - END_BYTES + 1; at-- > lowest;) {
		if (!read_end(s, at, d))
			continue;
		*end = at + END_BYTES + (size_t)bytes_le(s, at + 20, 2);
		if (*end > s.bytes)
			*end = s.bytes;
		return true;
	}
	return false;
}

static void
worsen(struct zip_survey *out, enum zip_shape shape)
{
	if (out->shape < shape)
		out->shape = shape;
}

/* One entry of the directory against its header; `next` is where the members before it end. */
static void
compare(struct span s, const struct directory *d, const struct member *entry, size_t *next,
    uint64_t *covered, struct zip_survey *out)
{
	struct member local;
	size_t room = d->begin - d->base, at;

	if (entry->offset > room ||
	    !read_member(s, d->base + (size_t)entry->offset, false, &local) ||
	    !agree(entry, &local) || entry->packed_bytes > room - (size_t)entry->offset) {
		worsen(out, ZIP_TORN);
		return;
	}
	at = d->base + (size_t)entry->offset;
	if (*covered == 0 || at < out->start)
		out->start = at;
	if (*covered > 0 && (at < *next || !is_descriptor(at - *next)))
		worsen(out, ZIP_LOOSE);
	*next = at + local.header_bytes + (size_t)entry->packed_bytes;
	*covered += local.header_bytes + entry->packed_bytes;
	if (*next > d->begin || *covered > room) /* more than there is room for: they overlap */
		worsen(out, ZIP_TORN);
}

void
zip_survey(struct span bytes, struct zip_survey *out)
{
	struct directory d = { 0 };
	struct member entry;
	uint64_t covered = 0;
	size_t at, next;

	*out = (struct zip_survey){ .shape = ZIP_ABSENT };
	if (!find_end(bytes, &d, &out->end))
		return;
	out->shape = ZIP_SOUND;
	out->base = d.base;
	out->directory = d.begin;
	out->directory_end = d.end;
	out->is_split = d.is_split;
	out->start = next = d.begin;
	for (at = d.begin; at < d.end && read_member(bytes, at, true, &entry); out->members++) {
		compare(bytes, &d, &entry, &next, &covered, out);
		at += entry.header_bytes;
	}
	if (next > d.begin || !is_descriptor(d.begin - next))
		worsen(out, ZIP_LOOSE);
	if (at != d.end ||
	    (out->members != d.entries && (d.is_64 || out->members % ENTRIES_MODULUS != d.entries)))
		worsen(out, ZIP_TORN);
}

/* What is called a directory, by either slash, or a link, a pipe or a device. */
static bool
is_no_file(const struct member *m)
{
	uint8_t last = m->name.bytes > 0 ? m->name.data[m->name.bytes - 1] : 0;

	return last == '/' || last == '\\' || (m->kind != 0 && m->kind != MODE_REGULAR);
}

/* One of those that libarchive has not. */
static bool
has_rare_method(const struct member *m)
{
	return m->method == ZIP_METHOD_IMPLODED || m->method == ZIP_METHOD_DEFLATE64;
}

static bool
is_odd(const struct member *entry, const struct member *local)
{
	if (entry->packed_bytes == 0 && local->packed_bytes == 0)
		return entry->bytes > 0 || local->bytes > 0;
	return !agree(entry, local) || ((entry->flags | local->flags) & IS_ENCRYPTED) != 0 ||
	       is_no_file(entry) || is_no_file(local);
}

/* `room`: from behind the header to the directory. No length: up to there. */
static struct zip_way
way_of(const struct member *m, struct span room)
{
	uint64_t bytes = m->packed_bytes > 0 ? m->packed_bytes : room.bytes;

	return (struct zip_way){ .name = m->name,
		.method = m->method,
		.flags = m->flags,
		.crc = m->crc,
		.bytes = m->bytes,
		.data = span_first(room, bytes < room.bytes ? (size_t)bytes : room.bytes) };
}

static void
add_way(struct zip_odd *out, struct zip_way way)
{
	const struct zip_way *first = &out->ways[0];

	if (out->count == 0 || first->method != way.method || first->data.bytes != way.data.bytes ||
	    first->data.data != way.data.data || !span_equal(first->name, way.name))
		out->ways[out->count++] = way;
}

/* Both ways to read it; one where they are the same. */
static void
set_ways(
    const struct member *entry, const struct member *local, struct span room, struct zip_odd *out)
{
	struct zip_way second = way_of((local->flags & HAS_DESCRIPTOR) != 0 ? entry : local, room);

	second.method = local->method;
	second.name = local->name;
	out->count = 0;
	add_way(out, way_of(entry, room));
	add_way(out, second);
}

/*
 * A member that has no header where the directory says, of which the mark, or more, was wiped out:
 * its data is as far behind as that header says, or one with the name alone would. False: there is
 * none.
 */
static bool
set_lost_ways(const struct member *entry, struct span from_header, struct zip_odd *out)
{
	size_t named = (size_t)(bytes_le(from_header, 26, 2) + bytes_le(from_header, 28, 2));
	struct span by_itself = span_from(from_header, LOCAL_BYTES + named),
		    by_entry = span_from(from_header, LOCAL_BYTES + entry->name.bytes);

	*out = (struct zip_odd){ .count = 0 };
	if (entry->packed_bytes == 0 && entry->bytes == 0)
		return false;
	if (by_entry.bytes > 0)
		add_way(out, way_of(entry, by_entry));
	if (by_itself.bytes > 0)
		add_way(out, way_of(entry, by_itself));
	return out->count > 0;
}

/* All is well with it, but that it has two names: libarchive gives it by the directory's. */
static bool
has_other_name(const struct member *entry, const struct member *local)
{
	return entry->packed_bytes > 0 && !span_equal(entry->name, local->name);
}

/* Whether the member's header, where the directory says that it is, makes it odd. */
static bool
is_next_odd(const struct zip_survey *zip, const struct member *entry, struct span from_header,
    struct zip_odd *out)
{
	struct member local;
	bool is_odd_one;

	if (!read_member(from_header, 0, false, &local))
		return set_lost_ways(entry, from_header, out);
	is_odd_one = is_odd(entry, &local);
	if (!zip->is_split && !is_odd_one && !has_rare_method(entry) &&
	    !has_other_name(entry, &local))
		return false;
	set_ways(entry, &local, span_from(from_header, local.header_bytes), out);
	out->is_plain = !is_odd_one;
	return true;
}

bool
zip_next_odd(struct span bytes, const struct zip_survey *zip, size_t *at, struct zip_odd *out)
{
	struct span before = span_first(bytes, zip->directory);
	struct member entry;

	if (*at == 0)
		*at = zip->directory;
	while (*at < zip->directory_end && read_member(bytes, *at, true, &entry)) {
		size_t begin = zip->base + (size_t)entry.offset;

		*at += entry.header_bytes;
		if (entry.offset <= before.bytes &&
		    is_next_odd(zip, &entry, span_from(before, begin), out))
			return true;
	}
	return false;
}

bool
zip_next_unlisted(struct span bytes, size_t *at, struct zip_odd *out)
{
	struct span rest = span_from(bytes, *at);
	const uint8_t *found;

	while (rest.bytes > 0 && (found = memmem(rest.data, rest.bytes, "PK\3\4", 4)) != NULL) {
		size_t begin = (size_t)(found - bytes.data);
		struct member local;

		*at = begin + 4;
		rest = span_from(bytes, *at);
		if (!read_member(bytes, begin, false, &local) || !has_rare_method(&local))
			continue;
		*out = (struct zip_odd){ .is_plain =
					     (local.flags & (HAS_DESCRIPTOR | IS_ENCRYPTED)) == 0,
			.count = 1,
			.ways[0] = way_of(&local, span_from(bytes, begin + local.header_bytes)) };
		return true;
	}
	*at = bytes.bytes;
	return false;
}

static struct zip_said
said_of(const struct member *m)
{
	return (struct zip_said){ .name = m->name,
		.packed_bytes = m->packed_bytes,
		.bytes = m->bytes,
		.crc = (uint32_t)m->crc,
		.is_encrypted = (m->flags & IS_ENCRYPTED) != 0 };
}

/* By the next header; what a member holds is none of the archive's. */
static unsigned
next_header(struct span bytes, size_t *at, struct zip_said *out)
{
	struct span rest = span_from(bytes, *at);
	const uint8_t *found;
	struct member local;

	while (rest.bytes > 0 && (found = memmem(rest.data, rest.bytes, "PK\3\4", 4)) != NULL) {
		size_t begin = (size_t)(found - bytes.data), room;

		rest = span_from(bytes, begin + 4);
		if (!read_member(bytes, begin, false, &local))
			continue;
		*at = begin + local.header_bytes;
		room = bytes.bytes - *at;
		if ((local.flags & HAS_DESCRIPTOR) == 0)
			*at += local.packed_bytes < room ? (size_t)local.packed_bytes : room;
		*out = said_of(&local);
		return 1;
	}
	*at = bytes.bytes;
	return 0;
}

unsigned
zip_next_said(struct span bytes, const struct zip_survey *zip, size_t *at, struct zip_said out[2])
{
	struct member entry, local;
	uint64_t begin;

	if (zip->shape == ZIP_ABSENT)
		return next_header(bytes, at, out);
	if (*at == 0)
		*at = zip->directory;
	if (*at >= zip->directory_end || !read_member(bytes, *at, true, &entry))
		return 0;
	*at += entry.header_bytes;
	out[0] = said_of(&entry);
	begin = zip->base + entry.offset;
	if (entry.offset > zip->directory || !read_member(bytes, (size_t)begin, false, &local))
		return 1;
	out[1] = said_of(&local);
	return 2;
}
