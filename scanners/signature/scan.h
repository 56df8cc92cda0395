/* SPDX-License-Identifier: BSD-3-Clause */
/* What scans are made of, for scan.c, which judges, and core.c, which has them ready. */
#ifndef SLUICE_SIGNATURE_SCAN_H
#define SLUICE_SIGNATURE_SCAN_H

#include "scanners/signature/hashing.h"
#include "scanners/signature/internal.h"
#include "scanners/signature/waiting.h"

#define KEPT_BYTES (GENERATION_REACH_MAX + 4) /* and two beyond either end, for edges */

/* One scan's memory of what went by; the core has one for each where a generation has patterns, or
 * rules that need none. */
struct memory {
	uint32_t kept_bytes, head_bytes;
	struct tallies tallies;
	struct signature_program program;
	struct hashing hashing;
	uint8_t head[PROGRAM_HEAD_BYTES];
	struct waiting waiting;
	uint8_t kept[KEPT_BYTES];
};

struct signature_scan {
	struct signature_scan *next_free;
	struct signature_core *core;
	const struct generation *generation;
	hs_stream_t *streams[TARGET_COUNT]; /* as the generation has databases */
	struct memory *memory;              /* NULL: no patterns */
	struct signature_view view;
	struct span head;   /* the object's start: where it lies, or in its memory */
	enum format format; /* FORMAT_COUNT: not told yet */
	uint64_t bytes, steps, last_end;
	unsigned target;
	uint32_t only;             /* the literal that is looked for; UINT32_MAX: any */
	uint32_t only_id, only_at; /* of the one: signature_look_for() */
	bool is_form;              /* signature_take_as() */
	bool has_target, in_stream, ended, has_hit, failed, wants_deep, by_name, by_container;
	uint32_t containers;
	signature_name_of name_of; /* NULL: it has none */
	void *name_arg;
	signature_regex_search search_regex; /* NULL: nobody does */
	void *search_arg;
	struct signature_hit hit;
};

struct signature_core {
	hs_scratch_t *scratch;
	uint32_t scans_max, ready; /* `ready` of them have a stream */
	struct signature_scan *scans, *free;
	struct memory *memories;
	struct waiting_pool waiting;
};

#endif
