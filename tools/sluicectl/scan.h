/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl scan: what this side does of it, the file and its digests. */
#ifndef SLUICE_SLUICECTL_SCAN_H
#define SLUICE_SLUICECTL_SCAN_H

#include <jansson.h>

/* The file ("-": standard input, copied) opened; -errno. */
int scan_open(const char *file);
/* What control is asked of that file, open as `fd`. */
json_t *scan_request(const char *file, int fd);
/* {"size", "format", "md5", "sha256"} of an open file, read from its start; NULL: unreadable. */
json_t *scan_facts(int fd);

#endif
