/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where in an HTML text a value would stand: what must be escaped there, and whether that helps at
 * all. Follows the tokenizer of the HTML standard (13.2.5) as far as pages need it: tags, their
 * attributes, comments, and elements whose content is no markup. One piece of text after another;
 * fixed memory.
 */
#ifndef SLUICE_PAGE_CONTEXT_H
#define SLUICE_PAGE_CONTEXT_H

#include <stdbool.h>

#include "common/base/span.h"

#define CONTEXT_NAME_MAX 24

enum context_place {
	CONTEXT_TEXT,      /* between tags, and in title and textarea */
	CONTEXT_ATTRIBUTE, /* within quotes */
	CONTEXT_URL,       /* within quotes, of an attribute that is an address */
	CONTEXT_UNSAFE     /* script, style, an event's attribute, no quotes, a name, a comment */
};

struct context {
	unsigned state;
	unsigned matched; /* of what ends a comment or an element */
	unsigned tag_bytes, attribute_bytes;
	char tag[CONTEXT_NAME_MAX], attribute[CONTEXT_NAME_MAX]; /* small letters, cut, no NUL */
	bool is_end_tag;
};

#define CONTEXT_BEGIN ((struct context){ .state = 0 })

void context_feed(struct context *c, struct span text);
enum context_place context_place(const struct context *c);

#endif
