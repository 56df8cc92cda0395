/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446) for ICAPS, the server's side: OpenSSL over chains instead of
 * sockets. It does no I/O: bytes as they came go in, bytes for the wire come out.
 *
 * A context holds certificate, key and the rules for clients. Any thread makes one; all cores share
 * it, read only. A session belongs to one core and outlives the context it was made of.
 */
#ifndef SLUICE_DATAPLANE_TLS_H
#define SLUICE_DATAPLANE_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "dataplane/net/chain.h"

#define TLS_ERROR_MAX 512
/* The longest record with its head (RFC 8446 §5.2): what a session needs at once to go on. */
#define TLS_RECORD_BYTES_MAX (5 + 16384 + 256)

struct tls_context;
struct tls_session;

struct tls_settings {
	const char *certificate; /* PEM: ours, then those between it and the root */
	const char *key;         /* PEM, not encrypted */
	const char *client_ca;   /* PEM: who signs clients' certificates; NULL: none is asked for */
	char *const
	    *client_names; /* one of them must be the certificate's; none: any name will do */
	unsigned client_names_count;
	bool only_tls13;
};

/*
 * Reads the files. With `before`, tickets that were given out under the same client rules go on
 * being taken. -EINVAL with a sentence that names the file.
 */
int tls_context_create(const struct tls_settings *settings, const struct tls_context *before,
    struct tls_context **out, char error[TLS_ERROR_MAX]);
void tls_context_free(struct tls_context *c);

/* NULL when memory is lacking. */
struct tls_session *tls_session_create(
    const struct tls_context *c, const struct chain_pools *pools);
/* NULL is no session. */
void tls_session_destroy(struct tls_session *s);

enum tls_result {
	TLS_OK,         /* done, or all that there was */
	TLS_WANTS,      /* more must come from the peer first */
	TLS_NO_BUFFERS, /* the same call again once there are some */
	TLS_CLOSED,     /* the peer's close_notify */
	TLS_FAILED,     /* an alert may wait in the output; nothing more will come */
};

/* Bytes from the wire; takes them. tls_input_bytes(): those not yet used up. */
void tls_input(struct tls_session *s, struct chain *wire);
size_t tls_input_bytes(const struct tls_session *s);

/* Goes on with the handshake; TLS_OK once it is done. The costly step is the signature. */
enum tls_result tls_handshake(struct tls_session *s);
bool tls_is_open(const struct tls_session *s);
/* After the handshake: it went on from a ticket, without a signature. */
bool tls_is_resumed(const struct tls_session *s);

/* Appends up to `room` bytes of plaintext to `out`. Only after the handshake. */
enum tls_result tls_read(struct tls_session *s, size_t room, struct chain *out);
/* Takes one record's worth from the front of `plain`, into the output. Only after the handshake. */
enum tls_result tls_write(struct tls_session *s, struct chain *plain);
/* close_notify into the output; nothing may be written after it. */
void tls_close(struct tls_session *s);

/* Moves what is to be sent to `out`. */
void tls_take_output(struct tls_session *s, struct chain *out);

#endif
