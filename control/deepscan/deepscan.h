/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The embedded sandbox: a program that judges one object and ends. The object is descriptor 3, the
 * generation descriptor 4 (absent: the built-in one), passwords for archives descriptor 5 (absent:
 * none). It answers one line on standard output:
 *
 *     VERDICT SOURCE THREAT LAYER OFFSET    "bad sandbox Eicar-Test-Signature zip:eicar.com 68"
 *
 * and a sixth word, "name", where the same bytes under another name may get another verdict. The
 * name is descriptor 6 (absent: there is none). Of a bad object the SHA-256 of the part that is bad
 * and of those around it follow, from within, DEEPSCAN_PARTS_MAX at most, the object itself not
 * among them: each of these bytes is bad alone, too, whatever it is called.
 *
 * THREAT is "-" where there is none; LAYER (layer.h) is where the threat is, or what could not be
 * read, and "-" for the object itself; OFFSET is where in that layer the signature's match ends,
 * "-" where no signature matched. Bytes that are no printable ASCII, and blanks, are '_'.
 * docs/sandbox.md tells what each class means.
 *
 * unpack.c judges, layer by layer; archives.c takes them apart, by libarchive (reader.c) and by
 * what zip.c finds in a ZIP; documents.c does so with documents; rules.c is libyara, regexes.c the
 * regular expressions of ClamAV's signatures; jail.c is what the process gives up before it looks
 * at the object.
 */
#ifndef SLUICE_DEEPSCAN_H
#define SLUICE_DEEPSCAN_H

#include <stdint.h>

#include "common/channel/words.h"
#include "control/deepscan/passwords.h"
#include "scanners/decode/decode.h"
#include "scanners/signature/signature.h"

#define DEEPSCAN_OBJECT_FD     3
#define DEEPSCAN_GENERATION_FD 4
#define DEEPSCAN_PASSWORDS_FD  5
#define DEEPSCAN_NAME_FD       6
#define DEEPSCAN_LAYER_MAX     512
#define DEEPSCAN_NO_OFFSET     UINT64_MAX
#define DEEPSCAN_SEEN_MAX      4096
#define DEEPSCAN_PARTS_MAX     4
#define DEEPSCAN_DEPTH_MAX     64 /* of limits.depth_max */

struct deepscan_limits {
	uint32_t depth_max, members_max;
	uint64_t unpacked_bytes_max;
	bool blocks[SOURCE_COUNT]; /* classes that the policy blocks: they come before others */
};

/* Contents that were taken apart already, by digest; a newer one may take an older one's place. */
struct deepscan_seen {
	uint8_t sha256[32];
	uint32_t levels;     /* how deep it could be followed, from 1 */
	uint32_t containers; /* all that it lay in */
};

/* All of it is the caller's to read and deepscan's to write. */
struct rules;
struct regexes;

struct deepscan {
	struct deepscan_limits limits;
	const struct generation *generation;
	struct signature_core *core;
	struct decode_pool *decoders;
	struct rules *rules;
	struct regexes *regexes;
	const struct passwords *passwords; /* the caller's, to set after deepscan_init(); or NULL */
	uint32_t members;
	uint64_t streams;        /* of documents */
	uint32_t locked_members; /* encrypted ones that none of the passwords opened */
	bool missed_password;    /* of the last reading of a ZIP: one fitted only by chance */
	uint64_t unpacked_bytes;
	bool is_spent; /* a limit of the whole object was met: nothing more is unpacked */
	enum verdict verdict;
	enum source source; /* SANDBOX, or a class */
	bool by_name;       /* the verdict hangs on what the object is called */
	char threat[128], layer[DEEPSCAN_LAYER_MAX];
	uint32_t bad_above; /* layers this deep, or deeper, are not bad by their bytes alone */
	uint32_t offices[DEEPSCAN_DEPTH_MAX + 1]; /* of the layers around, containers_of_office() */
	uint64_t offset; /* of the match's end in that layer, or DEEPSCAN_NO_OFFSET */
	unsigned part_count;
	uint8_t parts[DEEPSCAN_PARTS_MAX][32]; /* SHA-256 of what is bad in it, from within */
	struct deepscan_seen seen[DEEPSCAN_SEEN_MAX];
};

/*
 * Prepares what needs memory once; `g` stays the caller's and open. 0 or -errno, and then there is
 * nothing to undo.
 */
int deepscan_init(
    struct deepscan *d, const struct generation *g, const struct deepscan_limits *limits);
void deepscan_fini(struct deepscan *d);

/*
 * Judges the bytes, called so, and everything packed in them; the result stands in `d`. Never
 * fails: what could not be looked at is a class. May be called again for another object.
 */
void deepscan_judge(struct deepscan *d, struct span object, struct span name);

#endif
