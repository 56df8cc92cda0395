/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes and records against OpenSSL's client: cut anywhere, without buffers, without sense. */
#include <openssl/err.h>

#include "tests/sim/sim.h"
#include "tests/unit/dataplane/tls/rig.h"
#include "tests/unit/harness.h"

static const struct tls_settings plain_rules;

static uint8_t pattern[100000], heard[100000];

static void
fill(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 31 + i / 253);
}

TEST(bytes_there_and_back_in_pieces)
{
	static const size_t pieces[] = { 0, 1, 2, 3, 5, 16, 255, 1448, 2047 };

	fill();
	for (unsigned i = 0; i < COUNT_OF(pieces); i++) {
		struct tls_context *c = rig_context(&plain_rules, NULL);
		struct chain got = CHAIN_EMPTY, back = CHAIN_EMPTY;
		struct pair p;

		pair_begin(&p, c, RIG_FILES, NULL);
		p.piece = pieces[i];
		CHECK(pair_shake(&p) == TLS_OK);
		CHECK(tls_is_open(p.server) && !tls_is_resumed(p.server));
		pair_say(&p, pattern, 40000);
		while (got.bytes < 40000 && pair_hear(&p, 40000, &got) != TLS_FAILED)
			;
		CHECK(chain_copy_out(&got, 0, heard, 40000) == 40000);
		CHECK(memcmp(heard, pattern, 40000) == 0);
		chain_append_chain(&back, &got);
		while (!chain_is_empty(&back) && tls_write(p.server, &back) == TLS_OK)
			;
		CHECK(chain_is_empty(&back));
		memset(heard, 0, sizeof(heard));
		CHECK(pair_client_reads(&p, heard, 40000) == 40000);
		CHECK(memcmp(heard, pattern, 40000) == 0);
		pair_end(&p);
		tls_context_free(c);
	}
}

/* A peer that puts one byte into each record pins no buffer for each. */
TEST(records_of_one_byte_share_buffers)
{
	struct tls_context *c = rig_context(&plain_rules, NULL);
	struct chain got = CHAIN_EMPTY;
	struct pair p;

	pair_begin(&p, c, RIG_FILES, NULL);
	CHECK(pair_shake(&p) == TLS_OK);
	for (unsigned i = 0; i < 500; i++)
		pair_say(&p, pattern + i, 1);
	while (got.bytes < 500 && pair_hear(&p, 500, &got) != TLS_FAILED)
		;
	CHECK(got.bytes == 500);
	CHECK(chain_mbufs(&got) <= 500 / 20); /* a carry of the rig holds fewer than 180 records */
	chain_free(&got);
	pair_end(&p);
	tls_context_free(c);
}

/* What finds no buffers is not lost: the same call goes on once there are some. */
TEST(without_buffers_nothing_is_lost)
{
	struct tls_context *c = rig_context(&plain_rules, NULL);
	struct rte_mbuf *taken[64];
	struct chain back = CHAIN_EMPTY;
	unsigned n = 0;
	size_t read = 0;
	struct pair p;

	fill();
	pair_begin(&p, c, RIG_FILES, NULL);
	CHECK(pair_shake(&p) == TLS_OK);
	CHECK(chain_append_copy(&back, sim_pools(), pattern, 60000) == 0);
	while (n < 60 && (taken[n] = rte_pktmbuf_alloc(rig_pools()->data)) != NULL)
		n++;
	for (unsigned round = 0; round < 1000 && read < 60000; round++) {
		enum tls_result result = tls_write(p.server, &back);

		CHECK(result == TLS_OK || result == TLS_NO_BUFFERS);
		if (result == TLS_NO_BUFFERS && round % 2 == 1 && n > 0)
			rte_pktmbuf_free(taken[--n]);
		read += pair_client_reads(&p, heard + read, 60000 - read);
	}
	CHECK(read == 60000);
	CHECK(memcmp(heard, pattern, 60000) == 0);
	while (n > 0)
		rte_pktmbuf_free(taken[--n]);
	chain_free(&back);
	pair_end(&p);
	tls_context_free(c);
}

