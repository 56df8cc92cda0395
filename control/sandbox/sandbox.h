/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sandbox judges whole objects, slowly, outside the dataplane. One interface for every kind: the
 * embedded `deep` (jailed worker processes, control/deepscan) now, CAPE and clamd later. Jobs wait
 * in a bounded queue; every submitted job is answered exactly once, whatever becomes of its worker.
 * Runs on control's libuv loop; callbacks come from the loop, never from inside sandbox_submit().
 */
#ifndef SLUICE_SANDBOX_H
#define SLUICE_SANDBOX_H

#include <stdint.h>

#include <uv.h>

#include "common/channel/words.h"
#include "common/config/config.h"

#define SANDBOX_THREAT_MAX 128
#define SANDBOX_MEMBER_MAX 512

struct sandbox;

struct sandbox_job {
	int fd;         /* a memfd or file with the object from offset 0; the sandbox takes and closes it */
	uint64_t bytes;
	char name[256]; /* of the file, for rules that look at it; may be empty */
};

struct sandbox_result {
	enum verdict verdict;
	enum source source;  /* SOURCE_SANDBOX, or the class why it could not be judged (policy decides) */
	char threat[SANDBOX_THREAT_MAX];   /* bad: the signature's name */
	char member[SANDBOX_MEMBER_MAX];   /* bad: where, "a.tar/b.zip/eicar.com"; raw bytes escaped */
	uint32_t members;                  /* looked at */
	uint64_t unpacked_bytes;
	uint64_t duration_ns;
};

typedef void (*sandbox_done)(void *arg, const struct sandbox_result *result);

struct sandbox_options {
	const struct config *config;
	const char *worker_program; /* sluice-deepscan */
	int generation_fd;          /* the generation file in use; dup'ed; -1: built-in */
};

int sandbox_create(const struct sandbox_options *options, uv_loop_t *loop, struct sandbox **out);
/* Answers what is queued or running with class `error`, ends the workers. */
void sandbox_destroy(struct sandbox *s);

/* 0, or -EAGAIN when the queue is full (the job's descriptor is closed then too). */
int sandbox_submit(struct sandbox *s, const struct sandbox_job *job, sandbox_done done, void *arg);

/* New jobs run on this generation; running ones finish on theirs. */
int sandbox_set_generation(struct sandbox *s, int generation_fd);

struct sandbox_facts {
	uint32_t workers, busy, queued;
	uint64_t jobs, bad, failed, worker_restarts;
};
void sandbox_facts(const struct sandbox *s, struct sandbox_facts *out);

#endif
