/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that UPX packed: found by its header and by its code, made again, calls as they were. */
#include "scanners/archive/upx.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/archive/bit_writer.h"
#include "tests/unit/scanners/archive/upx_writer.h"

#define STREAM "what is packed"

static struct upx_writer w;
static struct taken out;
static uint8_t image[UPX_IMAGE_BYTES];

static void
begin(bool is_wide)
{
	memset(&w, 0, sizeof(w));
	w.stream = span_text(STREAM);
	w.is_wide = is_wide;
}

TEST(a_program_is_told_by_its_head_or_its_code)
{
	static const struct {
		const char *name;
		bool is_wide, is_dll, has_head, has_no_stub;
		uint32_t before;
		bool is_one;
	} rows[] = {
		{ "both", false, false, true, false, 0, true },
		{ "both, not at once", false, false, true, false, 100, true },
		{ "code alone", false, false, false, false, 100, true },
		{ "code of a DLL", false, true, false, false, 0, true },
		{ "code of 64 bits", true, false, false, false, 100, true },
		{ "head alone", false, false, true, true, 0, true },
		{ "head alone, not at once", false, false, true, true, 100, false },
		{ "neither", false, false, false, true, 0, false },
		{ "neither, of 64 bits", true, false, false, true, 0, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct upx_program p;

		begin(rows[i].is_wide);
		w.is_dll = rows[i].is_dll;
		w.has_head = rows[i].has_head;
		w.has_no_stub = rows[i].has_no_stub;
		w.before = rows[i].before;
		w.method = UPX_NRV2E_LE32;
		w.filter = 0x26;
		w.cto = 7;
		CHECK_ROW(rows[i].name, upx_read(upx_write(&w), &p) == rows[i].is_one);
		if (!rows[i].is_one)
			continue;
		CHECK_ROW(rows[i].name, span_starts(p.packed, STREAM) && p.base == UPX_BASE);
		CHECK_ROW(rows[i].name, p.bytes_max == 0x4000 && p.has_head == rows[i].has_head);
		CHECK_ROW(rows[i].name, p.method == (p.has_head ? UPX_NRV2E_LE32 : 0));
		CHECK_ROW(rows[i].name, p.filter == (p.has_head ? 0x26 : 0));
		CHECK_ROW(rows[i].name, p.cto == (p.has_head ? 7 : 0));
		CHECK_ROW(rows[i].name, p.bytes == (p.has_head ? UPX_IMAGE_BYTES : 0));
	}
}

TEST(a_damaged_program_is_none)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value;
		unsigned bytes;
		bool is_one;
	} rows[] = {
		{ "nothing of it", 0, 0x5a4d, 2, true },
		{ "no mark", 0, 0x5a4e, 2, false },
		{ "headers far behind", 0x3c, 0xfffffff0, 4, false },
		{ "no headers", 0x40, 0, 4, false },
		{ "another optional header", 0x40 + 20, 225, 2, false },
		{ "another machine's", 0x40 + 24, 0x107, 2, false },
		{ "no section", 0x40 + 6, 0, 2, false },
		{ "one section", 0x40 + 6, 1, 2, false },
		{ "97 sections", 0x40 + 6, 97, 2, false },
		{ "an entry before the stream's section", 0x40 + 40, 0x1000, 4, false },
		{ "an entry far behind it", 0x40 + 40, 0xffffffff, 4, false },
		{ "a first section with bytes", 0x138 + 16, 1, 4, false },
		{ "sections of more than there may be", 0x138 + 8, 0xffffffff, 4, false },
		{ "a stream's section behind the end", 0x160 + 20, 0xfffffff0, 4, false },
	};
	struct upx_program p;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(false);
		upx_write(&w);
		upx_put(w.bytes + rows[i].at, rows[i].value, rows[i].bytes);
		CHECK_ROW(rows[i].name, upx_read(span_of(w.bytes, w.used), &p) == rows[i].is_one);
	}
	begin(false);
	w.has_head = w.has_no_stub = true;
	upx_write(&w);
	w.bytes[UPX_STREAM_AT - 20]++; /* the sum of its header */
	CHECK(!upx_read(span_of(w.bytes, w.used), &p));
}

static void
check_cut(size_t bytes)
{
	uint8_t *cut = malloc(bytes + 1);
	struct upx_program p;

	memcpy(cut + 1, w.bytes, bytes);
	if (upx_read(span_of(cut + 1, bytes), &p))
		CHECK_SEED(bytes, p.packed.data + p.packed.bytes == cut + 1 + bytes);
	else
		CHECK_SEED(bytes, bytes < UPX_STREAM_AT + sizeof(STREAM) + 10);
	free(cut);
}

