/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parsers found, as JSON on standard output, for scripts that compare it with what they
 * found themselves. A byte below 32 or above 126 is written \u00XX, so that a reader gets the bytes
 * back as Latin-1.
 */
#ifndef SLUICE_TESTS_PARSE_PRINT_H
#define SLUICE_TESTS_PARSE_PRINT_H

#include "dataplane/http/http.h"

/* How heads are scanned; AUTO unless the program was told. */
extern enum http_scan_kind parse_scan;

/* The inside of a string, without its quotes: may be called several times for one. */
void print_bytes(struct span s);
/* "key": "text", and a comma before it unless `first`. */
void print_text(const char *key, struct span s, bool first);
/* "key": true or false, behind a comma. */
void print_bool(const char *key, bool b);
/* Name and value, as a list of two. */
void print_field(const struct http_field *f, bool first);
/* All of a head that was parsed; the object's braces too. */
void print_head(const struct http_head *h);

/*
 * icap.c: what a session makes of a client's bytes, as one object. Needs sim_eal_init().
 * `previews`: for each object in order, 'a' where it is answered at its preview's end; without, and
 * past their end, previews are continued.
 */
void print_icap(struct span previews, struct span sent);

#endif
