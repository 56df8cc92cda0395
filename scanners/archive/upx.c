/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/upx.h"

#include <errno.h>

#include "common/base/bytes.h"

/* Of PE headers, from their mark (Microsoft PE/COFF §3). */
#define COFF_BYTES      24 /* the mark among them */
#define OPTIONAL_BYTES  224
#define OPTIONAL_WIDE   240
#define SECTION_BYTES   40
#define SECTIONS_MAX    96
#define AT_COUNT        6
#define AT_TIME         8
#define AT_OPTIONAL     20
#define AT_CODE_BYTES   (COFF_BYTES + 4)
#define AT_ENTRY        (COFF_BYTES + 16)
#define AT_CODE         (COFF_BYTES + 20)
#define AT_ALIGNMENT    (COFF_BYTES + 32)
#define AT_IN_FILE      (COFF_BYTES + 36)
#define ROW_BYTES       8 /* of a section: its bytes in memory; then its address, … */
#define ROW_ADDRESS     12
#define ROW_FILE_BYTES  16
#define ROW_FILE_AT     20
#define ALIGNMENT_MAX   0x10000u
#define DOS_BYTES       0xd0 /* before the headers of what is made again */
#define HEADS_BYTES_MAX (DOS_BYTES + COFF_BYTES + OPTIONAL_WIDE + SECTIONS_MAX * SECTION_BYTES)

#define UPX_HEAD_BYTES  32 /* right before the stream */
#define UPX_HEAD_MODULO 251
#define STUB_BYTES \
	64 /* of the code at the entry: where it names the stream, and how long that gets */
#define DLL_STUB   11 /* bytes of it that a DLL has first: they ask why it is called */
#define CALL_BYTES 5

struct pe {
	struct span file;
	size_t at, table;
	uint32_t sections, entry;
	bool is_wide;
};

static uint32_t
word(struct span s, size_t at)
{
	return (uint32_t)bytes_le(s, at, 4);
}

static void
put_word(uint8_t *at, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(n >> i * 8);
}

static uint64_t
round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Headers whose mark stands at `at`. */
static bool
read_pe(struct span file, size_t at, struct pe *out)
{
	uint32_t optional = (uint32_t)bytes_le(file, at + AT_OPTIONAL, 2);
	uint32_t magic = (uint32_t)bytes_le(file, at + COFF_BYTES, 2);

	out->file = file;
	out->at = at;
	out->is_wide = magic == 0x20b;
	out->sections = (uint32_t)bytes_le(file, at + AT_COUNT, 2);
	out->table = at + COFF_BYTES + optional;
	out->entry = word(file, at + AT_ENTRY);
	return span_has(file, at, "PE\0\0", 4) && (magic == 0x10b || magic == 0x20b) &&
	       optional == (out->is_wide ? OPTIONAL_WIDE : OPTIONAL_BYTES) && out->sections > 0 &&
	       out->sections <= SECTIONS_MAX &&
	       span_from(file, out->table).bytes >= out->sections * SECTION_BYTES;
}

static uint32_t
field(const struct pe *pe, uint32_t section, unsigned at)
{
	return word(pe->file, pe->table + section * SECTION_BYTES + at);
}

