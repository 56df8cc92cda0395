/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sluicectl asks: one JSON object a line over RUN/control.sock, one a line back. Every answer
 * has "ok"; a refusal has "error". A line is at most API_LINE_MAX, at most API_CLIENTS_MAX are
 * connected.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "common/base/version.h"
#include "control/control.h"
#include "control/record_json.h"
#include "control/scan.h"

#define API_LINE_MAX    65536
#define API_CLIENTS_MAX 64
#define ALERTS_DEFAULT  20

static unsigned clients_now;

struct api_client {
	uv_pipe_t pipe;
	struct control *control;
	bool scanning; /* a scan will answer it: it is not freed before */
	bool closed;
	size_t used;
	char line[API_LINE_MAX];
};

static json_t *
refuse(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *
sum_counters(struct control *c, struct core_stats *sum)
{
	static struct core_stats one;
	json_t *out = json_object();

	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < region_cores(c->region); i++) {
		channel_stats_read(region_core(c->region, i), &one);
		for (unsigned k = 0; k < COUNTER_COUNT; k++)
			sum->counters[k] += one.counters[k];
		for (unsigned v = 0; v < VERDICT_COUNT; v++) {
			for (unsigned s = 0; s < SOURCE_COUNT; s++)
				sum->verdicts[v][s] += one.verdicts[v][s];
		}
		histogram_merge(&sum->object_ns, &one.object_ns);
		sum->connections_now += one.connections_now;
		sum->held_now += one.held_now;
		sum->arena_free_now += one.arena_free_now;
		sum->mbufs_free_now += one.mbufs_free_now;
		sum->cache_entries_now += one.cache_entries_now;
	}
	for (unsigned k = 0; k < COUNTER_COUNT; k++)
		json_object_set_new(
		    out, counter_word(k), json_integer((json_int_t)sum->counters[k]));
	return out;
}

static json_t *
answer_status(struct control *c, const json_t *request)
{
	static struct core_stats sum;
	struct store_facts facts;
	json_t *out;

	(void)request;
	store_facts(c->store, &facts);
	out = json_pack("{s:b, s:s, s:s, s:s, s:b, s:I, s:I, s:s}", "ok", 1, "version",
	    SLUICE_VERSION, "instance", c->paths.instance, "mode", mode_word(c->mode), "dataplane",
	    c->region != NULL, "alerts", (json_int_t)facts.alerts, "lines", (json_int_t)c->lines,
	    "last_error", c->last_error);
	if (c->region == NULL)
		return out;
	json_decref(sum_counters(c, &sum));
	json_object_set_new(out, "dataplane_pid", json_integer(region_dataplane_pid(c->region)));
	json_object_set_new(out, "cores", json_integer(region_cores(c->region)));
	json_object_set_new(out, "generation",
	    json_sprintf("%016llx", (unsigned long long)region_generation(c->region)));
	json_object_set_new(out, "connections", json_integer((json_int_t)sum.connections_now));
	json_object_set_new(out, "held", json_integer((json_int_t)sum.held_now));
	json_object_set_new(out, "objects",
	    json_integer((json_int_t)(sum.counters[COUNTER_OBJECTS_REQMOD] +
				      sum.counters[COUNTER_OBJECTS_RESPMOD])));
	json_object_set_new(
	    out, "blocked", json_integer((json_int_t)sum.counters[COUNTER_BLOCKED]));
	return out;
}

static json_t *
answer_mode(struct control *c, const json_t *request)
{
	const char *word = json_string_value(json_object_get(request, "mode"));
	int rc = 0;

	if (word != NULL) {
		enum mode m = mode_by_word(span_text(word));

		if (m == MODE_COUNT)
			return refuse("expected disabled, monitor, standard or advanced");
		rc = control_set_mode(c, m);
	}
	if (rc != 0)
		return refuse("the mode can't be kept in the state directory");
	return json_pack("{s:b, s:s}", "ok", 1, "mode", mode_word(c->mode));
}

