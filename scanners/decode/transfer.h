/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Content-Transfer-Encoding (RFC 2045 §6) of the parts of multipart bodies and mail, undone as the
 * bytes stream by. No allocation; one thread an object.
 */
#ifndef SLUICE_DECODE_TRANSFER_H
#define SLUICE_DECODE_TRANSFER_H

#include <stdbool.h>

#include "common/base/span.h"

enum transfer_coding {
	TRANSFER_IDENTITY, /* also 7bit, 8bit, binary, and what is not known */
	TRANSFER_BASE64,
	TRANSFER_QUOTED,
};

struct transfer {
	enum transfer_coding coding;
	uint32_t bits, bit_count;
	uint8_t state, held;
	bool padded, restarts; /* base64: behind padding; and more came behind it */
};

#define TRANSFER_STEP_MAX 3 /* what one byte of input may give */

/* Of a field's value; letter case, quotes around the word, comments before it and what stands
 * behind it are ignored. */
enum transfer_coding transfer_coding_of(struct span value);
void transfer_init(struct transfer *t, enum transfer_coding coding);
/*
 * Decodes from `*at` on into `out`, whose room is at least TRANSFER_STEP_MAX, and moves `*at` past
 * what was used. How many bytes it gave; call again while `*at` is not at the input's end. Where
 * base64 goes on behind padding for the first time it returns once between the two: `restarts` has
 * become true, and some readers end there.
 */
size_t transfer_next(struct transfer *t, struct span input, size_t *at, uint8_t *out, size_t room);
/* The last bytes, of an escape that was cut short. */
size_t transfer_end(struct transfer *t, uint8_t out[TRANSFER_STEP_MAX]);

#endif
