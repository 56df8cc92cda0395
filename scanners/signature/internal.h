/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder's own view of a loaded generation. */
#ifndef SLUICE_SIGNATURE_INTERNAL_H
#define SLUICE_SIGNATURE_INTERNAL_H

#include <hs/hs.h>

#include "scanners/reputation/reputation.h"
#include "scanners/signature/generation_file.h"
#include "scanners/signature/signature.h"

struct generation {
	uint64_t id;
	hs_database_t *block, *stream;
	struct span sections[GENERATION_KIND_COUNT]; /* within the mapped file */
	bool has_reputation;
	struct reputation_table reputation;
};

/* What a scan can see: the bytes fed now, and the last ones before them. */
struct signature_view {
	struct span kept, now;
	uint64_t now_at; /* the offset of now's first byte; kept ends there */
	bool is_end;     /* the object ends with `now` */
};

enum pattern_result {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_MORE /* depends on bytes that have not come */
};

/*
 * pattern.c: whether pattern `id` stands where its literal was found to end at `literal_end`; then
 * `*end` is where its shortest match ends. Takes what it does from `*steps`; stops at 0, with NO.
 */
enum pattern_result pattern_check(const struct generation *g, uint32_t id,
    const struct signature_view *view, uint64_t literal_end, uint64_t *steps, uint64_t *end);
/* Whether PATTERNS, ELEMENTS and BYTES fit together; the rest of pattern.c relies on it. */
bool pattern_tables_are_sound(const struct generation *g);

/* GENERATION_NO_PATTERN where the literal is the whole signature; ids are checked. */
uint32_t generation_literal_pattern(const struct generation *g, unsigned id);
/* The name of a literal by Hyperscan's id; ids come from the database, so are checked. */
const char *generation_literal_name(const struct generation *g, unsigned id);

#endif
