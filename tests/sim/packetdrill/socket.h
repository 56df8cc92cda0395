/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A socket as Linux's users know it, over a connection of the library: descriptor, accept queue,
 * blocking, pending error, options, and what a write has handed over and Nagle or TCP_CORK still
 * holds. The plug owns every socket; the socket owns its connection until it is closed.
 */
#ifndef SLUICE_TESTS_PACKETDRILL_SOCKET_H
#define SLUICE_TESTS_PACKETDRILL_SOCKET_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/sim/packetdrill/account.h"
#include "tests/sim/packetdrill/plug.h"

#define SOCKET_BACKLOG_MAX 128
#define SOCKET_QUICK_ACKS  16 /* Linux's: the first of a connection are acknowledged at once */

enum socket_kind {
	SOCKET_FRESH,
	SOCKET_LISTENING,
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
	SOCKET_ENDED, /* its connection is over; what was received may still be read */
};

/* Plain integers that are set and read back; sockopt.c says what each does besides. */
struct socket_options {
	int reuse_address, keepalive, send_buffer, receive_buffer, tos;
	int nodelay, cork, maxseg, keep_idle, keep_interval, keep_count, syn_count;
	int user_timeout, quickack;
	int receive_low, broadcast, priority, reuse_port, out_of_band_inline;
	int mtu_discover, free_bind;
	int tell_readable; /* TCP_INQ */
	struct linger linger;
};

struct socket {
	struct socket *next;
	struct plug *plug;
	int fd; /* -1 while it waits to be accepted */
	int family;
	enum socket_kind kind;
	bool nonblocking, bound, shut_read, shut_write;
	bool more; /* MSG_MORE, until the next ACK */
	bool push; /* what is held goes now */
	int error; /* SO_ERROR */
	struct tcp_endpoints endpoints;
	struct tcp_conn *conn;
	struct socket *listener; /* whose accept queue it stands in */
	int backlog;
	struct socket_options options;
	/* sending */
	struct chain held;         /* not given to the library yet */
	size_t last_buffer;        /* memory.c */
	uint64_t given, small_end; /* bytes given; the end of the last short segment */
	struct mono held_until;    /* MONO_NONE: as long as it takes */
	/* receiving */
	struct chain peeked; /* taken from the library by MSG_PEEK */
	unsigned quick_acks;
	bool interactive; /* we answered what came: its ACK may ride on the next answer */
	struct mono data_came_at, opened_at;
	bool writer_waits; /* in a call, for room */
	struct account account;
};

/* socket.c. NULL and errno where there is none. */
struct socket *socket_find(struct plug *p, int fd);
struct socket *socket_of_flow(struct plug *p, const struct tcp_endpoints *e);
/* What the stack has for us: new connections, ends. */
void sockets_take_ready(struct plug *p);
/* Tells the stack, which is new, of whoever listens. */
void sockets_start_listening(struct plug *p);
/* Frees every socket; the stack follows. */
void sockets_fini(struct plug *p);

int socket_open(void *arg, int domain, int type, int protocol);
int socket_bind(void *arg, int fd, const struct sockaddr *address, socklen_t bytes);
int socket_listen(void *arg, int fd, int backlog);
int socket_accept(void *arg, int fd, struct sockaddr *address, socklen_t *bytes);
int socket_connect(void *arg, int fd, const struct sockaddr *address, socklen_t bytes);
int socket_close(void *arg, int fd);
int socket_shutdown(void *arg, int fd, int how);

/* stream.c: bytes both ways */
/* Gives the library what may go: Nagle and TCP_CORK hold back a short end. */
void stream_pump(struct socket *s);
/* As Linux does, the first segments of a connection are acknowledged at once where they `fit`. */
void stream_data_came(struct socket *s, bool fits);
size_t stream_readable(const struct socket *s);
/* How many bytes wait to be acknowledged or sent. */
size_t stream_unsent(const struct socket *s);
bool stream_at_end(const struct socket *s);

ssize_t stream_read(void *arg, int fd, void *out, size_t bytes);
ssize_t stream_readv(void *arg, int fd, const struct iovec *pieces, int count);
ssize_t stream_recv(void *arg, int fd, void *out, size_t bytes, int flags);
ssize_t stream_recvfrom(void *arg, int fd, void *out, size_t bytes, int flags,
    struct sockaddr *source, socklen_t *source_bytes);
ssize_t stream_recvmsg(void *arg, int fd, struct msghdr *message, int flags);
ssize_t stream_write(void *arg, int fd, const void *in, size_t bytes);
ssize_t stream_writev(void *arg, int fd, const struct iovec *pieces, int count);
ssize_t stream_send(void *arg, int fd, const void *in, size_t bytes, int flags);
ssize_t stream_sendto(void *arg, int fd, const void *in, size_t bytes, int flags,
    const struct sockaddr *destination, socklen_t destination_bytes);
ssize_t stream_sendmsg(void *arg, int fd, const struct msghdr *message, int flags);

/* memory.c: the memory that SO_SNDBUF grants */
/* How many bytes a write may add without waiting; memory_take() before it does. */
size_t memory_room(const struct socket *s);
void memory_take(struct socket *s, size_t bytes);
/* Whether who waits for room goes on, and poll() tells of it. */
bool memory_is_free(const struct socket *s);

/* sockopt.c */
void sockopt_init(struct socket_options *o);
/* What the connection must be told of when it opens. */
void sockopt_apply(struct socket *s);
int sockopt_get(void *arg, int fd, int level, int name, void *value, socklen_t *bytes);
int sockopt_set(void *arg, int fd, int level, int name, const void *value, socklen_t bytes);
int sockopt_fcntl(void *arg, int fd, int command, ...);
int sockopt_ioctl(void *arg, int fd, unsigned long request, ...);

/* poll.c */
int poll_wait(void *arg, struct pollfd *fds, nfds_t count, int timeout_ms);
int poll_epoll_create(void *arg, int size);
int poll_epoll_ctl(void *arg, int epfd, int op, int fd, struct epoll_event *event);
int poll_epoll_wait(void *arg, int epfd, struct epoll_event *events, int max, int timeout_ms);
int poll_pipe(void *arg, int fds[2]);
int poll_splice(void *arg, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out, size_t bytes,
    unsigned int flags);

/* info.c: Linux's struct tcp_info, as far as the library knows it; the rest is zero. */
void info_fill(const struct socket *s, void *out, size_t bytes);

#endif
