/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A YAML text as a flat list: each value with its path and line, in the order of the text. It
 * exists for what libcyaml does not tell: which keys were given, and on which line each stands.
 * Reads with libyaml, the parser below libcyaml, so both understand the same language. Block and
 * flow style; no anchors, no aliases, one document.
 */
#ifndef SLUICE_CONFIG_SCAN_H
#define SLUICE_CONFIG_SCAN_H

#include "common/base/span.h"
#include "common/config/config.h"

#define SCAN_NODES_MAX 100000
#define SCAN_KEYS_MAX  64 /* of one mapping: three times what the largest section has */
#define SCAN_DEPTH_MAX 8
#define SCAN_PATH_MAX  128

enum scan_kind {
	SCAN_VALUE,
	SCAN_LIST,
	SCAN_ITEM,
	SCAN_SECTION
};

struct scan_node {
	char path[SCAN_PATH_MAX]; /* "icap.port"; of an item that of its list; "exclusions[2].value"
				   */
	enum scan_kind kind;
	bool is_null;  /* nothing, ~ or null, not quoted */
	unsigned line; /* 0: an override */
	char *text;    /* values and items: NUL-terminated, `bytes` long */
	size_t bytes;
};

struct scan {
	const char *name; /* of the file, for messages */
	struct scan_node *nodes;
	unsigned count, room;
	char *error; /* CONFIG_ERROR_TEXT_MAX */
};

/* -EINVAL with the error written; the caller calls scan_fini() either way. */
int scan_text(struct scan *s, struct span text);
void scan_fini(struct scan *s);

/* Puts KEY=VALUE in the place of what the text says of KEY; exclusions=CRITERION:VALUE,… too. */
int scan_override(struct scan *s, const char *override);

/* The first node of that path and kind from `from` on; NULL: none. */
const struct scan_node *scan_find(const struct scan *s, const char *path, enum scan_kind kind);
/* The same, for a value in the mapping that `beside` opens or is in: "exclusions[2]" and its keys.
 */
const struct scan_node *scan_find_beside(
    const struct scan *s, const struct scan_node *beside, const char *path);
/* The next item of a list after `after` (NULL: the first). */
const struct scan_node *scan_next_item(
    const struct scan *s, const char *path, const struct scan_node *after);

/* load.c: reads a whole file of bounded size; 0 or -errno, and the caller frees. */
int load_read_file(const char *file, char **out, size_t *bytes);

/* Writes "FILE:LINE: PATH: " and the sentence into the error; returns -EINVAL. */
int scan_fail(const struct scan *s, const struct scan_node *at, const char *path,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
