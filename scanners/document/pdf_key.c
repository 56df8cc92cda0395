/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and ciphers of the standard security handler. The algorithms are numbered as in ISO 32000-1
 * 7.6 and, from revision 5 on, ISO 32000-2 7.6.4. OpenSSL's low-level functions do the blocks: RC4
 * is else in a module that a jailed process cannot load.
 */
#include "scanners/document/pdf_crypt.h"

#include <openssl/aes.h>
#include <openssl/md5.h>
#include <openssl/rc4.h>
#include <openssl/sha.h>

#define PADDED_BYTES    32
#define PASSWORD_MAX    127 /* in UTF-8, from revision 5 on */
#define KEY_BYTES_MIN   5
#define OBJECT_KEY_MAX  16
#define DIGEST_ROUNDS   50 /* revisions 3 and 4 */
#define USER_ROUNDS     19
#define HASH_BYTES      32 /* of /U: the hash, then two salts */
#define SALT_BYTES      8
#define HARD_ROUNDS_MIN 64 /* revision 6 */
#define HARD_COPIES     64

static const uint8_t padding[PADDED_BYTES] = { 0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64,
	0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80,
	0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a };

/* Algorithm 2: the file's key of `key->count` bytes. */
static void
make_key(
    const struct pdf_lock *l, const struct pdf_text *id, struct span password, struct pdf_key *key)
{
	const uint8_t permissions[4] = { (uint8_t)l->permissions, (uint8_t)(l->permissions >> 8),
		(uint8_t)(l->permissions >> 16), (uint8_t)(l->permissions >> 24) };
	uint8_t digest[MD5_DIGEST_LENGTH];
	MD5_CTX md5;

	password = span_first(password, PADDED_BYTES);
	MD5_Init(&md5);
	MD5_Update(&md5, password.data, password.bytes);
	MD5_Update(&md5, padding, PADDED_BYTES - password.bytes);
	MD5_Update(&md5, l->owner.bytes, PADDED_BYTES);
	MD5_Update(&md5, permissions, sizeof(permissions));
	MD5_Update(&md5, id->bytes, id->count);
	if (l->revision >= 4 && l->leaves_metadata)
		MD5_Update(&md5, "\xff\xff\xff\xff", 4);
	MD5_Final(digest, &md5);
	for (unsigned i = 0; l->revision >= 3 && i < DIGEST_ROUNDS; i++) {
		MD5_Init(&md5);
		MD5_Update(&md5, digest, key->count);
		MD5_Final(digest, &md5);
	}
	memcpy(key->bytes, digest, key->count);
}

static void
rc4(const uint8_t *key, size_t key_bytes, uint8_t *bytes, size_t count)
{
	RC4_KEY state;

	RC4_set_key(&state, (int)key_bytes, key);
	RC4(&state, count, bytes, bytes);
}

/* Algorithms 4 and 5: /U as this key makes it, of which revision 3 and 4 fill half. */
static bool
fits_user(const struct pdf_lock *l, const struct pdf_text *id, const struct pdf_key *key)
{
	uint8_t made[PADDED_BYTES], turned[OBJECT_KEY_MAX];
	MD5_CTX md5;

	if (l->revision < 3) {
		memcpy(made, padding, PADDED_BYTES);
		rc4(key->bytes, key->count, made, PADDED_BYTES);
		return l->user.count >= PADDED_BYTES &&
		       memcmp(made, l->user.bytes, PADDED_BYTES) == 0;
	}
	MD5_Init(&md5);
	MD5_Update(&md5, padding, PADDED_BYTES);
	MD5_Update(&md5, id->bytes, id->count);
	MD5_Final(made, &md5);
	for (unsigned round = 0; round <= USER_ROUNDS; round++) {
		for (size_t i = 0; i < key->count; i++)
			turned[i] = key->bytes[i] ^ (uint8_t)round;
		rc4(turned, key->count, made, MD5_DIGEST_LENGTH);
	}
	return l->user.count >= MD5_DIGEST_LENGTH &&
	       memcmp(made, l->user.bytes, MD5_DIGEST_LENGTH) == 0;
}

