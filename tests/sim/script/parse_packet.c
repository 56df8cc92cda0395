/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment as a script writes it: [ECN] FLAGS SEQ:END(LENGTH) [ack N] [win N] [urg N] [<options>],
 * and behind it, for what is injected, what is wrong with it on purpose.
 */
#include "tests/sim/script/script.h"

#include <ctype.h>
#include <string.h>

static const char flag_letters[] = "FSRP.UEW"; /* in the order of the header's bits */

/* "[ce]" and its like before the flags; none: not ECT, in what is expected too. */
static bool
parse_ecn(struct script_cursor *c, struct script_packet *p)
{
	static const char *const words[] = { "noecn", "ect1", "ect0", "ce" };
	char word[SCRIPT_WORD_MAX];

	if (!script_char(c, '['))
		return true;
	if (script_name(c, word) && script_char(c, ']')) {
		for (unsigned i = 0; i < 4; i++) {
			if (strcmp(words[i], word) == 0) {
				p->ecn = (uint8_t)i;
				return true;
			}
		}
	}
	return script_fail(c, "the ECN field is [noecn], [ect0], [ect1] or [ce]");
}

static bool
parse_flags(struct script_cursor *c, struct script_packet *p)
{
	const char *letter;

	if (script_word(c, "none"))
		return true;
	if (!script_blanks(c))
		return script_fail(
		    c, "a segment begins with its flags: any of %s, or none", flag_letters);
	while (c->at < c->end && *c->at != ' ' && *c->at != '\t') {
		letter = strchr(flag_letters, *c->at);
		if (letter == NULL)
			return script_fail(
			    c, "no such flag: %c (any of %s, or none)", *c->at, flag_letters);
		p->flags |= (uint8_t)(1u << (letter - flag_letters));
		c->at++;
	}
	return true;
}

static bool
parse_numbers(struct script_cursor *c, struct script_packet *p)
{
	uint64_t seq, end, length, ack;

	if (!script_number(c, UINT32_MAX, &seq) || !script_char(c, ':') ||
	    !script_number(c, UINT32_MAX, &end) || !script_char(c, '(') ||
	    !script_number(c, 65495, &length) || !script_char(c, ')'))
		return script_fail(c, "sequence numbers are SEQ:END(LENGTH)");
	if ((uint32_t)(seq + length) != (uint32_t)end)
		return script_fail(
		    c, "%u + %u is not %u", (unsigned)seq, (unsigned)length, (unsigned)end);
	p->seq = (uint32_t)seq;
	p->length = (uint32_t)length;
	if (script_word(c, "ack")) {
		if (!script_number(c, UINT32_MAX, &ack))
			return script_fail(c, "ack needs a number");
		p->ack = (uint32_t)ack;
	}
	return true;
}

static bool
parse_u32(struct script_cursor *c, const char *word, uint64_t max, uint32_t *out)
{
	uint64_t n;

	if (!script_word(c, word))
		return true;
	if (!script_number(c, max, &n))
		return script_fail(
		    c, "%s needs a number, %llu at most", word, (unsigned long long)max);
	*out = (uint32_t)n;
	return true;
}

static bool
parse_sacks(struct script_cursor *c, struct script_option *o)
{
	uint64_t start, end;

	while (script_number(c, UINT32_MAX, &start)) {
		if (!script_char(c, ':') || !script_number(c, UINT32_MAX, &end))
			return script_fail(c, "a SACK block is START:END");
		if (o->count == SCRIPT_SACKS_MAX)
			return script_fail(c, "more than %d SACK blocks", SCRIPT_SACKS_MAX);
		o->sacks[2 * o->count] = (uint32_t)start;
		o->sacks[2 * o->count++ + 1] = (uint32_t)end;
	}
	return true;
}

static int
hex_digit(char ch)
{
	return isdigit((unsigned char)ch) ? ch - '0' : tolower((unsigned char)ch) - 'a' + 10;
}

