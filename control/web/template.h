/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A page that lies in the program as it is and is written out piece by piece, each {{slot}} by its
 * caller. {{style}} is page.css, the same for all. This folder's only.
 */
#ifndef SLUICE_WEB_TEMPLATE_H
#define SLUICE_WEB_TEMPLATE_H

#include "common/base/span.h"
#include "control/web/text.h"

/* Writes what stands in the place of {{name}}; of a name it does not know, nothing. */
typedef void (*template_slot_fn)(struct text *out, struct span name, const void *arg);

void template_write(struct text *out, const char *html, template_slot_fn put, const void *arg);

#endif
