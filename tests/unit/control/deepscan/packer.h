/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the archives the tests look at: by libarchive, or, where a ZIP must be wrong in one place,
 * by hand. A file in the making has room for PACKER_ROOM bytes; what does not fit aborts.
 */
#ifndef SLUICE_TESTS_PACKER_H
#define SLUICE_TESTS_PACKER_H

#include "common/base/span.h"
#include "control/deepscan/deepscan.h"

#define PACKER_ROOM (1u << 20)

/* EICAR's test string, put together when the program starts so that no file on disk holds it. */
struct span packer_eicar(void);
/* The same in a gzip stream: a match for nobody who does not unpack it. */
struct span packer_hidden(void);

struct packed {
	uint8_t bytes[PACKER_ROOM];
	size_t used;
};

struct packer_member {
	const char *name;
	struct span bytes;
};

struct span packer_span(const struct packed *p);
void packer_add(struct packed *p, struct span bytes);
/* The lines between "begin" and the last one, of 45 bytes each: POSIX uuencode. */
void packer_add_uuencoded(struct packed *p, struct span bytes);

/*
 * By libarchive: format and filter by its names ("zip", "gzip"; NULL: none), options as
 * "zip:compression=store". False where this libarchive cannot.
 */
bool packer_write(struct packed *out, const char *format, const char *filter, const char *options,
    const struct packer_member *members, unsigned count);

/* The same as an encrypted ZIP: "traditional", "aes128" or "aes256". */
bool packer_write_locked(struct packed *out, const char *encryption, const char *password,
    const struct packer_member *members, unsigned count);

/* A file of that name, in whatever directory, out of an archive on disk: how many bytes; 0: none.
 */
size_t packer_read(const char *path, const char *name, uint8_t *out, size_t room);

/* A stored ZIP member, with what is to be wrong about it. */
struct packer_zip {
	const char *name;
	struct span bytes;
	uint16_t flags;         /* in both headers; 8: sizes follow the data */
	uint16_t entry_method;  /* in the directory; 0 is right */
	uint32_t entry_crc_xor; /* the directory's checksum differs by this */
	uint32_t crc_xor;       /* both do */
	bool is_unlisted;       /* has no entry in the directory */
	unsigned listed_again;  /* more entries for the same member */
};
void packer_zip(struct packed *out, const struct packer_zip *members, unsigned count);

/* Judges by the built-in generation; the result is the caller's until the next call. */
const struct deepscan *packer_judge(struct span object, const struct deepscan_limits *limits);
/* The same, with passwords, one a line. */
const struct deepscan *packer_judge_with(
    struct span object, const struct deepscan_limits *limits, const char *passwords);
extern const struct deepscan_limits packer_limits; /* depth 5, 2000 members, 8 MiB */

#endif
