/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs as UPX packs them: the headers, the stream, and of the code that unpacks it no more than
 * tells where the stream is. They do not run. */
#ifndef SLUICE_TESTS_ARCHIVE_UPX_WRITER_H
#define SLUICE_TESTS_ARCHIVE_UPX_WRITER_H

#include "scanners/archive/upx.h"
#include "tests/unit/scanners/archive/nrv_writer.h"

#define UPX_BASE         0x1000u /* of .text; .data is at 0x2000 */
#define UPX_IMAGE_BYTES  0x1400u
#define UPX_HEADS_AT     0x1200u
#define UPX_MEMORY       0x2000u
#define UPX_STREAM_AT    0x400u /* in the file, behind what is `before` it */
#define UPX_PROGRAM_ROOM 16384u

struct upx_writer {
	bool is_wide, is_dll, has_head, has_no_stub;
	uint8_t method, filter, cto;
	uint32_t before; /* bytes of the section before the stream */
	uint32_t lzma;   /* the code tells how many come out: this many */
	struct span stream;
	size_t used; /* of what was written */
	uint8_t bytes[UPX_PROGRAM_ROOM];
};

static inline void
upx_put(uint8_t *at, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(n >> i * 8);
}

static inline void
upx_section(uint8_t *row, uint32_t bytes, uint32_t address, uint32_t in_file, uint32_t at)
{
	upx_put(row + 8, bytes, 4);
	upx_put(row + 12, address, 4);
	upx_put(row + 16, in_file, 4);
	upx_put(row + 20, at, 4);
}

/* PE's headers up to the table of two sections, which is returned. */
static inline uint8_t *
upx_put_heads(uint8_t *at, bool is_wide, uint32_t entry)
{
	uint32_t optional = is_wide ? 240 : 224;

	memcpy(at, "PE\0\0", 4);
	upx_put(at + 6, 2, 2);
	upx_put(at + 20, optional, 2);
	upx_put(at + 24, is_wide ? 0x20b : 0x10b, 2);
	upx_put(at + 24 + 4, 0x100, 4);
	upx_put(at + 24 + 16, entry, 4);
	upx_put(at + 24 + 20, UPX_BASE, 4);
	upx_put(at + 24 + (is_wide ? 24 : 28), 0x400000, 4);
	upx_put(at + 24 + 32, 0x1000, 4);
	upx_put(at + 24 + 36, 0x200, 4);
	return at + 24 + optional;
}

/* What is packed: up to 0x100 bytes of code, 0x200 of data, and UPX's copy of the headers. */
static inline void
upx_image(uint8_t image[UPX_IMAGE_BYTES], bool is_wide, struct span code, struct span data)
{
	uint8_t *rows;

	memset(image, 0, UPX_IMAGE_BYTES);
	memcpy(image, code.data, code.bytes);
	memcpy(image + 0x1000, data.data, data.bytes);
	rows = upx_put_heads(image + UPX_HEADS_AT, is_wide, UPX_BASE + 0x10);
	upx_section(rows, 0xfff, UPX_BASE, 0x200, 0x200);
	upx_section(rows + 40, 0x800, 0x2000, 0x200, 0x400);
	upx_put(image + UPX_IMAGE_BYTES - 4, UPX_HEADS_AT, 4);
}

/* By NRV: bytes as they are, and runs of one. */
static inline void
upx_pack(struct nrv_writer *w, enum nrv_method m, const uint8_t *image)
{
	*w = (struct nrv_writer){ .unit = NRV_BITS_OF_32, .method = m, .offset = 1 };
	for (size_t at = 0, run; at < UPX_IMAGE_BYTES; at += run) {
		nrv_literals(w, span_of(image + at, 1));
		for (run = 1; at + run < UPX_IMAGE_BYTES && image[at + run] == image[at]; run++)
			;
		if (run > 4)
			nrv_match(w, 1, (uint32_t)run - 1);
		else
			run = 1;
	}
	nrv_end(w);
}

static inline void
upx_put_head(const struct upx_writer *w, uint8_t *at)
{
	unsigned sum = 0;

	memcpy(at, "UPX!\x0d\x09", 6);
	at[6] = w->method;
	upx_put(at + 16, UPX_IMAGE_BYTES, 4);
	at[28] = w->filter;
	at[29] = w->cto;
	for (unsigned i = 4; i < 31; i++)
		sum += at[i];
	at[31] = (uint8_t)(sum % 251);
}

/* `entry`: its address, `source`: the stream's. How many bytes. */
static inline size_t
upx_put_stub(const struct upx_writer *w, uint8_t *at, uint32_t entry, uint32_t source)
{
	if (w->is_wide) {
		memcpy(at, "SVWU\x48\x8d\x35", 7);
		upx_put(at + 7, source - entry - 11, 4);
		return 64;
	}
	if (w->is_dll) {
		memcpy(at, "\x80\x7c\x24\x08\1\x0f\x85\0\0\0\0", 11);
		at += 11;
	}
	memcpy(at, "\x60\xbe", 2);
	upx_put(at + 2, 0x400000 + source, 4);
	if (w->lzma != 0) {
		memcpy(at + 20, "\x53\x68", 2);
		upx_put(at + 22, w->lzma, 4);
		memcpy(at + 26, "\x57\x83\xc3\x04", 4);
	}
	return 64;
}

static inline struct span
upx_write(struct upx_writer *w)
{
	uint32_t address = UPX_BASE + UPX_MEMORY, at = UPX_STREAM_AT + w->before;
	uint32_t entry = address + w->before + (uint32_t)w->stream.bytes;
	uint8_t *rows;

	memset(w->bytes, 0, sizeof(w->bytes));
	memcpy(w->bytes, "MZ", 2);
	upx_put(w->bytes + 0x3c, 0x40, 4);
	rows = upx_put_heads(w->bytes + 0x40, w->is_wide, entry);
	if (w->has_head)
		upx_put_head(w, w->bytes + at - 32);
	memcpy(w->bytes + at, w->stream.data, w->stream.bytes);
	w->used = at + w->stream.bytes;
	if (!w->has_no_stub)
		w->used += upx_put_stub(w, w->bytes + w->used, entry, address + w->before);
	else
		w->used += 64;
	upx_section(rows, UPX_MEMORY, UPX_BASE, 0, UPX_STREAM_AT);
	upx_section(rows + 40, 0x2000, address, (uint32_t)w->used - UPX_STREAM_AT, UPX_STREAM_AT);
	return span_of(w->bytes, w->used);
}

#endif
