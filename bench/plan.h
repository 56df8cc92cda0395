/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan from words: the command line of sluice-bench, and each line that sluice-bench-wire reads.
 */
#ifndef SLUICE_BENCH_PLAN_H
#define SLUICE_BENCH_PLAN_H

#include "bench/bench.h"

#define PLAN_WORDS_MAX 32

/* What the options below do, for --help. */
extern const char plan_help[];

/*
 * argv[0] names the program in messages. The words must outlive the plan. Exits with 2 and a line
 * where an option is wrong; true: --help was asked for. *rest: the first word that is no option.
 */
bool plan_parse(int argc, char **argv, struct bench_plan *plan, int *rest);
/* The same of a line, which is cut into words; argv[0] is `program`. False: too many, or --help. */
bool plan_parse_line(char *line, const char *program, struct bench_plan *plan);

#endif
