/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why an object's verdict is what it is, for people: what decided, the rule and where it stands,
 * where in the object it was found, what was asked before, what was done and by which setting, and
 * what the time went into. The record says what happened; lists, rules and settings are those that
 * serve now.
 */
#ifndef SLUICE_CONTROL_WHY_H
#define SLUICE_CONTROL_WHY_H

#include <jansson.h>

#include "control/control.h"

/* Of a sound slot. The caller's; NULL when memory is short. */
json_t *why_json(struct control *c, const struct record_slot *slot);

#endif
