/* SPDX-License-Identifier: BSD-3-Clause */
/* ClamAV's containers, made here and signed with a key of the test's own: taken, refused, cut at
 * every place, and with every byte of the header changed. */
#include <archive.h>
#include <archive_entry.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

#define HEADER_BYTES 512
#define KEY_BITS     1024

static const struct {
	const char *name, *text;
} members[] = {
	{ "COPYING", "anyone may\n" },
	{ "own.info", "own:1\n" },
	{ "own.ndb", "# a comment\nOwn.Marker-1:0:*:6f776e2d6d61726b6572\n" },
	{ "own.hdb", "44d88612fea8a8f36de82e1278abb02f:68:Own.Digest-1\n" },
	{ "own.mdb", "512:44d88612fea8a8f36de82e1278abb02f:Own.Section-1\n" },
	{ "own.ftm", "0:0:4d5a:Own.Type:CL_TYPE_ANY:CL_TYPE_MSEXE\n" },
	{ "own.cbc", "ClamBCx\n" },
};

struct key {
	BIGNUM *n, *e, *d;
	char *modulus, *exponent;
};

struct made_container {
	uint8_t bytes[65536];
	size_t count;
};

static void
make_key(struct key *k)
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *p = BN_new(), *q = BN_new(), *phi = BN_new();

	k->n = BN_new();
	k->e = BN_new();
	BN_set_word(k->e, 65537);
	do {
		BN_generate_prime_ex(p, KEY_BITS / 2, 0, NULL, NULL, NULL);
		BN_generate_prime_ex(q, KEY_BITS / 2, 0, NULL, NULL, NULL);
		BN_mul(k->n, p, q, context);
		BN_sub_word(p, 1);
		BN_sub_word(q, 1);
		BN_mul(phi, p, q, context);
		k->d = BN_mod_inverse(NULL, k->e, phi, context);
	} while (k->d == NULL);
	k->modulus = BN_bn2dec(k->n);
	k->exponent = BN_bn2dec(k->e);
	BN_free(p);
	BN_free(q);
	BN_free(phi);
	BN_CTX_free(context);
}

static void
free_key(struct key *k)
{
	BN_free(k->n);
	BN_free(k->e);
	BN_free(k->d);
	OPENSSL_free(k->modulus);
	OPENSSL_free(k->exponent);
}

/* ClamAV's six-bit digits, the lowest first. */
static void
sign(const struct key *k, const uint8_t md5[16], char out[256])
{
	static const char digits[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
	BN_CTX *context = BN_CTX_new();
	BIGNUM *m = BN_bin2bn(md5, 16, NULL), *c = BN_new();

	BN_mod_exp(c, m, k->d, k->n, context);
	while (!BN_is_zero(c)) {
		*out++ = digits[BN_mod_word(c, 64)];
		BN_rshift(c, c, 6);
	}
	*out = 0;
	BN_free(m);
	BN_free(c);
	BN_CTX_free(context);
}

/* What is no file: a link, a FIFO, which are left out by name, or a directory. */
static void
add_odd_member(struct archive *a, const char *name, unsigned kind)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, kind);
	if (kind == AE_IFLNK)
		archive_entry_set_symlink(e, "/etc/passwd");
	CHECK(archive_write_header(a, e) == ARCHIVE_OK);
	archive_entry_free(e);
}

static void
write_tar(struct made_container *c, bool gzip)
{
	struct archive *a = archive_write_new();
	size_t used = 0;

	if (gzip)
		archive_write_add_filter_gzip(a);
	archive_write_set_format_ustar(a);
	CHECK(archive_write_open_memory(a, c->bytes + HEADER_BYTES, sizeof(c->bytes) - HEADER_BYTES,
		  &used) == ARCHIVE_OK);
	for (unsigned i = 0; i < COUNT_OF(members); i++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, members[i].name);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, (int64_t)strlen(members[i].text));
		CHECK(archive_write_header(a, e) == ARCHIVE_OK);
		archive_write_data(a, members[i].text, strlen(members[i].text));
		archive_entry_free(e);
	}
	add_odd_member(a, "own.hsb", AE_IFLNK);
	add_odd_member(a, "fifo.hdb", AE_IFIFO);
	add_odd_member(a, "folder.hdb", AE_IFDIR);
	archive_write_close(a);
	archive_write_free(a);
	c->count = HEADER_BYTES + used;
}