static json_t *
answer_stats(struct control *c, const json_t *request)
{
	static struct core_stats sum;
	json_t *counters, *verdicts = json_object();

	(void)request;
	if (c->region == NULL) {
		json_decref(verdicts);
		return refuse("no dataplane is attached");
	}
	counters = sum_counters(c, &sum);
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		for (unsigned s = 0; s < SOURCE_COUNT; s++) {
			char name[64];

			if (sum.verdicts[v][s] == 0)
				continue;
			snprintf(name, sizeof(name), "%s (%s)", v == VERDICT_BAD ? "bad" : "clean",
			    source_word(s));
			json_object_set_new(
			    verdicts, name, json_integer((json_int_t)sum.verdicts[v][s]));
		}
	}
	return json_pack("{s:b, s:o, s:o, s:{s:I, s:I, s:I}}", "ok", 1, "counters", counters,
	    "verdicts", verdicts, "object_us", "p50",
	    (json_int_t)(histogram_quantile(&sum.object_ns, 500) / 1000), "p99",
	    (json_int_t)(histogram_quantile(&sum.object_ns, 990) / 1000), "max",
	    (json_int_t)(sum.object_ns.max / 1000));
}

static json_t *
answer_cache(struct control *c, const json_t *request)
{
	static struct core_stats sum;
	json_t *counters;

	if (c->region == NULL)
		return refuse("no dataplane is attached");
	if (json_is_true(json_object_get(request, "clear"))) {
		struct command clear = { .kind = COMMAND_CACHE_CLEAR };

		for (uint32_t i = 0; i < region_cores(c->region); i++) {
			if (command_send(region_core(c->region, i), &clear) != 0)
				return refuse("a core's command ring is full; try again");
		}
	}
	counters = sum_counters(c, &sum);
	json_decref(counters);
	return json_pack("{s:b, s:I, s:I, s:I, s:I}", "ok", 1, "entries",
	    (json_int_t)sum.cache_entries_now, "hits", (json_int_t)sum.counters[COUNTER_CACHE_HITS],
	    "misses", (json_int_t)sum.counters[COUNTER_CACHE_MISSES], "evictions",
	    (json_int_t)sum.counters[COUNTER_CACHE_EVICTIONS]);
}

static void
add_alert(void *arg, const struct store_alert *a)
{
	char uuid[LINE_UUID_TEXT], md5[LINE_MD5_TEXT], when[RECORD_TIME_TEXT];

	json_array_append_new(
	    arg, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "time",
		     record_time(a->wall_ns, when), "uuid", line_hex(a->uuid, 16, uuid), "client",
		     a->client, "user", a->user, "url", a->url, "filename", a->filename, "threat",
		     a->threat, "source", a->source, "mode", a->mode, "md5",
		     line_hex(a->md5, 16, md5), "blocked", a->blocked));
}

static json_t *
answer_alerts(struct control *c, const json_t *request)
{
	json_int_t limit = json_integer_value(json_object_get(request, "limit"));
	json_t *list = json_array();

	if (limit <= 0 || limit > 10000)
		limit = ALERTS_DEFAULT;
	if (store_alerts(c->store, 0, (unsigned)limit, add_alert, list) != 0) {
		json_decref(list);
		return refuse("the alert store can't be read");
	}
	return json_pack("{s:b, s:o}", "ok", 1, "alerts", list);
}

