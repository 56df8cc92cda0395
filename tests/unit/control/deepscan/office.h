/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes compound files and macros for the tests, whole ones and ones with something wrong. */
#ifndef SLUICE_TESTS_OFFICE_H
#define SLUICE_TESTS_OFFICE_H

#include "tests/unit/control/deepscan/packer.h"

struct office_stream {
	const char *name;
	struct span bytes;
};

/*
 * A compound file of sectors of 512 bytes with at most 7 streams, 50 KiB in all; those below 4,096
 * bytes lie in the small streams' one. Its table is sector 0, the directory sectors 1 and 2.
 */
#define OFFICE_TABLE     512u
#define OFFICE_DIRECTORY 1024u
void office_write(struct packed *out, const struct office_stream *streams, unsigned count);

/* Source as a compressed container, of literal bytes. */
void office_pack(struct packed *out, struct span source);
/* A packed "dir" that names one module's stream, and where in it its container begins. */
void office_dir(struct packed *out, const char *stream, uint32_t offset);

#endif
