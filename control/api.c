/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sluicectl asks: one JSON object a line over RUN/control.sock, one a line back (answer.h). A
 * client's next request is read when its last answer has been taken, so a client that does not read
 * costs us one line and one answer. A line is at most API_LINE_MAX, at most API_CLIENTS_MAX are
 * connected: past either the client is told and closed.
 *
 *     a client is   until                       and then
 *     reading       a whole line has come       asked; a line too long: told, closing
 *     asked         its answer is there         answered (at once, but for a scan's, a list's and
 *                                               a capture's; who leaves meanwhile ends the last)
 *     answered      the answer is written       reading, or asked where the next line has come
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/answer.h"
#include "control/observe.h"
#include "control/peer.h"
#include "control/scan.h"
#include "control/trial.h"

#define API_LINE_MAX    65536
#define API_CLIENTS_MAX 64

static unsigned clients_now; /* control has one thread */

struct api_client {
	uv_pipe_t pipe;
	struct control *control;
	bool busy;    /* asked or answered: nothing is read */
	bool closing; /* after the answer that is being written */
	bool watched; /* asked, and read meanwhile */
	uint64_t asked_ms;
	size_t used;
	char line[API_LINE_MAX];
};

static void
on_closed(uv_handle_t *handle)
{
	clients_now--;
	free(handle->data);
}

static void
give_up(struct api_client *client)
{
	if (!uv_is_closing((uv_handle_t *)&client->pipe))
		uv_close((uv_handle_t *)&client->pipe, on_closed);
}

static void serve(struct api_client *client);

static void
on_written(uv_write_t *write, int status)
{
	struct api_client *client = write->handle->data;

	free(write->data);
	free(write);
	client->busy = false;
	if (status < 0 || client->closing)
		give_up(client);
	else
		serve(client);
}

/* Takes the value. Without memory for an answer the client is let go. */
static void
send_json(struct api_client *client, json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;
	size_t bytes = text != NULL ? strlen(text) : 0;
	uv_write_t *write = calloc(1, sizeof(*write));
	uv_buf_t buffer;

	json_decref(value);
	if (text == NULL || write == NULL) {
		free(text);
		free(write);
		give_up(client);
		return;
	}
	text[bytes] = '\n'; /* dumps end in NUL: its place is taken, the length is known */
	write->data = text;
	buffer = uv_buf_init(text, (unsigned)bytes + 1);
	if (uv_write(write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) != 0) {
		free(text);
		free(write);
		give_up(client);
	}
}

static void
on_scan_done(void *arg, const struct worker_answer *answer)
{
	struct api_client *client = arg;

	json_t *out = json_pack("{s:b, s:s, s:s, s:s, s:s}", "ok", 1, "verdict",
	    answer->verdict == VERDICT_BAD ? "bad" : "clean", "source", source_word(answer->source),
	    "threat", answer->threat, "layer", answer->layer);

	if (answer->offset != WORKER_NO_OFFSET)
		json_object_set_new(out, "offset", json_integer((json_int_t)answer->offset));
	json_object_set_new(out, "time_ms",
	    json_integer((json_int_t)(uv_now(&client->control->loop) - client->asked_ms)));
	send_json(client, out);
}

/* Who asks with a descriptor of its own. NULL, or a refusal. */
static json_t *
take_peer(struct api_client *client, const json_t *request, pid_t *peer)
{
	uv_os_fd_t fd;

	if (!json_is_integer(json_object_get(request, "fd")))
		return answer_refusal("expected \"fd\", a descriptor of the process that asks");
	if (uv_fileno((uv_handle_t *)&client->pipe, &fd) != 0 || (*peer = peer_of(fd)) < 0)
		return answer_refusal("the kernel does not say who asks");
	return NULL;
}

/* {"command": "scan", "fd": N, "name": "…"}: a descriptor of the process that asks, and what the
 * file is called, which may be left out. NULL: begun. */
static json_t *
begin_scan(struct api_client *client, const json_t *request)
{
	char error[SCAN_ERROR_TEXT_MAX] = "out of memory";
	pid_t peer = -1;
	json_t *refusal = take_peer(client, request, &peer),
	       *name = json_object_get(request, "name");

	if (refusal != NULL)
		return refusal;
	if (name != NULL && !json_is_string(name))
		return answer_refusal("expected \"name\" to be a text");
	client->asked_ms = uv_now(&client->control->loop);
	if (scan_start(client->control, peer,
		(int)json_integer_value(json_object_get(request, "fd")),
		span_of(json_string_value(name), json_string_length(name)), on_scan_done, client,
		error) != 0)
		return answer_refusal(error);
	return NULL;
}

static void
on_observed(void *arg, json_t *answer)
{
	struct api_client *client = arg;

	uv_read_stop((uv_stream_t *)&client->pipe);
	send_json(client, answer);
}

static void
on_leave(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct api_client *client = stream->data;

	(void)buffer;
	if (n >= 0) {
		client->used += (size_t)n; /* its next request: afterwards */
		return;
	}
	uv_read_stop(stream);
	client->closing = true;
	capture_leave(client->control->observe, client);
}

/* {"command": "capture", "fd": N, …}. Its client is read on: to leave is how it ends one. */
static json_t *
begin_capture(struct api_client *client, const json_t *request)
{
	struct observed_by by = { on_observed, client };
	pid_t peer = -1;
	json_t *refusal = take_peer(client, request, &peer);
	int fd;

	if (refusal != NULL)
		return refusal;
	fd = peer_take_descriptor(peer, (int)json_integer_value(json_object_get(request, "fd")));
	if (fd < 0)
		return answer_refusal("the file can't be taken over from the process that asks");
	refusal = capture_begin(client->control->observe, request, fd, by);
	client->watched = refusal == NULL;
	return refusal;
}

/* {"command": "sig", "try": …} and its kin, which take their time. */
static json_t *
begin_trial(struct api_client *client, const json_t *request)
{
	uv_os_fd_t fd;
	pid_t peer = -1;

	if (uv_fileno((uv_handle_t *)&client->pipe, &fd) == 0)
		peer = peer_of(fd);
	if (peer < 0)
		return answer_refusal("the kernel does not say who asks");
	return trial_ask(
	    client->control->trial, request, peer, (struct observed_by){ on_observed, client });
}

/* NULL: the answer will come later. */
static json_t *
answer_line(struct api_client *client, const char *line, size_t bytes)
{
	json_t *request = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, NULL), *out;
	const char *name = json_string_value(json_object_get(request, "command"));

	if (name != NULL && strcmp(name, "scan") == 0)
		out = begin_scan(client, request);
	else if (name != NULL && strcmp(name, "tcp") == 0)
		out = listing_begin(
		    client->control->observe, request, (struct observed_by){ on_observed, client });
	else if (name != NULL && strcmp(name, "capture") == 0)
		out = begin_capture(client, request);
	else if (name != NULL && strcmp(name, "sig") == 0 && trial_is_asked(request))
		out = begin_trial(client, request);
	else
		out = answer_request(client->control, request);
	json_decref(request);
	return out;
}