TEST(what_is_no_tls_fails_and_holds_nothing)
{
	static const char *const rows[] = { "OPTIONS icap://h/av/reqmod ICAP/1.0\r\n\r\n",
		"\x16\x03\x01\xff\xff\x01", "\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff",
		"\x15\x03\x01\x00\x02\x02\x28", "\x17\x03\x03\x00\x05hello" };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct tls_context *c = rig_context(&plain_rules, NULL);
		struct chain in = CHAIN_EMPTY;
		struct pair p;
		enum tls_result result;

		pair_begin(&p, c, RIG_FILES, NULL);
		CHECK(chain_append_copy(&in, sim_pools(), rows[i], strlen(rows[i]) + 1) == 0);
		tls_input(p.server, &in);
		result = tls_handshake(p.server);
		CHECK_ROW(rows[i], result == TLS_FAILED || result == TLS_WANTS);
		CHECK(!tls_is_open(p.server));
		if (result == TLS_FAILED) {
			CHECK(tls_input_bytes(p.server) == 0);
			CHECK(tls_handshake(p.server) == TLS_FAILED); /* and stays so */
		}
		pair_end(&p);
		tls_context_free(c);
	}
}

/* A changed bit in any record after the handshake: nothing of it is taken. */
TEST(a_forged_record_fails)
{
	struct tls_context *c = rig_context(&plain_rules, NULL);
	struct chain in = CHAIN_EMPTY, got = CHAIN_EMPTY;
	uint8_t record[256];
	struct pair p;
	int n;

	pair_begin(&p, c, RIG_FILES, NULL);
	CHECK(pair_shake(&p) == TLS_OK);
	pair_say(&p, "hello", 5);
	n = BIO_read(SSL_get_wbio(p.client), record, sizeof(record));
	CHECK(n > 6);
	record[n - 1] ^= 1;
	CHECK(chain_append_copy(&in, sim_pools(), record, (size_t)n) == 0);
	tls_input(p.server, &in);
	CHECK(tls_read(p.server, 100, &got) == TLS_FAILED);
	CHECK(chain_is_empty(&got));
	CHECK(tls_write(p.server, &got) == TLS_FAILED);
	pair_end(&p);
	tls_context_free(c);
}

TEST(both_sides_close)
{
	struct tls_context *c = rig_context(&plain_rules, NULL);
	struct chain got = CHAIN_EMPTY;
	uint8_t byte;
	struct pair p;

	pair_begin(&p, c, RIG_FILES, NULL);
	CHECK(pair_shake(&p) == TLS_OK);
	pair_say(&p, "bye", 3);
	SSL_shutdown(p.client);
	CHECK(pair_hear(&p, 100, &got) == TLS_CLOSED);
	CHECK(got.bytes == 3);
	chain_free(&got);
	tls_close(p.server);
	CHECK(pair_client_reads(&p, &byte, 1) == 0);
	CHECK((SSL_get_shutdown(p.client) & SSL_RECEIVED_SHUTDOWN) != 0);
	pair_end(&p);
	tls_context_free(c);
}

/* A session of a first connection for a second one. */
static SSL_SESSION *
session_of(const struct tls_context *c, enum rig_file shows)
{
	SSL_SESSION *session;
	uint8_t byte;
	struct pair p;

	pair_begin(&p, c, shows, NULL);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION); /* its ticket comes in the handshake */
	CHECK(pair_shake(&p) == TLS_OK);
	pair_client_reads(&p, &byte, 1);
	session = SSL_get1_session(p.client);
	SSL_shutdown(p.client);
	pair_end(&p);
	return session;
}

static bool
is_resumed(const struct tls_context *c, SSL_SESSION *session, enum rig_file shows)
{
	struct pair p;
	bool resumed;

	pair_begin(&p, c, shows, session);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	CHECK(pair_shake(&p) == TLS_OK);
	resumed = tls_is_resumed(p.server);
	SSL_shutdown(p.client); /* else the session is not to be used again */
	pair_end(&p);
	return resumed;
}

TEST(tickets_outlive_a_reload_but_not_their_rules)
{
	const struct tls_settings strict = { .client_ca = rig_certificate(RIG_CA) };
	struct tls_context *first = rig_context(&plain_rules, NULL);
	struct tls_context *renewed = rig_context(&plain_rules, first);
	struct tls_context *other = rig_context(&plain_rules, NULL);
	struct tls_context *ruled = rig_context(&strict, first);
	SSL_SESSION *session = session_of(first, RIG_GOOD);

	CHECK(is_resumed(first, session, RIG_GOOD));
	CHECK(is_resumed(renewed, session, RIG_GOOD));
	CHECK(!is_resumed(other, session, RIG_GOOD));
	CHECK(!is_resumed(ruled, session, RIG_GOOD));
	SSL_SESSION_free(session);
	tls_context_free(first);
	tls_context_free(renewed);
	tls_context_free(other);
	tls_context_free(ruled);
}

