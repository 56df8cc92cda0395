/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that qpdf encrypted open with their password alone, and their strings are deciphered. */
#include "scanners/document/pdf_crypt.h"

#include "common/base/letters.h"
#include "scanners/document/pdf.h"
#include "tests/unit/harness.h"

#define TRAILER "trailer <</ID [<31415926535897932384626433832795> <00>] /Encrypt 5 0 R>>"

/* An encryption dictionary, a string that it ciphered in object 1, and what that says. */
struct locked {
	const char *name, *dictionary, *ciphered;
	enum pdf_cipher cipher;
};

static const struct locked rows[] = {
	{ "revision 2",
	    "<< /Filter /Standard /Length 40 /O "
	    "<92fe0f4454ad4c9644693f33c07cb54f587dce1e2682fe9ecea6107a1ef630dd> "
	    "/P -4 /R 2 /U <f53be2f0b8dac4313197df2d160bb5ade3ac05b5b656448e405c1b683d9d270b> "
	    "/V 1 >>",
	    "a0b2d4bd", PDF_RC4 },
	{ "revision 3",
	    "<< /Filter /Standard /Length 128 /O "
	    "<0db5855fc5326569e765906caf64e4429a4c20d6e996fdef963e9b5080f9e083> "
	    "/P -4 /R 3 /U <30eabcb886d436efd161ab7b96a778fd0122456a91bae5134273a6db134c87c4> "
	    "/V 2 >>",
	    "57ee1fc0", PDF_RC4 },
	{ "revision 4",
	    "<< /CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV2 /Length "
	    "16 >> >> /EncryptMetadata false /Filter /Standard /Length "
	    "128 /O <0db5855fc5326569e765906caf64e4429a4c20d6e996fdef963e9b5080f9e083> "
	    "/P -4 /R 4 /StmF /StdCF /StrF /StdCF /U "
	    "<0ee51813cacd54c1f9e7a53b5dcade4b0122456a91bae5134273a6db134c87c4> "
	    "/V 4 >>",
	    "5031f4fe331674e9ee6bd7184725232b4148edc49b220317a35ca4f337074ae9", PDF_AES_128 },
	{ "revision 5",
	    "<< /CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV3 /Length "
	    "32 >> >> /Filter /Standard /Length 256 /O "
	    "<2be9c85b034ff62c8c719925dffeffbb9510cf2b6254dccd628774c91f9892c716eb276172b9c76caafd8"
	    "e7e2a11e5fd> "
	    "/P -4 /R 5 /StmF /StdCF /StrF /StdCF /U "
	    "<e35b65c3c2b2f2021b691e28ace0a44df8f555d233d522bb4c13e4e45748e63a29368998fa4804a354653"
	    "0e2556e2561> "
	    "/UE <79d5f14cbf84447e49f016ee29bcf1ff34ddb7b257bc9c534162a67f089e5608> "
	    "/V 5 >>",
	    "1ae0700286f9546c317dd49103ec2614abeb8b64e4b25bef38deebd055b88245", PDF_AES_256 },
	{ "revision 6",
	    "<< /CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV3 /Length "
	    "32 >> >> /Filter /Standard /Length 256 /O "
	    "<c6651609729b39794476dc19af657398b22a34630c6bba3b8e20455a133295c2517de1793d705e3b3e75c"
	    "3c34f82bcc6> "
	    "/P -4 /R 6 /StmF /StdCF /StrF /StdCF /U "
	    "<7a2e1ebe6e2cc9b2c566e248794cc8198b99f2554500f46599eec2bf5a2f1cc9e62a41c24950eb43c5db5"
	    "a09fc601e84> "
	    "/UE <4a7c015c1c1c1072e966035e2a9051ddecccded293164ba873cf257e06e5a3cb> "
	    "/V 5 >>",
	    "4effec9afb712bca390408298a0f0b123344957bd309c8be30105abd3444fb1d", PDF_AES_256 },
};

static char file[2048];

static struct span
write_file(const char *format, const char *dictionary)
{
	snprintf(file, sizeof(file), format, dictionary);
	return span_text(file);
}

static bool
opens_with(struct span pdf, const char *password, struct pdf_key *key)
{
	struct pdf_locks locks;

	return pdf_read_locks(pdf, &locks) && pdf_unlock(&locks, span_text(password), key);
}

static size_t
bytes_of(const char *hex, uint8_t *out)
{
	size_t used = 0;

	for (; hex[0] != 0; hex += 2)
		out[used++] = (uint8_t)hex_pair((const uint8_t *)hex);
	return used;
}

