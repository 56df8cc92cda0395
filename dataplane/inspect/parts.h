/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts of multipart bodies, the files of a form among them: each is a layer of its own, with
 * digests, format and signatures, as it was sent and, where it names a transfer encoding, as it is
 * behind that. Some receivers undo the encoding and some do not, so both are judged; so is the
 * whole body. A part that is multipart itself is judged as a file and its parts as files of theirs;
 * so is a message (message/rfc822), whose body is a part, or its parts are.
 * Only files of this folder include this.
 */
#ifndef SLUICE_INSPECT_PARTS_H
#define SLUICE_INSPECT_PARTS_H

#include "common/base/span.h"
#include "common/channel/words.h"
#include "scanners/digest/digest.h"
#include "scanners/format/format.h"

struct inspect;
struct inspect_object;
struct http_head;
struct part_level;
struct layer;
struct layer_name;

#define PART_NAME_BYTES_MAX   256
#define PART_THREAT_BYTES_MAX 128

/* The first part that is bad. */
struct part_found {
	uint16_t number; /* of the part, in the order in which they begin, from 1; 0: none is bad */
	enum format format;
	enum source source;
	uint64_t offset; /* of the match, in the bytes of the part */
	struct digest_values values;
	uint16_t name_bytes;
	char name[PART_NAME_BYTES_MAX];
	char threat[PART_THREAT_BYTES_MAX]; /* NUL-terminated */
};

/* The core's pool: one level is the parts of one body, or of one part. False: memory is lacking. */
bool parts_pool_create(struct inspect *i, uint32_t levels);
void parts_pool_destroy(struct inspect *i);

/* Looks for parts from here on, where the head says that there are any. */
void parts_open(struct inspect_object *o, const struct http_head *head);
/* The same where the object's layer turns out to be mail under another type, and is looked into no
 * further yet. `bytes` were just fed to it, behind `before` others, and are not taken. */
void parts_open_mail(
    struct inspect_object *o, const struct layer *l, struct span bytes, uint64_t before);
/* The next bytes of the body, behind its content codings. */
void parts_feed(struct inspect_object *o, struct span bytes);
/* No more bytes: the part that is open ends. */
void parts_end(struct inspect_object *o);
/*
 * Bytes that other readers may take for a file, by digest alone: lists, and what is remembered.
 * `number` and `name` are told where they are bad.
 */
void parts_judge_digest(struct inspect_object *o, uint16_t number, enum format format,
    struct layer_name name, const struct digest *digest);
/* Lets go of everything but what was found. */
void parts_close(struct inspect_object *o);

#endif
