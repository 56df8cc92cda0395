/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transfer encodings of parts (RFC 2045 §6), undone as the bytes stream by. Nothing is an error: a
 * receiver makes something of everything, so what is no part of the encoding is skipped (base64) or
 * stands for itself (quoted-printable). Padding inside base64 begins a new run, as when encoded
 * pieces were put one behind the other; the alphabet of RFC 4648 §5 is known too.
 *
 *     quoted-printable:  state  byte      next   gives
 *                        0      '='       1      –
 *                        0      other     0      the byte
 *                        1      HEXDIG    2      –
 *                        1      CR        3      –
 *                        1      LF        0      – (a soft line break)
 *                        2      HEXDIG    0      the byte they name
 *                        3      LF        0      –
 *                        1 2 3  other     0      what was held back, then the byte as in 0
 */
#include "scanners/decode/transfer.h"

#include "common/base/base64.h"
#include "common/base/letters.h"

/* Up to the parenthesis that closes it, or all (RFC 5322 §3.2.2); none of those within count. */
static size_t
comment_bytes(struct span s)
{
	const uint8_t *close = memchr(s.data, ')', s.bytes);

	return close != NULL ? (size_t)(close - s.data) + 1 : s.bytes;
}

enum transfer_coding
transfer_coding_of(struct span value)
{
	size_t n = 0;

	while (value.bytes > 0 &&
	       (value.data[0] <= ' ' || value.data[0] == '"' || value.data[0] == '('))
		value = span_from(value, value.data[0] == '(' ? comment_bytes(value) : 1);
	/* Behind it a comment, or what the standard does not know: quotes, a parameter. */
	while (n < value.bytes && strchr(" \t\r\n\";,(", value.data[n]) == NULL)
		n++;
	value = span_first(value, n);
	if (span_is_nocase(value, "base64"))
		return TRANSFER_BASE64;
	return span_is_nocase(value, "quoted-printable") ? TRANSFER_QUOTED : TRANSFER_IDENTITY;
}

void
transfer_init(struct transfer *t, enum transfer_coding coding)
{
	*t = (struct transfer){ .coding = coding };
}

static int
value_of(uint8_t c)
{
	return base64_value(c == '-' ? '+' : c == '_' ? '/' : c);
}

/* Whether this byte is the first behind padding that is not padding. */
static bool
restarts_at(struct transfer *t, uint8_t c)
{
	if (!t->padded || t->restarts || value_of(c) < 0)
		return false;
	t->restarts = true;
	return true;
}

static size_t
base64_step(struct transfer *t, uint8_t c, uint8_t *out)
{
	int value = value_of(c);

	if (c == '=') {
		t->bit_count = 0;
		t->padded = true;
	}
	if (value < 0)
		return 0;
	t->bits = t->bits << 6 | (uint32_t)value;
	t->bit_count += 6;
	if (t->bit_count < 8)
		return 0;
	t->bit_count -= 8;
	*out = (uint8_t)(t->bits >> t->bit_count);
	return 1;
}

/* At most three bytes: '=', what was held behind it, and this one. */
static size_t
quoted_step(struct transfer *t, uint8_t c, uint8_t *out)
{
	size_t n = 0;

	if (t->state == 1 && (hex_digit(c) >= 0 || c == '\r')) {
		t->state = c == '\r' ? 3 : 2;
		t->held = c;
		return 0;
	}
	if (t->state == 2 && hex_digit(c) >= 0) {
		out[0] = (uint8_t)((unsigned)hex_digit(t->held) << 4 | (unsigned)hex_digit(c));
		t->state = 0;
		return 1;
	}
	if ((t->state == 1 || t->state == 3) && c == '\n') {
		t->state = 0;
		return 0;
	}
	if (t->state != 0)
		out[n++] = '=';
	if (t->state > 1)
		out[n++] = t->held;
	t->state = c == '=' ? 1 : 0;
	if (c != '=')
		out[n++] = c;
	return n;
}

size_t
transfer_next(struct transfer *t, struct span input, size_t *at, uint8_t *out, size_t room)
{
	size_t n = 0;

	while (*at < input.bytes && n + TRANSFER_STEP_MAX <= room) {
		uint8_t c = input.data[*at];

		if (restarts_at(t, c))
			break;
		++*at;
		if (t->coding == TRANSFER_BASE64)
			n += base64_step(t, c, out + n);
		else if (t->coding == TRANSFER_QUOTED)
			n += quoted_step(t, c, out + n);
		else
			out[n++] = c;
	}
	return n;
}

size_t
transfer_end(struct transfer *t, uint8_t out[TRANSFER_STEP_MAX])
{
	size_t n = 0;

	if (t->state != 0)
		out[n++] = '=';
	if (t->state > 1)
		out[n++] = t->held;
	t->state = 0;
	return n;
}
