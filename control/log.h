/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice.log, and sluice.jsonl beside it where configured: one line per object. tcp.log: the
 * flights of connections that came to harm, several lines each; it is made with the first. Lines
 * are gathered during a turn of the loop and written by log_flush(), which ends the turn.
 */
#ifndef SLUICE_CONTROL_LOG_H
#define SLUICE_CONTROL_LOG_H

#include <stdbool.h>

#include "common/config/config.h"
#include "control/line.h"
#include "control/log_file.h"

struct log {
	struct log_file text, json, tcp;
	bool json_on;
	struct line_setting setting;
	char label[64];
	uint64_t lines;
};

/* 0, or -errno with the path that could not be opened in `l->text.path`. */
int log_init(struct log *l, const char *directory, const struct config *config);
void log_fini(struct log *l);
/* After a reload. */
void log_configure(struct log *l, const struct config *config);

void log_record(struct log *l, const struct record_slot *slot);
/* Whole lines. */
void log_flight(struct log *l, const char *lines, size_t bytes);
void log_loss(struct log *l, uint64_t lost, uint32_t core);
void log_flush(struct log *l);
/* 0 or -errno of the first that failed. */
int log_reopen(struct log *l);

#endif
