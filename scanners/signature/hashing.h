/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digests that a scan takes on the way, where the generation has lists of them: SHA-1 of the whole
 * object, and MD5, SHA-1 and SHA-256 of a program's sections (scanners/format/program.h), of those
 * alone whose size is listed. MD5 and SHA-256 of the whole are the caller's (digest.h).
 * Bounds: HASHING_OPEN_MAX sections at one place of the file; more is a failed scan.
 */
#ifndef SLUICE_SIGNATURE_HASHING_H
#define SLUICE_SIGNATURE_HASHING_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "scanners/format/program.h"

#define HASHING_OPEN_MAX 8

struct generation;

struct hashing_open {
	uint64_t from, bytes, done; /* the section; how many of its bytes were fed */
	uint32_t kinds;             /* a bit for each */
	MD5_CTX md5;
	SHA_CTX sha1;
	SHA256_CTX sha256;
};

/* Owned by a scan. */
struct hashing {
	bool has_ended, is_trusted;
	uint64_t bytes;
	SHA_CTX sha1;
	uint32_t planned_count, open_count;
	struct hashing_plan {
		uint64_t from, bytes;
		uint32_t kinds;
	} planned[PROGRAM_SECTIONS_MAX];
	struct hashing_open open[HASHING_OPEN_MAX];
};

void hashing_begin(struct hashing *h);
/* The next bytes of the object, for its SHA-1. */
void hashing_feed(struct hashing *h, const struct generation *g, struct span bytes);
/* The object has ended: the name it is listed by as bad, or NULL; is_trusted is then known. */
const char *hashing_end(struct hashing *h, const struct generation *g);

/* Which sections are listed by their sizes; then their bytes, from offset 0 on. */
void hashing_plan(struct hashing *h, const struct generation *g, const struct program *p);
/* False: too many sections at one place. `*name` is set where one is listed. */
bool hashing_feed_sections(struct hashing *h, const struct generation *g, uint64_t at,
    struct span bytes, const char **name);
/* Sections that the object's end cuts count with what is there of them. */
const char *hashing_end_sections(struct hashing *h, const struct generation *g);

#endif
