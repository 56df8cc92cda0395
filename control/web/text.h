/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A text that grows while it is written: metrics, pages. Once memory or TEXT_BYTES_MAX is short it
 * stays failed and takes no more, so that only text_take() need be asked. One thread.
 */
#ifndef SLUICE_WEB_TEXT_H
#define SLUICE_WEB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_BYTES_MAX (16u << 20) /* metrics of 64 cores are 1 MB */

/* Zeroed to begin with. */
struct text {
	char *bytes; /* not NUL-terminated */
	size_t used, room;
	bool failed;
};

void text_put(struct text *t, const char *s);
__attribute__((format(printf, 2, 3))) void text_format(struct text *t, const char *format, ...);

/* As HTML shows it, in an element or in a quoted attribute: & < > " ' become references, a control
 * character but for newline and tab a '?', for HTML has no way to write one. */
void text_html(struct text *t, const char *s);

/* The same of a name that came escaped (control/line.h: "\xd0\x81"), whose letters are shown as
 * such (common/base/utf8.h): for what somebody is or a file is called, not for addresses. */
void text_html_name(struct text *t, const char *escaped);

/* The bytes, the caller's to free(), and their number; NULL where it failed. It is empty again. */
char *text_take(struct text *t, size_t *bytes);

#endif
