/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the files of this folder. */
#ifndef SLUICE_DATAPLANE_TLS_INTERNAL_H
#define SLUICE_DATAPLANE_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "dataplane/tls/tls.h"

struct tls_context {
	SSL_CTX *ssl;
	char **names;
	unsigned names_count;
};

struct tls_session {
	SSL *ssl;
	struct chain_pools pools;
	struct chain in, out; /* of the wire */
	size_t retried_bytes; /* of a record that found no buffers: it must be given again */
	bool failed;
};

/* bio.c: a session's chains as what OpenSSL reads from and writes to. NULL: no memory. */
BIO *tls_bio_create(struct tls_session *s);

#endif
