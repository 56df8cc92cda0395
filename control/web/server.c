/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libmicrohttpd without threads: all its sockets hang on one epoll descriptor, and that hangs on
 * our loop. When it is readable MHD_run() does what there is to do; what it could not finish
 * without waiting it says by MHD_get_timeout().
 *
 * Its own timeout starts anew with every byte, so a client that drips would stay for ever:
 * clients[] remembers since when nothing was accomplished, and a timer cuts what is overdue.
 *
 * A browser can be led to send requests here under a foreign name that resolves to the loopback
 * (DNS rebinding), and to hand the answer to the page that did it. A listener on the loopback
 * therefore answers only requests whose Host is an address or "localhost".
 */
#include "control/web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "common/base/address.h"
#include "control/web/host.h"

#define BACKLOG  16
#define SWEEP_MS 1000

/* Of a connection. */
struct web_client {
	int fd; /* the connection's, MHD's to close; -1: the place is free */
	uint64_t since_ms;
};

struct web {
	uv_loop_t *loop;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t again; /* MHD has work that no descriptor tells of */
	uv_timer_t sweep;
	unsigned open_handles;
	bool loopback, place_freed;
	web_answer_fn answer;
	void *arg;
	struct web_client clients[WEB_CLIENTS_MAX];
};

struct web_request {
	struct MHD_Connection *connection;
	const char *path;
};

const char *
web_path(const struct web_request *request)
{
	return request->path;
}

const char *
web_query(const struct web_request *request, const char *key)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, key);
}

/* All that is ever loaded comes from this server, no script runs, and nothing is kept or framed. */
static void
add_headers(struct MHD_Response *r, const struct web_answer *a)
{
	MHD_add_response_header(r, "Content-Type", a->type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(r, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'");
	if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
}

static void
answer_sentence(struct web_answer *a, unsigned status, const char *sentence)
{
	*a = (struct web_answer){
		.status = status, .type = "text/plain; charset=utf-8", .body = strdup(sentence)
	};
	a->bytes = a->body != NULL ? strlen(a->body) : 0;
}

/* NO closes the connection. */
static enum MHD_Result
send_answer(struct MHD_Connection *connection, struct web_answer *a)
{
	struct MHD_Response *r;
	enum MHD_Result sent;

	if (a->body == NULL)
		answer_sentence(a, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	r = a->body != NULL
		? MHD_create_response_from_buffer(a->bytes, a->body, MHD_RESPMEM_MUST_FREE)
		: NULL;
	if (r == NULL) {
		free(a->body);
		return MHD_NO;
	}
	add_headers(r, a);
	sent = MHD_queue_response(connection, a->status, r);
	MHD_destroy_response(r);
	return sent;
}

static struct web_client *
client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* Something was accomplished: its time starts anew. */
static void
touch(struct web *w, struct MHD_Connection *connection)
{
	struct web_client *client = client_of(connection);

	if (client != NULL)
		client->since_ms = uv_now(w->loop);
}

static const char *
header_of(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool
is_read_only(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/*
 * MHD calls this when a head is whole, and again at the end of what follows it. What is answered at
 * the first call closes its connection, for MHD then reads no further: just right where a body may
 * follow, which we do not want.
 */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_bytes, void **context)
{
	struct web *w = arg;
	struct web_request request = { connection, path };
	const char *host = header_of(connection, MHD_HTTP_HEADER_HOST);
	struct web_answer a;

	(void)version;
	(void)upload;
	(void)upload_bytes;
	touch(w, connection);
	if (!is_read_only(method)) {
		answer_sentence(&a, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
		return send_answer(connection, &a);
	}
	if (*context == NULL && header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH) == NULL &&
	    header_of(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) == NULL) {
		*context = w;
		return MHD_YES;
	}
	if (w->loopback && host != NULL && !host_is_local(span_text(host)))
		answer_sentence(&a, MHD_HTTP_MISDIRECTED_REQUEST,
		    "on the loopback only addresses and localhost are answered\n");
	else
		w->answer(w->arg, &request, &a);
	return send_answer(connection, &a);
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode why)
{
	(void)context;
	(void)why;
	touch(arg, connection);
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct web_client *client = *context;
	struct web *w = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client != NULL)
			client->fd = -1;
		w->place_freed = true;
		return;
	}
	for (unsigned i = 0; i < WEB_CLIENTS_MAX && client == NULL; i++) {
		if (w->clients[i].fd < 0)
			client = &w->clients[i];
	}
	*context = client; /* there is a place for each: as many as MHD accepts */
	if (client != NULL)
		*client = (struct web_client){ info->connect_fd, uv_now(w->loop) };
}

static void on_again(uv_timer_t *timer);

static void
turn(struct web *w)
{
	MHD_UNSIGNED_LONG_LONG ms;

	do {
		w->place_freed = false;
		MHD_run(w->daemon);
	} while (w->place_freed); /* it listens again only at the next call */
	if (MHD_get_timeout(w->daemon, &ms) == MHD_YES)
		uv_timer_start(&w->again, on_again, ms, 0);
	else
		uv_timer_stop(&w->again);
}

static void
on_again(uv_timer_t *timer)
{
	turn(timer->data);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	turn(poll->data);
}

/* MHD sees the end of what is cut here, and closes it. */
void
web_cut_overdue(struct web *w, uint64_t now_ms)
{
	for (unsigned i = 0; i < WEB_CLIENTS_MAX; i++) {
		const struct web_client *client = &w->clients[i];

		if (client->fd >= 0 && now_ms > client->since_ms + WEB_TIMEOUT_MS)
			shutdown(client->fd, SHUT_RDWR);
	}
}

static void
on_sweep(uv_timer_t *timer)
{
	web_cut_overdue(timer->data, uv_now(timer->loop));
}

/* A socket that listens there, or -errno. */
static int
open_listener(const struct ip_address *address, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool v4 = address_is_v4(address);
	const struct sockaddr *name =
	    v4 ? (const struct sockaddr *)&in : (const struct sockaddr *)&in6;
	int fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1,
	    rc = 0;

	memcpy(&in.sin_addr, address->bytes + 12, 4);
	memcpy(&in6.sin6_addr, address->bytes, 16);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, name, v4 ? sizeof(in) : sizeof(in6)) != 0 || listen(fd, BACKLOG) != 0)
		rc = -errno;
	if (rc != 0)
		close(fd);
	return rc != 0 ? rc : fd;
}

