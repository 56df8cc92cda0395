/* SPDX-License-Identifier: BSD-3-Clause */
/* `sluicectl alerts [LIMIT] [--since AGE]`: words to a request, and what is shown. */
#ifndef SLUICE_CTL_ALERTS_H
#define SLUICE_CTL_ALERTS_H

#include <stdint.h>

#include <jansson.h>

/*
 * AGE is a number with s, m, h or d behind it, counted back from now_ns (since 1970). The caller's
 * request, or NULL with what was expected in *error. LIMIT's bounds are control's to check.
 */
json_t *alerts_request(int argc, char *const *argv, int64_t now_ns, const char **error);

/* Who asked for an alert's object: the end user's address, else the ICAP client's, else "-". Lent
 * by the alert. */
const char *alerts_who(const json_t *alert);

#define ALERTS_CLASS_MAX 64

/* What was found, as it is shown: the threat's name, or, of an alert by policy, which has none, the
 * class in parentheses as in the log: "(encrypted)". Lent by the alert or by `out`. */
const char *alerts_threat(const json_t *alert, char out[ALERTS_CLASS_MAX]);

#endif
