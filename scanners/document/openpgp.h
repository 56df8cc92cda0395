/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of OpenPGP (RFC 9580) as they are, without their armor: their packets. Keys and
 * signatures alone are none. Pure functions over spans, linear; nothing is allocated.
 */
#ifndef SLUICE_DOCUMENT_OPENPGP_H
#define SLUICE_DOCUMENT_OPENPGP_H

#include "common/base/span.h"

/* Kinds of packets (section 5) that matter here. */
enum openpgp_tag {
	OPENPGP_PUBLIC_KEY_ESK = 1, /* a session's key, encrypted */
	OPENPGP_SIGNATURE = 2,
	OPENPGP_PASSWORD_ESK = 3,
	OPENPGP_ONE_PASS_SIGNATURE = 4,
	OPENPGP_COMPRESSED = 8,
	OPENPGP_ENCRYPTED = 9,
	OPENPGP_MARKER = 10,
	OPENPGP_LITERAL = 11,
	OPENPGP_ENCRYPTED_INTEGRITY = 18,
	OPENPGP_ENCRYPTED_AEAD = 20,
};

/* Of a compressed packet's first byte (section 9.4). */
enum openpgp_compression {
	OPENPGP_DEFLATE = 1,
	OPENPGP_ZLIB,
	OPENPGP_BZIP2,
};

struct openpgp_packet {
	unsigned tag;
	bool is_cut;       /* it says that it is longer than the file */
	bool is_in_part;   /* its body comes in pieces, each behind a length */
	struct span first; /* of the body, the first piece, or all */
	struct span coded; /* from the first length on, of a body in pieces */
};

/* Whether it begins as a message. */
bool openpgp_is(struct span file);
/* The next packet from `*at` on, which begins at 0; false: no more. */
bool openpgp_next(struct span file, size_t *at, struct openpgp_packet *out);
/* All pieces of its body. */
void openpgp_body(const struct openpgp_packet *p, span_sink sink, void *arg);

/* What stands before the data of a literal packet: its format, a name, a date (section 5.9). `body`
 * is all of it. Returns the data; `*name` is empty where there is none. */
struct span openpgp_literal(struct span body, struct span *name);

#endif