static void
make_container(struct made_container *c, const struct key *k, bool gzip)
{
	char signature[256], text[HEADER_BYTES + 1], hex[33];
	uint8_t md5[16];
	int n;

	write_tar(c, gzip);
	CHECK(EVP_Digest(c->bytes + HEADER_BYTES, c->count - HEADER_BYTES, md5, NULL, EVP_md5(),
		  NULL) == 1);
	for (unsigned i = 0; i < sizeof(md5); i++)
		snprintf(hex + 2 * i, 3, "%02x", md5[i]);
	sign(k, md5, signature);
	memset(c->bytes, ' ', HEADER_BYTES);
	n = snprintf(text, sizeof(text), "ClamAV-VDB:28 Nov 2026 17-00 +0000:7:4:90:%s:%s:own:1",
	    hex, signature);
	CHECK(n > 0 && n < HEADER_BYTES);
	memcpy(c->bytes, text, (size_t)n);
}

/* The error's end, NULL: it is taken. */
static void
expect(const char *name, const char *file, const struct made_container *c, const struct key *k,
    bool takes_unsigned, const char *error)
{
	struct made m;
	int rc;

	made_begin(&m);
	if (k != NULL)
		m.sigc.key = (struct sigc_key){ k->modulus, k->exponent };
	m.sigc.takes_unsigned = takes_unsigned;
	rc = made_source(&m, file, c->bytes, c->count);
	CHECK_ROW(name, (rc == 0) == (error == NULL));
	if (error != NULL) {
		CHECK_ROW(m.sigc.error, strstr(m.sigc.error, error) != NULL);
	} else {
		CHECK_ROW(name, m.sigc.loaded == 4); /* with made_begin()'s own */
		CHECK_ROW(name, m.sigc.skipped[SKIP_MAGIC] == 1);
		CHECK_ROW(name, m.sigc.skipped[SKIP_FILE_TYPE] == 3); /* own.cbc, and no files */
		CHECK_ROW(name, made_left_out(&m, "Own.Type: a type of file"));
	}
	made_end(&m);
}

TEST(containers_are_taken_when_signed)
{
	static struct made_container c;
	struct key k, other;

	make_key(&k);
	make_key(&other);
	make_container(&c, &k, true);
	expect("signed", "a.cvd", &c, &k, false, NULL);
	expect("another key", "a.cvd", &c, &other, false, "a.cvd: not signed with ClamAV's key");
	expect("ClamAV's key", "a.cvd", &c, NULL, false, "a.cvd: not signed with ClamAV's key");
	expect("unsigned are taken", "a.cvd", &c, NULL, true, NULL);
	expect("a .cld", "a.cld", &c, &k, false, "a.cld: nobody signs a .cld");
	expect("a .cld is taken", "a.cld", &c, &k, true, NULL);
	make_container(&c, &k, false);
	expect("no gzip", "a.cvd", &c, &k, false, NULL);
	c.bytes[c.count - 1] ^= 1;
	expect("changed", "a.cvd", &c, &k, true, "a.cvd: damaged: its MD5");
	free_key(&k);
	free_key(&other);
}

/* Nothing that is cut or changed is taken, but for the fields that say nothing. */
TEST(damage_is_refused)
{
	static struct made_container c, cut;
	struct key k;

	make_key(&k);
	make_container(&c, &k, true);
	for (size_t n = 0; n < c.count; n += 1 + n / 16) {
		cut = c;
		cut.count = n;
		expect("cut", "a.cvd", &cut, &k, false,
		    n < HEADER_BYTES ? "shorter than a ClamAV database's header" : "damaged");
	}
	for (size_t n = 0; n < 10; n++) {
		cut = c;
		cut.bytes[n] ^= 1;
		expect("magic", "a.cvd", &cut, &k, true, "no ClamAV database");
	}
	/* A patched one is checked by gzip and tar only. */
	cut = c;
	cut.count -= 20;
	expect("a cut .cld", "a.cld", &cut, &k, true, "its archive is damaged");
	free_key(&k);
}

/* A number that is none, too long, or larger than the modulus is no signature. */
TEST(signatures_of_odd_forms)
{
	static const uint8_t md5[16] = { 1 };
	char longer[600];
	struct sigc_key key;
	struct key k;

	make_key(&k);
	key = (struct sigc_key){ k.modulus, k.exponent };
	memset(longer, 'z', sizeof(longer));
	CHECK(!sigc_is_signed(&key, span_text(""), md5));
	CHECK(!sigc_is_signed(&key, span_text("a"), md5));
	CHECK(!sigc_is_signed(&key, span_text("ab:c"), md5));
	CHECK(!sigc_is_signed(&key, span_of((const uint8_t *)longer, sizeof(longer)), md5));
	CHECK(!sigc_is_signed(&key, span_of((const uint8_t *)longer, 180), md5));
	free_key(&k);
}
