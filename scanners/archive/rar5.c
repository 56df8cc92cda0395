/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/rar5.h"

#define MAGIC             "Rar!\x1a\x07\x01\x00"
#define MAGIC_BYTES       8
#define CRC_BYTES         4
#define NUMBER_BYTES_MAX  10
#define KIND_FILE         2
#define HAS_EXTRA         1 /* flags of every header */
#define HAS_DATA          2
#define HAS_TIME          2 /* flags of a file's */
#define HAS_CRC           4
#define RECORD_ENCRYPTION 1 /* in the extra area */

/* Seven bits a byte, the lowest first; the highest bit: there is another. Cut: all is used up. */
static uint64_t
take_number(struct span *s)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < NUMBER_BYTES_MAX && s->bytes > 0; i++) {
		uint8_t byte = s->data[0];

		value |= (uint64_t)(byte & 0x7f) << 7 * i;
		*s = span_from(*s, 1);
		if ((byte & 0x80) == 0)
			return value;
	}
	*s = span_of(NULL, 0);
	return value;
}

static struct span
first(struct span s, uint64_t bytes)
{
	return span_first(s, bytes < s.bytes ? (size_t)bytes : s.bytes);
}

static bool
has_encryption(struct span extra)
{
	while (extra.bytes > 0) {
		uint64_t bytes = take_number(&extra);
		struct span record = first(extra, bytes);

		if (record.bytes > 0 && take_number(&record) == RECORD_ENCRYPTION)
			return true;
		extra = span_from(extra, first(extra, bytes).bytes);
	}
	return false;
}

/* What stands in a file's header behind what all headers have; the extra area is at its end. */
static void
read_file(struct span head, uint64_t extra_bytes, struct rar_member *out)
{
	size_t bytes = first(head, extra_bytes).bytes;
	struct span extra = span_from(head, head.bytes - bytes);
	uint64_t flags = take_number(&head), name_bytes;

	out->bytes = take_number(&head);
	take_number(&head); /* attributes */
	head = span_from(head, (flags & HAS_TIME) != 0 ? 4u : 0u);
	out->crc = 0;
	if ((flags & HAS_CRC) != 0) {
		if (head.bytes >= sizeof(out->crc))
			memcpy(&out->crc, head.data, sizeof(out->crc));
		head = span_from(head, 4);
	}
	take_number(&head); /* method */
	take_number(&head); /* system */
	name_bytes = take_number(&head);
	out->name = first(head, name_bytes);
	out->is_encrypted = has_encryption(extra);
}

bool
rar5_begin(struct rar5 *r, struct span file)
{
	*r = (struct rar5){ .file = file, .at = MAGIC_BYTES };
	return file.bytes >= MAGIC_BYTES && memcmp(file.data, MAGIC, MAGIC_BYTES) == 0;
}

bool
rar5_next(struct rar5 *r, struct rar_member *out)
{
	struct span rest;

	while ((rest = span_from(r->file, r->at)).bytes > CRC_BYTES) {
		struct span head = span_from(rest, CRC_BYTES);
		uint64_t bytes = take_number(&head), kind, flags, extra, data;

		if (bytes == 0 || bytes > head.bytes)
			break;
		r->at = (size_t)(head.data - r->file.data) + (size_t)bytes;
		head = span_first(head, (size_t)bytes);
		kind = take_number(&head);
		flags = take_number(&head);
		extra = (flags & HAS_EXTRA) != 0 ? take_number(&head) : 0;
		data = (flags & HAS_DATA) != 0 ? take_number(&head) : 0;
		r->at += first(span_from(r->file, r->at), data).bytes;
		if (kind == KIND_FILE) {
			read_file(head, extra, out);
			out->packed_bytes = data;
			return true;
		}
	}
	r->at = r->file.bytes;
	return false;
}
