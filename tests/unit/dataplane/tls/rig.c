/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/dataplane/tls/rig.h"

#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define POOL 63 /* few, so that they can be used up */

static char directory[] = "/tmp/sluice-tls-XXXXXX";
static char certificates[RIG_FILES][64], keys[RIG_FILES][64];
static struct chain_pools pools;

static void
remove_files(void)
{
	for (unsigned i = 0; i < RIG_FILES; i++) {
		unlink(certificates[i]);
		unlink(keys[i]);
	}
	rmdir(directory);
}

static bool
write_files(enum rig_file f, X509 *x, EVP_PKEY *key)
{
	FILE *out = fopen(certificates[f], "w");
	bool good = out != NULL && PEM_write_X509(out, x) == 1;

	if (out != NULL)
		fclose(out);
	out = fopen(keys[f], "w");
	good =
	    good && out != NULL && PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (out != NULL)
		fclose(out);
	return good;
}

/* A certificate of that name; by NULL: signed by itself. */
static bool
issue(enum rig_file f, const char *name, X509 *by, EVP_PKEY *by_key, X509 **out, EVP_PKEY **out_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	bool good;

	snprintf(certificates[f], sizeof(certificates[f]), "%s/%u.pem", directory, f);
	snprintf(keys[f], sizeof(keys[f]), "%s/%u.key", directory, f);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + (long)f);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, by != NULL ? X509_get_subject_name(by) : subject);
	if (f == RIG_CA) {
		X509_EXTENSION *e =
		    X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "CA:TRUE");

		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	good =
	    X509_sign(x, by_key != NULL ? by_key : key, EVP_sha256()) > 0 && write_files(f, x, key);
	if (out != NULL) {
		*out = x;
		*out_key = key;
		return good;
	}
	X509_free(x);
	EVP_PKEY_free(key);
	return good;
}

int
harness_setup(void)
{
	X509 *ca = NULL;
	EVP_PKEY *ca_key = NULL;
	bool good;

	if (sim_eal_init() != 0 || mkdtemp(directory) == NULL)
		return -1;
	atexit(remove_files);
	good = issue(RIG_SERVER, "icap.test", NULL, NULL, NULL, NULL) &&
	       issue(RIG_CA, "ca", NULL, NULL, &ca, &ca_key) &&
	       issue(RIG_GOOD, "good.client", ca, ca_key, NULL, NULL) &&
	       issue(RIG_OTHER, "other.client", ca, ca_key, NULL, NULL) &&
	       issue(RIG_STRANGER, "good.client", NULL, NULL, NULL, NULL);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	pools.refs = sim_pools()->refs;
	pools.data = rte_pktmbuf_pool_create(
	    "few_data", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return good && pools.data != NULL ? 0 : -1;
}

const char *
rig_certificate(enum rig_file f)
{
	return certificates[f];
}

const char *
rig_key(enum rig_file f)
{
	return keys[f];
}

const struct chain_pools *
rig_pools(void)
{
	return &pools;
}

unsigned
rig_buffers_used(void)
{
	return rte_mempool_in_use_count(pools.data);
}

struct tls_context *
rig_context(const struct tls_settings *s, const struct tls_context *before)
{
	struct tls_settings all = *s;
	struct tls_context *c = NULL;
	char error[TLS_ERROR_MAX] = "";

	all.certificate = rig_certificate(RIG_SERVER);
	all.key = rig_key(RIG_SERVER);
	CHECK_ROW(error, tls_context_create(&all, before, &c, error) == 0);
	return c;
}

void
pair_begin(struct pair *p, const struct tls_context *c, enum rig_file shows, SSL_SESSION *with)
{
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());

	if (shows != RIG_FILES) {
		SSL_CTX_use_certificate_file(client, rig_certificate(shows), SSL_FILETYPE_PEM);
		SSL_CTX_use_PrivateKey_file(client, rig_key(shows), SSL_FILETYPE_PEM);
	}
	*p = (struct pair){ .client = SSL_new(client), .server = tls_session_create(c, &pools) };
	SSL_CTX_free(client);
	SSL_set_bio(p->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(p->client);
	if (with != NULL)
		SSL_set_session(p->client, with);
	CHECK(p->server != NULL);
}

void
pair_end(struct pair *p)
{
	SSL_free(p->client);
	tls_session_destroy(p->server);
	ERR_clear_error();
	CHECK(rig_buffers_used() == 0);
}

/* The client's bytes, at most a piece; false: there are none. */
static bool
carry_to_server(struct pair *p)
{
	uint8_t bytes[4096];
	size_t most = p->piece > 0 && p->piece < sizeof(bytes) ? p->piece : sizeof(bytes);
	int n = BIO_read(SSL_get_wbio(p->client), bytes, (int)most);
	struct chain in = CHAIN_EMPTY;

	if (n <= 0)
		return false;
	CHECK(chain_append_copy(&in, sim_pools(), bytes, (size_t)n) == 0);
	tls_input(p->server, &in);
	return true;
}

static bool
carry_to_client(struct pair *p)
{
	struct chain out = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span piece;
	bool any;

	tls_take_output(p->server, &out);
	any = !chain_is_empty(&out);
	cursor = chain_walk(&out, 0);
	while (chain_next(&cursor, &piece))
		BIO_write(SSL_get_rbio(p->client), piece.data, (int)piece.bytes);
	chain_free(&out);
	return any;
}

enum tls_result
pair_shake(struct pair *p)
{
	enum tls_result result = TLS_WANTS;
	bool moved = true;

	while (moved) {
		moved = false;
		SSL_do_handshake(p->client);
		while (carry_to_server(p)) {
			if (!tls_is_open(p->server))
				result = tls_handshake(p->server);
			moved = true;
		}
		moved = carry_to_client(p) || moved;
	}
	return result;
}

void
pair_say(struct pair *p, const void *bytes, size_t count)
{
	CHECK(SSL_write(p->client, bytes, (int)count) == (int)count);
}

enum tls_result
pair_hear(struct pair *p, size_t room, struct chain *out)
{
	enum tls_result result = TLS_WANTS;

	while (carry_to_server(p) || tls_input_bytes(p->server) > 0) {
		result = tls_read(p->server, room - out->bytes, out);
		if (result != TLS_WANTS && result != TLS_OK)
			break;
		if (out->bytes == room)
			break;
		if (BIO_pending(SSL_get_wbio(p->client)) == 0)
			break;
	}
	return result;
}

size_t
pair_client_reads(struct pair *p, void *out, size_t room)
{
	size_t had = 0;
	int n;

	carry_to_client(p);
	while (had < room && (n = SSL_read(p->client, (uint8_t *)out + had, (int)(room - had))) > 0)
		had += (size_t)n;
	return had;
}
