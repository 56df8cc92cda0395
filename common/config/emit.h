/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes YAML in the shape of sluice.yaml, key after key in the order of the table of fields. */
#ifndef SLUICE_CONFIG_EMIT_H
#define SLUICE_CONFIG_EMIT_H

#include <stdio.h>

#include "common/base/span.h"

struct emit {
	FILE *out;
	char section[64]; /* whose keys are being written */
	int indent;
};

/* Writes a key and its colon, and before it the names of the sections it newly enters. */
void emit_key(struct emit *e, const char *path);
void emit_plain(struct emit *e, const char *text);
void emit_quoted(struct emit *e, struct span text);
/* A list: items follow, or " []" says that there are none. */
void emit_empty_list(struct emit *e);
void emit_item(struct emit *e, struct span text);
/* One of the exclusions; the word for the first one comes with it. */
void emit_exclusion(
    struct emit *e, bool is_first, const char *criterion, struct span value, bool enabled);

#endif
