/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the lines of a .lit file: NAME, a tab, and text or hex:…; '#' starts a comment. Names are
 * not kept. The bytes lie in one buffer of the table's own.
 */
#ifndef SLUICE_BENCH_LITERALS_H
#define SLUICE_BENCH_LITERALS_H

#include "common/base/span.h"

struct literals {
	char *bytes;
	const char **texts; /* by literal, into `bytes` */
	size_t *lengths;
	unsigned count;
};

/* Takes what `text` holds. -EINVAL with the line's number in *line; -ENOMEM. literals_free(). */
int literals_parse(struct span text, struct literals *out, unsigned *line);
void literals_free(struct literals *l);

#endif
