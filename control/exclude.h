/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exclusions that an operator adds while things run, beside those of sluice.yaml: kept in
 * STATE/exclusions.json, replaced whole or not at all, and sent to the dataplane as a part of the
 * policy. They hold from the next object on; nothing is compiled and no connection dropped. One
 * thread; at most EXCLUDE_RULES_MAX of them.
 */
#ifndef SLUICE_CONTROL_EXCLUDE_H
#define SLUICE_CONTROL_EXCLUDE_H

#include <jansson.h>

struct control;

#define EXCLUDE_RULES_MAX 1000

struct exclude {
	json_t *rules; /* array of {"id", "criterion", "value", "enabled"} */
};

/* Reads what is kept. A file that can't be used is set aside, with a line on stderr. */
void exclude_open(struct control *c);
void exclude_close(struct control *c);
/* The configuration with both kinds of rules, as the dataplane takes it. Caller frees; NULL when
 * memory is lacking. */
char *exclude_policy_text(const struct control *c);
/* The command `exclude`: lists, or does one of add, remove, enable, disable first. */
json_t *answer_exclude(struct control *c, const json_t *request);

#endif
