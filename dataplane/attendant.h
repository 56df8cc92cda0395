/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attendant: the dataplane's thread that is no poll-mode core. It hands the region to control,
 * loads and publishes generations and policies that control sends, reads certificates, frees what
 * is old, and waits for the signal to stop. What blocks happens here, so that it never happens on a
 * core.
 */
#ifndef SLUICE_ATTENDANT_H
#define SLUICE_ATTENDANT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config/config.h"
#include "dataplane/certificates.h"
#include "dataplane/inspect/publication.h"

struct attendant_config {
	const struct config_paths *paths;
	struct region *region;
	struct publisher *publisher;
	struct certificates *certificates;
	unsigned cores;
	uint32_t scans_max;      /* per core */
	bool *stop;              /* set when a signal asked for the end */
	void (*look)(void *arg); /* called every time round; NULL: nobody */
	void *look_arg;
};

struct attendant;

/*
 * Blocks SIGTERM and SIGINT in the calling thread and those it makes. Call it before EAL starts:
 * its threads inherit the mask, and one that does not would end the process instead of draining it.
 */
void attendant_block_signals(void);

/* Listens, on the socket and for the blocked signals. -errno with a sentence. */
int attendant_create(const struct attendant_config *config, struct attendant **out,
    char error[CONFIG_ERROR_TEXT_MAX]);
/* The first publication: what control published last (STATE/generation, STATE/mode), else EICAR
 * alone; and what it had tried (STATE/shadow). */
int attendant_publish_first(
    struct attendant *a, const struct config *c, char error[CONFIG_ERROR_TEXT_MAX]);
/* Runs until a signal; then sets *stop and returns. */
void attendant_run(struct attendant *a);
void attendant_destroy(struct attendant *a);

#endif
