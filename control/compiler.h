/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run of sluice-sigc in a process of its own, within the limits of the configuration. One at a
 * time for each `struct compiler`; two of them may run side by side. main() owns the loop, which
 * calls `done` once for each run that was started, when the process has gone.
 */
#ifndef SLUICE_CONTROL_COMPILER_H
#define SLUICE_CONTROL_COMPILER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct control;

#define COMPILER_ERROR_TEXT_MAX 512

struct compiler {
	struct control *control;
	void (*done)(struct compiler *p, bool good); /* may start the next run */
	uv_process_t process;
	bool running, good;
	uint64_t runs, failed; /* since the start: those asked for, and that made nothing */
	int said;              /* what the process says on standard error; -1: none runs */
	char error[COMPILER_ERROR_TEXT_MAX]; /* of the last run: FILE:LINE: what, or how it ended;
						empty: none */
};

/* What is compiled: files by their paths, besides what the configuration names, or alone. */
struct compiler_work {
	const char *output;  /* a path */
	const char *earlier; /* a generation that may spare work, a path; NULL: none */
	const char *report;  /* where the JSON report goes, a path; NULL: nowhere */
	bool with_configured;
	char *const *more;
	unsigned more_count;
};

void compiler_init(
    struct compiler *p, struct control *c, void (*done)(struct compiler *p, bool good));
/* 0, or -errno or uv's error with p->error set; then `done` is not called. -EBUSY: it runs, or a
 * start that failed has not left the loop yet. */
int compiler_start(struct compiler *p, const struct compiler_work *work);

#endif
