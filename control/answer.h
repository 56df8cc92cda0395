/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control answers when it is asked, as JSON, whoever asks: sluicectl over the socket (api.c),
 * a browser (http.c). A request is an object with "command"; an answer has "ok", a refusal "error"
 * and says what was expected; "unavailable" is true where the request is right and we cannot serve
 * it now, "unknown" where there is nothing of that name. Nothing here waits. Texts are plain ASCII:
 * what comes from the wire or from files is escaped. Bounds: ANSWER_ALERTS_MAX alerts,
 * ANSWER_DELIVERIES_MAX deliveries in one answer.
 *
 * answer.c has the table and the commands; answer_status.c how things stand, answer_sig.c how
 * signatures do, answer_alerts.c alerts, answer_explain.c what is known of one object, why.c how
 * its verdict came about.
 */
#ifndef SLUICE_CONTROL_ANSWER_H
#define SLUICE_CONTROL_ANSWER_H

#include <jansson.h>

#include "control/control.h"

#define ANSWER_ALERTS_DEFAULT 20
#define ANSWER_ALERTS_MAX     1000
#define ANSWER_DELIVERIES_MAX 20

/* Why what needs a dataplane is unavailable, and how that is mended. */
#define ANSWER_NO_DATAPLANE                                                    \
	"no dataplane is attached: is sluice-dataplane running, and is it of " \
	"this instance? Its last words: journalctl -u sluice-dataplane"

/* The caller's; NULL only when memory is short. */
json_t *answer_request(struct control *c, const json_t *request);
json_t *answer_refusal(const char *why);
json_t *answer_unavailable(const char *why);
json_t *answer_unknown(const char *why);

/* The commands that have files of their own. */
json_t *answer_status(struct control *c, const json_t *request);
json_t *answer_stats(struct control *c, const json_t *request);
json_t *answer_alerts(struct control *c, const json_t *request);
json_t *answer_explain(struct control *c, const json_t *request);
json_t *answer_sig(struct control *c, const json_t *request);
/* The alerts of one object, as `alerts` lists them; the caller's. */
json_t *answer_alerts_of(struct control *c, const uint8_t uuid[16]);
/* Into an object: a number; a message of ours, escaped. */
void answer_put_number(json_t *o, const char *key, uint64_t n);
void answer_put_text(json_t *o, const char *key, const char *text);
/* The counters of all cores together; a region is attached. */
void answer_sum(struct control *c, struct core_stats *sum);

#endif
