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

	*l = (struct log){ .json.fd = -1, .tcp.fd = -1 };
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
	log_file_fini(&l->tcp);
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
	log_file_limit(&l->tcp, config->log.bytes_max, config->log.keep);
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

	if (slot->record.icap_status != 0)
		put_line(l, line, line_of_refusal(slot, &l->setting, line));
	else
		put_line(l, line, line_of_record(slot, &l->setting, line));
	if (slot->record.shadow == SHADOW_BAD && slot->record.verdict != VERDICT_BAD)
		put_line(l, line, line_of_shadow(slot, &l->setting, line));
	if (l->json_on && l->json.lines != NULL)
		put_json(l, slot);
}

/* Beside sluice.log. */
static int
open_tcp(struct log *l)
{
	char path[520];
	const char *slash = strrchr(l->text.path, '/');
	struct log_file bounds = l->tcp;
	int rc;

	snprintf(path, sizeof(path), "%.*stcp.log",
	    slash != NULL ? (int)(slash + 1 - l->text.path) : 0, l->text.path);
	rc = log_file_init(&l->tcp, path);
	log_file_limit(&l->tcp, bounds.bytes_max, bounds.keep);
	return rc;
}

void
log_flight(struct log *l, const char *lines, size_t bytes)
{
	if (l->tcp.lines == NULL)
		open_tcp(l);
	if (l->tcp.lines != NULL)
		log_file_put(&l->tcp, lines, bytes);
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
	if (l->tcp.lines != NULL)
		log_file_flush(&l->tcp);
}

int
log_reopen(struct log *l)
{
	int rc = log_file_reopen(&l->text);
	int json_rc = l->json.lines != NULL ? log_file_reopen(&l->json) : 0;
	int tcp_rc = l->tcp.lines != NULL ? log_file_reopen(&l->tcp) : 0;

	if (rc == 0)
		rc = json_rc;
	return rc != 0 ? rc : tcp_rc;
}
