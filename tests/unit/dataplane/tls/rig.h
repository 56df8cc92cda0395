/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client of OpenSSL's with memory BIOs, and a session of ours: bytes go between them by hand. The
 * files (certificates of a CA, of ours, of clients) are made once, below a temporary directory.
 */
#ifndef SLUICE_TESTS_TLS_RIG_H
#define SLUICE_TESTS_TLS_RIG_H

#include <openssl/ssl.h>

#include "dataplane/tls/tls.h"

enum rig_file {
	RIG_SERVER, /* "icap.test", signed by itself */
	RIG_CA,
	RIG_GOOD,     /* "good.client", signed by RIG_CA */
	RIG_OTHER,    /* "other.client", signed by RIG_CA */
	RIG_STRANGER, /* signed by itself */
	RIG_FILES
};

struct pair {
	SSL *client;
	struct tls_session *server;
	size_t piece; /* bytes that travel at a time; 0: all */
};

/* The path of its certificate, and of its key. */
const char *rig_certificate(enum rig_file f);
const char *rig_key(enum rig_file f);
const struct chain_pools *rig_pools(void);
unsigned rig_buffers_used(void);

struct tls_context *rig_context(const struct tls_settings *s, const struct tls_context *before);
/* A client that shows RIG_FILES: nothing, or one of those; and the session it talks to. */
void pair_begin(
    struct pair *p, const struct tls_context *c, enum rig_file shows, SSL_SESSION *with);
void pair_end(struct pair *p);

/* Moves what waits, both ways, until nothing does. The last result of the server's handshake. */
enum tls_result pair_shake(struct pair *p);
/* From the client, as one record. */
void pair_say(struct pair *p, const void *bytes, size_t count);
/* What our side can read now, at most `room`. */
enum tls_result pair_hear(struct pair *p, size_t room, struct chain *out);
/* Carries our output over and reads it there; returns how many plaintext bytes there were. */
size_t pair_client_reads(struct pair *p, void *out, size_t room);

#endif
