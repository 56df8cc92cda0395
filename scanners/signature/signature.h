/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One loaded generation: Hyperscan databases (block and streaming), digest tables and names, from a
 * file that sluice-sigc wrote (generation_file.h describes it byte by byte), or the built-in one
 * that knows EICAR alone.
 *
 * A `struct generation` is immutable after loading and shared by all cores; who publishes it
 * decides by RCU when it may be closed. A `struct signature_scan` is one object's scan: it uses its
 * Hyperscan stream only once bytes arrive that are not the last, so an object that lies in one
 * buffer is scanned in block mode. Scratch and streams belong to a core's `struct signature_core`;
 * nothing is allocated while scanning beyond what Hyperscan's stream allocator takes from that
 * core's pool.
 */
#ifndef SLUICE_SIGNATURE_H
#define SLUICE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"
#include "scanners/format/format.h"

struct generation;
struct signature_core;
struct signature_scan;

#define SIGNATURE_ERROR_TEXT_MAX 256
#define SIGNATURE_BUILT_IN_NAME  "Eicar-Test-Signature" /* the one that is always known */

struct signature_hit {
	const char *name; /* "Eicar-Test-Signature"; lent by the generation */
	uint64_t offset;  /* where in the scanned bytes the match ends */
};

/*
 * Loads from memory that must stay as it is until generation_close(), but for the sections that
 * hold databases, of which Hyperscan makes copies. Every offset in it is checked.
 * On failure -EINVAL (not such a file, or damaged), -ENOEXEC (made for another Hyperscan or CPU),
 * -ENOMEM, and a sentence in `error`.
 */
int generation_open(
    struct span file, struct generation **out, char error[SIGNATURE_ERROR_TEXT_MAX]);
/* EICAR alone, compiled in the process; what runs when there is no file. */
int generation_open_builtin(struct generation **out, char error[SIGNATURE_ERROR_TEXT_MAX]);
void generation_close(struct generation *g);

uint64_t generation_id(
    const struct generation *g); /* from the content: the same sources, the same id */
struct generation_facts {
	uint64_t id;
	uint32_t literals, digests_bad, digests_good, reputation_entries;
	size_t stream_bytes, scratch_bytes;
};
void generation_facts(const struct generation *g, struct generation_facts *out);

/* Rules for the sandbox, as libyara saved them; empty: there are none. Lent by the generation. */
struct span generation_yara(const struct generation *g);

/* Whether what is said of an object may hang on its name: then verdicts are remembered with it. */
bool generation_asks_for_names(const struct generation *g);

/*
 * Digest lists: the name of a bad object (by MD5 or SHA-256 and size), or whether it is trusted.
 * SHA-1 is the scan's own: a bad one is its hit, a good one signature_is_trusted().
 */
const char *generation_bad_digest(
    const struct generation *g, const uint8_t md5[16], const uint8_t sha256[32], uint64_t size);
bool generation_trusted_digest(
    const struct generation *g, const uint8_t md5[16], const uint8_t sha256[32], uint64_t size);
/* Whether signature_is_trusted() is ever true. */
bool generation_trusts_sha1(const struct generation *g);

/* One core's scratch and pool of scans, for one generation. `streams_max` scans may be open at
 * once.
 */
struct signature_core *signature_core_create(uint32_t streams_max);
void signature_core_destroy(struct signature_core *core);
/* Grows what a generation needs; called for each core before the generation is published. */
int signature_core_prepare(struct signature_core *core, const struct generation *g);

/* NULL when streams_max are open. The generation must stay open until signature_close(). */
struct signature_scan *signature_open(struct signature_core *core, const struct generation *g);
/*
 * For the proof of a generation, before the first byte: nothing but this literal is looked for; the
 * pattern around it is a hit though it were a part of rules only. What else has the same bytes is
 * passed over, however much that is.
 */
