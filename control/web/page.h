/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page that people look at: page.html, built into the program, with its {{slots}} filled. It
 * needs no script and nothing from elsewhere, and asks for itself anew every few seconds. Every
 * text goes through text_html(), wherever it is from.
 */
#ifndef SLUICE_WEB_PAGE_H
#define SLUICE_WEB_PAGE_H

#include <jansson.h>

#include "control/web/facts.h"
#include "control/web/rates.h"
#include "control/web/text.h"

#define PAGE_TYPE   "text/html; charset=utf-8"
#define PAGE_ALERTS 20 /* on one page */

struct page {
	const struct web_facts *facts;
	const struct rates *rates;
	const json_t *alerts; /* what control answers to "alerts"; lent */
	const char *at;       /* the time, in words */
	bool still; /* it is not to ask for itself anew: an older page of alerts, or by wish */
};

void page_write(const struct page *p, struct text *out);

/* object.c: what control answers to "explain", a refusal too, for people. */
void page_write_object(const json_t *explained, const char *uuid, struct text *out);

#endif
