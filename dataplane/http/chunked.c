/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chunked framing (RFC 9112 §7.1; RFC 3507 §4.4 and §4.5 for "ieof"), strictly: CRLF only, digits
 * only, an overflow refused while the digits are read. Extensions are skipped; a CR, LF or NUL
 * inside one is refused, quoted or not, because others have read it differently.
 *
 *     state    byte            next
 *     SIZE     HEXDIG          SIZE      (at least one)
 *     SIZE     ';' ' ' '\t'    EXT       (blanks only before ';')
 *     SIZE/EXT CR              SIZE_LF
 *     SIZE_LF  LF              DATA, or TRAILER after size 0
 *     DATA     …               DATA_CR when all have come, then DATA_LF, then SIZE
 *     TRAILER  CR at start     END_LF, else NAME up to a colon, VALUE up to CR LF
 */
#include "common/base/letters.h"
#include "dataplane/http/http.h"

#define LINE_BYTES_MAX   4096 /* of a size line: what more would be for is unknown to anybody */
#define IEOF_SEEN        0xff
#define PLAIN_DIGITS_MAX 8 /* of a size that is read at once; below CHUNK_SIZE_MAX */

enum state {
	SIZE_FIRST,
	SIZE,
	BLANK,
	EXT,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER,
	NAME,
	VALUE,
	VALUE_LF,
	END_LF,
	DONE,
	BAD
};

void
chunk_init(struct chunk_parser *p)
{
	memset(p, 0, sizeof(*p));
}

bool
chunk_saw_ieof(const struct chunk_parser *p)
{
	return p->ieof == IEOF_SEEN;
}

static enum state
in_size(struct chunk_parser *p, uint8_t c, bool first)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		p->left = p->left << 4 | (uint64_t)digit;
		return p->left <= CHUNK_SIZE_MAX ? SIZE : BAD;
	}
	if (first)
		return BAD;
	if (c == '\r')
		return SIZE_LF;
	if (c == ';') {
		p->ieof = 0;
		return EXT;
	}
	return c == ' ' || c == '\t' ? BLANK : BAD;
}

static enum state
in_blank(struct chunk_parser *p, uint8_t c)
{
	if (c == ';') {
		p->ieof = 0;
		return EXT;
	}
	if (c == '\r')
		return SIZE_LF;
	return c == ' ' || c == '\t' ? BLANK : BAD;
}

/*
 * Looks for "ieof" among the names of extensions, in either case as ABNF has it (RFC 3507 §4.5),
 * with blanks around it; with a value it is another. Below 4: so much of it was seen.
 */
enum {
	NAME_IS_IEOF = 4,
	NAME_IS_OTHER,
	IN_QUOTES,
	IN_QUOTES_ESCAPED,
	IEOF_FOUND
};

static void
match_ieof(struct chunk_parser *p, uint8_t c)
{
	static const char word[] = "ieof";

	if (p->ieof == IEOF_FOUND)
		return;
	if (p->ieof == IN_QUOTES_ESCAPED || (c == '"' && p->ieof != IN_QUOTES))
		p->ieof = IN_QUOTES;
	else if (p->ieof == IN_QUOTES)
		p->ieof = c == '"' ? NAME_IS_OTHER : c == '\\' ? IN_QUOTES_ESCAPED : IN_QUOTES;
	else if (c == ';')
		p->ieof = p->ieof == NAME_IS_IEOF ? IEOF_FOUND : 0;
	else if (p->ieof < NAME_IS_IEOF && (c | 0x20) == word[p->ieof])
		p->ieof++;
	else if (!((p->ieof == 0 || p->ieof == NAME_IS_IEOF) && (c == ' ' || c == '\t')))
		p->ieof = NAME_IS_OTHER;
}

static enum state
in_extension(struct chunk_parser *p, uint8_t c)
{
	if (c == '\r')
		return SIZE_LF;
	if (c == '\n' || c == 0)
		return BAD;
	match_ieof(p, c);
	return EXT;
}

static enum state
after_size(struct chunk_parser *p, uint8_t c)
{
	if (c != '\n')
		return BAD;
	p->line_bytes = 0;
	if (p->left > 0)
		return DATA;
	p->ieof = p->ieof == NAME_IS_IEOF || p->ieof == IEOF_FOUND ? IEOF_SEEN : 0;
	return TRAILER;
}

