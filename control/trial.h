/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trying signatures on live traffic before they block, and taking them back: `sig try`, `promote`,
 * `rollback`, `drop`. tried.h keeps what outlives this process. One of them at a time; who asked is
 * answered once, when the dataplane has done it or it has failed, whatever becomes of the
 * dataplane.
 *
 *     step        event                     next        by
 *     IDLE        try                       COPYING     trial_begin(): files into a batch
 *     COPYING     copied                    COMPILING   the tried files alone
 *     COMPILING   made                      HANDED      to the dataplane, beside what serves
 *     HANDED      done                      IDLE        it is the try now; the one before is gone
 *     IDLE        promote, drop promoted    CHANGING    generation_compile() with or without
 *     CHANGING    made, state written       SERVING     trial_handed()
 *     IDLE        rollback                  SERVING     previous.gen is current.gen
 *     SERVING     served                    IDLE        the try has ended, or the cache is cleared
 *     any         refused, failed           IDLE        all is as it was
 *
 * A control that is killed in COPYING to HANDED goes on with the try before; in CHANGING with what
 * served; in SERVING with what was asked for.
 */
#ifndef SLUICE_CONTROL_TRIAL_H
#define SLUICE_CONTROL_TRIAL_H

#include <jansson.h>
#include <sys/types.h>

#include "control/control.h"
#include "control/observe.h"

struct attend_message;

/* Reads the state; NULL: memory is short. */
struct trial *trial_create(struct control *c);
/* Answers whoever waits. */
void trial_destroy(struct trial *t);

/* {"command": "sig", "try": [{"name": "/path", "fd": N}, …]} of process `peer`, or "promote",
 * "rollback" or "drop" being true, or "drop" "promoted". NULL: begun; else the answer. */
json_t *trial_ask(struct trial *t, const json_t *request, pid_t peer, struct observed_by by);
/* Whether it is one of these. */
bool trial_is_asked(const json_t *request);

/* attach.c: a dataplane is there, is gone, has answered. True: it answered what was asked here. */
void trial_attached(struct trial *t);
void trial_detached(struct trial *t);
bool trial_answered(struct trial *t, const struct attend_message *m);

/* generation.c: before the state of a change is written (`differs`: from what serves), when the
 * file was handed over, when it serves, when it could not be made; and when the dataplane refused
 * it: true, it was a change, which is undone. All but the first do nothing where nobody asked for a
 * change. */
void trial_before_change(struct trial *t, bool differs);
void trial_handed(struct trial *t);
void trial_served(struct trial *t);
void trial_failed(struct trial *t, const char *why);
bool trial_refused(struct trial *t, const char *why);

/* The compiler that makes tries, to be counted. */
const struct compiler *trial_compiler(const struct trial *t);

/* drain.c: what a record says of the try, within the transaction that stores it. `sum` gathers what
 * store_put_trial_totals() takes at its end. */
void trial_note(struct trial *t, const struct record_slot *slot, struct store_trial_totals *sum);
/* Every few milliseconds: what is owed to cores with full rings and to a busy store. */
void trial_tick(struct trial *t);

/* For `sig status`: what the last restart of the try met; empty: nothing. */
const char *trial_error(const struct trial *t);

#endif
