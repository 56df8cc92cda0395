/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libarchive as the unpacker sees it: one layer of something packed, opened from memory by one
 * view. Compression is taken off one layer at a time, never together with what it holds, so that
 * every layer's bytes can be judged. Not in use: mtree, which names files outside; CAB, over
 * which 3.6.2 crashes (microsoft.c); filters that
 * start programs (grzip, lrzip, lzop).
 */
#ifndef SLUICE_DEEPSCAN_READER_H
#define SLUICE_DEEPSCAN_READER_H

#include <archive.h>

#include "common/base/span.h"
#include "common/channel/words.h"
#include "control/deepscan/passwords.h"

enum reader_view {
	READER_CONTAINER,     /* whichever container libarchive takes it for, but ZIP, CAB */
	READER_ISO_PLAIN,     /* ISO 9660 by its first directory, whatever Joliet's says */
	READER_ZIP_DIRECTORY, /* ZIP by the directory at its end */
	READER_ZIP_HEADERS,   /* ZIP by the headers before each member */
};

/* The compression around the bytes, ARCHIVE_FILTER_NONE for none; negative: broken, *why a class.
 */
int reader_filter_of(struct span bytes, enum source *why);

/* The same by the first bytes alone, of those that cannot be taken for others. */
int reader_filter_by_mark(struct span bytes);

/*
 * All: to be read from its first header on and freed with archive_read_free(); NULL: no memory. Of
 * the passwords, which may be NULL, number `first` is tried first, then those behind it, and round.
 */
struct archive *reader_open(
    struct span bytes, enum reader_view view, const struct passwords *passwords, unsigned first);
struct archive *reader_open_filtered(struct span bytes, int filter);

#define READER_HEADER_BYTES 31

/* A ZIP member by what is said of it here alone: to be read by the archive, which must not outlive
 * it. Checksum and length are not known: at its end there is an error. */
struct reader_member {
	uint16_t method;
	struct span data;
	uint8_t header[READER_HEADER_BYTES]; /* from here on the reader's own */
	unsigned pieces;
};
struct archive *reader_open_member(struct reader_member *m);

/* What one coder of a 7z folder packed, to be read as the one member of an archive of its own. */
#define READER_PROPERTIES_MAX 16
struct reader_coder {
	uint64_t method;
	struct span properties, packed;
	uint64_t bytes; /* that come out */
};
/* `*file` is to be freed behind the archive; NULL: no memory, or properties longer than those. */
struct archive *reader_open_coder(const struct reader_coder *c, uint8_t **file);

/* Why the last call failed, as a class. */
enum source reader_class(struct archive *a);
/* What it is, as a layer's path says it: "zip", "7z"; and what a filter takes off: "gz". */
const char *reader_kind(struct archive *a);
const char *reader_filter_kind(int filter);
bool reader_is_7z(struct archive *a);
/* Whether the member that begins here is of a ZIP, by a method that zip_odd.c takes off. */
bool reader_leaves_method(struct archive *a);
/* How many of the bytes it has used up. */
size_t reader_used(struct archive *a);

#endif
