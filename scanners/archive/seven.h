/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the headers of a 7z archive say (7zFormat.txt of 7-Zip): its folders, which are streams that
 * several coders packed one after the other, and the files that lie in each, one behind the other.
 * Reads structure alone and unpacks nothing. Nothing is allocated; each number is read where it
 * stands, so time grows with the headers' bytes. What is handed out points into the archive or the
 * list that was given, which stay the caller's.
 */
#ifndef SLUICE_ARCHIVE_SEVEN_H
#define SLUICE_ARCHIVE_SEVEN_H

#include "common/base/span.h"

#define SEVEN_MARK       "7z\xbc\xaf\x27\x1c"
#define SEVEN_CODERS_MAX 4

struct seven_coder {
	uint64_t method; /* its bytes as one number: 0x030101 is LZMA */
	struct span properties;
	uint64_t bytes; /* that come out */
};

struct seven_folder {
	unsigned count; /* of coders; 0: more than SEVEN_CODERS_MAX, or they are no chain */
	struct seven_coder
	    coders[SEVEN_CODERS_MAX]; /* as they unpack, the first is given `packed` */
	struct span packed;           /* as far as it is there */
	uint64_t files;
	bool has_crc;
	uint32_t crc;
};

struct seven_file {
	struct span name; /* UTF-16, little-endian; empty: there is none */
	uint64_t bytes;
	bool has_crc;
	uint32_t crc;
};

/* Of several CRC the next one; for some there may be none. */
struct seven_crcs {
	struct span defined, values; /* a bit for each; empty: each has one */
	uint64_t at, count;
};

struct seven {
	struct span archive; /* from its mark on */
	struct span list;    /* what tells folders and files */
	bool is_bad;         /* a number makes no sense: no more is told */
	bool is_packed;      /* its one folder holds the list of the others */
	uint64_t folders;    /* that are left */
	/* where the next number of each kind stands */
	struct span folder, size, packed_size, files, file_size, name, empty;
	struct seven_crcs folder_crc, file_crc;
	uint64_t packed_at, names_at;
	bool has_files; /* how many are told for each folder, else it is one */
	struct seven_folder now;
	uint64_t file, file_bytes; /* of that folder: how many were told, and their bytes */
};

/* Whether one begins at the first mark in the bytes; its list is open then. */
bool seven_begin(struct seven *s, struct span bytes);
/* Begins anew with a list that was unpacked. */
bool seven_open(struct seven *s, struct span list);
/* The next folder; false: no more, or none that makes sense (is_bad). */
bool seven_next_folder(struct seven *s, struct seven_folder *out);
/* The next file of the folder that was told last; false: no more. */
bool seven_next_file(struct seven *s, struct seven_file *out);

#endif