static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct api_client *client = handle->data;

	(void)suggested;
	*out = uv_buf_init(client->line + client->used, (unsigned)(API_LINE_MAX - client->used));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct api_client *client = stream->data;

	(void)buffer;
	if (n < 0) {
		give_up(client);
		return;
	}
	client->used += (size_t)n;
	serve(client);
}

static void
take_line(struct api_client *client, size_t bytes)
{
	json_t *answer = answer_line(client, client->line, bytes);

	client->used -= bytes + 1;
	memmove(client->line, client->line + bytes + 1, client->used);
	if (answer != NULL)
		send_json(client, answer);
	else if (client->watched)
		uv_read_start((uv_stream_t *)&client->pipe, give_room, on_leave);
	client->watched = false;
}

/* The next line, if it has come; else reads on. */
static void
serve(struct api_client *client)
{
	uv_stream_t *stream = (uv_stream_t *)&client->pipe;
	const char *end = memchr(client->line, '\n', client->used);

	client->busy = end != NULL || client->used == API_LINE_MAX;
	if (!client->busy) {
		uv_read_start(stream, give_room, on_read);
		return;
	}
	uv_read_stop(stream);
	if (end != NULL) {
		take_line(client, (size_t)(end - client->line));
		return;
	}
	client->closing = true;
	send_json(client, answer_refusal("a request is one line of less than 65536 bytes"));
}

static void
on_connection(uv_stream_t *server, int status)
{
	struct api_client *client = status == 0 ? calloc(1, sizeof(*client)) : NULL;

	if (client == NULL)
		return;
	client->control = server->data;
	client->pipe.data = client;
	uv_pipe_init(server->loop, &client->pipe, 0);
	clients_now++;
	if (uv_accept(server, (uv_stream_t *)&client->pipe) != 0) {
		give_up(client);
	} else if (clients_now > API_CLIENTS_MAX) {
		client->busy = client->closing = true;
		send_json(client, answer_refusal("64 clients are connected already"));
	} else {
		serve(client);
	}
}

int
api_start(struct control *c)
{
	int rc;

	unlink(c->paths.control_socket); /* ours alone: main() holds the instance's lock */
	uv_pipe_init(&c->loop, &c->api, 0);
	c->api.data = c;
	rc = uv_pipe_bind(&c->api, c->paths.control_socket);
	return rc == 0 ? uv_listen((uv_stream_t *)&c->api, 16, on_connection) : rc;
}

void
api_stop(struct control *c)
{
	uv_close((uv_handle_t *)&c->api, NULL);
	unlink(c->paths.control_socket);
}
