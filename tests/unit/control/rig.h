/* SPDX-License-Identifier: BSD-3-Clause */
/* A control without a dataplane, in a directory of its own: what the tests of this folder ask. */
#ifndef SLUICE_TESTS_CONTROL_RIG_H
#define SLUICE_TESTS_CONTROL_RIG_H

#include "control/trial.h"
#include "tests/unit/harness.h"

struct rig {
	char directory[64];
	struct control control;
	struct observe observe;
};

/* A store, a log and a loop; the configuration is the default one. */
void rig_make(struct rig *r);
void rig_remove(struct rig *r);
/* Turns the loop once, waiting at most a few milliseconds. */
void rig_turn(struct rig *r);
/* An object of that number with its alert, as a notice would bring it. */
void rig_put_object(struct rig *r, uint8_t number, const char *url, uint32_t flags);

#endif
