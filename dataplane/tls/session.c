/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection's TLS; see tls.h. */
#include <stdlib.h>

#include <openssl/err.h>

#include "dataplane/tls/internal.h"

#define RECORD_PLAIN_BYTES 16384 /* RFC 8446 §5.1 */

struct tls_session *
tls_session_create(const struct tls_context *c, const struct chain_pools *pools)
{
	struct tls_session *s = calloc(1, sizeof(*s));
	BIO *bio;

	if (s == NULL)
		return NULL;
	s->pools = *pools;
	s->in = s->out = CHAIN_EMPTY;
	s->ssl = SSL_new(c->ssl);
	bio = s->ssl != NULL ? tls_bio_create(s) : NULL;
	if (bio == NULL) {
		SSL_free(s->ssl);
		free(s);
		return NULL;
	}
	SSL_set_bio(s->ssl, bio, bio);
	SSL_set_accept_state(s->ssl);
	return s;
}

void
tls_session_destroy(struct tls_session *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	chain_free(&s->in);
	chain_free(&s->out);
	free(s);
}

void
tls_input(struct tls_session *s, struct chain *wire)
{
	chain_append_chain(&s->in, wire);
}

size_t
tls_input_bytes(const struct tls_session *s)
{
	return s->in.bytes + (size_t)SSL_pending(s->ssl);
}

/* What a call that did not succeed came to. OpenSSL's queue of errors is the thread's: it is
 * emptied here, so that no other session's next call finds this one's. */
static enum tls_result
result_of(struct tls_session *s, int rc)
{
	int error = SSL_get_error(s->ssl, rc);

	ERR_clear_error();
	switch (error) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS;
	case SSL_ERROR_WANT_WRITE:
		return TLS_NO_BUFFERS;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		s->failed = true;
		chain_free(&s->in);
		return TLS_FAILED;
	}
}

enum tls_result
tls_handshake(struct tls_session *s)
{
	int rc;

	if (s->failed)
		return TLS_FAILED;
	rc = SSL_do_handshake(s->ssl);
	return rc == 1 ? TLS_OK : result_of(s, rc);
}

bool
tls_is_open(const struct tls_session *s)
{
	return SSL_is_init_finished(s->ssl) == 1 && !s->failed;
}

bool
tls_is_resumed(const struct tls_session *s)
{
	return SSL_session_reused(s->ssl) == 1;
}

/* Fills buffers rather than giving each record its own: peers choose how small records are. */
enum tls_result
tls_read(struct tls_session *s, size_t room, struct chain *out)
{
	enum tls_result result = s->failed ? TLS_FAILED : TLS_OK;
	struct rte_mbuf *m = NULL;

	while (result == TLS_OK && room > 0) {
		size_t most, got = 0;
		int rc;

		if (m == NULL)
			m = rte_pktmbuf_alloc(s->pools.data);
		if (m == NULL)
			return TLS_NO_BUFFERS;
		most = rte_pktmbuf_tailroom(m);
		most = most < room ? most : room;
		rc = SSL_read_ex(
		    s->ssl, rte_pktmbuf_mtod_offset(m, void *, m->data_len), most, &got);
		if (rc != 1) {
			result = result_of(s, rc);
			break;
		}
		m->data_len = (uint16_t)(m->data_len + got);
		room -= got;
		if (rte_pktmbuf_tailroom(m) > 0)
			continue;
		chain_append(out, m);
		m = NULL;
	}
	if (m != NULL)
		chain_append(out, m); /* an empty one is freed */
	return result;
}

enum tls_result
tls_write(struct tls_session *s, struct chain *plain)
{
	uint8_t gathered[RECORD_PLAIN_BYTES];
	size_t bytes = s->retried_bytes, done = 0;
	struct chain_cursor cursor = chain_walk(plain, 0);
	const void *from = gathered;
	struct span first;
	int rc;

	if (s->failed)
		return TLS_FAILED;
	if (bytes == 0)
		bytes = plain->bytes < sizeof(gathered) ? plain->bytes : sizeof(gathered);
	if (bytes == 0 || !chain_next(&cursor, &first))
		return TLS_OK;
	if (first.bytes >= bytes)
		from = first.data;
	else
		chain_copy_out(plain, 0, gathered, bytes);
	rc = SSL_write_ex(s->ssl, from, bytes, &done);
	s->retried_bytes = rc == 1 ? 0 : bytes;
	if (rc != 1)
		return result_of(s, rc);
	chain_drop(plain, done);
	return TLS_OK;
}

void
tls_close(struct tls_session *s)
{
	if (tls_is_open(s))
		SSL_shutdown(s->ssl);
	ERR_clear_error();
}

void
tls_take_output(struct tls_session *s, struct chain *out)
{
	chain_append_chain(out, &s->out);
}
