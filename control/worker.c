/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/letters.h"
#include "control/control.h"

#define CPU_MARGIN_S 2 /* beyond the run's time: a limit that only a bug meets */

/* The next word, cut to its room; false where there is none. */
static bool
take_word(const char **at, char *out, size_t room)
{
	size_t bytes = strcspn(*at, " \n");

	snprintf(out, room, "%.*s", (int)bytes, *at);
	*at += bytes;
	if (**at == ' ')
		(*at)++;
	return bytes > 0;
}

/* A step from layer to layer, "->", with blanks around it. */
static void
put_layer(const char *word, char out[WORKER_LAYER_MAX])
{
	size_t used = 0;

	if (strcmp(word, "-") == 0)
		word = "";
	for (; *word != 0 && used < WORKER_LAYER_MAX - 4; word++) {
		bool is_step = word[0] == '-' && word[1] == '>';

		if (is_step)
			used += (size_t)snprintf(out + used, WORKER_LAYER_MAX - used, " -> ");
		else
			out[used++] = *word;
		word += is_step;
	}
	out[used] = 0;
}

/* "-", or a number. */
static bool
parse_offset(const char *word, uint64_t *out)
{
	char *end;

	*out = WORKER_NO_OFFSET;
	if (strcmp(word, "-") == 0)
		return true;
	if (word[0] < '0' || word[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(word, &end, 10);
	return *end == 0 && errno == 0 && *out <= INT64_MAX;
}

static bool
parse_digest(const char *word, uint8_t out[DIGEST_SHA256_BYTES])
{
	if (strlen(word) != 2 * DIGEST_SHA256_BYTES)
		return false;
	for (unsigned i = 0; i < DIGEST_SHA256_BYTES; i++) {
		int byte = hex_pair((const uint8_t *)word + 2 * i);

		if (byte < 0)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

/* What follows the offset. False: it is nothing of that. */
static bool
parse_rest(const char **at, struct worker_answer *out)
{
	char word[2 * DIGEST_SHA256_BYTES + 2];

	while (take_word(at, word, sizeof(word))) {
		bool is_name = strcmp(word, "name") == 0 && !out->by_name && out->part_count == 0;

		if (is_name) {
			out->by_name = true;
			continue;
		}
		if (out->part_count == WORKER_PARTS_MAX ||
		    !parse_digest(word, out->parts[out->part_count]))
			return false;
		out->part_count++;
	}
	return true;
}

bool
worker_parse(const char *text, struct worker_answer *out)
{
	const char *end = strchr(text, '\n');
	char verdict[16], source[32], layer[WORKER_TEXT_MAX], offset[32];

	memset(out, 0, sizeof(*out));
	out->source = SOURCE_ERROR;
	out->offset = WORKER_NO_OFFSET;
	if (end == NULL || end[1] != 0 || !take_word(&text, verdict, sizeof(verdict)) ||
	    !take_word(&text, source, sizeof(source)) ||
	    !take_word(&text, out->threat, sizeof(out->threat)) ||
	    !take_word(&text, layer, sizeof(layer)) || !take_word(&text, offset, sizeof(offset)) ||
	    !parse_rest(&text, out) || text != end || !parse_offset(offset, &out->offset) ||
	    source_by_word(span_text(source)) == SOURCE_COUNT ||
	    (strcmp(verdict, "bad") != 0 && strcmp(verdict, "clean") != 0))
		return false;
	out->source = source_by_word(span_text(source));
	out->verdict = strcmp(verdict, "bad") == 0 ? VERDICT_BAD : VERDICT_CLEAN;
	if (out->verdict != VERDICT_BAD) {
		out->threat[0] = 0;
		out->part_count = 0;
	}
	put_layer(layer, out->layer);
	return true;
}

#define END_WORDS "worker " /* how each of the sentences begins */

bool
worker_is_end(const char *layer)
{
	return strncmp(layer, END_WORDS, sizeof(END_WORDS) - 1) == 0;
}

/* Why there is no answer. */
static void
tell_end(const struct worker *w, char out[WORKER_LAYER_MAX])
{
	const char *name = w->signal_number != 0 ? sigabbrev_np(w->signal_number) : NULL;

	if (w->timed_out)
		snprintf(out, WORKER_LAYER_MAX, END_WORDS "killed when its time was over");
	else if (!w->has_run)
		snprintf(out, WORKER_LAYER_MAX, END_WORDS "could not be started");
	else if (name != NULL)
		snprintf(out, WORKER_LAYER_MAX, END_WORDS "ended by SIG%s", name);
	else if (w->exit_code != 0)
		snprintf(out, WORKER_LAYER_MAX, END_WORDS "ended with code %d", (int)w->exit_code);
	else
		snprintf(out, WORKER_LAYER_MAX, END_WORDS "gave no sound line");
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct worker *w = handle->data;
	struct worker_answer answer;

	if (--w->open_handles > 0)
		return;
	if (w->timed_out || !worker_parse(w->text, &answer)) {
		answer = (struct worker_answer){ .offset = WORKER_NO_OFFSET,
			.source = w->timed_out ? SOURCE_TIMEOUT : SOURCE_ERROR };
		tell_end(w, answer.layer);
	}
	w->done(w, &answer);
}

/*
 * The run ends when the process has gone and its output is read to the end; the timer stays until
 * then, since something the process left behind may hold the pipe open.
 */
static void
end_part(struct worker *w, uv_handle_t *part)
{
	uv_handle_t *timer = (uv_handle_t *)&w->timer;

	if (!uv_is_closing(part))
		uv_close(part, on_handle_closed);
	if (uv_is_closing((uv_handle_t *)&w->output) && uv_is_closing((uv_handle_t *)&w->process) &&
	    !uv_is_closing(timer))
		uv_close(timer, on_handle_closed);
}

static void
on_exit_of_process(uv_process_t *process, int64_t status, int signal_number)
{
	struct worker *w = process->data;

	w->has_run = true;
	w->exit_code = status;
	w->signal_number = signal_number;
	end_part(w, (uv_handle_t *)process);
}

static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct worker *w = handle->data;

	(void)suggested;
	*out = uv_buf_init(w->text + w->used, (unsigned)(WORKER_TEXT_MAX - 1 - w->used));
}

static void
on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct worker *w = stream->data;

	(void)buffer;
	if (n > 0)
		w->used += (size_t)n;
	if (n < 0 || w->used == WORKER_TEXT_MAX - 1)
		end_part(w, (uv_handle_t *)stream);
}

void
worker_kill(struct worker *w)
{
	if (w->open_handles > 0 && !uv_is_closing((uv_handle_t *)&w->process))
		uv_process_kill(&w->process, SIGKILL);
}

static void
on_time_over(uv_timer_t *timer)
{
	struct worker *w = timer->data;

	w->timed_out = true;
	worker_kill(w);
	end_part(w, (uv_handle_t *)&w->output);
}

/* The classes that the policy blocks, "oversize,error": the worker tells one of these first. */
static void
list_blocked(const struct config *f, char *out, size_t room)
{
	const struct {
		enum source class;
		enum config_action action;
	} classes[] = { { SOURCE_OVERSIZE, f->policy.oversize },
		{ SOURCE_ENCRYPTED, f->policy.encrypted }, { SOURCE_CORRUPT, f->policy.corrupt },
		{ SOURCE_UNSUPPORTED, f->policy.unsupported }, { SOURCE_ERROR, f->policy.error } };
	size_t used = 0;

	out[0] = 0;
	for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].action == ACTION_BLOCK)
			used += (size_t)snprintf(out + used, room - used, "%s%s",
			    used > 0 ? "," : "", source_word(classes[i].class));
	}
}

