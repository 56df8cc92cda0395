/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificate, key, and who may come; see tls.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "dataplane/tls/internal.h"

/* Forward secrecy and AEAD alone (RFC 9325 §4.2) where TLS 1.2 is spoken. */
#define CIPHERS_TLS12 "ECDHE+AESGCM:ECDHE+CHACHA20"
/* OpenSSL's: name, AES key and HMAC key of session tickets. */
#define TICKET_KEY_BYTES 80

/* The first of the errors that a failure left, in words, without OpenSSL's codes. */
static const char *
reason(void)
{
	unsigned long e = ERR_peek_error();
	const char *text = ERR_reason_error_string(e);

	if (ERR_GET_LIB(e) == ERR_LIB_SYS)
		return strerror(ERR_GET_REASON(e));
	return text != NULL ? text : "can't be used";
}

static int
refuse(char *error, const char *key, const char *file)
{
	snprintf(error, TLS_ERROR_MAX, "icaps.%s: %s: %s", key, file, reason());
	ERR_clear_error();
	return -EINVAL;
}

static int
load_own(SSL_CTX *ssl, const struct tls_settings *s, char *error)
{
	if (SSL_CTX_use_certificate_chain_file(ssl, s->certificate) != 1)
		return refuse(error, "certificate", s->certificate);
	if (SSL_CTX_use_PrivateKey_file(ssl, s->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ssl) != 1)
		return refuse(error, "key", s->key);
	return 0;
}

/* At the client's own certificate, once its chain holds: its names against ours. */
static int
check_client(int chain_holds, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);

	if (!chain_holds || X509_STORE_CTX_get_error_depth(store) > 0 || c->names_count == 0)
		return chain_holds;
	for (unsigned i = 0; i < c->names_count; i++) {
		if (X509_check_host(certificate, c->names[i], 0, 0, NULL) == 1)
			return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

/* Adds a file's bytes to a digest. */
static bool
digest_file(EVP_MD_CTX *md, const char *file)
{
	BIO *b = BIO_new_file(file, "r");
	uint8_t bytes[4096];
	int n;
	bool good = b != NULL;

	while (good && (n = BIO_read(b, bytes, sizeof(bytes))) > 0)
		good = EVP_DigestUpdate(md, bytes, (size_t)n) == 1;
	BIO_free(b);
	return good;
}

/* Sessions are resumed only under the rules they began under: those make the session's context. */
static int
name_rules(struct tls_context *c, const char *client_ca)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned bytes = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	if (good && client_ca != NULL)
		good = digest_file(md, client_ca);
	for (unsigned i = 0; good && i < c->names_count; i++)
		good = EVP_DigestUpdate(md, c->names[i], strlen(c->names[i]) + 1) == 1;
	good = good && EVP_DigestFinal_ex(md, digest, &bytes) == 1 &&
	       SSL_CTX_set_session_id_context(c->ssl, digest, bytes) == 1;
	EVP_MD_CTX_free(md);
	return good ? 0 : -ENOMEM;
}

static int
load_rules(struct tls_context *c, const struct tls_settings *s, char *error)
{
	STACK_OF(X509_NAME) * ca;

	for (unsigned i = 0; i < s->client_names_count; i++) {
		c->names[i] = strdup(s->client_names[i]);
		if (c->names[i] == NULL)
			return -ENOMEM;
		c->names_count++;
	}
	if (s->client_ca != NULL) {
		ca = SSL_load_client_CA_file(s->client_ca);
		if (ca == NULL || SSL_CTX_load_verify_file(c->ssl, s->client_ca) != 1) {
			sk_X509_NAME_pop_free(ca, X509_NAME_free);
			return refuse(error, "client_ca", s->client_ca);
		}
		SSL_CTX_set_client_CA_list(c->ssl, ca);
		SSL_CTX_set_verify(
		    c->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, check_client);
	}
	return name_rules(c, s->client_ca);
}

static int
take_ticket_keys(SSL_CTX *ssl, const struct tls_context *before)
{
	uint8_t keys[TICKET_KEY_BYTES];

	if (before == NULL)
		return 0;
	if (SSL_CTX_get_tlsext_ticket_keys(before->ssl, keys, sizeof(keys)) != 1 ||
	    SSL_CTX_set_tlsext_ticket_keys(ssl, keys, sizeof(keys)) != 1)
		return -EINVAL;
	OPENSSL_cleanse(keys, sizeof(keys));
	return 0;
}

/*
 * Resumption by tickets only, so that cores share no table; no renegotiation, no early data. Idle
 * sessions give their record buffers back.
 */
static int
set_up(SSL_CTX *ssl, bool only_tls13)
{
	SSL_CTX_set_options(
	    ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ssl, 1);
	if (SSL_CTX_set_min_proto_version(ssl, only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION) != 1)
		return -EINVAL;
	return SSL_CTX_set_cipher_list(ssl, CIPHERS_TLS12) == 1 ? 0 : -EINVAL;
}

int
tls_context_create(const struct tls_settings *settings, const struct tls_context *before,
    struct tls_context **out, char error[TLS_ERROR_MAX])
{
	struct tls_context *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	ERR_clear_error();
	snprintf(error, TLS_ERROR_MAX, "icaps: no memory for TLS");
	if (c != NULL)
		c->names = calloc(settings->client_names_count + 1, sizeof(*c->names));
	if (c != NULL && c->names != NULL)
		c->ssl = SSL_CTX_new(TLS_server_method());
	if (c != NULL && c->ssl != NULL) {
		SSL_CTX_set_app_data(c->ssl, c);
		rc = set_up(c->ssl, settings->only_tls13);
	}
	if (rc == 0)
		rc = load_own(c->ssl, settings, error);
	if (rc == 0)
		rc = load_rules(c, settings, error);
	if (rc == 0)
		rc = take_ticket_keys(c->ssl, before);
	if (rc == 0) {
		*out = c;
		return 0;
	}
	tls_context_free(c);
	return rc;
}

void
tls_context_free(struct tls_context *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ssl);
	for (unsigned i = 0; i < c->names_count; i++)
		free(c->names[i]);
	free(c->names);
	free(c);
}