TEST(who_may_come)
{
	char good_name[] = "good.client", wild_name[] = "wild.client";
	char *const good[] = { wild_name, good_name }, *const wild[] = { wild_name };
	const struct {
		const char *name;
		struct tls_settings rules;
		enum rig_file shows;
		bool comes;
	} rows[] = {
		{ "no rules, no certificate", { 0 }, RIG_FILES, true },
		{ "no certificate", { .client_ca = rig_certificate(RIG_CA) }, RIG_FILES, false },
		{ "of the CA", { .client_ca = rig_certificate(RIG_CA) }, RIG_OTHER, true },
		{ "of nobody", { .client_ca = rig_certificate(RIG_CA) }, RIG_STRANGER, false },
		{ "the name",
		    { .client_ca = rig_certificate(RIG_CA),
			.client_names = good,
			.client_names_count = 2 },
		    RIG_GOOD, true },
		{ "another name",
		    { .client_ca = rig_certificate(RIG_CA),
			.client_names = good,
			.client_names_count = 2 },
		    RIG_OTHER, false },
		{ "the name, of nobody",
		    { .client_ca = rig_certificate(RIG_CA),
			.client_names = good,
			.client_names_count = 2 },
		    RIG_STRANGER, false },
		{ "none of the names",
		    { .client_ca = rig_certificate(RIG_CA),
			.client_names = wild,
			.client_names_count = 1 },
		    RIG_GOOD, false },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct tls_context *c = rig_context(&rows[i].rules, NULL);
			struct pair p;

			pair_begin(&p, c, rows[i].shows, NULL);
			SSL_set_max_proto_version(p.client, version);
			CHECK_ROW(
			    rows[i].name, pair_shake(&p) == (rows[i].comes ? TLS_OK : TLS_FAILED));
			CHECK_ROW(rows[i].name, tls_is_open(p.server) == rows[i].comes);
			pair_end(&p);
			tls_context_free(c);
		}
	}
}

TEST(versions)
{
	const struct tls_settings newest = { .only_tls13 = true };
	static const struct {
		int client;
		bool only_tls13, comes;
	} rows[] = { { TLS1_1_VERSION, false, false }, { TLS1_2_VERSION, false, true },
		{ TLS1_3_VERSION, false, true }, { TLS1_2_VERSION, true, false },
		{ TLS1_3_VERSION, true, true } };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct tls_context *c =
		    rig_context(rows[i].only_tls13 ? &newest : &plain_rules, NULL);
		struct pair p;

		pair_begin(&p, c, RIG_FILES, NULL);
		SSL_set_security_level(p.client, 0);
		SSL_set_min_proto_version(p.client, rows[i].client);
		SSL_set_max_proto_version(p.client, rows[i].client);
		pair_shake(&p);
		CHECK(tls_is_open(p.server) == rows[i].comes);
		pair_end(&p);
		tls_context_free(c);
	}
}

TEST(bad_files_are_named)
{
	const struct {
		const char *name;
		struct tls_settings s;
		const char *says;
	} rows[] = {
		{ "no certificate", { .certificate = "/nowhere", .key = rig_key(RIG_SERVER) },
		    "icaps.certificate: /nowhere: " },
		{ "a key for it",
		    { .certificate = rig_key(RIG_SERVER), .key = rig_key(RIG_SERVER) },
		    "icaps.certificate: " },
		{ "no key", { .certificate = rig_certificate(RIG_SERVER), .key = "/nowhere" },
		    "icaps.key: /nowhere: " },
		{ "another's key",
		    { .certificate = rig_certificate(RIG_SERVER), .key = rig_key(RIG_GOOD) },
		    "key values mismatch" },
		{ "no CA",
		    { .certificate = rig_certificate(RIG_SERVER),
			.key = rig_key(RIG_SERVER),
			.client_ca = "/nowhere" },
		    "icaps.client_ca: /nowhere: " },
		{ "a CA that is a key",
		    { .certificate = rig_certificate(RIG_SERVER),
			.key = rig_key(RIG_SERVER),
			.client_ca = rig_key(RIG_SERVER) },
		    "icaps.client_ca: " },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct tls_context *c = NULL;
		char error[TLS_ERROR_MAX] = "";

		CHECK_ROW(rows[i].name, tls_context_create(&rows[i].s, NULL, &c, error) != 0);
		CHECK_ROW(error, strstr(error, rows[i].says) != NULL);
		CHECK_ROW(rows[i].name, c == NULL);
		CHECK(ERR_peek_error() == 0);
	}
}
