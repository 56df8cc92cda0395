/* SPDX-License-Identifier: BSD-3-Clause */
/* Resources and version information of a PE; see version_info.h. All numbers are little-endian. */
#include "scanners/format/version_info.h"

#include <string.h>

#define RESOURCE_VERSION 16
#define ENTRIES_MAX      64 /* of a directory; more are not looked at */
#define IS_DIRECTORY     0x80000000u
#define SECTION_BYTES    40

/* VS_VERSIONINFO: wLength, wValueLength, wType, its key and VS_FIXEDFILEINFO. */
#define BLOCK_HEAD      6
#define FIXED_BYTES     0x34
#define FIXED_AT        0x28
#define FIXED_SIGNATURE 0xfeef04bdu
#define CHILDREN_AT     (FIXED_AT + FIXED_BYTES)
#define STRINGS_KEY     "S\0t\0r\0i\0n\0g\0F\0i\0l\0e\0I\0n\0f\0o\0\0"
#define VERSION_KEY     "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0"
#define TABLE_KEY_BYTES 18 /* eight digits: language and code page */

struct resources {
	struct span whole;
	uint64_t sections, section_count; /* their table */
	uint64_t base;                    /* of the directory's root */
	struct program_section *out;
	unsigned count;
};

/* 0 behind the end. */
static uint64_t
number(struct span from, uint64_t at, unsigned width)
{
	uint64_t n = 0;

	if (at > from.bytes || from.bytes - at < width)
		return 0;
	for (unsigned i = 0; i < width; i++)
		n |= (uint64_t)from.data[at + i] << 8 * i;
	return n;
}

/* Where an address of the loaded program lies in the file. False: in no section. */
static bool
find_address(const struct resources *r, uint64_t address, uint64_t *out)
{
	for (uint64_t i = 0; i < r->section_count; i++) {
		uint64_t row = r->sections + i * SECTION_BYTES;
		uint64_t begin = number(r->whole, row + 12, 4),
			 bytes = number(r->whole, row + 16, 4);

		if (address >= begin && address - begin < bytes) {
			*out = number(r->whole, row + 20, 4) + (address - begin);
			return true;
		}
	}
	return false;
}

/* A leaf: address and size. */
static void
take_leaf(struct resources *r, uint64_t at)
{
	uint64_t bytes = number(r->whole, at + 4, 4), from;

	if (r->count < VERSION_INFO_MAX && find_address(r, number(r->whole, at, 4), &from) &&
	    from < r->whole.bytes && bytes <= r->whole.bytes - from)
		r->out[r->count++] = (struct program_section){ from, bytes };
}

/* Directories of type, of name and of language, within each other. */
static void
walk(struct resources *r, uint64_t at, unsigned level)
{
	uint64_t count = number(r->whole, at + 12, 2) + number(r->whole, at + 14, 2);

	for (uint64_t i = 0; i < count && i < ENTRIES_MAX && r->count < VERSION_INFO_MAX; i++) {
		uint64_t id = number(r->whole, at + 16 + 8 * i, 4);
		uint64_t to = number(r->whole, at + 20 + 8 * i, 4);
		uint64_t next = r->base + (to & ~(uint64_t)IS_DIRECTORY);

		if (level == 0 && id != RESOURCE_VERSION)
			continue;
		if ((to & IS_DIRECTORY) == 0)
			take_leaf(r, next);
		else if (level < 2)
			walk(r, next, level + 1);
	}
}

unsigned
version_info_find(struct span whole, struct program_section out[VERSION_INFO_MAX])
{
	struct resources r = { .whole = whole, .out = out };
	uint64_t header = number(whole, 0x3c, 4), optional = header + 24, directories;

	if (number(whole, header, 4) != 0x4550) /* "PE", 0, 0 */
		return 0;
	r.section_count = number(whole, header + 6, 2);
	r.sections = optional + number(whole, header + 20, 2);
	if (r.section_count > PROGRAM_SECTIONS_MAX)
		return 0;
	directories = optional + (number(whole, optional, 2) == 0x20b ? 112 : 96);
	if (number(whole, directories - 4, 4) < 3 ||
	    !find_address(&r, number(whole, directories + 16, 4), &r.base))
		return 0;
	walk(&r, r.base, 0);
	return r.count;
}

static bool
has_key(struct span block, const char *key, size_t bytes)
{
	return block.bytes >= BLOCK_HEAD + bytes &&
	       memcmp(block.data + BLOCK_HEAD, key, bytes) == 0;
}

/* The block that `*rest` begins with, which is taken off with what aligns the next one. Empty: none
 * that is whole. */
static struct span
take_block(struct span *rest)
{
	uint64_t bytes = number(*rest, 0, 2);
	struct span block = span_first(*rest, bytes);

	if (bytes < BLOCK_HEAD || bytes > rest->bytes)
		return span_of(NULL, 0);
	*rest = span_from(*rest, (bytes + 3) / 4 * 4);
	return block;
}

/* Whether a string of this table begins there. */
static bool
table_has(struct span table, const uint8_t *at)
{
	struct span rest = span_from(table, BLOCK_HEAD + TABLE_KEY_BYTES), string;

	while ((string = take_block(&rest)).bytes > 0) {
		if (string.data + BLOCK_HEAD == at)
			return true;
	}
	return false;
}

bool
version_info_has_key_at(struct span whole, const struct program_section *where, uint64_t at)
{
	struct span rest = span_of(whole.data + where->at, (size_t)where->bytes), info, block;

	if (at < where->at || at - where->at >= where->bytes)
		return false;
	info = take_block(&rest);
	if (number(info, 2, 2) != FIXED_BYTES || !has_key(info, VERSION_KEY, sizeof(VERSION_KEY)) ||
	    number(info, FIXED_AT, 4) != FIXED_SIGNATURE)
		return false;
	rest = span_from(info, CHILDREN_AT);
	while ((block = take_block(&rest)).bytes > 0) {
		struct span tables = span_from(block, BLOCK_HEAD + sizeof(STRINGS_KEY)), table;

		if (!has_key(block, STRINGS_KEY, sizeof(STRINGS_KEY)))
			continue;
		while ((table = take_block(&tables)).bytes > 0) {
			if (table_has(table, whole.data + at))
				return true;
		}
	}
	return false;
}
