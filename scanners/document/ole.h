/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compound files (MS-CFB): the old Office documents, Windows Installer packages, mail of Outlook, a
 * document's macros. A file system in a file: sectors chained by a table, a directory of streams.
 *
 * Every entry of the directory that is a stream can be read, whatever its place in the tree of
 * storages: a hostile tree hides nothing and cannot run in circles. A chain is followed for no more
 * sectors than the file has. Memory: the tables and the directory, less than the file's size.
 */
#ifndef SLUICE_DOCUMENT_OLE_H
#define SLUICE_DOCUMENT_OLE_H

#include "common/base/span.h"

/* 31 units of UTF-16, of which an installer's hold two characters each, others up to three bytes.
 */
#define OLE_NAME_MAX 96

struct ole_entry {
	char name[OLE_NAME_MAX]; /* UTF-8; an installer's packed names unpacked */
	uint32_t start;          /* first sector, of the file or of the small streams' one */
	uint64_t bytes;          /* as the directory says */
	bool is_stream, is_root;
};

/* The file's owner keeps it mapped until ole_close(). All fields are ole.c's own. */
struct ole {
	struct span file;
	uint32_t sector_bytes, sectors, small_below;
	uint32_t *table;       /* of `sectors` */
	uint32_t *small_table; /* of the small streams' sectors */
	uint32_t small_sectors;
	uint8_t *directory, *small; /* the directory; the stream that holds the small streams */
	size_t directory_bytes, small_bytes;
	bool is_torn; /* a chain of these breaks off: streams may be missing */
};

bool ole_is(struct span file);
/* 0, -EINVAL: the header is none, or there is no directory, -ENOMEM. On failure nothing to close.
 */
int ole_open(struct ole *o, struct span file);
void ole_close(struct ole *o);

uint32_t ole_entries(const struct ole *o);
/* Entry number i, below ole_entries(); false where it is unused. */
bool ole_entry(const struct ole *o, uint32_t i, struct ole_entry *out);

/* A stream's bytes in their order, piece by piece, lent until ole_close(). */
struct ole_walk {
	uint32_t sector, steps;
	uint64_t left; /* not 0 at the end: the chain is broken, or shorter than the entry says */
	bool is_small;
};
void ole_walk(const struct ole *o, const struct ole_entry *e, struct ole_walk *w);
bool ole_next(const struct ole *o, struct ole_walk *w, struct span *piece);

/*
 * What an object that was dropped into a document holds (the stream "\1Ole10Native": its file), or
 * nothing; MS-OLEDS 2.3.6 and what Packager writes into it.
 */
struct span ole_native_file(struct span stream);
/* The same stream in an embedded object of OLE 1.0, as RTF has them (MS-OLEDS 2.2.5), or nothing.
 */
struct span ole_embedded_stream(struct span object);
/* Whether what stands in that stream says that the document is encrypted (MS-DOC 2.5.2, MS-XLS
 * 2.4.117, MS-OFFCRYPTO 2.3.4.4). */
bool ole_says_encrypted(const char *name, struct span stream);

#endif
