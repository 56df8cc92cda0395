/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of PE and ELF; see program.h. */
#include "scanners/format/program.h"

#include <string.h>

#define COFF_BYTES          20
#define PE_SECTION_BYTES    40
#define ELF_PROGRAMS_MAX    128 /* as ClamAV: more is malformed */
#define ELF_SECTIONS_MAX    2048
#define FILE_ALIGNMENT_TRUE 0x200
#define CERTIFICATES_GAP    0x200 /* behind the last section: they are padded there */

struct reader {
	struct span head;
	bool is_whole, is_big_endian;
	bool is_short; /* something was asked for behind the head */
};

/* The number of `width` bytes at `at`; 0 behind the head. */
static uint64_t
number(struct reader *r, uint64_t at, unsigned width)
{
	uint64_t n = 0;

	if (at > r->head.bytes || r->head.bytes - at < width) {
		r->is_short = true;
		return 0;
	}
	for (unsigned i = 0; i < width; i++)
		n |= (uint64_t)r->head.data[at + i] << 8 * (r->is_big_endian ? width - 1 - i : i);
	return n;
}

static enum program_result
result(const struct reader *r, bool is_good)
{
	if (r->is_short)
		return r->is_whole ? PROGRAM_NO : PROGRAM_BEYOND;
	return is_good ? PROGRAM_YES : PROGRAM_NO;
}

static uint64_t
round_down(uint64_t n, uint64_t to)
{
	return to == 0 ? n : n / to * to;
}

static uint64_t
round_up(uint64_t n, uint64_t to)
{
	return to == 0 ? n : (n / to + (n % to != 0)) * to;
}

/* What the optional header says. */
struct layout {
	uint64_t sections; /* where their table stands */
	uint64_t entry, section_alignment, file_alignment, headers_bytes;
};

/*
 * A file alignment that the sections contradict is none: programs whose sections lie at multiples
 * of 512 run whatever it says.
 */
static uint64_t
file_alignment(struct reader *r, const struct layout *l, uint32_t count)
{
	for (uint32_t i = 0; l->file_alignment != 0 && i < count; i++) {
		uint64_t at = l->sections + (uint64_t)i * PE_SECTION_BYTES;
		uint64_t raw_bytes = number(r, at + 16, 4), raw = number(r, at + 20, 4);

		if (raw_bytes != 0 && raw % l->file_alignment != 0 &&
		    raw % FILE_ALIGNMENT_TRUE == 0)
			return FILE_ALIGNMENT_TRUE;
	}
	return l->file_alignment;
}

/* The entry's offset of the file: within the headers, or in the last section that holds it. */
static bool
find_entry(
    const struct program *p, const struct layout *l, const uint64_t *addresses, uint64_t *offset)
{
	*offset = l->entry;
	if (l->entry < round_up(l->headers_bytes, l->section_alignment))
		return true;
	for (uint32_t i = p->section_count; i-- > 0;) {
		if (addresses[i] <= l->entry && p->sections[i].bytes > l->entry - addresses[i]) {
			*offset = p->sections[i].at + (l->entry - addresses[i]);
			return true;
		}
	}
	return false;
}

static enum program_result
read_pe(struct reader *r, struct program *out)
{
	uint64_t at = number(r, 0x3c, 4), addresses[PROGRAM_SECTIONS_MAX], optional;
	struct layout l;
	bool is_good = number(r, at, 4) == 0x4550; /* "PE", 0, 0 */
	uint64_t count = number(r, at + 6, 2), optional_bytes = number(r, at + 20, 2);

	if (!is_good && !r->is_short)
		return PROGRAM_NO;
	optional = at + 4 + COFF_BYTES;
	l.sections = optional + optional_bytes;
	l.entry = number(r, optional + 16, 4);
	l.section_alignment = number(r, optional + 32, 4);
	l.file_alignment = number(r, optional + 36, 4);
	l.headers_bytes = number(r, optional + 60, 4);
	if (r->is_short || count < 1 || count > PROGRAM_SECTIONS_MAX ||
	    optional_bytes < (number(r, optional, 2) == 0x20b ? 112 : 96))
		return result(r, false);
	number(r, l.sections + count * PE_SECTION_BYTES - 1, 1); /* whole rows, or none */
	l.file_alignment = file_alignment(r, &l, (uint32_t)count);
	out->section_count = (uint32_t)count;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t row = l.sections + (uint64_t)i * PE_SECTION_BYTES;

		addresses[i] = round_down(number(r, row + 12, 4), l.section_alignment);
		out->sections[i] = (struct program_section){
			.at = round_down(number(r, row + 20, 4), l.file_alignment),
			.bytes = round_up(number(r, row + 16, 4), l.file_alignment)
		};
	}
	out->last = out->sections[count - 1];
	return result(r, find_entry(out, &l, addresses, &out->entry));
}

