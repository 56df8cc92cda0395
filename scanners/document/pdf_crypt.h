/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encryption of a PDF by a password (ISO 32000-1 7.6, ISO 32000-2 7.6): RC4 of 40 to 128 bits, AES
 * of 128 and of 256 (revisions 2 to 6 of the standard handler). Most such files open with the empty
 * password: a reader shows them without asking, and what is in them can be read here as well.
 *
 * The encryption dictionary and the file's identifiers are looked for by name wherever they stand,
 * and more than one of each may be there: the one that the password fits is it. Pure functions over
 * spans; nothing is allocated.
 *
 * pdf_lock.c reads what the file says, pdf_key.c makes keys and deciphers.
 */
#ifndef SLUICE_DOCUMENT_PDF_CRYPT_H
#define SLUICE_DOCUMENT_PDF_CRYPT_H

#include "common/base/span.h"

#define PDF_LOCKS_MAX       4
#define PDF_IDS_MAX         8   /* where there are more, the last ones count */
#define PDF_TEXT_MAX        128 /* of the strings in a dictionary; more is cut */
#define PDF_KEY_BYTES_MAX   32
#define PDF_AES_BLOCK_BYTES 16

/* A set of these is what a file uses. */
enum pdf_cipher {
	PDF_RC4 = 1,
	PDF_AES_128 = 2,
	PDF_AES_256 = 4,
	PDF_CIPHER_UNKNOWN = 8
};

struct pdf_text {
	uint8_t bytes[PDF_TEXT_MAX];
	size_t count;
};

/* One encryption dictionary (tables 20, 21 and 25). */
struct pdf_lock {
	uint32_t version, revision, key_bits, permissions;
	bool leaves_metadata;      /* /EncryptMetadata false */
	unsigned ciphers, strings; /* of anything; of strings, 0: they are as they stand */
	struct pdf_text owner, user, user_key;
};

struct pdf_locks {
	struct pdf_lock list[PDF_LOCKS_MAX];
	unsigned count;
	struct pdf_text ids[PDF_IDS_MAX];
	unsigned id_count; /* of all that were met */
};

/* What opens a file. */
struct pdf_key {
	uint8_t bytes[PDF_KEY_BYTES_MAX];
	size_t count;
	unsigned ciphers, strings; /* as the lock's */
};

/* Reads the locks that are known here: false: there is none. A few passes over the file. */
bool pdf_read_locks(struct span file, struct pdf_locks *out);
/* As the user's password: false: it fits none of them. At most some 300 rounds of AES-128 over 12
 * KiB a lock, or 80 digests an identifier and lock. */
bool pdf_unlock(const struct pdf_locks *locks, struct span password, struct pdf_key *out);
/* A stream or string of that object, in place. Returns how many bytes it is: no more than went in.
 */
size_t pdf_decipher(const struct pdf_key *key, enum pdf_cipher cipher, uint32_t object,
    uint32_t generation, uint8_t *bytes, size_t count);

#endif