static enum state
step_framing(struct chunk_parser *p, uint8_t c)
{
	switch ((enum state)p->state) {
	case SIZE_FIRST:
		p->left = 0;
		p->ieof = 0;
		return in_size(p, c, true);
	case SIZE:
		return in_size(p, c, false);
	case BLANK:
		return in_blank(p, c);
	case EXT:
		return in_extension(p, c);
	case SIZE_LF:
		return after_size(p, c);
	case DATA_CR:
		return c == '\r' ? DATA_LF : BAD;
	case DATA_LF:
		return c == '\n' ? SIZE_FIRST : BAD;
	default:
		return BAD;
	}
}

static enum state
step_trailer(struct chunk_parser *p, uint8_t c)
{
	if (++p->trailer_bytes > HTTP_TRAILER_BYTES_MAX)
		return BAD;
	switch ((enum state)p->state) {
	case TRAILER:
		if (c == '\r')
			return END_LF;
		return c > 0x20 && c != ':' && c < 0x7f ? NAME : BAD;
	case NAME:
		if (c == ':')
			return VALUE;
		return c > 0x20 && c < 0x7f ? NAME : BAD;
	case VALUE:
		if (c == '\r')
			return VALUE_LF;
		return c == '\n' || c == 0 ? BAD : VALUE;
	case VALUE_LF:
		return c == '\n' ? TRAILER : BAD;
	case END_LF:
		return c == '\n' ? DONE : BAD;
	default:
		return BAD;
	}
}

static enum chunk_event
give_data(struct chunk_parser *p, struct span input, size_t *at, struct span *data)
{
	struct span rest = span_from(input, *at);

	*data = rest.bytes > p->left ? span_first(rest, (size_t)p->left) : rest;
	*at += data->bytes;
	p->left -= data->bytes;
	if (p->left == 0)
		p->state = DATA_CR;
	return CHUNK_DATA;
}

/*
 * A size line as most are, digits and its end and nothing else, where all of it is there; what it
 * leaves is what the steps would. False: they are to say what it is.
 */
static bool
take_plain_size(struct chunk_parser *p, struct span input, size_t *at)
{
	struct span line = span_from(input, *at);
	uint64_t size = 0;
	size_t n = 0;
	int digit;

	if (line.bytes < PLAIN_DIGITS_MAX + 2)
		return false;
	while (n < PLAIN_DIGITS_MAX && (digit = hex_digit(line.data[n])) >= 0) {
		size = size << 4 | (uint64_t)digit;
		n++;
	}
	if (size == 0 || line.data[n] != '\r' || line.data[n + 1] != '\n')
		return false;
	p->left = size;
	p->line_bytes = 0;
	p->ieof = 0;
	p->state = DATA;
	*at += n + 2;
	return true;
}

/* The same for the end of a body that has no trailer and whose last chunk says nothing more. */
static bool
take_plain_end(struct chunk_parser *p, struct span input, size_t *at)
{
	static const char end[] = "\r\n0\r\n\r\n";
	const size_t n = sizeof(end) - 1;

	if (input.bytes - *at < n || memcmp(input.data + *at, end, n) != 0)
		return false;
	p->line_bytes = 0;
	p->ieof = 0;
	p->trailer_bytes = 2;
	p->state = DONE;
	*at += n;
	return true;
}

enum chunk_event
chunk_next(struct chunk_parser *p, struct span input, size_t *at, struct span *data)
{
	while (*at < input.bytes && p->state != DONE && p->state != BAD) {
		if (p->state == DATA)
			return give_data(p, input, at, data);
		if ((p->state == SIZE_FIRST && take_plain_size(p, input, at)) ||
		    (p->state == DATA_CR && take_plain_end(p, input, at)))
			continue;
		if (p->state >= TRAILER)
			p->state = (uint8_t)step_trailer(p, input.data[*at]);
		else if (++p->line_bytes > LINE_BYTES_MAX)
			p->state = BAD;
		else
			p->state = (uint8_t)step_framing(p, input.data[*at]);
		if (p->state != BAD)
			++*at;
	}
	if (p->state == DONE)
		return CHUNK_END;
	return p->state == BAD ? CHUNK_BAD : CHUNK_MORE;
}