/* Nothing behind the end is read, wherever that is. */
TEST(a_program_cut_anywhere)
{
	for (unsigned wide = 0; wide < 2; wide++) {
		begin(wide != 0);
		w.has_head = true;
		upx_write(&w);
		for (size_t bytes = 0; bytes < w.used; bytes++)
			check_cut(bytes);
	}
}

static const struct upx_program made = { .base = UPX_BASE, .bytes_max = 0x4000 };

static int
rebuild(size_t heads, size_t room)
{
	out.used = 0;
	out.room = room;
	return upx_rebuild(span_of(image, sizeof(image)), &made, heads, take_bytes, &out);
}

TEST(a_program_is_made_again)
{
	for (unsigned wide = 0; wide < 2; wide++) {
		upx_image(image, wide != 0, span_text("code"), span_text("data"));
		CHECK(upx_heads(span_of(image, sizeof(image)), &made) == UPX_HEADS_AT);
		upx_put(image + sizeof(image) - 4, 0xfffffff0, 4); /* then it is looked for */
		CHECK(upx_heads(span_of(image, sizeof(image)), &made) == UPX_HEADS_AT);
		CHECK(rebuild(UPX_HEADS_AT, TAKEN_BYTES) == 0);
		CHECK(out.used == 0x3000 && memcmp(out.bytes, "MZ", 2) == 0);
		CHECK(memcmp(out.bytes + 0xd0, "PE\0\0", 4) == 0);
		CHECK(memcmp(out.bytes + 0x1000, "code", 5) == 0);
		CHECK(memcmp(out.bytes + 0x2000, "data", 5) == 0);
		CHECK(rebuild(UPX_HEADS_AT, 0x2fff) == -ENOSPC);
	}
}

TEST(heads_that_lie_are_none)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value;
	} rows[] = {
		{ "no alignment", 24 + 32, 0 },
		{ "one that is too large", 24 + 32, 0x10001 },
		{ "a section before all", 248 + 12, 0xfff },
		{ "a section behind all", 288 + 12, 0x11001 },
		{ "a section that is too long", 288 + 8, 0xfffff000 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		upx_image(image, false, span_text("code"), span_text("data"));
		upx_put(image + UPX_HEADS_AT + rows[i].at, rows[i].value, 4);
		CHECK_ROW(
		    rows[i].name, upx_heads(span_of(image, sizeof(image)), &made) == UPX_NO_HEADS);
	}
	CHECK(upx_heads(span_of(NULL, 0), &made) == UPX_NO_HEADS);
}

/* A call, a jump, one on a condition; and one of each that packing left alone. */
TEST(calls_are_as_they_were)
{
	static const uint8_t packed[] =
	    "\xe8\x07\0\1\2.\xe9\x07\0\2\3.\x0f\x84\x07\0\3\4.\xe8\1\2\3\4.";
	static const struct {
		const char *name;
		uint8_t filter;
		bool is_known, has_calls, has_jumps, has_conditions;
	} rows[] = {
		{ "none", 0, false, false, false, false },
		{ "unknown", 0x36, false, false, false, false },
		{ "calls", 0x24, true, true, false, false },
		{ "jumps", 0x25, true, false, true, false },
		{ "both", 0x26, true, true, true, false },
		{ "both, newer", 0x46, true, true, true, false },
		{ "all", 0x49, true, true, true, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct upx_program p = made;
		const uint8_t *a = image, *b = image + 6, *c = image + 13;

		p.filter = rows[i].filter;
		p.cto = 7;
		upx_image(image, false, span_of(packed, sizeof(packed) - 1), span_text(""));
		CHECK_ROW(rows[i].name,
		    upx_unfilter(image, sizeof(image), &p, UPX_HEADS_AT) == rows[i].is_known);
		CHECK_ROW(rows[i].name,
		    memcmp(a + 1, rows[i].has_calls ? "\1\1\0\0" : "\x07\0\1\2", 4) == 0);
		CHECK_ROW(rows[i].name,
		    memcmp(b + 1, rows[i].has_jumps ? "\xfc\1\0\0" : "\x07\0\2\3", 4) == 0);
		CHECK_ROW(rows[i].name,
		    memcmp(c + 1, rows[i].has_conditions ? "\xf6\2\0\0" : "\x07\0\3\4", 4) == 0);
		CHECK_ROW(rows[i].name, memcmp(image + 19, "\xe8\1\2\3\4", 5) == 0);
		upx_put(image + UPX_HEADS_AT + 24 + 4, 0x2000, 4); /* more code than there is */
		CHECK_ROW(rows[i].name, !upx_unfilter(image, sizeof(image), &p, UPX_HEADS_AT));
	}
}
