/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's database containers: .cvd as published, .cld as freshclam patches them on the spot. A
 * header of 512 bytes, fields with ':' between them, blanks to its end:
 *
 *     ClamAV-VDB:TIME:VERSION:SIGNATURES:LEVEL:MD5:SIGNATURE:BUILDER:SECONDS
 *
 * and a tar behind it, in gzip or not, whose members are files of the kinds that sources.c reads.
 * MD5 is that of all behind the header; SIGNATURE is that MD5 under RSA without padding, its 6-bit
 * digits the lowest first. Both are checked before the archive is opened. Nobody signs a .cld, and
 * its MD5 is that of what was patched, so one is taken only where unsigned ones are.
 *
 * Members are read as they come out of the archive, never whole: memory is a line's.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "common/base/letters.h"
#include "tools/sigc/sigc.h"

#define HEADER_BYTES 512
#define FIELD_COUNT  9
#define MD5_BYTES    16
#define PIECE_BYTES  65536
/* The key that ClamAV publishes its databases with. */
#define CLAMAV_MODULUS                                                                            \
	"118640995551645342603070001658453189751527774412027743746599405743243142607464144767361" \
	"060640655844749760788890022283424922762488917565551002467771109669598189410434699034532" \
	"232228621591089508178591428456220796841621637175567590476666928698770143328137383952820" \
	"383197532047771780196576957695822641224262693037"
#define CLAMAV_EXPONENT "100001027"

static const struct sigc_key clamav_key = { CLAMAV_MODULUS, CLAMAV_EXPONENT };

struct container {
	struct sigc *s;
	const char *path;
	FILE *file;
	struct span field[FIELD_COUNT];
	char header[HEADER_BYTES];
};

static int
fail(const struct container *c, const char *what)
{
	snprintf(c->s->error, sizeof(c->s->error), "%.300s: %s", c->path, what);
	return -EINVAL;
}

static int
read_header(struct container *c)
{
	struct span left = span_of((const uint8_t *)c->header, HEADER_BYTES);
	unsigned n = 0;

	if (fread(c->header, 1, HEADER_BYTES, c->file) != HEADER_BYTES)
		return fail(c, "shorter than a ClamAV database's header");
	while (left.bytes > 0 && left.data[left.bytes - 1] == ' ')
		left.bytes--;
	while (n < FIELD_COUNT && left.bytes > 0)
		c->field[n++] = sigc_take_field(&left, ':');
	if (n < 8 || !span_is(c->field[0], "ClamAV-VDB"))
		return fail(c, "no ClamAV database: expected ClamAV-VDB: at its start");
	return 0;
}

/* Of all behind the header; the file is left there. */
static int
digest_of_rest(struct container *c, uint8_t md5[MD5_BYTES])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	static uint8_t piece[PIECE_BYTES];
	bool good = md != NULL && EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1;
	size_t n;

	while (good && (n = fread(piece, 1, sizeof(piece), c->file)) > 0)
		good = EVP_DigestUpdate(md, piece, n) == 1;
	good = good && EVP_DigestFinal_ex(md, md5, NULL) == 1 && ferror(c->file) == 0 &&
	       fseek(c->file, HEADER_BYTES, SEEK_SET) == 0;
	EVP_MD_CTX_free(md);
	return good ? 0 : fail(c, "can't be read");
}

static bool
is_hex_of(struct span text, const uint8_t *bytes, size_t count)
{
	if (text.bytes != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (hex_pair(text.data + 2 * i) != bytes[i])
			return false;
	}
	return true;
}