/* Writers differ in what they say of the key's length, and readers bear with it. */
static bool
unlock_by_digest(
    const struct pdf_lock *l, const struct pdf_text *id, struct span password, struct pdf_key *out)
{
	const size_t lengths[] = { l->key_bits / 8, OBJECT_KEY_MAX, KEY_BYTES_MIN };

	if (l->owner.count < PADDED_BYTES)
		return false;
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (lengths[i] < KEY_BYTES_MIN || lengths[i] > OBJECT_KEY_MAX)
			continue;
		out->count = lengths[i];
		make_key(l, id, password, out);
		if (fits_user(l, id, out))
			return true;
	}
	return false;
}

static void
sha256(struct span password, const uint8_t *salt, uint8_t out[SHA256_DIGEST_LENGTH])
{
	SHA256_CTX sha;

	SHA256_Init(&sha);
	SHA256_Update(&sha, password.data, password.bytes);
	SHA256_Update(&sha, salt, SALT_BYTES);
	SHA256_Final(out, &sha);
}

/* SHA-256, SHA-384 or SHA-512, by the remainder; returns the digest's length. */
static size_t
sha_by(unsigned remainder, const uint8_t *bytes, size_t count, uint8_t out[SHA512_DIGEST_LENGTH])
{
	SHA256_CTX small;
	SHA512_CTX large;

	if (remainder == 0) {
		SHA256_Init(&small);
		SHA256_Update(&small, bytes, count);
		SHA256_Final(out, &small);
		return SHA256_DIGEST_LENGTH;
	}
	(remainder == 1 ? SHA384_Init : SHA512_Init)(&large);
	(remainder == 1 ? SHA384_Update : SHA512_Update)(&large, bytes, count);
	(remainder == 1 ? SHA384_Final : SHA512_Final)(out, &large);
	return remainder == 1 ? SHA384_DIGEST_LENGTH : SHA512_DIGEST_LENGTH;
}

/* Algorithm 2.B, of a user's password: it ends at the latest when the round outgrows a byte. */
static void
hash_hard(struct span password, const uint8_t *salt, uint8_t out[HASH_BYTES])
{
	uint8_t k[SHA512_DIGEST_LENGTH], block[HARD_COPIES * (PASSWORD_MAX + SHA512_DIGEST_LENGTH)];
	size_t k_bytes = SHA256_DIGEST_LENGTH;

	sha256(password, salt, k);
	for (unsigned round = 1;; round++) {
		uint8_t vector[PDF_AES_BLOCK_BYTES];
		unsigned sum = 0;
		size_t used = 0;
		AES_KEY aes;

		for (unsigned i = 0; i < HARD_COPIES; i++) {
			if (password.bytes > 0)
				memcpy(block + used, password.data, password.bytes);
			memcpy(block + used + password.bytes, k, k_bytes);
			used += password.bytes + k_bytes;
		}
		memcpy(vector, k + PDF_AES_BLOCK_BYTES, sizeof(vector));
		AES_set_encrypt_key(k, 128, &aes);
		AES_cbc_encrypt(block, block, used, &aes, vector, AES_ENCRYPT);
		for (unsigned i = 0; i < PDF_AES_BLOCK_BYTES; i++)
			sum += block[i]; /* 256 is 1, modulo 3 */
		k_bytes = sha_by(sum % 3, block, used, k);
		if (round >= HARD_ROUNDS_MIN && block[used - 1] + 32u <= round)
			break;
	}
	memcpy(out, k, HASH_BYTES);
}

static void
hash(const struct pdf_lock *l, struct span password, const uint8_t *salt, uint8_t out[HASH_BYTES])
{
	if (l->revision >= 6)
		hash_hard(password, salt, out);
	else
		sha256(password, salt, out);
}

