/* SPDX-License-Identifier: BSD-3-Clause */
/* The signature compiler: sources in, one generation file out. Lives for one run; memory is the
 * run's. */
#ifndef SLUICE_SIGC_H
#define SLUICE_SIGC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"
#include "scanners/reputation/reputation.h"
#include "scanners/signature/generation_file.h"

#define SIGC_LINE_MAX  (1 << 20)
#define SIGC_ERROR_MAX 512

/* A table that grows. */
struct sigc_table {
	uint8_t *bytes;
	size_t used, room;
};

/* Why a signature was left out: the count, and the first names. */
#define SKIP_REASONS(X)                                                  \
	X(OPEN_GAP, "a gap without end in the pattern")                  \
	X(REACH, "a pattern that reaches too far")                       \
	X(NESTED, "alternatives within alternatives")                    \
	X(INNER_EDGE, "(B), (L) or (W) inside a pattern")                \
	X(LEVEL, "for another level of ClamAV's engine")                 \
	X(TARGET, "a target type other than any")                        \
	X(OFFSET, "an offset from the end, an entry point or a section") \
	X(SHORT, "no four bytes in a row to look for")                   \
	X(FILE_TYPE, "a file of a type that is not read")                \
	X(DIGEST_KIND, "a digest that is neither MD5 nor SHA-256")

enum skip_reason {
#define X(id, text) SKIP_##id,
	SKIP_REASONS(X)
#undef X
	SKIP_COUNT
};

struct sigc {
	struct sigc_table names, literals, patterns; /* patterns: struct pattern */
	struct sigc_table bad_md5, bad_sha256, good_md5, good_sha256;
	struct sigc_table urls, lists;                /* struct url_entry, list names in `names` */
	struct sigc_table checks, elements, compared; /* PATTERNS, ELEMENTS, BYTES of the file */
	uint64_t skipped[SKIP_COUNT], loaded;
	struct sigc_table skipped_names; /* "name: reason\n" */
	char error[SIGC_ERROR_MAX];      /* FILE:LINE: what */
};

struct pattern {
	uint32_t bytes_at, bytes_count, name; /* in `literals` and `names` */
	uint32_t check;                       /* in `checks`, or GENERATION_NO_PATTERN */
};

struct url_entry {
	uint32_t key, key_bytes, host_bytes, line; /* key in `names` */
	uint8_t list, kind;
};

/* table.c: appends; aborts with one line when memory is lacking */
size_t table_add(struct sigc_table *t, const void *bytes, size_t count);
uint32_t table_add_text(struct sigc_table *t, struct span text);

/* sources.c: reads a file or a directory by its names' ends. -EINVAL with `s->error` set. */
int sigc_read(struct sigc *s, const char *path);
int sigc_read_list(struct sigc *s, const char *path, enum reputation_kind kind);
/* One literal; refused ones are counted. */
void sigc_add_literal(struct sigc *s, struct span name, const uint8_t *bytes, size_t count);

/* A literal that a check follows; at least 4 bytes. */
void sigc_add_anchor(
    struct sigc *s, const uint8_t *bytes, size_t count, uint32_t name, uint32_t check);
/* Counts and names what is left out. */
void sigc_skip(struct sigc *s, struct span name, enum skip_reason why);
/* 0 to 15, or -1. */
int sigc_nibble(uint8_t c);

/* hex.c: one of ClamAV's patterns that begins within these offsets. -EINVAL: it is none. */
int sigc_add_hex(
    struct sigc *s, struct span name, struct span hex, uint64_t start_min, uint64_t start_max);

/* table.c: gives all memory back; the program itself just ends */
void sigc_free(struct sigc *s);

/* build.c: compiles and writes the file (temporary, fsync, rename). -EINVAL, -EIO with `s->error`.
 */
int sigc_build(struct sigc *s, const char *output);

#endif
