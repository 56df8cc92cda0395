/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a ZIP's two descriptions of itself agree. Its members are listed in a directory at the
 * end, and each has a header of its own before its data; programs differ in which one they
 * believe, so where the two differ both have to be looked at. Reads nothing but the structure.
 */
#ifndef SLUICE_DEEPSCAN_ZIP_H
#define SLUICE_DEEPSCAN_ZIP_H

#include "common/base/span.h"

enum zip_shape {
	ZIP_ABSENT, /* no directory that makes sense */
	ZIP_SOUND,  /* members lie one behind the other, and both descriptions agree */
	ZIP_LOOSE,  /* they agree, but there is something between the members, or another order */
	ZIP_TORN    /* they differ, or members overlap */
};

struct zip_survey {
	enum zip_shape shape;
	uint64_t members;  /* that the directory lists */
	size_t base;       /* what its offsets count from */
	size_t start, end; /* its first member, its end: what lies outside is not of it */
	size_t directory, directory_end;
	bool is_split; /* by the disks that it names it is one part of several */
};

/* A member as it may be read: by what the directory says of it, or by the header before it. */
struct zip_way {
	struct span name;
	uint64_t method, flags, crc;
	uint64_t bytes;   /* unpacked; 0: not told */
	struct span data; /* as far as it is there */
};

/* Methods that libarchive has not, and scanners/archive has. */
#define ZIP_METHOD_IMPLODED  6
#define ZIP_METHOD_DEFLATE64 9

/* One that readers give in different ways, or that some give and others do not. */
struct zip_odd {
	bool is_plain;  /* but for its method, which is one of those, nothing is odd about it */
	unsigned count; /* of ways that differ: 1 or 2 */
	struct zip_way ways[2];
};

/*
 * Looks for the end record in the last ZIP_TAIL_BYTES; anywhere, where the bytes begin as a ZIP.
 * APPNOTE.TXT 4.3.7, 4.3.12, 4.3.14 to 16, 4.5.3. Never fails; nothing is allocated.
 */
#define ZIP_TAIL_BYTES (65535u + 22u)
void zip_survey(struct span bytes, struct zip_survey *out);

/*
 * The next member of the directory, from `*at` on, which begins at 0, of which the two descriptions
 * differ, also in the name, or that has no header where it should be, or is called a directory or
 * no regular file and has data, or encrypted, or has data and no length, or packed by a method that
 * libarchive has not; of a ZIP that is split any. False: no more.
 */
bool zip_next_odd(struct span bytes, const struct zip_survey *zip, size_t *at, struct zip_odd *out);

/* What is said of a member in one place. */
struct zip_said {
	struct span name;
	uint64_t packed_bytes, bytes;
	uint32_t crc;
	bool is_encrypted;
};
/*
 * The next member, from `*at` on, which begins at 0: by the directory, and, where there is one, by
 * the header before its data; without a directory by that alone. How many of the two there are; 0:
 * no more.
 */
unsigned zip_next_said(
    struct span bytes, const struct zip_survey *zip, size_t *at, struct zip_said out[2]);

/* The next member packed by such a method, from `*at` on, by the header before it alone. False: no
 * more. */
bool zip_next_unlisted(struct span bytes, size_t *at, struct zip_odd *out);

#endif
