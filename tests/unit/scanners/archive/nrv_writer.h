/* SPDX-License-Identifier: BSD-3-Clause */
/* NRV streams, step by step: what UCL would make, and what it never would. */
#ifndef SLUICE_TESTS_ARCHIVE_NRV_WRITER_H
#define SLUICE_TESTS_ARCHIVE_NRV_WRITER_H

#include "scanners/archive/nrv.h"

#define NRV_WRITTEN_BYTES 8192

struct nrv_writer {
	uint8_t bytes[NRV_WRITTEN_BYTES];
	size_t used, bits_at; /* where the bits stand that are being filled */
	unsigned left, unit;
	enum nrv_method method;
	uint32_t offset; /* of the last match */
};

static inline void
nrv_bit(struct nrv_writer *w, uint32_t bit)
{
	if (w->left == 0) {
		w->bits_at = w->used;
		w->used += w->unit;
		w->left = w->unit * 8;
	}
	w->left--;
	w->bytes[w->bits_at + w->left / 8] |= (uint8_t)(bit << w->left % 8);
}

static inline void
nrv_literals(struct nrv_writer *w, struct span bytes)
{
	for (size_t i = 0; i < bytes.bytes; i++) {
		nrv_bit(w, 1);
		w->bytes[w->used++] = bytes.data[i];
	}
}

/* A number from 2 on, without the mark of its end. */
static inline void
nrv_number(struct nrv_writer *w, uint32_t n, bool has_digits_between)
{
	if (n > 3) {
		nrv_number(w, has_digits_between ? n / 4 + 1 : n / 2, has_digits_between);
		nrv_bit(w, 0);
		if (has_digits_between)
			nrv_bit(w, n >> 1 & 1);
	}
	nrv_bit(w, n & 1);
}

/* `whole`: as it stands, with the bit of the length in 2D and 2E. */
static inline void
nrv_offset(struct nrv_writer *w, uint32_t whole)
{
	nrv_bit(w, 0);
	nrv_number(w, (whole >> 8) + 3, w->method != NRV_2B);
	nrv_bit(w, 1);
	w->bytes[w->used++] = (uint8_t)whole;
}

/* From `offset` back, `length` bytes: 2 at least, 3 where that is far. */
static inline void
nrv_match(struct nrv_writer *w, uint32_t offset, uint32_t length)
{
	uint32_t near = length - (offset > (w->method == NRV_2B ? 0xd00u : 0x500u));
	uint32_t small_max = w->method == NRV_2E ? 5 : 4;
	uint32_t first = w->method == NRV_2E ? near < 4 : near < 5 && near >= 3;

	if (offset == w->offset) {
		nrv_bit(w, 0);
		nrv_number(w, 2, w->method != NRV_2B);
		nrv_bit(w, 1);
		nrv_bit(w, first);
	} else if (w->method == NRV_2B) {
		nrv_offset(w, offset - 1);
		nrv_bit(w, first);
	} else {
		nrv_offset(w, (offset - 1) * 2 | !first);
	}
	w->offset = offset;
	if (w->method == NRV_2E && first == 0)
		nrv_bit(w, near <= small_max);
	else if (w->method != NRV_2E)
		nrv_bit(w, near <= small_max && near % 2 == 0);
	if (near > small_max) {
		nrv_number(w, near - (w->method == NRV_2E ? 4 : 3), false);
		nrv_bit(w, 1);
	} else if (w->method == NRV_2E) {
		nrv_bit(w, near & 1);
	}
}

static inline void
nrv_end(struct nrv_writer *w)
{
	nrv_offset(w, UINT32_MAX);
}

static inline struct span
nrv_written(const struct nrv_writer *w)
{
	return span_of(w->bytes, w->used);
}

#endif
