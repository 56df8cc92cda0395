/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/rar4.h"

#include "common/base/bytes.h"

#define MAGIC       "Rar!\x1a\x07\x00"
#define MAGIC_BYTES 7
#define HEAD_BYTES  7 /* CRC, kind, flags, size: what every header has */
#define FILE_BYTES  32
#define HIGH_BYTES  8 /* the upper halves of both sizes */
#define KIND_FILE   0x74
#define KIND_SUB    0x7a /* a file's header that speaks of something else */
#define IS_LOCKED   0x0004
#define HAS_HIGH    0x0100
#define HAS_DATA    0x8000

/* What stands in a file's header: sizes first, the name last. */
static void
read_file(struct span head, uint64_t flags, struct rar_member *out)
{
	bool has_high = (flags & HAS_HIGH) != 0;
	size_t name_at = FILE_BYTES + (has_high ? HIGH_BYTES : 0);
	const uint8_t *end;

	*out = (struct rar_member){ .packed_bytes = bytes_le(head, 7, 4),
		.bytes = bytes_le(head, 11, 4),
		.crc = (uint32_t)bytes_le(head, 16, 4),
		.is_encrypted = (flags & IS_LOCKED) != 0 };
	if (has_high) {
		out->packed_bytes |= bytes_le(head, FILE_BYTES, 4) << 32;
		out->bytes |= bytes_le(head, FILE_BYTES + 4, 4) << 32;
	}
	out->name = span_first(span_from(head, name_at), (size_t)bytes_le(head, 26, 2));
	end = out->name.bytes > 0 ? memchr(out->name.data, 0, out->name.bytes) : NULL;
	if (end != NULL)
		out->name = span_first(out->name, (size_t)(end - out->name.data));
}

bool
rar4_begin(struct rar4 *r, struct span file)
{
	*r = (struct rar4){ .file = file, .at = MAGIC_BYTES };
	return file.bytes >= MAGIC_BYTES && memcmp(file.data, MAGIC, MAGIC_BYTES) == 0;
}

bool
rar4_next(struct rar4 *r, struct rar_member *out)
{
	struct span rest;

	while ((rest = span_from(r->file, r->at)).bytes >= HEAD_BYTES) {
		uint64_t kind = bytes_le(rest, 2, 1), flags = bytes_le(rest, 3, 2);
		uint64_t bytes = bytes_le(rest, 5, 2), data = 0;
		bool is_file = kind == KIND_FILE && bytes >= FILE_BYTES;

		if (bytes < HEAD_BYTES || bytes > rest.bytes)
			break;
		if (is_file)
			read_file(span_first(rest, (size_t)bytes), flags, out);
		if (is_file)
			data = out->packed_bytes;
		else if (kind == KIND_SUB || (flags & HAS_DATA) != 0)
			data = bytes_le(rest, 7, 4);
		rest = span_from(rest, (size_t)bytes);
		r->at += (size_t)bytes + (data < rest.bytes ? (size_t)data : rest.bytes);
		if (is_file)
			return true;
	}
	r->at = r->file.bytes;
	return false;
}
