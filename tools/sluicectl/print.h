/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of control, as people read them: a name and a value a line; alerts as a table. */
#ifndef SLUICE_SLUICECTL_PRINT_H
#define SLUICE_SLUICECTL_PRINT_H

#include <stdbool.h>

#include <jansson.h>

/* To stdout. `as_json`: as it is, on one line. */
void print_answer(json_t *answer, bool as_json);

#endif
