/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run of sluice-deepscan over one object: started with the object's descriptor, watched, killed
 * when its time is over, and its one line of answer parsed. Whatever the process does, `done` is
 * called once, from the loop, never from within worker_start(); the struct may be used again from
 * then on. The owner embeds it and keeps it where it is until `done`.
 */
#ifndef SLUICE_CONTROL_WORKER_H
#define SLUICE_CONTROL_WORKER_H

#include <stdbool.h>
#include <uv.h>

#include "common/base/span.h"
#include "common/channel/record.h"
#include "scanners/digest/digest.h"

#define WORKER_TEXT_MAX  1024
#define WORKER_LAYER_MAX (2 * WORKER_TEXT_MAX) /* a step in it is said in four bytes, not two */
#define WORKER_NO_OFFSET UINT64_MAX
#define WORKER_PARTS_MAX 4 /* as many as the worker tells of */

struct control;

struct worker_answer {
	enum verdict verdict;
	enum source source; /* SOURCE_TIMEOUT, SOURCE_ERROR: the process did not do its work */
	char threat[COMMAND_THREAT_MAX]; /* empty unless bad */
	/* Where in the object, "zip:a.doc -> vba:Module1"; empty: the object itself. Of
	 * SOURCE_TIMEOUT and SOURCE_ERROR how the process ended, where it gave no answer:
	 * worker_is_end(). */
	char layer[WORKER_LAYER_MAX];
	uint64_t offset;     /* where in that layer a signature's match ends, or WORKER_NO_OFFSET */
	bool by_name;        /* the same bytes under another name may get another verdict */
	unsigned part_count; /* of a bad one: what is bad in it and alone, too */
	uint8_t parts[WORKER_PARTS_MAX][DIGEST_SHA256_BYTES];
};

struct worker;
typedef void (*worker_done)(struct worker *w, const struct worker_answer *answer);

struct worker {
	uv_process_t process;
	uv_pipe_t output;
	uv_timer_t timer;
	unsigned open_handles; /* the run ends when the last is closed */
	bool timed_out, has_run;
	int64_t exit_code;
	int signal_number; /* that ended it, or 0 */
	size_t used;
	char text[WORKER_TEXT_MAX];
	worker_done done;
	struct control *control;
	void *owner; /* the caller's; not touched here after done() has begun */
};

/* `object` stays the caller's, to be closed after the call; `name` is what it is called, or empty.
 */
void worker_start(struct control *c, struct worker *w, int object, struct span name,
    worker_done done, void *owner);
/* The process is killed; done() is still due. Nothing where it does not run. */
void worker_kill(struct worker *w);
/* Whether this is no layer, but how a worker ended: "worker ended by SIGSEGV". In a layer no step
 * begins so: what was a blank there is '_'. */
bool worker_is_end(const char *layer);
/* A verdict's text, "VERDICT SOURCE THREAT LAYER OFFSET [name] [SHA-256]...\n"; false where it is
 * not one. */
bool worker_parse(const char *text, struct worker_answer *out);

#endif
