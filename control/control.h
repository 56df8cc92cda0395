/* SPDX-License-Identifier: BSD-3-Clause */
/* The control process's state, shared by its files. One libuv loop, one thread; main.c owns it. */
#ifndef SLUICE_CONTROL_H
#define SLUICE_CONTROL_H

#include <uv.h>

#include "common/channel/channel.h"
#include "common/config/config.h"
#include "control/compiler.h"
#include "control/exclude.h"
#include "control/log.h"
#include "control/store/store.h"
#include "control/tried.h"

/* How far a region has been read. */
struct drain_cursor {
	uint64_t lost_told[CHANNEL_CORES_MAX]; /* records_lost that the log was told of */
	uint64_t stored[CHANNEL_CORES_MAX];    /* serial of the last notice that was stored */
	uint64_t logged[CHANNEL_CORES_MAX];    /* … whose line stands in the log */
};

struct control {
	uv_loop_t loop;
	struct config_paths paths;
	struct config *config;
	const char *const *overrides; /* --set, applied again at a reload */
	unsigned override_count;
	struct store *store;
	struct log log;
	enum mode mode;
	uint64_t started_ms; /* the loop's clock */
	uv_timer_t prune_timer;

	/* attach.c */
	struct region *region; /* NULL: no dataplane is attached */
	struct drain_cursor cursor;
	/* The one that a dataplane left behind: read to its end, its objects judged, then closed.
	 */
	struct region *left;
	struct drain_cursor left_cursor;
	int attend; /* its socket; -1 */
	uv_timer_t attach_timer;
	uv_poll_t attend_poll;
	bool polling;
	uint64_t attend_serial;
	char last_error[512]; /* what the dataplane refused last; empty: nothing */

	/* drain.c */
	uv_timer_t drain_timer;
	uint64_t lines; /* written to the log since the start */

	/* generation.c */
	const char *compiler;               /* sluice-sigc */
	struct compiler serving;            /* makes what serves */
	bool compiling, compile_again;      /* again: asked for while it ran */
	enum tried_change wanted, compiled; /* in the next run, and in the last that began */
	bool made_anew;                     /* since the last file that was refused; else it is */
	uint64_t generation_serial; /* of the request that handed one over; its answer makes it
				       current */
	char compile_error[512];    /* empty: the last one went well */

	/* trial.c */
	struct tried tried;
	struct trial *trial;

	struct exclude exclude;

	/* jobs.c */
	struct jobs *jobs;
	const char *worker; /* sluice-deepscan */

	struct everywhere *everywhere; /* what cores whose rings were full have yet to hear */

	/* api.c */
	uv_pipe_t api;

	/* observe.c */
	struct observe *observe;

	/* http.c */
	struct http *http; /* NULL: memory was short at the start */
};

/* attach.c: keeps trying to reach the dataplane's attendant */
void attach_start(struct control *c);
void attach_stop(struct control *c);
/* Closes what a dataplane left behind once there is nothing in it. */
void attach_release(struct control *c);
/* Sends the policy of the current configuration to the dataplane. */
void attach_push_policy(struct control *c);

/* generation.c: compiles what the configuration names, at once or when the compiler that runs has
 * ended. 0, -errno or uv's error with `compile_error` set. */
int generation_compile(struct control *c);
void generation_init(struct control *c);
/* At the start: the same, unless a rollback chose what serves. */
void generation_start(struct control *c);
/* Hands the current file to the dataplane. */
void generation_push(struct control *c);
/* The dataplane serves it: its next start shall too. */
void generation_served(struct control *c);
/* The dataplane refused the file: it is compiled once more, unless that was just done, or what it
 * should have served instead was asked for just now (trial.c), which is told then. */
void generation_refused(struct control *c);
/* STATE/NAME. */
void generation_path(const struct control *c, const char *name, char out[512]);

/* jobs.c: objects lent for the sandbox */
struct jobs *jobs_create(struct control *c);
void jobs_destroy(struct jobs *j); /* kills what runs; NULL is fine */
/* Takes an object on, or answers `overload`. False: neither could be done, ask again. */
bool jobs_take(struct jobs *j, struct region *region, uint32_t core, const struct notice *n);
/* After attaching: what an earlier control left unanswered. */
void jobs_attach(struct jobs *j);
/* How many objects still lie in this region only. */
unsigned jobs_waiting_of(struct jobs *j, const struct region *region);
/* The region is about to be closed: what lies in it only is given up. */
void jobs_forget(struct jobs *j, const struct region *region);
/* What is owed of judged jobs: answers that met a full ring, convictions that met a busy store. */
void jobs_retry(struct jobs *j);
struct jobs_facts {
	unsigned running, waiting;
};
void jobs_count(const struct jobs *j, struct jobs_facts *out);

/* drain.c: empties the rings, every few milliseconds */
void drain_start(struct control *c);
void drain_stop(struct control *c);
/* A sandbox convicted a digest: an alert for each client that already has it. False: the store is
 * busy or failed and nothing of it is stored. */
/* `name`: only under that one; NULL: under any. */
bool drain_convict(
    struct control *c, const uint8_t sha256[32], const struct span *name, const char *threat);
struct worker_answer;
/* Where in this object a worker found what decided, and that the bad parts of it are of there, for
 * `explain`; a store that is busy does without. */
void drain_found(struct control *c, const uint8_t sha256[32], const uint8_t uuid[16],
    const struct worker_answer *said);

/* mode.c: persisted in STATE/mode, and in the region where there is one. 0 or -errno. */
int control_set_mode(struct control *c, enum mode m);
/* The mode an operator chose last, else the configuration's. */
enum mode control_stored_mode(const struct control *c);

/* api.c: JSON lines over RUN/control.sock. -errno. */
int api_start(struct control *c);
void api_stop(struct control *c);

/* http.c: metrics and status over HTTP, where http.listen says. An address that can't be had is
 * told once and tried again every few seconds: control has more to do than to be looked at. */
void http_start(struct control *c);
void http_configure(struct control *c); /* after a reload */
void http_stop(struct control *c);
const char *http_error(const struct control *c); /* why it does not listen; empty: it need not */

#endif
