/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/carrier.h"

#include "common/base/bytes.h"

#define GUID_BYTES           16u
#define ONENOTE_HEADER_BYTES 36u /* the mark, the length, 12 bytes without meaning */

bool
onenote_is(struct span file)
{
	static const uint8_t kinds[][GUID_BYTES] = {
		{ 0xe4, 0x52, 0x5c, 0x7b, 0x8c, 0xd8, 0xa7, 0x4d, 0xae, 0xb1, 0x53, 0x78, 0xd0,
		    0x29, 0x96, 0xd3 },
		{ 0xa1, 0x2f, 0xff, 0x43, 0xd9, 0xef, 0x76, 0x4c, 0x9e, 0xe2, 0x10, 0xea, 0x57,
		    0x22, 0x76, 0x5f },
	};

	return file.bytes >= GUID_BYTES && (memcmp(file.data, kinds[0], GUID_BYTES) == 0 ||
					       memcmp(file.data, kinds[1], GUID_BYTES) == 0);
}

bool
onenote_next(struct span file, size_t *at, struct span *out, bool *is_cut)
{
	static const uint8_t mark[GUID_BYTES] = { 0xe7, 0x16, 0xe3, 0xbd, 0x65, 0x26, 0x11, 0x45,
		0xa4, 0xc4, 0x8d, 0x4d, 0x0b, 0x7a, 0x9e, 0xac };
	struct span rest = span_from(file, *at);
	const uint8_t *found =
	    rest.bytes > 0 ? memmem(rest.data, rest.bytes, mark, GUID_BYTES) : NULL;
	uint64_t bytes;

	*at = file.bytes;
	if (found == NULL)
		return false;
	rest = span_from(file, (size_t)(found - file.data));
	if (rest.bytes <= ONENOTE_HEADER_BYTES)
		return false;
	bytes = bytes_le(rest, GUID_BYTES, 8);
	rest = span_from(rest, ONENOTE_HEADER_BYTES);
	*is_cut = bytes > rest.bytes;
	*out = span_first(rest, *is_cut ? rest.bytes : (size_t)bytes);
	*at = (size_t)(found - file.data) + GUID_BYTES;
	return true;
}

#define EXPORTED_AT 48u     /* where a section says how it is stored */
#define BLOB_BYTES  4u      /* of the head of an object's data: MS-FSSHTTPB 2.2.1.5.2 */
#define BLOB_KIND   0x12u   /* in its low 17 bits; the length is above */
#define BLOB_LONG   0x7fffu /* a length that stands behind the head */

/* MS-FSSHTTPB 2.2.1.1, of one to seven bytes, or of eight behind 0x80; where it ends, else `at`. */
static size_t
take_compact(struct span s, size_t at, uint64_t *value)
{
	uint8_t first = at < s.bytes ? s.data[at] : 0;
	unsigned bytes = 1;

	if (first == 0 || span_from(s, at).bytes < 9)
		return at;
	if (first == 0x80) {
		*value = bytes_le(s, at + 1, 8);
		return at + 9;
	}
	while ((first & 1u << (bytes - 1)) == 0)
		bytes++;
	*value = bytes_le(s, at, bytes) >> bytes;
	return at + bytes;
}

/* At what may be the head of an object's data: these, if its lengths agree. */
static bool
take_blob(struct span file, size_t at, struct span *out)
{
	uint64_t head = bytes_le(file, at, BLOB_BYTES), told = head >> 17, bytes = 0;
	size_t behind = at + BLOB_BYTES, begin;

	if ((head & 0x1ffff) != BLOB_KIND)
		return false;
	if (told == BLOB_LONG)
		behind = take_compact(file, behind, &told);
	begin = take_compact(file, behind, &bytes);
	if (begin == behind || told != bytes + (begin - behind) ||
	    bytes > span_from(file, begin).bytes)
		return false;
	*out = span_of(file.data + begin, (size_t)bytes);
	return bytes > 0;
}

bool
onenote_next_exported(struct span file, size_t *at, struct span *out)
{
	static const uint8_t kind[GUID_BYTES] = { 0x2f, 0xe9, 0x8d, 0x63, 0xd4, 0xa6, 0xc1, 0x4b,
		0x9a, 0x36, 0xb3, 0xfc, 0x25, 0x11, 0xa5, 0xb7 };
	struct span rest = span_from(file, *at);
	const uint8_t *found;

	if (!span_equal(
		span_first(span_from(file, EXPORTED_AT), GUID_BYTES), span_of(kind, sizeof(kind))))
		return false;
	while (rest.bytes > 0 && (found = memchr(rest.data, BLOB_KIND, rest.bytes)) != NULL) {
		*at = (size_t)(found - file.data) + 1;
		if (take_blob(file, *at - 1, out))
			return true;
		rest = span_from(file, *at);
	}
	*at = file.bytes;
	return false;
}

