/* SPDX-License-Identifier: BSD-3-Clause */
/* A generation made of one source, and what it says of objects. */
#ifndef SLUICE_TESTS_ENGINES_ONE_H
#define SLUICE_TESTS_ENGINES_ONE_H

#include "control/deepscan/deepscan.h"
#include "tools/sigc/sigc.h"

struct one {
	struct sigc sigc;
	struct sigc_table file; /* the generation */
	struct generation *generation;
	struct deepscan deep; /* the last object's verdict */
};

/*
 * Reads a source, a file by the end of its name, and compiles it, with a sandbox in sight. 0 or
 * -EINVAL, the sentence in o->sigc.error; one_end() is due either way. `scratch` is a path that may
 * be written to.
 */
int one_begin(struct one *o, const char *source, const char *scratch);
void one_end(struct one *o);

/* Judges the object and all that is packed in it: o->deep has the verdict. */
void one_judge(struct one *o, struct span object);

enum seen {
	SEEN_NOTHING,
	SEEN_BAD,
	SEEN_FOR_SANDBOX, /* it is to be asked */
	SEEN_FAILED
};
/* What a scan says of these bytes that come in pieces: one of `first` bytes, then of `step`. */
enum seen one_scan(struct one *o, struct span object, size_t first, size_t step);

#endif
