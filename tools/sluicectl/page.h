/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl page: the pages of a configuration, as a client would get them. Asks no process. */
#ifndef SLUICECTL_PAGE_H
#define SLUICECTL_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/page/page.h"

struct page_request {
	enum page_kind kind;  /* PAGE_KIND_COUNT: list them */
	const char *language; /* an Accept-Language field, NULL: none */
	const char *config;   /* NULL: the instance's own */
	bool with_head;       /* --open-as http */
	enum source source;
};

/* false: `*error` says what was expected. */
bool page_request_parse(int argc, char **argv, struct page_request *out, const char **error);
/* Prints a page with sample values, or the list: kind, language, file. */
void page_print(FILE *to, const struct pages *pages, const struct page_request *request);

#endif
