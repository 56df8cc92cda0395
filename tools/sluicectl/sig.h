/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl sig: its words, and how what is tried is printed. */
#ifndef SLUICE_SLUICECTL_SIG_H
#define SLUICE_SLUICECTL_SIG_H

#include <stdbool.h>

#include <jansson.h>

/*
 * The request for what follows `sig`. Of `try FILE...` it holds descriptors of this process, which
 * stay open until it ends: control takes copies of them. NULL with a sentence, lent until the next
 * call; `*is_usage`: the words are wrong, rather than a file.
 */
json_t *sig_request(int argc, char **argv, const char **error, bool *is_usage);

/* The try of an answer to `sig`; to stdout. */
void print_trial(const json_t *trial);

#endif
