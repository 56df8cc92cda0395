/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which functions make digests: chosen once, at start. A kind that the processor lacks is not
 * looked at; one whose digests are not those of OpenSSL is never used, and is told; of the others
 * the fastest are taken, by measuring each for some hundred microseconds of processor time.
 */
#ifndef SLUICE_DIGEST_ENGINE_H
#define SLUICE_DIGEST_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#define DIGEST_ENGINE_TEXT_MAX 256

/* What a configuration may ask for: at most this instruction set in lanes. */
enum digest_kind {
	DIGEST_AUTO,    /* the fastest */
	DIGEST_OPENSSL, /* one object after the other, MD5 and then SHA-256 */
	DIGEST_SINGLE,  /* one object after the other, both in one loop where there is SHA-NI */
	DIGEST_SSE2,    /* MD5 in 4 lanes, twice */
	DIGEST_AVX2,    /* 8, twice */
	DIGEST_AVX512,  /* 16, twice */
	DIGEST_KIND_COUNT
};

struct digest_engine;

/* The words of a configuration, by enum digest_kind. */
extern const char *const digest_kind_names[DIGEST_KIND_COUNT];
bool digest_kind_is_usable(enum digest_kind kind);

/*
 * `text`: a sentence about what was chosen, for the log. -ENOTSUP: the processor lacks what was
 * asked for; -EIO: it computes something else than OpenSSL. Both with a sentence. Never freed by
 * others: digest_engine_destroy().
 */
int digest_engine_create(
    enum digest_kind wanted, struct digest_engine **out, char text[DIGEST_ENGINE_TEXT_MAX]);
void digest_engine_destroy(struct digest_engine *e);
/* The kind that is used, never DIGEST_AUTO; and from how many objects on lanes are, 0: never. */
enum digest_kind digest_engine_kind(const struct digest_engine *e);
unsigned digest_engine_lanes_from(const struct digest_engine *e);

#endif