struct signature_sought {
	uint32_t literal; /* its number in LITERALS */
	uint32_t id,
	    at; /* Hyperscan's of its bytes, and its place in NUMBERS (generation_file.h) */
	unsigned target; /* whose databases are asked, which must exist */
};
void signature_look_for(struct signature_scan *scan, const struct signature_sought *what);
bool generation_has_target(const struct generation *g, unsigned target);
/*
 * Before the first byte, of bytes that will come in one piece: only the signatures of this form
 * (TARGET_FORMS in generation_file.h) are looked for; digests are not. The generation must have it.
 */
void signature_take_as(struct signature_scan *scan, unsigned form);
/*
 * The same for rules with regular expressions (TARGET_WHOLE, and forms): who searches for them. The
 * first match that begins at `from` or behind it, or, anchored, there: 1, with its start and end in
 * the bytes, or 0; negative: not known. Called at the object's end, and only for expressions on
 * which a rule hangs; without it what hangs on them fails the scan.
 */
struct signature_regex {
	uint32_t id; /* its number in the generation */
	unsigned options;
	const char *text;
	struct span bytes;
	size_t from;
	bool is_anchored;
};
typedef int (*signature_regex_search)(
    void *arg, const struct signature_regex *what, size_t *start, size_t *end);
void signature_match_regexes(struct signature_scan *scan, signature_regex_search search, void *arg);
/*
 * What an archive says of one of its members, and of itself, for signatures of members (ClamAV's
 * .cdb). Nothing of it is kept.
 */
struct signature_member {
	uint32_t archives;      /* what the archive is: a bit for each enum generation_archive */
	uint64_t archive_bytes; /* of the archive itself */
	struct span name;
	uint64_t packed_bytes, bytes; /* 0: not told */
	uint64_t position;            /* in the archive, counted as ClamAV does */
	uint32_t crc;                 /* 0: not told */
	bool is_encrypted;
};
/* Whether there are any. */
bool generation_has_members(const struct generation *g);
/*
 * 1: a signature holds, and *threat is its name, lent by the generation; 0: none does. Negative:
 * not known, since a limit was met while a name was searched. As for scans, `search` is called for
 * names with `arg`. Any thread that `search` may run in.
 */
int generation_match_member(const struct generation *g, const struct signature_member *m,
    signature_regex_search search, void *arg, const char **threat);
/* Before the last byte: what it lies in, a bit for each enum generation_container of
 * generation_file.h; a scan that is not told judges as if it lay in nothing. */
void signature_lies_in(struct signature_scan *scan, uint32_t containers);
/*
 * What the object is called (name.h): writes at most `room` bytes to `out` and returns how many.
 * Called at the object's end, and only where a rule hangs on it; without it there is no name.
 */
typedef size_t (*signature_name_of)(void *arg, char *out, size_t room);
void signature_name(struct signature_scan *scan, signature_name_of of, void *arg);
/*
 * What format the object has, for one who knows, from the same first bytes and before they are fed;
 * else the scan tells itself.
 */
void signature_tell_format(struct signature_scan *scan, enum format format);
/*
 * Scans the next bytes; `is_last` says that no more will come (then block mode may serve). Returns
 * 0, 1 when there is a hit (signature_hit() tells which; further feeding is harmless), or a
 * negative errno when the engine failed, which the caller must treat as class `error`, never as
 * clean.
 */
int signature_feed(struct signature_scan *scan, struct span bytes, bool is_last);
/* How many bytes were not scanned as a stream: all or none of an object. */
uint64_t signature_block_bytes(const struct signature_scan *scan);
/* Ends the scan: 0, 1 or negative as above. */
int signature_finish(struct signature_scan *scan);
/* After the last byte: rules may hold that only the sandbox can judge (generation_yara()). */
bool signature_wants_deep(const struct signature_scan *scan);
/* After the last byte: what was said, a hit or none, may be other under another name. */
bool signature_is_by_name(const struct signature_scan *scan);
/* After the last byte: the hit is of a rule that asks what the object lies in. */
bool signature_hangs_on_container(const struct signature_scan *scan);
/* When the object has ended: whether its SHA-1 is on a list of good ones. */
bool signature_is_trusted(const struct signature_scan *scan);
const struct signature_hit *signature_hit(const struct signature_scan *scan);
void signature_close(struct signature_scan *scan);

#endif
