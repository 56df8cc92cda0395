/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The block page: an HTML template with variables, parsed once when the policy is made, rendered
 * per object into the caller's buffer. What came from the wire is escaped for HTML.
 *
 * Variables: {{threat}} {{url}} {{reason}} {{uuid}}. An unknown one is an error of the template.
 */
#ifndef SLUICE_INSPECT_PAGE_H
#define SLUICE_INSPECT_PAGE_H

#include <stddef.h>

#include "common/base/span.h"

#define PAGE_TEMPLATE_BYTES_MAX 32768
#define PAGE_RENDERED_BYTES_MAX 65536
#define PAGE_PIECES_MAX         64

struct page_values {
	struct span threat, url, reason, uuid;
};

struct page; /* immutable after page_parse() */

/* NULL template: the built-in page. -EINVAL with a sentence, -ENOMEM. */
int page_parse(const char *template_text, struct page **out, char *error, size_t error_room);
void page_free(struct page *p);

/* Returns the bytes written, at most `room`: of a page that would be longer the beginning, up to a
 * whole piece of text or character of a value. */
size_t page_render(const struct page *p, const struct page_values *values, char *out, size_t room);

#endif