/* ClamAV's digits of 6 bits, the lowest first; false: they are none, or too many for a key. */
static bool
decode_number(struct span text, BIGNUM *out)
{
	static const char digits[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";

	BN_zero(out);
	for (size_t i = text.bytes; i-- > 0;) {
		const char *digit = memchr(digits, text.data[i], sizeof(digits) - 1);

		if (digit == NULL || BN_lshift(out, out, 6) != 1 ||
		    BN_add_word(out, (BN_ULONG)(digit - digits)) != 1)
			return false;
	}
	return text.bytes > 0 && text.bytes <= HEADER_BYTES;
}

bool
sigc_is_signed(const struct sigc_key *key, struct span signature, const uint8_t md5[MD5_BYTES])
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *cipher = BN_new(), *plain = BN_new(), *n = NULL, *e = NULL;
	uint8_t opened[MD5_BYTES];
	bool good = context != NULL && cipher != NULL && plain != NULL &&
		    BN_dec2bn(&n, key->modulus) > 0 && BN_dec2bn(&e, key->exponent) > 0 &&
		    decode_number(signature, cipher) && BN_cmp(cipher, n) < 0 &&
		    BN_mod_exp(plain, cipher, e, n, context) == 1 &&
		    BN_bn2binpad(plain, opened, MD5_BYTES) == MD5_BYTES &&
		    memcmp(opened, md5, MD5_BYTES) == 0;

	BN_free(cipher);
	BN_free(plain);
	BN_free(n);
	BN_free(e);
	BN_CTX_free(context);
	return good;
}

static int
check(struct container *c, bool is_patched)
{
	const struct sigc_key *key = c->s->key.modulus != NULL ? &c->s->key : &clamav_key;
	uint8_t md5[MD5_BYTES];
	int rc = digest_of_rest(c, md5);

	if (rc != 0 || (is_patched && c->s->takes_unsigned))
		return rc;
	if (is_patched)
		return fail(c, "nobody signs a .cld; signatures.unsigned_databases: true, or "
			       "--unsigned, takes it");
	if (!is_hex_of(c->field[5], md5, MD5_BYTES))
		return fail(c, "damaged: its MD5 is not the one that its header tells");
	if (c->s->takes_unsigned || sigc_is_signed(key, c->field[6], md5))
		return 0;
	return fail(c, "not signed with ClamAV's key; signatures.unsigned_databases: true, or "
		       "--unsigned, takes it");
}

static ssize_t
read_member(void *archive, char *out, size_t room)
{
	la_ssize_t n = archive_read_data(archive, out, room);

	if (n < 0)
		errno = EIO;
	return n < 0 ? -1 : n;
}

/* One member, as a file of the container's directory. Its licence and contents are none. */
static int
take_member(struct container *c, struct archive *a, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry), *dot;
	char path[4096];
	FILE *f;
	int rc;

	if (name == NULL || archive_entry_filetype(entry) == AE_IFDIR)
		return 0;
	dot = strrchr(name, '.');
	if (strcmp(name, "COPYING") == 0 || (dot != NULL && strcmp(dot, ".info") == 0))
		return 0;
	snprintf(path, sizeof(path), "%.3000s/%.1000s", c->path, name);
	if (archive_entry_filetype(entry) != AE_IFREG) /* a link, a device … */
		return sigc_skip_file(c->s, path);
	f = fopencookie(a, "r", (cookie_io_functions_t){ .read = read_member });
	if (f == NULL)
		return fail(c, strerror(errno));
	rc = sigc_read_stream(c->s, path, f);
	if (ferror(f) != 0)
		rc = fail(c, "its archive is damaged");
	fclose(f);
	return rc;
}

static int
take_members(struct container *c, struct archive *a)
{
	struct archive_entry *entry;
	int rc = 0, got = ARCHIVE_EOF;

	while (rc == 0 && (got = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		rc = take_member(c, a, entry);
	if (rc == 0 && got != ARCHIVE_EOF)
		rc = fail(c, "its archive is damaged");
	return rc;
}

static int
read_archive(struct container *c)
{
	struct archive *a = archive_read_new();
	int rc;

	if (a == NULL)
		return fail(c, "out of memory");
	archive_read_support_filter_gzip(a);
	archive_read_support_format_tar(a);
	rc = archive_read_open_FILE(a, c->file) == ARCHIVE_OK ? take_members(c, a)
							      : fail(c, "its archive is damaged");
	archive_read_free(a);
	return rc;
}

int
sigc_read_container(struct sigc *s, const char *path, bool is_patched)
{
	struct container c = { .s = s, .path = path, .file = sigc_open(s, path) };
	int rc;

	if (c.file == NULL)
		return -EINVAL;
	rc = read_header(&c);
	if (rc == 0)
		rc = check(&c, is_patched);
	if (rc == 0)
		rc = read_archive(&c);
	fclose(c.file);
	return rc;
}
