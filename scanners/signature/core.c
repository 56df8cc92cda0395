/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a core has for its scans, all of it made before the first object: Hyperscan's scratch, and
 * for each scan a stream of every database and memory of what went by.
 */
#include <errno.h>
#include <stdlib.h>

#include "scanners/signature/scan.h"

struct signature_core *
signature_core_create(uint32_t streams_max)
{
	struct signature_core *core = calloc(1, sizeof(*core));

	if (core == NULL)
		return NULL;
	core->scans_max = streams_max;
	core->scans = calloc(streams_max, sizeof(*core->scans));
	if (core->scans == NULL) {
		free(core);
		return NULL;
	}
	return core;
}

static void
close_streams(struct signature_scan *scan)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		if (scan->streams[t] != NULL)
			hs_close_stream(scan->streams[t], NULL, NULL, NULL);
	}
}

void
signature_core_destroy(struct signature_core *core)
{
	if (core == NULL)
		return;
	for (uint32_t i = 0; i < core->ready; i++)
		close_streams(&core->scans[i]);
	hs_free_scratch(core->scratch);
	waiting_pool_fini(&core->waiting);
	free(core->memories);
	free(core->scans);
	free(core);
}

static int
grow_scratch(struct signature_core *core, const struct generation *g)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		hs_database_t *both[] = { g->stream[t], g->block[t] };

		for (unsigned i = 0; i < 2; i++) {
			if (both[i] != NULL &&
			    hs_alloc_scratch(both[i], &core->scratch) != HS_SUCCESS)
				return -ENOMEM;
		}
	}
	return 0;
}

static int
open_streams(struct signature_scan *scan, const struct generation *g)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		if (g->stream[t] != NULL &&
		    hs_open_stream(g->stream[t], 0, &scan->streams[t]) != HS_SUCCESS) {
			close_streams(scan);
			return -ENOMEM;
		}
	}
	return 0;
}

int
signature_core_prepare(struct signature_core *core, const struct generation *g)
{
	const bool wants_memory = g->sections[GENERATION_PATTERNS].bytes > 0 ||
				  g->sections[GENERATION_ALWAYS].bytes > 0 || g->has_sha1 ||
				  g->has_section_digests;

	if (grow_scratch(core, g) != 0)
		return -ENOMEM;
	if (core->memories == NULL && wants_memory) {
		core->memories = calloc(core->scans_max, sizeof(*core->memories));
		if (core->memories == NULL)
			return -ENOMEM;
	}
	if (wants_memory && waiting_pool_init(&core->waiting, core->scans_max) != 0)
		return -ENOMEM;
	for (; core->ready < core->scans_max; core->ready++) {
		struct signature_scan *scan = &core->scans[core->ready];

		if (open_streams(scan, g) != 0)
			return -ENOMEM;
		scan->core = core;
		scan->next_free = core->free;
		core->free = scan;
	}
	return 0;
}
