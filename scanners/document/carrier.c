/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/carrier.h"

#include "scanners/document/bytes.h"

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