static bool
parse_raw(struct script_cursor *c, struct script_option *o)
{
	script_blanks(c);
	while (c->end - c->at >= 2 && isxdigit((unsigned char)c->at[0]) &&
	       isxdigit((unsigned char)c->at[1]) && o->count < sizeof(o->raw)) {
		o->raw[o->count++] = (uint8_t)(hex_digit(c->at[0]) << 4 | hex_digit(c->at[1]));
		c->at += 2;
	}
	return o->count > 0 || script_fail(c, "raw needs bytes in hexadecimal, 40 at most");
}

/* "any" stands for every value, in what is expected. */
static bool
parse_ts_value(struct script_cursor *c, const char *word, uint32_t *out)
{
	uint64_t n;

	if (!script_word(c, word))
		return script_fail(c, "a timestamp is TS val N ecr N, with a number or any");
	if (script_word(c, "any")) {
		*out = SCRIPT_UNSTATED;
		return true;
	}
	if (!script_number(c, UINT32_MAX - 1, &n))
		return script_fail(c, "%s needs a number, or any", word);
	*out = (uint32_t)n;
	return true;
}

static bool
parse_option(struct script_cursor *c, struct script_option *o)
{
	if (script_word(c, "nop")) {
		o->kind = OPTION_NOP;
	} else if (script_word(c, "eol")) {
		o->kind = OPTION_END;
	} else if (script_word(c, "sackOK")) {
		o->kind = OPTION_SACK_OK;
	} else if (script_word(c, "TS")) {
		o->kind = OPTION_TS;
		return parse_ts_value(c, "val", &o->a) && parse_ts_value(c, "ecr", &o->b);
	} else if (script_word(c, "sack")) {
		o->kind = OPTION_SACK;
		return parse_sacks(c, o);
	} else if (script_word(c, "raw")) {
		o->kind = OPTION_RAW;
		return parse_raw(c, o);
	} else {
		bool scale = script_word(c, "wscale");
		uint64_t n;

		o->kind = scale ? OPTION_SCALE : OPTION_MSS;
		if (!scale && !script_word(c, "mss"))
			return script_fail(
			    c, "an option is mss, sackOK, TS, nop, wscale, sack, eol or raw");
		if (!script_number(c, scale ? 255 : 65535, &n))
			return script_fail(c, "%s needs a number", scale ? "wscale" : "mss");
		o->a = (uint32_t)n;
	}
	return true;
}

static bool
parse_options(struct script_cursor *c, struct script_packet *p)
{
	if (!script_char(c, '<'))
		return true;
	if (script_word(c, "...")) {
		p->any_options = true;
	} else {
		do {
			if (p->option_count == SCRIPT_OPTIONS_MAX)
				return script_fail(c, "more than %d options", SCRIPT_OPTIONS_MAX);
			if (!parse_option(c, &p->options[p->option_count++]))
				return false;
		} while (script_char(c, ','));
	}
	return script_char(c, '>') || script_fail(c, "options end with >");
}

static bool
parse_faults(struct script_cursor *c, struct script_packet *p)
{
	for (;;) {
		if (script_word(c, "tampered"))
			p->tampered = true;
		else if (script_word(c, "bad_sum"))
			p->bad_sum = true;
		else if (script_word(c, "from_self"))
			p->from_self = true;
		else
			break;
	}
	return parse_u32(c, "header_words", 15, &p->header_words) &&
	       parse_u32(c, "cut", 65535, &p->cut);
}

bool
script_parse_packet(struct script_cursor *c, bool injected, struct script_packet *p)
{
	p->window = injected ? 65535 : SCRIPT_UNSTATED;
	p->urgent = p->header_words = p->cut = SCRIPT_UNSTATED;
	return parse_ecn(c, p) && parse_flags(c, p) && parse_numbers(c, p) &&
	       parse_u32(c, "win", 65535, &p->window) && parse_u32(c, "urg", 65535, &p->urgent) &&
	       parse_options(c, p) && (!injected || parse_faults(c, p));
}
