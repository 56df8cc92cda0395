/* SPDX-License-Identifier: BSD-3-Clause */
/* YARA rules from their text to the worker's verdict, for tests. */
#ifndef SLUICE_TESTS_DEEPSCAN_JUDGE_H
#define SLUICE_TESTS_DEEPSCAN_JUDGE_H

#include <sys/types.h>

#include "control/deepscan/deepscan.h"
#include "tests/unit/harness.h"
#include "tools/sigc/sigc.h"

struct judge {
	struct sigc sigc;
	char directory[64];
	uint8_t *bytes; /* the generation file */
	struct generation *generation;
	struct deepscan deep;
	const char *name; /* what objects are called; NULL: nothing */
};

/* Compiles a source with the sandbox in sight, as a.yar in a directory of its own. False: it is no
 * YARA; the sentence is in j->sigc.error. judge_end() is due either way. */
bool judge_begin(struct judge *j, struct span source);
/* The same with a list of trusted files, lines of an .fp. */
bool judge_begin_trusting(struct judge *j, struct span source, const char *trusted);
/* The same of ClamAV's logical signatures, lines of an .ldb. */
bool judge_begin_logical(struct judge *j, struct span source);
/* The same of ClamAV's signatures of members, lines of a .cdb. */
bool judge_begin_members(struct judge *j, const char *source);
/* Rules that were taken, here or in the sandbox. */
unsigned judge_taken(const struct judge *j);
/* 1: a rule holds, its name is in j->deep.threat; 0: none; -1: the worker failed. A scan in two
 * pieces, as of the dataplane, must not lose what is found. */
int judge_object(struct judge *j, struct span object);
/* That name, for a scan of the test's own: a signature_name_of of a struct judge. */
size_t judge_name(void *judge, char *out, size_t room);
void judge_end(struct judge *j);
/* Removes what a process that died between the two has left. */
void judge_sweep(pid_t pid);

#endif