/* What the object is called, to be read; -1: nothing is told of it. */
static int
name_file(struct span name)
{
	int fd = name.bytes > 0 ? memfd_create("sluice-name", MFD_CLOEXEC) : -1;

	if (fd >= 0 && write(fd, name.data, name.bytes) == (ssize_t)name.bytes)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
spawn(struct control *c, struct worker *w, int object, int name)
{
	const struct config *f = c->config;
	char path[512], n[5][32], blocked[128],
	    *arguments[] = { (char *)(uintptr_t)c->worker, n[0], n[1], n[2], n[3], n[4], blocked,
		    NULL };
	uv_stdio_container_t stdio[7] = { { .flags = UV_IGNORE },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		    .data.stream = (uv_stream_t *)&w->output },
		{ .flags = UV_IGNORE }, { .flags = UV_INHERIT_FD, .data.fd = object },
		{ .flags = UV_IGNORE }, { .flags = UV_IGNORE }, { .flags = UV_IGNORE } };
	uv_process_options_t options = { .exit_cb = on_exit_of_process,
		.file = c->worker,
		.args = arguments,
		.stdio = stdio,
		.stdio_count = 7 };
	int generation, passwords = -1, rc;

	snprintf(n[0], 32, "%u", f->sandbox.depth_max);
	snprintf(n[1], 32, "%u", f->sandbox.members_max);
	snprintf(n[2], 32, "%llu", (unsigned long long)f->sandbox.unpacked_bytes_max);
	snprintf(n[3], 32, "%u", f->sandbox.memory_mib);
	snprintf(n[4], 32, "%u", f->sandbox.job_timeout_ms / 1000 + CPU_MARGIN_S);
	list_blocked(f, blocked, sizeof(blocked));
	snprintf(path, sizeof(path), "%s/current.gen", c->paths.state_directory);
	generation = open(path, O_RDONLY | O_CLOEXEC);
	if (generation >= 0)
		stdio[4] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = generation };
	if (f->sandbox.passwords != NULL)
		passwords = open(f->sandbox.passwords, O_RDONLY | O_CLOEXEC);
	if (passwords >= 0)
		stdio[5] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = passwords };
	if (name >= 0)
		stdio[6] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = name };
	rc = uv_spawn(&c->loop, &w->process, &options);
	if (generation >= 0)
		close(generation);
	if (passwords >= 0)
		close(passwords);
	return rc;
}

void
worker_start(struct control *c, struct worker *w, int object, struct span name, worker_done done,
    void *owner)
{
	int called = name_file(name);
	bool is_told = called >= 0 || name.bytes == 0, is_running;

	memset(w, 0, sizeof(*w));
	w->done = done;
	w->owner = owner;
	w->control = c;
	uv_pipe_init(&c->loop, &w->output, 0);
	uv_timer_init(&c->loop, &w->timer);
	w->output.data = w->timer.data = w->process.data = w;
	w->open_handles = 3;
	is_running = is_told && spawn(c, w, object, called) == 0;
	if (called >= 0)
		close(called);
	if (!is_running) {
		end_part(w, (uv_handle_t *)&w->output);
		end_part(w, (uv_handle_t *)&w->process);
		return;
	}
	uv_read_start((uv_stream_t *)&w->output, give_room, on_output);
	uv_timer_start(&w->timer, on_time_over, c->config->sandbox.job_timeout_ms, 0);
}
