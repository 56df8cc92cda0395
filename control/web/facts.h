/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that is told of how things stand: what metrics and the page are written from. Control gathers
 * it for one answer (control/facts.c) and lends everything in it until that is written.
 */
#ifndef SLUICE_WEB_FACTS_H
#define SLUICE_WEB_FACTS_H

#include "common/channel/channel.h"
#include "control/store/store.h"

/* Of one core. */
struct web_core {
	struct core_stats stats;
	uint64_t unsound; /* what control found in its rings and skipped */
};

struct web_facts {
	/* Control. */
	const char *instance;
	enum mode mode;
	uint64_t uptime_s;
	uint64_t lines, lines_dropped, json_dropped;
	unsigned jobs_running, jobs_waiting;
	uint64_t untold;
	bool compiling;
	uint64_t compilations, compilations_failed;
	struct store_facts store;
	/* What is wrong, in words, not escaped; empty: nothing. The store's is in its facts. */
	const char *refused, *compile_error, *log_error;

	/* The dataplane; without one `cores` is 0 and the rest unset. */
	uint32_t cores;
	const struct web_core *core;
	uint64_t generation;
	uint64_t shadow;            /* that is tried beside it; 0: none */
	int64_t dataplane_uptime_s; /* -1: not known */

	/* What its generation holds; unset where that is not known. */
	bool signatures_known;
	uint32_t literals, digests_bad, digests_good, reputation_entries;
};

#endif
