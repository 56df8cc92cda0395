/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a program begins to run and where its sections lie in the file, from its first bytes; of a
 * whole one, what is behind all of them: PE
 * (Microsoft PE/COFF §3, §4) and ELF (System V gABI, "Object Files"), as ClamAV reads them, since
 * its signatures count from there. No allocation; no byte behind `head` is looked at, and the size
 * of the whole object plays no part: a stream's is not known yet. An ELF's sections, whose table
 * stands at its end, are read of a whole one alone.
 */
#ifndef SLUICE_PROGRAM_H
#define SLUICE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

#define PROGRAM_HEAD_BYTES   4096 /* enough for the headers of nearly all programs */
#define PROGRAM_SECTIONS_MAX 96   /* more of PE is malformed */

enum program_result {
	PROGRAM_NO, /* it is none, or malformed */
	PROGRAM_YES,
	PROGRAM_BEYOND /* its headers reach behind `head` */
};

struct program_section {
	uint64_t at, bytes; /* of the file, rounded as the headers say */
};

struct program {
	uint64_t entry; /* an offset of the file */
	/* PE's in their order; ELF's by program_read_elf_sections(), of which there may be more
	 * than are kept */
	uint32_t section_count;
	struct program_section sections[PROGRAM_SECTIONS_MAX], last;
};

#define PROGRAM_OVERLAY_MAX 3

/*
 * Of a whole program: what lies behind all that its headers name, in up to three parts, in their
 * order. A PE's certificates (Authenticode), which stand there and in no section, are one of their
 * own. Returns how many there are; 0 also where it is no program, or its headers name more than
 * there is. Rows of tables are looked at once each, at most 65,535 of a kind.
 */
unsigned program_overlay(struct span whole, struct program_section out[PROGRAM_OVERLAY_MAX]);

/* Of bytes that a PE begins: how many are its own by its headers, with the certificates behind it;
 * all where they are malformed, or name more than there is. */
uint64_t program_bytes(struct span from);

/* `is_whole`: the object ends with `head`. `out` is valid for PROGRAM_YES alone. */
enum program_result program_read(struct span head, bool is_whole, struct program *out);
/* The sections of a whole ELF, besides what program_read() told of it; none where the table is
 * malformed. Does nothing of what is no ELF. */
void program_read_elf_sections(struct span whole, struct program *out);

#endif
