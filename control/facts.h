/* SPDX-License-Identifier: BSD-3-Clause */
/* How things stand, gathered in one place: for status (answer_status.c), metrics and the page. */
#ifndef SLUICE_CONTROL_FACTS_H
#define SLUICE_CONTROL_FACTS_H

#include "control/control.h"
#include "control/current.h"
#include "control/web/facts.h"

/* What `out` points at is lent until the next call, and as long as nothing turns the loop. False:
 * memory is short, and `out` is of no use. */
bool facts_gather(struct control *c, struct web_facts *out);

/* Seconds since the attached dataplane began; -1: it is not seen. */
int64_t facts_dataplane_age(const struct control *c);
/* What the generation holds that the attached dataplane serves; false where the file that we have
 * is another one. */
bool facts_signatures(const struct control *c, struct current_facts *out);
/* Why the log can't be written; empty: it can. */
const char *facts_log_error(const struct control *c);

#endif
