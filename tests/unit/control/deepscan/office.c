/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/deepscan/office.h"

#include <stdlib.h>

#define SECTOR       512u
#define SMALL_BELOW  4096u
#define LAST         0xfffffffeu
#define FREE         0xffffffffu
#define FIRST_SECTOR 3u /* the table, two of the directory */
#define PIECE_BYTES  2048u

static void
put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		at[i] = (uint8_t)value;
}

/* Its sectors at the end of the file, chained; the first one's number. */
static uint32_t
add_chain(struct packed *out, struct span bytes)
{
	uint32_t first = (uint32_t)(out->used / SECTOR - 1);
	uint32_t count = (uint32_t)((bytes.bytes + SECTOR - 1) / SECTOR);

	if (count == 0)
		return LAST;
	if (first + count > SECTOR / 4)
		abort();
	packer_add(out, bytes);
	while (out->used % SECTOR != 0)
		packer_add(out, span_of("", 1));
	for (uint32_t i = 0; i < count; i++)
		put(out->bytes + OFFICE_TABLE + 4 * (size_t)(first + i),
		    i + 1 < count ? first + i + 1 : LAST, 4);
	return first;
}

static void
put_entry(struct packed *out, unsigned number, const char *name, uint8_t type, uint32_t start,
    size_t bytes)
{
	uint8_t *e = out->bytes + OFFICE_DIRECTORY + 128 * (size_t)number;
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		e[2 * i] = (uint8_t)name[i];
	put(e + 64, 2 * n + 2, 2);
	e[66] = type;
	put(e + 68, FREE, 4);
	put(e + 72, number + 1, 4); /* a tree that nobody walks */
	put(e + 76, number == 0 ? 1 : FREE, 4);
	put(e + 116, start, 4);
	put(e + 120, bytes, 4);
}

void
office_write(struct packed *out, const struct office_stream *streams, unsigned count)
{
	static struct packed small;
	uint8_t small_table[SECTOR];
	uint32_t in_small = 0, start;

	if (count > 7)
		abort();
	memset(out->bytes, 0, (FIRST_SECTOR + 1) * SECTOR);
	memset(out->bytes + OFFICE_TABLE, 0xff, SECTOR);
	memset(small_table, 0xff, sizeof(small_table));
	out->used = (FIRST_SECTOR + 1) * SECTOR;
	small.used = 0;
	put(out->bytes + OFFICE_TABLE, 0xfffffffd, 4);
	put(out->bytes + OFFICE_TABLE + 4, 2, 4);
	put(out->bytes + OFFICE_TABLE + 8, LAST, 4);
	for (unsigned i = 0; i < count; i++) {
		struct span s = streams[i].bytes;
		uint32_t units = (uint32_t)(s.bytes + 63) / 64;

		start = s.bytes < SMALL_BELOW ? in_small : add_chain(out, s);
		put_entry(out, i + 1, streams[i].name, 2, start, s.bytes);
		if (s.bytes >= SMALL_BELOW)
			continue;
		if (in_small + units > SECTOR / 4)
			abort();
		for (uint32_t u = 0; u < units; u++)
			put(small_table + 4 * (size_t)(in_small + u),
			    u + 1 < units ? in_small + u + 1 : LAST, 4);
		in_small += units;
		packer_add(&small, s);
		while (small.used % 64 != 0)
			packer_add(&small, span_of("", 1));
	}
	start = add_chain(out, span_of(small_table, sizeof(small_table)));
	memcpy(out->bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	put(out->bytes + 24, 0x3e, 2);
	put(out->bytes + 26, 3, 2);
	put(out->bytes + 28, 0xfffe, 2);
	put(out->bytes + 30, 9, 2);
	put(out->bytes + 32, 6, 2);
	put(out->bytes + 44, 1, 4);
	put(out->bytes + 48, 1, 4);
	put(out->bytes + 56, SMALL_BELOW, 4);
	put(out->bytes + 60, start, 4);
	put(out->bytes + 64, 1, 4);
	put(out->bytes + 68, LAST, 4);
	memset(out->bytes + 76, 0xff, 436);
	put(out->bytes + 76, 0, 4);
	put_entry(out, 0, "Root Entry", 5, add_chain(out, packer_span(&small)), small.used);
}

void
office_pack(struct packed *out, struct span source)
{
	packer_add(out, span_text("\1"));
	while (source.bytes > 0) {
		struct span piece = span_first(source, PIECE_BYTES);
		size_t bytes = piece.bytes + (piece.bytes + 7) / 8;
		uint8_t header[2];

		put(header, 0xb000 | (bytes - 1), 2);
		packer_add(out, span_of(header, 2));
		for (size_t at = 0; at < piece.bytes; at += 8) {
			packer_add(out, span_of("", 1));
			packer_add(out, span_first(span_from(piece, at), 8));
		}
		source = span_from(source, PIECE_BYTES);
	}
}

void
office_dir(struct packed *out, const char *stream, uint32_t offset)
{
	uint8_t text[256] = { 0x1a };
	size_t n = strlen(stream);

	put(text + 2, n, 4);
	memcpy(text + 6, stream, n);
	put(text + 6 + n, 0x31, 2);
	put(text + 8 + n, 4, 4);
	put(text + 12 + n, offset, 4);
	put(text + 16 + n, 0x2b, 2);
	put(text + 18 + n, 0, 4);
	office_pack(out, span_of(text, 22 + n));
}
