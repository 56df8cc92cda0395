/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A generation on disk, written by sluice-sigc, mapped read-only by every core. Little-endian, in
 * this order: header, section table, sections (each at a multiple of 64). Every offset is checked
 * when it is opened, and the whole is covered by a SHA-256, so a damaged file is an error.
 *
 *     header   magic "SLUICEGN", version, number of sections, id (first 8 bytes of the SHA-256 of
 *              everything behind the header), that SHA-256, Hyperscan's version text
 *     section  kind, offset from the file's start, bytes
 */
#ifndef SLUICE_GENERATION_FILE_H
#define SLUICE_GENERATION_FILE_H

#include <stdint.h>

#define GENERATION_MAGIC        "SLUICEGN"
#define GENERATION_VERSION      1
#define GENERATION_SECTIONS_MAX 32
#define GENERATION_ANY_SIZE     UINT64_MAX

enum generation_section_kind {
	GENERATION_BLOCK_DB = 1, /* hs_serialize_database(), HS_MODE_BLOCK */
	GENERATION_STREAM_DB,    /* the same literals, HS_MODE_STREAM */
	GENERATION_NAMES,        /* NUL-terminated strings */
	GENERATION_LITERALS,     /* uint32_t offset into NAMES, by Hyperscan's id */
	GENERATION_BAD_MD5,      /* struct generation_digest16, sorted */
	GENERATION_BAD_SHA256,   /* struct generation_digest32, sorted */
	GENERATION_GOOD_MD5,
	GENERATION_GOOD_SHA256,
	GENERATION_REPUTATION, /* reputation_table.h */
	GENERATION_KIND_COUNT
};

struct generation_header {
	char magic[8];
	uint32_t version, section_count;
	uint64_t id;
	uint8_t sha256[32];
	char hyperscan[40];
};

struct generation_section {
	uint32_t kind, unused;
	uint64_t offset, bytes;
};

struct generation_digest16 {
	uint8_t digest[16];
	uint64_t size; /* GENERATION_ANY_SIZE: any */
	uint32_t name, unused;
};

struct generation_digest32 {
	uint8_t digest[32];
	uint64_t size;
	uint32_t name, unused;
};

#endif
