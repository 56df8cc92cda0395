/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is parsed: ICAP requests as clients send them, our own or recorded ones, taken apart so that
 * each parser gets its part. One thread.
 */
#ifndef SLUICE_BENCH_PARSE_MESSAGES_H
#define SLUICE_BENCH_PARSE_MESSAGES_H

#include "common/base/span.h"

#define MESSAGES_MAX       1024
#define MESSAGE_BYTES_MAX  (4u << 20)
#define MESSAGE_HEADS_MAX  2
#define MESSAGE_ERROR_ROOM 256

/* Spans into memory that messages_free() frees; data NULL where the message has none. */
struct message {
	struct span whole, icap_head;
	struct span heads[MESSAGE_HEADS_MAX]; /* of the HTTP request, of the response */
	struct span chunks;                   /* the body as it came */
	struct span body;                     /* its bytes, chunks and preview put together */
	struct span target;                   /* of the HTTP request */
	struct span content_type;             /* of what the body is of */
	void *owned[2];
};

struct messages {
	unsigned count;
	struct message list[MESSAGES_MAX];
};

/* A GET, a form with a file, a page: headers and framing as Squid and a browser write them. */
int messages_own(struct messages *m);
/* The first request that the file holds. */
int messages_read(struct messages *m, const char *path, char error[MESSAGE_ERROR_ROOM]);
/* Copies the bytes of one request, takes them apart. -EINVAL: they are none; -ENOMEM, -ENOSPC. */
int messages_add(struct messages *m, struct span bytes);
void messages_free(struct messages *m);

#endif
