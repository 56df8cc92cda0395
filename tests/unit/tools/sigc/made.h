/* SPDX-License-Identifier: BSD-3-Clause */
/* A generation made from texts, for tests: source files in a directory of their own. */
#ifndef SLUICE_TESTS_SIGC_MADE_H
#define SLUICE_TESTS_SIGC_MADE_H

#include "scanners/reputation/reputation.h"
#include "scanners/signature/signature.h"
#include "tests/unit/harness.h"
#include "tools/sigc/sigc.h"

struct made {
	struct sigc sigc;
	char directory[64];
	uint8_t *bytes; /* the generation file */
	size_t byte_count;
	struct generation *generation; /* NULL: none was made */
};

void made_begin(struct made *m);
/* Writes a file and reads it as a source, or as a list; what sigc said. */
int made_source(struct made *m, const char *name, const void *text, size_t bytes);
int made_list(struct made *m, const char *name, const char *text, enum reputation_kind kind);
/* Whether something is left out so: "NAME: REASON", or its start. */
bool made_left_out(const struct made *m, const char *line);
/* Builds and opens. 0 or negative, the sentence in m->sigc.error. */
int made_build(struct made *m);
/* Makes the file's checksum, and its id, those of what it holds now. */
void made_sign(struct made *m);
void made_end(struct made *m);

/*
 * A PE program of `bytes` (at least 0x400 behind its sections): two sections of 512 bytes from
 * `sections_at` on; it begins to run 0x20 bytes behind that.
 */
void made_program(uint8_t *body, size_t bytes, uint32_t header_at, uint32_t sections_at);

/*
 * Scans a body in pieces of `step` bytes. 1: found, and what it was in `hit` (NULL: not asked); 0:
 * not; negative: the scan failed.
 */
int made_scan(struct signature_core *core, const struct generation *g, struct span body,
    size_t step, struct signature_hit *hit);

/*
 * The same as the sandbox has it, which knows all of the body: signatures that only it can judge.
 * `containers`: what it lies in; the signature asks for that unless it is 0.
 */
int made_scan_whole(const struct made *m, struct span body, uint32_t containers);

#endif