#define RECORD_BYTES 8u /* of a record's head: version and instance, type, length */
#define RECORD_SIZE  4u /* how much is packed, before it */

bool
slides_next(struct span stream, size_t *at, struct span *out)
{
	static const uint8_t type[] = { 0x11, 0x10 };
	struct span rest = span_from(stream, *at);
	const uint8_t *found;

	while (
	    rest.bytes > 0 && (found = memmem(rest.data, rest.bytes, type, sizeof(type))) != NULL) {
		size_t place = (size_t)(found - stream.data);
		bool is_packed = place >= 2 && (bytes_le(stream, place - 2, 2) & 0x10) != 0;
		struct span record = span_from(stream, place + RECORD_BYTES - 2);

		rest = span_from(stream, place + 1);
		if (place < 2 || (bytes_le(stream, place - 2, 2) & ~0x10u) != 0)
			continue;
		record = span_first(record, (size_t)bytes_le(stream, place + 2, 4));
		*out = span_from(record, is_packed ? RECORD_SIZE : 0);
		*at = place + 1;
		if (out->bytes > 0)
			return true;
	}
	*at = stream.bytes;
	return false;
}

#define TNEF_MARK         0x223e9f78u
#define TNEF_HEAD_BYTES   6u /* the mark and a key */
#define TNEF_BEFORE_BYTES 9u /* of an attribute: level, what it is, length */
#define TNEF_AFTER_BYTES  2u /* a sum, which nobody need heed */
#define ATTACH_BEGINS     0x00069002u
#define ATTACH_NAME       0x00018010u
#define ATTACH_BYTES      0x0006800fu
#define ATTACH_PROPERTIES 0x00069005u
#define MAIL_PROPERTIES   0x00069003u
#define LOOK_AHEAD        16 /* attributes behind a file's bytes */

struct attribute {
	uint32_t id;
	struct span bytes;
	bool is_cut;
	size_t behind; /* where the next begins */
};

bool
tnef_is(struct span file)
{
	return file.bytes > TNEF_HEAD_BYTES && bytes_le(file, 0, 4) == TNEF_MARK;
}

void
tnef_begin(struct tnef_reader *r, struct span file)
{
	*r = (struct tnef_reader){ .file = file, .at = TNEF_HEAD_BYTES };
}

static bool
attribute_at(struct span file, size_t at, struct attribute *out)
{
	struct span rest = span_from(file, at);
	size_t bytes;

	if (rest.bytes <= TNEF_BEFORE_BYTES)
		return false;
	out->id = (uint32_t)bytes_le(rest, 1, 4);
	bytes = (size_t)bytes_le(rest, 5, 4);
	rest = span_from(rest, TNEF_BEFORE_BYTES);
	out->is_cut = bytes > rest.bytes;
	out->bytes = span_first(rest, bytes);
	out->behind = at + TNEF_BEFORE_BYTES + out->bytes.bytes + TNEF_AFTER_BYTES;
	return true;
}

static void
take_name(struct span bytes, char out[TNEF_NAME_MAX])
{
	size_t used = 0;

	while (used < bytes.bytes && used < TNEF_NAME_MAX - 1 && bytes.data[used] != 0) {
		out[used] = (char)bytes.data[used];
		used++;
	}
	out[used] = 0;
}

/* What the file is called whose bytes end at `at`: told among the attributes that follow. */
static void
find_name(struct span file, size_t at, char out[TNEF_NAME_MAX])
{
	struct attribute a;

	for (unsigned i = 0; i < LOOK_AHEAD && attribute_at(file, at, &a); i++, at = a.behind) {
		if (a.id == ATTACH_BEGINS)
			return;
		if (a.id == ATTACH_NAME) {
			take_name(a.bytes, out);
			return;
		}
	}
}

bool
tnef_next(struct tnef_reader *r, struct tnef_part *out)
{
	struct attribute a;

	if (!attribute_at(r->file, r->at, &a))
		return false;
	*out = (struct tnef_part){ .kind = TNEF_OTHER, .bytes = a.bytes, .is_cut = a.is_cut };
	r->at = a.behind;
	if (a.id == ATTACH_BEGINS)
		r->name[0] = 0;
	if (a.id == ATTACH_NAME)
		take_name(a.bytes, r->name);
	if (a.id == ATTACH_PROPERTIES || a.id == MAIL_PROPERTIES)
		out->kind = TNEF_PROPERTIES;
	if (a.id == ATTACH_BYTES) {
		out->kind = TNEF_FILE;
		memcpy(out->name, r->name, sizeof(out->name));
		if (out->name[0] == 0)
			find_name(r->file, r->at, out->name);
	}
	return true;
}
