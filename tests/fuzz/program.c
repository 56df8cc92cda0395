/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats and programs' headers: whatever the bytes, what is told of a file lies within it, and
 * what is told of its first bytes is what is told of the whole.
 */
/* fuzz-links: scanners/format common/base */
#include <assert.h>

#include "scanners/format/format.h"
#include "scanners/format/version_info.h"

static void
try_sections(struct span s)
{
	struct program whole = { .section_count = 0 }, part;
	struct span head = span_first(s, PROGRAM_HEAD_BYTES);
	enum program_result of_whole = program_read(s, true, &whole),
			    of_head = program_read(head, head.bytes == s.bytes, &part);

	assert(of_whole != PROGRAM_BEYOND);
	assert(of_head == PROGRAM_BEYOND || of_head == of_whole);
	assert(of_head != PROGRAM_YES || part.entry == whole.entry);
	if (of_whole != PROGRAM_YES)
		return;
	program_read_elf_sections(s, &whole);
	for (uint32_t i = 0; i < whole.section_count && i < PROGRAM_SECTIONS_MAX; i++)
		assert(whole.sections[i].at <= UINT32_MAX &&
		       whole.sections[i].bytes < UINT64_C(1) << 33); /* rounded up */
}

static void
try_overlay(struct span s)
{
	struct program_section parts[PROGRAM_OVERLAY_MAX];
	unsigned n = program_overlay(s, parts);

	assert(n <= PROGRAM_OVERLAY_MAX);
	for (unsigned i = 0; i < n; i++)
		assert(parts[i].at <= s.bytes && parts[i].bytes <= s.bytes - parts[i].at);
}

/* A key lies within the resource, with its block's head before it. */
static void
try_version_info(struct span s)
{
	struct program_section found[VERSION_INFO_MAX];
	unsigned n = version_info_find(s, found);

	assert(n <= VERSION_INFO_MAX);
	for (unsigned i = 0; i < n; i++) {
		assert(found[i].at < s.bytes && found[i].bytes <= s.bytes - found[i].at);
		for (uint64_t at = 0; at < s.bytes; at++)
			assert(!version_info_has_key_at(s, &found[i], at) ||
			       (at >= found[i].at + 6 && at < found[i].at + found[i].bytes));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct span s = span_of(data, bytes);

	assert(format_detect(s) < FORMAT_COUNT);
	try_sections(s);
	try_overlay(s);
	try_version_info(s);
	return 0;
}
