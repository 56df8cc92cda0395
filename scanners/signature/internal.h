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

/* The name of a literal by Hyperscan's id; ids come from the database, so are checked. */
const char *generation_literal_name(const struct generation *g, unsigned id);

#endif