TEST(a_string_is_deciphered_with_the_password)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const struct locked *l = &rows[i];
		struct span pdf = write_file("5 0 obj %s endobj " TRAILER, l->dictionary);
		struct pdf_key key;
		uint8_t bytes[128];
		size_t count = bytes_of(l->ciphered, bytes);

		CHECK_ROW(l->name, !opens_with(pdf, "", &key));
		CHECK_ROW(l->name, !opens_with(pdf, "secre", &key));
		CHECK_ROW(l->name, opens_with(pdf, "secret", &key));
		CHECK_ROW(l->name, key.ciphers == l->cipher && key.strings == l->cipher);
		count = pdf_decipher(&key, l->cipher, 1, 0, bytes, count);
		CHECK_ROW(l->name, span_is(span_of(bytes, count), "fine"));
	}
}

/* What a reader takes, and one that looks for words would not. */
TEST(a_lock_is_found_however_it_is_written)
{
	static const char *const ways[] = {
		"5 0 obj %s endobj trailer "
		"<</#49D[(1AY&SX\\227\\223#\\204bd3\\203'\\225)]/#45ncrypt 5 0 R>>",
		"trailer <</ID[<3141592653589793 2384626433832795>]/Encrypt%%\n %s>>",
		"5 0 obj <</V 9>> endobj 5 0 obj %s " TRAILER,
		"5 0 obj <</V 2/R 3/O(no)>> trailer <</Encrypt 5 0 R/ID[<00>]>> 6 0 obj %s trailer "
		"<</ID 7 0 R/Encrypt 6 0 R>> 7 0 obj [<31415926535897932384626433832795>]",
	};

	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct pdf_key key;

		CHECK_SEED(i, opens_with(write_file(ways[i], rows[1].dictionary), "secret", &key));
	}
}

TEST(what_is_not_known_here_opens_with_nothing)
{
	static const char *const others[] = { "<</Filter/Adobe.PubSec/V 4/CF<</A<</CFM/AESV9>>>>>>",
		"<</V 0>>", "<</V 6>>", "<<", "5", "<</V 2/R 3/O()/U()>>",
		"<</V 5/R 6/U()/UE()>>" };

	for (unsigned i = 0; i < COUNT_OF(others); i++) {
		struct pdf_key key;

		CHECK_SEED(
		    i, !opens_with(write_file("5 0 obj %s endobj " TRAILER, others[i]), "", &key));
	}
	CHECK(!opens_with(span_text("5 0 obj <</V 2>>"), "", &(struct pdf_key){ 0 }));
}

/* As many as there may be, and more: neither is met twice, nor is the right one pushed out. */
TEST(locks_and_identifiers_have_a_bound)
{
	static char many[1u << 16];
	struct pdf_locks locks;
	struct pdf_key key;
	size_t used = 0;

	for (unsigned i = 0; i < 1000; i++)
		used +=
		    (size_t)snprintf(many + used, sizeof(many) - used, "/ID[<%04x>]/ID[(a)]", i);
	used += (size_t)snprintf(many + used, sizeof(many) - used,
	    "/Encrypt 5 0 R/Encrypt 6 0 R 6 0 obj %s endobj " TRAILER, rows[0].dictionary);
	CHECK(opens_with(span_of(many, used), "secret", &key));
	for (used = 0; used < 60000;)
		used += (size_t)snprintf(many + used, sizeof(many) - used,
		    "%zu 0 obj <</V 1/R 2>> /Encrypt %zu 0 R ", used, used);
	CHECK(pdf_read_locks(span_of(many, used), &locks) && locks.count == PDF_LOCKS_MAX);
	CHECK(!pdf_unlock(&locks, span_text(""), &key));
}

TEST(cut_short_it_opens_with_nothing)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct span pdf = write_file("5 0 obj %s endobj " TRAILER, rows[i].dictionary);
		struct pdf_key key = { 0 };

		for (size_t at = 0; at < pdf.bytes; at++) {
			bool opens = opens_with(span_first(pdf, at), "secret", &key);

			CHECK_SEED(at, !opens || key.count <= PDF_KEY_BYTES_MAX);
		}
	}
}

/* A vector alone, half a block, one that is not filled as it should be. */
TEST(what_is_no_whole_block_is_nothing)
{
	const struct pdf_key key = { .count = 16 };
	uint8_t bytes[64] = { 0 };

	for (size_t count = 0; count < sizeof(bytes); count++) {
		size_t left = pdf_decipher(&key, PDF_AES_128, 1, 0, bytes, count);

		CHECK_SEED(count, count < 32 ? left == 0 : left <= count - 16);
	}
	CHECK(pdf_decipher(&key, PDF_RC4, 1, 0, bytes, 0) == 0);
}

TEST(objects_are_told_by_their_numbers)
{
	struct span s = span_text("(a) 7 0 obj (b) endobj 12 3 obj (c)");
	struct pdf_object o;
	size_t at = 0;

	CHECK(pdf_next_object(s, &at, &o) && o.object == 0 && o.bytes.bytes == 8);
	CHECK(pdf_next_object(s, &at, &o) && o.object == 7 && o.generation == 0);
	CHECK(pdf_next_object(s, &at, &o) && o.object == 12 && o.generation == 3);
	CHECK(span_is(o.bytes, "obj (c)") && !pdf_next_object(s, &at, &o));
}