/* The first section that has memory and no bytes, with one behind it that has both. */
static bool
find_sections(const struct pe *pe, uint32_t *out)
{
	for (uint32_t i = 0; i + 1 < pe->sections; i++) {
		if (field(pe, i, ROW_FILE_BYTES) == 0 && field(pe, i, ROW_BYTES) > 0 &&
		    field(pe, i + 1, ROW_FILE_BYTES) > 0 && field(pe, i + 1, ROW_BYTES) > 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* The stream's address, as the code says that begins at the entry; 0: it says none. */
static uint32_t
stub_source(const struct pe *pe, struct span stub)
{
	uint64_t base = bytes_le(pe->file, pe->at + COFF_BYTES + 28, 4);

	if (!pe->is_wide) { /* pushad; mov esi, the stream */
		if (span_has(stub, 0, "\x60\xbe", 2))
			return (uint32_t)(word(stub, 2) - base);
		if (span_has(stub, DLL_STUB, "\x60\xbe", 2))
			return (uint32_t)(word(stub, DLL_STUB + 2) - base);
		return 0;
	}
	for (uint32_t i = 0; i < STUB_BYTES; i++) { /* lea rsi, [rip + n] */
		if (span_has(stub, i, "\x48\x8d\x35", 3))
			return pe->entry + i + 7 + word(stub, i + 3);
	}
	return 0;
}

/* How many bytes come of LZMA: push ebx; push their number; push edi; add ebx, 4. */
static uint32_t
stub_bytes(struct span stub)
{
	for (uint32_t i = 0; i < STUB_BYTES; i++) {
		if (span_has(stub, i, "\x53\x68", 2) &&
		    span_has(stub, i + 6, "\x57\x83\xc3\x04", 4))
			return word(stub, i + 2);
	}
	return 0;
}

/* UPX's header, of 32 bytes, the last of which is the sum of those behind its mark. */
static void
read_upx_head(struct span head, struct upx_program *out)
{
	unsigned sum = 0;

	if (head.bytes < UPX_HEAD_BYTES || !span_starts(head, "UPX!"))
		return;
	for (unsigned i = 4; i < UPX_HEAD_BYTES - 1; i++)
		sum += head.data[i];
	if (sum % UPX_HEAD_MODULO != head.data[UPX_HEAD_BYTES - 1])
		return;
	out->has_head = true;
	out->method = head.data[6];
	out->bytes = word(head, 16);
	out->filter = head.data[28];
	out->cto = head.data[29];
}

bool
upx_read(struct span file, struct upx_program *out)
{
	struct span section, stub;
	uint32_t first, address, source, bytes;
	size_t at, begins = 0;
	struct pe pe;

	*out = (struct upx_program){ 0 };
	if (!span_starts(file, "MZ") || !read_pe(file, word(file, 0x3c), &pe) ||
	    !find_sections(&pe, &first))
		return false;
	address = field(&pe, first + 1, ROW_ADDRESS);
	at = field(&pe, first + 1, ROW_FILE_AT);
	section = span_from(file, at);
	if (section.bytes > field(&pe, first + 1, ROW_FILE_BYTES))
		section.bytes = field(&pe, first + 1, ROW_FILE_BYTES);
	if (pe.entry < address)
		return false;
	stub = span_from(section, pe.entry - address);
	source = stub_source(&pe, stub);
	if (source >= address && source - address < section.bytes)
		begins = source - address;
	if (at + begins >= UPX_HEAD_BYTES && section.bytes > begins)
		read_upx_head(
		    span_of(file.data + at + begins - UPX_HEAD_BYTES, UPX_HEAD_BYTES), out);
	if (!out->has_head && (source < address || source - address >= section.bytes))
		return false;
	bytes = stub_bytes(stub);
	out->bytes = bytes != 0 ? bytes : out->bytes;
	out->packed = span_from(section, begins);
	out->base = field(&pe, first, ROW_ADDRESS);
	bytes = field(&pe, first, ROW_BYTES);
	out->bytes_max = bytes + field(&pe, first + 1, ROW_BYTES);
	return out->packed.bytes > 0 && out->bytes_max >= bytes;
}

bool
upx_lzma_properties(struct span packed, uint8_t *out)
{
	unsigned pb, lp, lc;

	if (packed.bytes < UPX_LZMA_HEAD)
		return false;
	pb = packed.data[0] & 7;
	lp = packed.data[1] >> 4;
	lc = packed.data[1] & 15;
	*out = (uint8_t)(lc + 9 * (5 * pb + lp));
	return pb < 5 && lc + lp <= 4 && packed.data[0] >> 3 == lc + lp;
}

/* Sound headers, of sections that all lie in what came out. */
static bool
are_heads(struct span image, const struct upx_program *p, size_t at)
{
	uint64_t end = p->base + round_up(p->bytes_max, ALIGNMENT_MAX);
	uint32_t alignment = word(image, at + AT_ALIGNMENT);
	struct pe pe;

	if (!read_pe(image, at, &pe) || alignment == 0 || alignment > ALIGNMENT_MAX)
		return false;
	for (uint32_t i = 0; i < pe.sections; i++) {
		uint64_t begins = field(&pe, i, ROW_ADDRESS);

		if (begins < p->base || begins + field(&pe, i, ROW_BYTES) > end)
			return false;
	}
	return true;
}

size_t
upx_heads(struct span image, const struct upx_program *p)
{
	size_t at = word(image, image.bytes < 4 ? 0 : image.bytes - 4);

	if (are_heads(image, p, at))
		return at;
	for (at = image.bytes; at-- > 0;) {
		if (image.data[at] == 'P' && are_heads(image, p, at))
			return at;
	}
	return UPX_NO_HEADS;
}

/* Filters whose low digit is 9 know jumps on a condition, too; not right behind a call. */
static bool
is_jump(const uint8_t *code, size_t at, uint8_t filter, size_t last_end)
{
	if (code[at] == 0xe8)
		return filter != 0x25;
	if (code[at] == 0xe9)
		return filter != 0x24;
	return filter == 0x49 && at > 0 && at != last_end && code[at - 1] == 0x0f &&
	       code[at] >> 4 == 8;
}

bool
upx_unfilter(uint8_t *image, size_t bytes, const struct upx_program *p, size_t heads)
{
	static const uint8_t known[] = { 0x24, 0x25, 0x26, 0x46, 0x49 };
	struct span all = span_of(image, bytes);
	uint32_t begins = word(all, heads + AT_CODE) - p->base;
	uint32_t count = word(all, heads + AT_CODE_BYTES);
	size_t last_end = 0;
	uint8_t *code;

	if (memchr(known, p->filter, sizeof(known)) == NULL || begins > bytes ||
	    count > bytes - begins)
		return false;
	code = image + begins;
	for (size_t at = 0; at + CALL_BYTES < count; at++) {
		uint32_t target;

		if (!is_jump(code, at, p->filter, last_end) || code[at + 1] != p->cto)
			continue;
		target = (uint32_t)code[at + 2] << 16 | (uint32_t)code[at + 3] << 8 | code[at + 4];
		put_word(code + at + 1, target - (uint32_t)at - 1 - begins);
		at += CALL_BYTES - 1;
		last_end = at + 1;
	}
	return true;
}

static bool
give(span_sink sink, void *arg, struct span bytes)
{
	return bytes.bytes == 0 || sink(arg, bytes);
}

static bool
give_zeros(span_sink sink, void *arg, uint64_t count)
{
	static const uint8_t zeros[4096];

	for (uint64_t n; count > 0; count -= n) {
		n = count < sizeof(zeros) ? count : sizeof(zeros);
		if (!sink(arg, span_of(zeros, (size_t)n)))
			return false;
	}
	return true;
}

/* What of the image a section has, and zeros up to its whole length. */
static bool
give_section(struct span image, uint64_t at, uint64_t bytes, span_sink sink, void *arg)
{
	struct span held = span_from(image, (size_t)at);

	if (held.bytes > bytes)
		held.bytes = (size_t)bytes;
	return give(sink, arg, held) && give_zeros(sink, arg, bytes - held.bytes);
}

int
upx_rebuild(struct span image, const struct upx_program *p, size_t heads, span_sink sink, void *arg)
{
	uint8_t head[HEADS_BYTES_MAX] = "MZ";
	struct pe pe;
	size_t used;
	uint64_t alignment, in_file;

	if (!read_pe(image, heads, &pe))
		return -EBADMSG;
	used = pe.table - heads + pe.sections * SECTION_BYTES;
	alignment = word(image, heads + AT_ALIGNMENT);
	in_file = round_up(DOS_BYTES + used, alignment);
	put_word(head + 0x3c, DOS_BYTES);
	memcpy(head + DOS_BYTES, image.data + heads, used);
	put_word(head + DOS_BYTES + AT_IN_FILE, (uint32_t)alignment);
	for (uint32_t i = 0; i < pe.sections; i++) {
		uint8_t *row = head + DOS_BYTES + (pe.table - heads) + i * SECTION_BYTES;
		uint64_t bytes = round_up(field(&pe, i, ROW_BYTES), alignment);

		put_word(row + ROW_BYTES, (uint32_t)bytes);
		put_word(row + ROW_FILE_BYTES, (uint32_t)bytes);
		put_word(row + ROW_FILE_AT, (uint32_t)in_file);
		in_file += bytes;
	}
	if (!sink(arg, span_of(head, DOS_BYTES + used)) ||
	    !give_zeros(sink, arg, round_up(DOS_BYTES + used, alignment) - DOS_BYTES - used))
		return -ENOSPC;
	for (uint32_t i = 0; i < pe.sections; i++) {
		if (!give_section(image, field(&pe, i, ROW_ADDRESS) - p->base,
			round_up(field(&pe, i, ROW_BYTES), alignment), sink, arg))
			return -ENOSPC;
	}
	return 0;
}
