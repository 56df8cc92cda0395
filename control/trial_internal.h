/* SPDX-License-Identifier: BSD-3-Clause */
/* What trial.c, change.c and trial_record.c share. */
#ifndef SLUICE_CONTROL_TRIAL_INTERNAL_H
#define SLUICE_CONTROL_TRIAL_INTERNAL_H

#include "common/channel/attend.h"
#include "control/trial.h"

enum step {
	STEP_IDLE,
	STEP_COPYING,
	STEP_COMPILING,
	STEP_HANDED,
	STEP_CHANGING,
	STEP_SERVING
};

struct trial {
	struct control *control;
	struct compiler compiler;
	enum step step;
	enum tried_change change;   /* CHANGING, SERVING; AS_IS: a rollback */
	struct observed_by by;      /* done NULL: nobody waits */
	json_t *making;             /* COPYING to HANDED: as tried.h's trial */
	json_t *left_out;           /* names, for the answer */
	json_t *undo;               /* the state before a change */
	bool undo_file;             /* … and previous.gen is what served then */
	uint64_t serial;            /* of the file that was handed over last, until its answer */
	uint64_t generation;        /* that is tried; 0: none */
	uint64_t clear_cores;       /* that must forget their verdicts yet, a bit each */
	bool made_anew, must_clear; /* since the last refusal; the store, of the try before */
	char error[ATTEND_TEXT_MAX];
};

static_assert(CHANNEL_CORES_MAX <= 64, "a bit for each core");

/* trial.c */
/* Ends what was under way. Takes the answer. */
void trial_settle(struct trial *t, json_t *answer);
/* The try's file to the dataplane, as tried.h's trial; NULL: none is tried any more. */
void trial_hand_over(struct trial *t, const json_t *trial);
/* STATE/shadow: for a dataplane that starts while no control runs. */
void trial_name_for_starts(struct trial *t);

/* change.c. NULL: begun; else a refusal. */
json_t *trial_begin_change(struct trial *t, enum tried_change change);
json_t *trial_begin_rollback(struct trial *t);
/* Verdicts of what was taken back must not live on: to every core, as its ring has room. */
void trial_clear_caches(struct trial *t);

#endif
