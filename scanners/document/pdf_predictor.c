/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Predictors (ISO 32000-1 7.4.4.4): before they were compressed, samples were told as what they
 * differ by from those left of and above them: by TIFF's way, or by PNG's, where each row begins
 * with a byte that says by which of five.
 */
#include "scanners/document/pdf.h"

#include <stdlib.h>

#define PREDICTOR_TIFF 2u
#define PREDICTOR_PNG  10u /* and what is above */
#define COLORS_MAX     32u
#define BITS_MAX       16u
#define COLUMNS_MAX    (1u << 24)

struct rows {
	size_t row_bytes, sample_bytes; /* of a pixel, at least one */
	uint32_t colors, bits, columns;
};

static bool
read_rows(const struct pdf_coding *c, struct rows *out)
{
	out->colors = c->colors != 0 ? c->colors : 1;
	out->bits = c->bits != 0 ? c->bits : 8;
	out->columns = c->columns != 0 ? c->columns : 1;
	if (out->colors > COLORS_MAX || out->bits > BITS_MAX || out->columns > COLUMNS_MAX)
		return false;
	out->row_bytes = ((size_t)out->colors * out->bits * out->columns + 7) / 8;
	out->sample_bytes = ((size_t)out->colors * out->bits + 7) / 8;
	return true;
}

/* PNG 9.4 */
static uint8_t
paeth(int left, int up, int corner)
{
	int p = left + up - corner;
	int by_left = abs(p - left), by_up = abs(p - up), by_corner = abs(p - corner);

	if (by_left <= by_up && by_left <= by_corner)
		return (uint8_t)left;
	return (uint8_t)(by_up <= by_corner ? up : corner);
}

/* A row of `n` bytes at `in`, to where `out` is, which may overlap behind it; `above` may be NULL.
 */
static void
undo_png_row(
    uint8_t kind, const uint8_t *in, size_t n, size_t sample, const uint8_t *above, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		int left = i >= sample ? out[i - sample] : 0;
		int up = above != NULL ? above[i] : 0;
		int corner = above != NULL && i >= sample ? above[i - sample] : 0;
		int guess = kind == 1   ? left
			    : kind == 2 ? up
			    : kind == 3 ? (left + up) / 2
			    : kind == 4 ? paeth(left, up, corner)
					: 0;

		out[i] = (uint8_t)(in[i] + guess);
	}
}

static size_t
undo_png(const struct rows *r, uint8_t *bytes, size_t count)
{
	const uint8_t *above = NULL;
	size_t used = 0;

	for (size_t at = 0; at + 1 < count;) {
		size_t n = count - at - 1 < r->row_bytes ? count - at - 1 : r->row_bytes;

		undo_png_row(bytes[at], bytes + at + 1, n, r->sample_bytes, above, bytes + used);
		above = bytes + used;
		used += n;
		at += 1 + n;
	}
	return used;
}

/* Samples of less than a byte: the `i`-th of a row, and its place. */
static unsigned
sample_at(const uint8_t *row, size_t i, unsigned bits)
{
	return row[i * bits / 8] >> (8 - bits - i * bits % 8) & ((1u << bits) - 1);
}

static void
put_sample(uint8_t *row, size_t i, unsigned bits, unsigned value)
{
	unsigned shift = (unsigned)(8 - bits - i * bits % 8), mask = ((1u << bits) - 1) << shift;

	row[i * bits / 8] = (uint8_t)((row[i * bits / 8] & ~mask) | (value << shift & mask));
}

static void
undo_tiff_row(const struct rows *r, uint8_t *row, size_t n)
{
	size_t samples = n * 8 / r->bits;

	for (size_t i = r->colors; i < samples; i++) {
		if (r->bits == 8) {
			row[i] = (uint8_t)(row[i] + row[i - r->colors]);
		} else if (r->bits == 16) {
			const uint8_t *before = row + 2 * (i - r->colors);
			unsigned sum = ((unsigned)row[2 * i] << 8 | row[2 * i + 1]) +
				       ((unsigned)before[0] << 8 | before[1]);

			row[2 * i] = (uint8_t)(sum >> 8);
			row[2 * i + 1] = (uint8_t)sum;
		} else {
			put_sample(row, i, r->bits,
			    sample_at(row, i, r->bits) + sample_at(row, i - r->colors, r->bits));
		}
	}
}

static bool
is_width(uint32_t bits)
{
	return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
}

bool
pdf_unpredict(const struct pdf_coding *c, uint8_t *bytes, size_t *count)
{
	struct rows r;

	if (c->predictor < PREDICTOR_TIFF)
		return true;
	if (!read_rows(c, &r) || (c->predictor < PREDICTOR_PNG && c->predictor != PREDICTOR_TIFF))
		return false;
	if (c->predictor >= PREDICTOR_PNG) {
		*count = undo_png(&r, bytes, *count);
		return true;
	}
	if (!is_width(r.bits))
		return false;
	for (size_t at = 0; at < *count; at += r.row_bytes)
		undo_tiff_row(
		    &r, bytes + at, *count - at < r.row_bytes ? *count - at : r.row_bytes);
	return true;
}