static bool
parse_uuid(const char *text, uint8_t out[16])
{
	if (text == NULL || strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return true;
}

static json_t *
answer_explain(struct control *c, const json_t *request)
{
	static struct record_slot slot;
	uint8_t uuid[16];

	if (!parse_uuid(json_string_value(json_object_get(request, "uuid")), uuid))
		return refuse("expected a uuid of 32 hexadecimal digits, as the log shows it");
	if (store_object(c->store, uuid, &slot, sizeof(slot)) != sizeof(slot) ||
	    !record_is_sound(&slot))
		return refuse("no such object among the recent ones");
	return json_pack("{s:b, s:o}", "ok", 1, "object", record_json(&slot, &c->log.setting));
}

static void
on_closed(uv_handle_t *handle)
{
	struct api_client *client = handle->data;

	clients_now--;
	client->closed = true;
	if (!client->scanning)
		free(client);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	free(write->data);
	free(write);
}

static void
send_json(struct api_client *client, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	size_t bytes = text != NULL ? strlen(text) : 0;
	uv_write_t *write = calloc(1, sizeof(*write));
	uv_buf_t buffer;

	json_decref(value);
	if (text == NULL || write == NULL) {
		free(text);
		free(write);
		return;
	}
	text[bytes] = '\n'; /* dumps end in NUL: its place is taken, the length is known */
	write->data = text;
	buffer = uv_buf_init(text, (unsigned)bytes + 1);
	uv_write(write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written);
}

/* The answer comes when the worker is done; until then its client is kept. */
static void
on_scan_done(void *arg, const struct worker_answer *answer)
{
	struct api_client *client = arg;

	client->scanning = false;
	if (client->closed) {
		free(client);
		return;
	}
	send_json(client,
	    json_pack("{s:b, s:s, s:s, s:s, s:s}", "ok", 1, "verdict",
		answer->verdict == VERDICT_BAD ? "bad" : "clean", "source",
		source_word(answer->source), "threat", answer->threat, "member", answer->member));
}

/* {"command": "scan", "fd": N}: a descriptor of the process that asks. NULL: begun. */
static json_t *
begin_scan(struct api_client *client, const json_t *request)
{
	char error[SCAN_ERROR_TEXT_MAX] = "out of memory";
	struct ucred peer;
	socklen_t bytes = sizeof(peer);
	uv_os_fd_t fd;

	if (client->scanning)
		return refuse("this connection waits for a scan already");
	if (!json_is_integer(json_object_get(request, "fd")))
		return refuse("expected \"fd\", a descriptor of the process that asks");
	if (uv_fileno((uv_handle_t *)&client->pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
		return refuse("the kernel does not say who asks");
	if (scan_start(client->control, peer.pid,
		(int)json_integer_value(json_object_get(request, "fd")), on_scan_done, client,
		error) != 0)
		return refuse(error);
	client->scanning = true;
	return NULL;
}

static json_t *
answer_reload(struct control *c, const json_t *request)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *fresh = NULL;

	(void)request;
	if (config_load(c->paths.config_file, c->overrides, c->override_count, &fresh, error) != 0)
		return refuse(error);
	config_free(c->config);
	c->config = fresh;
	log_configure(&c->log, fresh);
	attach_push_policy(c);
	generation_compile(c);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *
answer_sig(struct control *c, const json_t *request)
{
	if (json_is_true(json_object_get(request, "reload"))) {
		if (generation_compile(c) != 0)
			return refuse(c->compile_error);
	}
	return json_pack("{s:b, s:b, s:s, s:s}", "ok", 1, "compiling", c->compiling, "error",
	    c->compile_error, "refused", c->last_error);
}

static json_t *
answer_log_reopen(struct control *c, const json_t *request)
{
	(void)request;
	if (log_reopen(&c->log) != 0)
		return refuse("the log can't be opened");
	return json_pack("{s:b}", "ok", 1);
}

static const struct {
	const char *name;
	json_t *(*answer)(struct control *c, const json_t *request);
} commands[] = {
	{ "status", answer_status },
	{ "mode", answer_mode },
	{ "stats", answer_stats },
	{ "cache", answer_cache },
	{ "alerts", answer_alerts },
	{ "explain", answer_explain },
	{ "reload", answer_reload },
	{ "sig", answer_sig },
	{ "log-reopen", answer_log_reopen },
};

/* NULL: the answer will come later. */
static json_t *
answer_line(struct api_client *client, const char *line, size_t bytes)
{
	struct control *c = client->control;
	json_error_t why;
	json_t *request = json_loadb(line, bytes, 0, &why), *out = NULL;
	const char *name = json_string_value(json_object_get(request, "command"));

	for (unsigned i = 0; name != NULL && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0)
			out = commands[i].answer(c, request);
	}
	if (name != NULL && strcmp(name, "scan") == 0) {
		out = begin_scan(client, request);
		json_decref(request);
		return out;
	}
	json_decref(request);
	return out != NULL ? out
			   : refuse(name == NULL ? "expected a JSON object with \"command\""
						 : "unknown command");
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
	char *end;

	(void)buffer;
	if (n < 0) {
		uv_close((uv_handle_t *)stream, on_closed);
		return;
	}
	client->used += (size_t)n;
	while ((end = memchr(client->line, '\n', client->used)) != NULL) {
		size_t bytes = (size_t)(end - client->line);

		json_t *answer = answer_line(client, client->line, bytes);

		if (answer != NULL)
			send_json(client, answer);
		client->used -= bytes + 1;
		memmove(client->line, end + 1, client->used);
	}
	if (client->used == API_LINE_MAX)
		uv_close((uv_handle_t *)stream, on_closed);
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
	if (uv_accept(server, (uv_stream_t *)&client->pipe) != 0 || clients_now > API_CLIENTS_MAX) {
		uv_close((uv_handle_t *)&client->pipe, on_closed);
		return;
	}
	uv_read_start((uv_stream_t *)&client->pipe, give_room, on_read);
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
