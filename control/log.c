/* SPDX-License-Identifier: BSD-3-Clause */
/* See log.h. The JSON file is opened with the first line it gets. */
#include "control/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/record_json.h"

static int
open_json(struct log *l)
{
	char path[520];
	size_t stem = strlen(l->text.path) - strlen(".log");

	snprintf(path, sizeof(path), "%.*s.jsonl", (int)stem, l->text.path);
	return log_file_init(&l->json, path);
}

int
log_init(struct log *l, const char *directory, const struct config *config)
{
	char path[512];
	int rc;

	*l = (struct log){ .json.fd = -1 };
	snprintf(path, sizeof(path), "%s/sluice.log", directory);
	rc = log_file_init(&l->text, path);
	if (rc != 0)
		return rc;
	log_configure(l, config);
	return 0;
}

void
log_fini(struct log *l)
{
	log_file_fini(&l->text);
	log_file_fini(&l->json);
}

void
log_configure(struct log *l, const struct config *config)
{
	snprintf(l->label, sizeof(l->label), "%s",
	    config->reputation.label != NULL ? config->reputation.label : "reputation");
	l->setting.reputation_label = l->label;
	log_file_limit(&l->text, config->log.bytes_max, config->log.keep);
	l->json_on = config->log.json;
	if (l->json_on && l->json.lines == NULL)
		open_json(l);
	log_file_limit(&l->json, config->log.bytes_max, config->log.keep);
}

static void
put_line(struct log *l, const char *line, size_t bytes)
{
	log_file_put(&l->text, line, bytes);
	l->lines++;
}

static void
put_json(struct log *l, const struct record_slot *slot)
{
	json_t *o = record_json(slot, &l->setting);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	if (text != NULL) {
		size_t bytes = strlen(text);

		text[bytes] = '\n'; /* in the NUL's place: the file takes lengths */
		log_file_put(&l->json, text, bytes + 1);
	} else {
		l->json.dropped++;
	}
	free(text);
	json_decref(o);
}

void
log_record(struct log *l, const struct record_slot *slot)
{
	char line[LINE_BYTES_MAX];

	put_line(l, line, line_of_record(slot, &l->setting, line));
	if (l->json_on && l->json.lines != NULL)
		put_json(l, slot);
}

void
log_loss(struct log *l, uint64_t lost, uint32_t core)
{
	char line[LINE_BYTES_MAX];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put_line(l, line,
	    line_of_loss(lost, core, now.tv_sec * 1000000000LL + now.tv_nsec, &l->setting, line));
}

void
log_flush(struct log *l)
{
	log_file_flush(&l->text);
	if (l->json.lines != NULL)
		log_file_flush(&l->json);
}

int
log_reopen(struct log *l)
{
	int rc = log_file_reopen(&l->text);
	int json_rc = l->json.lines != NULL ? log_file_reopen(&l->json) : 0;

	return rc != 0 ? rc : json_rc;
}