/* Offsets of fields: of 32 and of 64 bits. */
static enum program_result
read_elf(struct reader *r, struct program *out)
{
	bool is_wide = r->head.data[4] == 2;
	unsigned word = is_wide ? 8 : 4;
	uint64_t entry, table, each = is_wide ? 56 : 32, count;

	r->is_big_endian = r->head.data[5] == 2;
	entry = number(r, 24, word);
	table = number(r, is_wide ? 32 : 28, word);
	count = number(r, is_wide ? 56 : 44, 2);
	out->section_count = 0;
	out->entry = 0;
	if (r->is_short || count > ELF_PROGRAMS_MAX)
		return result(r, false);
	if (count == 0 || entry == 0)
		return PROGRAM_YES;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t row = table + i * each;
		uint64_t at = number(r, row + (is_wide ? 8 : 4), word),
			 address = number(r, row + (is_wide ? 16 : 8), word),
			 bytes = number(r, row + (is_wide ? 40 : 20), word);

		if (r->is_short)
			return result(r, false);
		if (address <= entry && bytes > entry - address) {
			out->entry = at + (entry - address);
			return PROGRAM_YES;
		}
	}
	return PROGRAM_NO;
}

enum program_result
program_read(struct span head, bool is_whole, struct program *out)
{
	struct reader r = { .head = head, .is_whole = is_whole };

	if (head.bytes >= 2 && (memcmp(head.data, "MZ", 2) == 0 || memcmp(head.data, "ZM", 2) == 0))
		return read_pe(&r, out);
	if (head.bytes >= 6 && memcmp(head.data, "\177ELF", 4) == 0)
		return read_elf(&r, out);
	return head.bytes >= 6 || is_whole ? PROGRAM_NO : PROGRAM_BEYOND;
}

/* Offsets of fields: of 32 and of 64 bits. */
void
program_read_elf_sections(struct span whole, struct program *out)
{
	struct reader r = { .head = whole, .is_whole = true };
	bool is_wide;
	unsigned word;
	uint64_t table, each, count;

	if (whole.bytes < 6 || memcmp(whole.data, "\177ELF", 4) != 0)
		return;
	is_wide = whole.data[4] == 2;
	word = is_wide ? 8 : 4;
	each = is_wide ? 64 : 40;
	r.is_big_endian = whole.data[5] == 2;
	table = number(&r, is_wide ? 40 : 32, word);
	count = number(&r, is_wide ? 60 : 48, 2);
	if (r.is_short || count == 0 || count > ELF_SECTIONS_MAX || table > whole.bytes ||
	    count * each > whole.bytes - table || number(&r, is_wide ? 58 : 46, 2) != each)
		return;
	out->section_count = (uint32_t)count;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t row = table + i * each;

		/* as wide as ClamAV's, also of 64 bits: sums of them don't overflow */
		out->last.at = (uint32_t)number(&r, row + (is_wide ? 24 : 16), word);
		out->last.bytes = (uint32_t)number(&r, row + (is_wide ? 32 : 20), word);
		if (i < PROGRAM_SECTIONS_MAX)
			out->sections[i] = out->last;
	}
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The parts from `end` on, with the certificates one of them. */
static unsigned
part_at(uint64_t end, uint64_t bytes, const struct program_section *certificates,
    struct program_section out[PROGRAM_OVERLAY_MAX])
{
	const struct program_section *c = certificates;
	uint64_t cuts[4] = { end, end, end, bytes };
	unsigned n = 0;

	if (c->bytes > 0 && c->at >= end && c->at <= bytes && c->bytes <= bytes - c->at) {
		cuts[1] = c->at;
		cuts[2] = c->at + c->bytes;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (cuts[i + 1] > cuts[i])
			out[n++] = (struct program_section){ cuts[i], cuts[i + 1] - cuts[i] };
	}
	return n;
}

