/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The regular expressions of a generation's signatures: compiled when the first layer asks for
 * them, within the jail.
 */
#ifndef SLUICE_DEEPSCAN_REGEXES_H
#define SLUICE_DEEPSCAN_REGEXES_H

#include "scanners/signature/signature.h"

struct regexes;

/* NULL: memory is lacking. */
struct regexes *regexes_create(void);
void regexes_destroy(struct regexes *r);
/* A signature_regex_search of a struct regexes, always of the same generation. */
int regexes_search(void *regexes, const struct signature_regex *what, size_t *start, size_t *end);

#endif
