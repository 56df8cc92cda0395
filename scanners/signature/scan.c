/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scans: block mode when the object is one span, else a stream of the core's pool, made when the
 * core was prepared, touched only by the first bytes that are not the last, and reset for the next
 * object. After the first hit nothing more is scanned.
 */
#include <errno.h>
#include <stdlib.h>

#include "scanners/signature/internal.h"

struct signature_scan {
	struct signature_scan *next_free;
	struct signature_core *core;
	const struct generation *generation;
	hs_stream_t *stream;
	uint64_t bytes;
	bool in_stream, ended, has_hit, failed;
	struct signature_hit hit;
};

struct signature_core {
	hs_scratch_t *scratch;
	uint32_t scans_max, ready; /* `ready` of them have a stream */
	struct signature_scan *scans, *free;
};

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

void
signature_core_destroy(struct signature_core *core)
{
	if (core == NULL)
		return;
	for (uint32_t i = 0; i < core->ready; i++)
		hs_close_stream(core->scans[i].stream, NULL, NULL, NULL);
	hs_free_scratch(core->scratch);
	free(core->scans);
	free(core);
}

int
signature_core_prepare(struct signature_core *core, const struct generation *g)
{
	if (hs_alloc_scratch(g->block, &core->scratch) != HS_SUCCESS ||
	    hs_alloc_scratch(g->stream, &core->scratch) != HS_SUCCESS)
		return -ENOMEM;
	for (; core->ready < core->scans_max; core->ready++) {
		struct signature_scan *scan = &core->scans[core->ready];

		if (hs_open_stream(g->stream, 0, &scan->stream) != HS_SUCCESS)
			return -ENOMEM;
		scan->core = core;
		scan->next_free = core->free;
		core->free = scan;
	}
	return 0;
}

struct signature_scan *
signature_open(struct signature_core *core, const struct generation *g)
{
	struct signature_scan *scan = core->free;

	if (scan == NULL)
		return NULL;
	core->free = scan->next_free;
	scan->generation = g;
	scan->bytes = 0;
	scan->in_stream = scan->ended = scan->has_hit = scan->failed = false;
	return scan;
}

/* Hyperscan's callback: the first match is enough. */
static int
take_match(
    unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	struct signature_scan *scan = context;

	(void)from;
	(void)flags;
	scan->has_hit = true;
	scan->hit.name = generation_literal_name(scan->generation, id);
	scan->hit.offset = to;
	return 1;
}

int
signature_feed(struct signature_scan *scan, struct span bytes, bool is_last)
{
	hs_scratch_t *scratch = scan->core->scratch;
	hs_error_t rc;

	if (scan->failed)
		return -EIO;
	if (scan->has_hit)
		return 1;
	if (bytes.bytes == 0)
		return 0;
	if (bytes.bytes > UINT32_MAX || scan->ended) { /* a match across the end would be missed */
		scan->failed = true;
		return bytes.bytes > UINT32_MAX ? -EFBIG : -EINVAL;
	}
	scan->ended = is_last;
	if (is_last && !scan->in_stream) {
		rc = hs_scan(scan->generation->block, (const char *)bytes.data,
		    (unsigned)bytes.bytes, 0, scratch, take_match, scan);
	} else {
		scan->in_stream = true;
		rc = hs_scan_stream(scan->stream, (const char *)bytes.data, (unsigned)bytes.bytes,
		    0, scratch, take_match, scan);
	}
	scan->bytes += bytes.bytes;
	scan->failed = rc != HS_SUCCESS && rc != HS_SCAN_TERMINATED;
	return scan->failed ? -EIO : scan->has_hit;
}

int
signature_finish(struct signature_scan *scan)
{
	return scan->failed ? -EIO
			    : scan->has_hit; /* literals match where they end: nothing is pending */
}

uint64_t
signature_block_bytes(const struct signature_scan *scan)
{
	return scan->in_stream ? 0 : scan->bytes;
}

const struct signature_hit *
signature_hit(const struct signature_scan *scan)
{
	return scan->has_hit ? &scan->hit : NULL;
}

void
signature_close(struct signature_scan *scan)
{
	struct signature_core *core = scan->core;

	if (scan->in_stream)
		hs_reset_stream(scan->stream, 0, NULL, NULL, NULL);
	scan->next_free = core->free;
	core->free = scan;
}
