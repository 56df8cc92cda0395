/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `sluicectl top`: what the dataplane does each second, from two readings of `status` and `stats`.
 * Rates are of the interval between them; the times of objects are those since the dataplane
 * started.
 */
#ifndef SLUICE_CTL_TOP_H
#define SLUICE_CTL_TOP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

struct top_options {
	unsigned seconds; /* between two readings */
	unsigned count;   /* of intervals shown; 0: until a signal ends it */
};

/* Control's answers to `status` and `stats`, and when they came (CLOCK_MONOTONIC). */
struct top_reading {
	json_t *status, *stats;
	uint64_t ns;
};

/* [--seconds N] [--count N]. False: *error says what was expected. */
bool top_options_of(int argc, char **argv, struct top_options *out, const char **error);

/*
 * What happened between two readings, names ending in _per_s and _percent; the caller's. NULL where
 * they don't belong together: the dataplane was started anew, or is not there.
 */
json_t *top_rates(const struct top_reading *before, const struct top_reading *after);

void top_print(FILE *to, const json_t *rates);

/*
 * Asks with `ask` (NULL from it: control did not answer, and *code is the exit code) and prints, on
 * a terminal over the screen before. A control that goes away and comes back is waited for; one
 * that is not there at first ends it. Returns the exit code.
 */
int top(const struct top_options *o, bool as_json, json_t *(*ask)(const char *command, int *code));

#endif
