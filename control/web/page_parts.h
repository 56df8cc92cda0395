/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The slots of page.html that are made of many lines; page.c has the others. And what object.c
 * shows likewise. This folder's only.
 */
#ifndef SLUICE_WEB_PAGE_PARTS_H
#define SLUICE_WEB_PAGE_PARTS_H

#include "control/web/page.h"

/* `sum`: all cores together. */
void page_put_tiles(struct text *out, const struct page *p, const struct core_stats *sum);
void page_put_charts(struct text *out, const struct page *p, const struct core_stats *sum);
void page_put_alerts(struct text *out, const struct page *p, const struct core_stats *sum);
void page_put_older(struct text *out, const struct page *p, const struct core_stats *sum);
void page_put_verdicts(struct text *out, const struct page *p, const struct core_stats *sum);
void page_put_cores(struct text *out, const struct page *p, const struct core_stats *sum);
void page_put_counters(struct text *out, const struct page *p, const struct core_stats *sum);

/* The text of a key; "": there is none. */
const char *page_text_of(const json_t *object, const char *key);
void page_put_time(struct text *out, const char *iso);
/* Of an object, to its page. */
void page_put_link(struct text *out, const char *uuid);
/* The line of a table. */
void page_put_alert(struct text *out, const json_t *alert);

#endif