/* Takes the listening socket where it succeeds. */
static struct MHD_Daemon *
start_daemon(struct web *w, int listener)
{
	return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, w,
	    MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)WEB_CLIENTS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)WEB_HEAD_BYTES_MAX, MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)1024,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, w, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, w, MHD_OPTION_END);
}

static void
start_handles(struct web *w)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	uv_poll_init(w->loop, &w->poll, info->epoll_fd);
	uv_timer_init(w->loop, &w->again);
	uv_timer_init(w->loop, &w->sweep);
	w->poll.data = w->again.data = w->sweep.data = w;
	w->open_handles = 3;
	uv_poll_start(&w->poll, UV_READABLE, on_readable);
	uv_timer_start(&w->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

int
web_start(uv_loop_t *loop, const char *listen, web_answer_fn answer, void *arg, struct web **out,
    char error[WEB_ERROR_TEXT_MAX])
{
	struct ip_address address;
	uint16_t port;
	int fd = address_parse_port(span_text(listen), &address, &port);
	struct web *w;

	if (fd == 0)
		fd = open_listener(&address, port);
	if (fd < 0) {
		snprintf(error, WEB_ERROR_TEXT_MAX, "%.100s: %s", listen, strerror(-fd));
		return fd;
	}
	w = calloc(1, sizeof(*w));
	if (w != NULL) {
		w->loop = loop;
		w->answer = answer;
		w->arg = arg;
		w->loopback = host_address_is_loopback(&address);
		for (unsigned i = 0; i < WEB_CLIENTS_MAX; i++)
			w->clients[i].fd = -1;
		w->daemon = start_daemon(w, fd);
	}
	if (w == NULL || w->daemon == NULL) {
		snprintf(error, WEB_ERROR_TEXT_MAX, "%.100s: out of memory or descriptors", listen);
		close(fd);
		free(w);
		return -ENOMEM;
	}
	start_handles(w);
	*out = w;
	return 0;
}

static void
on_closed(uv_handle_t *handle)
{
	struct web *w = handle->data;

	if (--w->open_handles == 0)
		free(w);
}

void
web_stop(struct web *w)
{
	if (w == NULL)
		return;
	uv_close((uv_handle_t *)&w->poll, on_closed); /* before its descriptor goes */
	uv_close((uv_handle_t *)&w->again, on_closed);
	uv_close((uv_handle_t *)&w->sweep, on_closed);
	MHD_stop_daemon(w->daemon);
}