/* Algorithms 2.A and 11: /U is a hash and the salts of two; the second opens /UE. */
static bool
unlock_by_hash(const struct pdf_lock *l, struct span password, struct pdf_key *out)
{
	uint8_t made[HASH_BYTES], vector[PDF_AES_BLOCK_BYTES] = { 0 };
	AES_KEY aes;

	password = span_first(password, PASSWORD_MAX);
	if (l->user.count < HASH_BYTES + 2 * SALT_BYTES || l->user_key.count < PDF_KEY_BYTES_MAX)
		return false;
	hash(l, password, l->user.bytes + HASH_BYTES, made);
	if (memcmp(made, l->user.bytes, HASH_BYTES) != 0)
		return false;
	hash(l, password, l->user.bytes + HASH_BYTES + SALT_BYTES, made);
	AES_set_decrypt_key(made, 256, &aes);
	AES_cbc_encrypt(
	    l->user_key.bytes, out->bytes, PDF_KEY_BYTES_MAX, &aes, vector, AES_DECRYPT);
	out->count = PDF_KEY_BYTES_MAX;
	return true;
}

static bool
unlock_one(const struct pdf_locks *locks, const struct pdf_lock *l, struct span password,
    struct pdf_key *out)
{
	if (l->version == 5)
		return unlock_by_hash(l, password, out);
	for (unsigned i = 0; i < locks->id_count && i < PDF_IDS_MAX; i++) {
		if (unlock_by_digest(l, &locks->ids[i], password, out))
			return true;
	}
	return false;
}

bool
pdf_unlock(const struct pdf_locks *locks, struct span password, struct pdf_key *out)
{
	for (unsigned i = 0; i < locks->count; i++) {
		const struct pdf_lock *l = &locks->list[i];

		if (!unlock_one(locks, l, password, out))
			continue;
		out->ciphers = l->ciphers;
		out->strings = l->strings;
		return true;
	}
	return false;
}

/* Algorithm 1: the file's key and the object's numbers; returns the length. */
static size_t
make_object_key(const struct pdf_key *key, bool is_aes, uint32_t object, uint32_t generation,
    uint8_t out[MD5_DIGEST_LENGTH])
{
	const uint8_t numbers[5] = { (uint8_t)object, (uint8_t)(object >> 8),
		(uint8_t)(object >> 16), (uint8_t)generation, (uint8_t)(generation >> 8) };
	size_t count = key->count + sizeof(numbers);
	MD5_CTX md5;

	MD5_Init(&md5);
	MD5_Update(&md5, key->bytes, key->count);
	MD5_Update(&md5, numbers, sizeof(numbers));
	if (is_aes)
		MD5_Update(&md5, "sAlT", 4);
	MD5_Final(out, &md5);
	return count < OBJECT_KEY_MAX ? count : OBJECT_KEY_MAX;
}

/* The first block is the vector; what fills the last one goes (RFC 8018 6.1.1), if it is that. */
static size_t
decipher_aes(const uint8_t *key, int key_bits, uint8_t *bytes, size_t count)
{
	uint8_t vector[PDF_AES_BLOCK_BYTES];
	uint8_t fill;
	AES_KEY aes;

	if (count < 2 * PDF_AES_BLOCK_BYTES)
		return 0;
	memcpy(vector, bytes, sizeof(vector));
	count = (count - sizeof(vector)) / PDF_AES_BLOCK_BYTES * PDF_AES_BLOCK_BYTES;
	AES_set_decrypt_key(key, key_bits, &aes);
	AES_cbc_encrypt(
	    bytes + sizeof(vector), bytes + sizeof(vector), count, &aes, vector, AES_DECRYPT);
	memmove(bytes, bytes + sizeof(vector), count);
	fill = bytes[count - 1];
	return fill >= 1 && fill <= PDF_AES_BLOCK_BYTES ? count - fill : count;
}

size_t
pdf_decipher(const struct pdf_key *key, enum pdf_cipher cipher, uint32_t object,
    uint32_t generation, uint8_t *bytes, size_t count)
{
	uint8_t own[MD5_DIGEST_LENGTH];
	size_t own_bytes;

	if (cipher == PDF_AES_256)
		return decipher_aes(key->bytes, 256, bytes, count);
	own_bytes = make_object_key(key, cipher == PDF_AES_128, object, generation, own);
	if (cipher == PDF_AES_128)
		return decipher_aes(own, 128, bytes, count);
	rc4(own, own_bytes, bytes, count);
	return count;
}
