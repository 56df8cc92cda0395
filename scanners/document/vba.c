/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/vba.h"

#include "common/base/bytes.h"

#define CONTAINER_MARK 1
#define CHUNK_MARK     3    /* three bits of its header */
#define VERSION_RECORD 0x09 /* the one whose size does not count all of it */
#define STREAM_RECORD  0x1a
#define UNICODE_RECORD 0x32
#define OFFSET_RECORD  0x31
#define MODULE_END     0x2b
#define SOURCE_BEGINS  "\0Attribut" /* eight letters as they are: a byte of flags before them */
#define BEFORE_SOURCE  3            /* the container's mark, the chunk's header */

bool
vba_begin(struct vba_reader *r, struct span packed)
{
	*r = (struct vba_reader){ .packed = packed, .at = 1 };
	return packed.bytes > BEFORE_SOURCE && packed.data[0] == CONTAINER_MARK &&
	       (bytes_le(packed, 1, 2) >> 12 & 7) == CHUNK_MARK;
}

/* How many bits of a token are its offset (2.4.1.3.19.1): as many as the bytes so far need. */
static unsigned
offset_bits(size_t used)
{
	unsigned bits = 4;

	while (bits < 12 && (size_t)1 << bits < used)
		bits++;
	return bits;
}

/* Copies what stood before, perhaps what is just being written. False: it reaches too far. */
static bool
copy(uint32_t token, uint8_t *out, size_t *used)
{
	unsigned bits = offset_bits(*used);
	size_t back = (token >> (16 - bits)) + 1, length = (token & (0xffffu >> bits)) + 3;

	if (back > *used)
		return false;
	for (; length > 0 && *used < VBA_CHUNK_BYTES; length--, ++*used)
		out[*used] = out[*used - back];
	return true;
}

/* 2.4.1.3.2. False: a token is none. */
static bool
unpack_chunk(struct span chunk, uint8_t *out, size_t *used)
{
	size_t at = 0;

	while (at < chunk.bytes) {
		unsigned flags = chunk.data[at++];

		for (unsigned i = 0; i < 8 && at < chunk.bytes; i++, flags >>= 1) {
			if (*used == VBA_CHUNK_BYTES)
				return false;
			if ((flags & 1) == 0) {
				out[(*used)++] = chunk.data[at++];
				continue;
			}
			if (chunk.bytes - at < 2 ||
			    !copy((uint32_t)bytes_le(chunk, at, 2), out, used))
				return false;
			at += 2;
		}
	}
	return true;
}

bool
vba_next(struct vba_reader *r, uint8_t out[VBA_CHUNK_BYTES], size_t *bytes)
{
	uint32_t header;
	struct span chunk;

	*bytes = 0;
	if (r->is_broken || r->at >= r->packed.bytes)
		return false;
	header = (uint32_t)bytes_le(r->packed, r->at, 2);
	chunk = span_first(span_from(r->packed, r->at + 2), (header & 0xfff) + 1);
	if ((header >> 12 & 7) != CHUNK_MARK ||
	    chunk.bytes == 0) /* what follows it is none of it */
		return false;
	r->is_broken = chunk.bytes < (header & 0xfff) + 1;
	r->at += 2 + chunk.bytes;
	if ((header & 0x8000) != 0) {
		r->is_broken |= !unpack_chunk(chunk, out, bytes);
	} else {
		memcpy(out, chunk.data, chunk.bytes);
		*bytes = chunk.bytes;
	}
	return true;
}

/* A name in the code page of the document, or of UTF-16: what is ASCII of it. */
static void
put_name(struct span name, unsigned unit_bytes, char out[OLE_NAME_MAX])
{
	size_t used = 0;

	for (size_t at = 0; at + unit_bytes <= name.bytes && used < OLE_NAME_MAX - 4;
	     at += unit_bytes) {
		uint32_t unit = (uint32_t)bytes_le(name, at, unit_bytes);

		if (unit >= 0x800)
			out[used++] = (char)(0xe0 | unit >> 12);
		if (unit >= 0x80)
			out[used++] =
			    (char)(unit >= 0x800 ? 0x80 | (unit >> 6 & 0x3f) : 0xc0 | unit >> 6);
		out[used++] = (char)(unit >= 0x80 ? 0x80 | (unit & 0x3f) : unit);
	}
	out[used] = 0;
}

bool
vba_next_module(struct span dir, size_t *at, struct vba_module *out)
{
	bool has_offset = false;

	out->stream[0] = 0;
	while (dir.bytes >= 6 && *at <= dir.bytes - 6) {
		uint32_t id = (uint32_t)bytes_le(dir, *at, 2);
		uint32_t size = id == VERSION_RECORD ? 6 : (uint32_t)bytes_le(dir, *at + 2, 4);
		struct span data = span_first(span_from(dir, *at + 6), size);

		*at += 6 + (size_t)size;
		if (id == STREAM_RECORD)
			put_name(data, 1, out->stream);
		else if (id == UNICODE_RECORD)
			put_name(data, 2, out->stream);
		else if (id == OFFSET_RECORD) {
			out->offset = (uint32_t)bytes_le(data, 0, 4);
			has_offset = true;
		} else if (id == MODULE_END && has_offset && out->stream[0] != 0)
			return true;
	}
	return false;
}

size_t
vba_find(struct span stream, size_t from)
{
	size_t n = sizeof(SOURCE_BEGINS) - 1, least = from + BEFORE_SOURCE;

	while (from < stream.bytes) {
		struct span rest = span_from(stream, from);
		const uint8_t *found = memmem(rest.data, rest.bytes, SOURCE_BEGINS, n);
		size_t at;
		struct vba_reader r;

		if (found == NULL)
			return SIZE_MAX;
		at = (size_t)(found - stream.data);
		if (at >= least && vba_begin(&r, span_from(stream, at - BEFORE_SOURCE)))
			return at - BEFORE_SOURCE;
		from = at + 1;
	}
	return SIZE_MAX;
}