/* Sections that have bytes in the file, and the table itself. */
static uint64_t
end_of_pe(struct reader *r, struct program_section *certificates)
{
	uint64_t at = number(r, 0x3c, 4), optional = at + 4 + COFF_BYTES, end;
	uint64_t count = number(r, at + 6, 2), row = optional + number(r, at + 20, 2);
	bool is_wide = number(r, optional, 2) == 0x20b;
	uint64_t directories = optional + (is_wide ? 112 : 96);

	if (number(r, at, 4) != 0x4550)
		r->is_short = true;
	end = row + count * PE_SECTION_BYTES;
	for (uint64_t i = 0; i < count && !r->is_short; i++, row += PE_SECTION_BYTES) {
		uint64_t bytes = number(r, row + 16, 4), from = number(r, row + 20, 4);

		if (bytes > 0)
			end = larger(end, from + bytes);
	}
	if (!r->is_short && number(r, directories - 4, 4) > 4) {
		certificates->at = number(r, directories + 32, 4); /* an offset of the file */
		certificates->bytes = number(r, directories + 36, 4);
	}
	return end;
}

/* Rows of an ELF's table. `at`: where in a row type, offset and size stand, and how wide the latter
 * two are; `skips` is a type that has no bytes. */
static uint64_t
end_of_rows(struct reader *r, uint64_t table, uint64_t each, uint64_t count, const unsigned at[4],
    uint64_t skips)
{
	uint64_t end = table + each * count;

	for (uint64_t i = 0; i < count && !r->is_short; i++, table += each) {
		uint64_t type = number(r, table + at[0], 4);
		uint64_t from = number(r, table + at[1], at[3]),
			 bytes = number(r, table + at[2], at[3]);

		if (bytes > UINT64_MAX - from)
			r->is_short = true;
		else if (type != 0 && type != skips && bytes > 0)
			end = larger(end, from + bytes);
	}
	return end;
}

/* Segments, sections and both tables (gABI "ELF Header", SHT_NOBITS is 8). */
static uint64_t
end_of_elf(struct reader *r)
{
	bool is_wide = r->head.data[4] == 2;
	unsigned word = is_wide ? 8 : 4, sizes = is_wide ? 54 : 42;
	const unsigned segments[2][4] = { { 0, 4, 16, 4 }, { 0, 8, 32, 8 } };
	const unsigned sections[2][4] = { { 4, 16, 20, 4 }, { 4, 24, 32, 8 } };
	uint64_t bytes = r->head.bytes, programs, named, rows[4];

	r->is_big_endian = r->head.data[5] == 2;
	programs = number(r, is_wide ? 32 : 28, word);
	named = number(r, is_wide ? 40 : 32, word);
	for (unsigned i = 0; i < 4; i++) /* e_phentsize, e_phnum, e_shentsize, e_shnum */
		rows[i] = number(r, sizes + 2 * i, 2);
	if (programs > bytes || named > bytes)
		r->is_short = true;
	return larger(end_of_rows(r, programs, rows[0], rows[1], segments[is_wide], UINT64_MAX),
	    end_of_rows(r, named, rows[2], rows[3], sections[is_wide], 8));
}

uint64_t
program_bytes(struct span from)
{
	struct reader r = { .head = from, .is_whole = true };
	struct program_section c = { 0, 0 };
	uint64_t end = end_of_pe(&r, &c);

	if (r.is_short || end > from.bytes)
		return from.bytes;
	if (c.bytes > 0 && c.at >= end && c.at - end < CERTIFICATES_GAP && c.at <= from.bytes &&
	    c.bytes <= from.bytes - c.at)
		end = c.at + c.bytes;
	return end;
}

unsigned
program_overlay(struct span whole, struct program_section out[PROGRAM_OVERLAY_MAX])
{
	struct reader r = { .head = whole, .is_whole = true };
	struct program_section certificates = { 0, 0 };
	uint64_t end;

	if (whole.bytes >= 2 && memcmp(whole.data, "MZ", 2) == 0)
		end = end_of_pe(&r, &certificates);
	else if (whole.bytes >= 64 && memcmp(whole.data, "\177ELF", 4) == 0)
		end = end_of_elf(&r);
	else
		return 0;
	return r.is_short || end >= whole.bytes ? 0 : part_at(end, whole.bytes, &certificates, out);
}
