/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/pdf_lexer.h"

#include <ctype.h>
#include <stdio.h>

#include "common/base/letters.h"

#define NUMBER_MAX (1u << 30)

size_t
pdf_take_name(struct span s, size_t at, char out[PDF_NAME_BYTES_MAX])
{
	size_t used = 0;

	for (at++; at < s.bytes && !pdf_is_blank(s.data[at]) && !pdf_is_delimiter(s.data[at]);
	     at++) {
		uint8_t c = s.data[at];
		int written = c == '#' && s.bytes - at > 2 ? hex_pair(s.data + at + 1) : -1;

		if (written >= 0) {
			c = (uint8_t)written;
			at += 2;
		}
		if (used < PDF_NAME_BYTES_MAX - 1)
			out[used++] = (char)c;
	}
	out[used] = 0;
	return at;
}

size_t
pdf_take_number(struct span s, size_t at, uint32_t *out)
{
	for (*out = 0; at < s.bytes && s.data[at] >= '0' && s.data[at] <= '9'; at++)
		*out = *out < NUMBER_MAX / 10 ? *out * 10 + (s.data[at] - '0') : NUMBER_MAX;
	return at;
}

size_t
pdf_take_reference(struct span s, size_t at, uint32_t *number)
{
	uint32_t version;

	at = pdf_skip_space(s, pdf_take_number(s, at, number));
	at = pdf_skip_space(s, pdf_take_number(s, at, &version));
	return at < s.bytes && s.data[at] == 'R' ? at + 1 : at;
}

bool
pdf_is_reference(struct span s, size_t at)
{
	at = pdf_skip_space(s, at);
	return at < s.bytes && isdigit(s.data[at]);
}

size_t
pdf_pass_over(struct span s, size_t at, int *depth)
{
	uint8_t c = s.data[at];
	size_t end;

	*depth += (c == '[') - (c == ']');
	if (c == '%')
		return pdf_behind_comment(s, at);
	if (c == '(') {
		end = pdf_behind_literal(s, at);
		return end != SIZE_MAX ? end : at + 1;
	}
	if (at + 1 >= s.bytes || s.data[at + 1] != c || (c != '<' && c != '>'))
		return at + 1;
	*depth += c == '<' ? 1 : -1;
	return at + 2;
}

bool
pdf_next_key(struct pdf_keys *k, char name[PDF_NAME_BYTES_MAX], size_t *value)
{
	char skipped[PDF_NAME_BYTES_MAX];

	while (k->at < k->in.bytes) {
		bool is_key = k->in.data[k->at] == '/' && k->depth == 1;

		if (k->in.data[k->at] != '/') {
			k->at = pdf_pass_over(k->in, k->at, &k->depth);
			if (k->depth <= 0)
				break;
			continue;
		}
		k->at = pdf_skip_space(k->in, pdf_take_name(k->in, k->at, is_key ? name : skipped));
		if (!is_key)
			continue;
		*value = k->at;
		if (k->at < k->in.bytes && k->in.data[k->at] == '/') /* no key of its own */
			k->at = pdf_take_name(k->in, k->at, skipped);
		return true;
	}
	return false;
}

bool
pdf_find_name(struct span file, const char *name, size_t *at)
{
	char found[PDF_NAME_BYTES_MAX];

	while (*at < file.bytes) {
		const uint8_t *slash = memchr(file.data + *at, '/', file.bytes - *at);
		size_t begin = slash != NULL ? (size_t)(slash - file.data) : file.bytes;

		*at = begin + 1;
		if (file.bytes - begin < 2 || (slash[1] != (uint8_t)name[0] && slash[1] != '#'))
			continue;
		begin = pdf_take_name(file, begin, found);
		if (strcmp(found, name) != 0)
			continue;
		*at = begin;
		return true;
	}
	return false;
}

bool
pdf_find_object(struct span file, uint32_t number, size_t *at)
{
	char text[16];
	size_t bytes = (size_t)snprintf(text, sizeof(text), "%u", number);

	while (*at < file.bytes) {
		const uint8_t *found = memmem(file.data + *at, file.bytes - *at, text, bytes);
		size_t begin, after;
		uint32_t version;

		if (found == NULL)
			break;
		begin = (size_t)(found - file.data);
		*at = begin + bytes;
		after = pdf_skip_blanks(file, *at);
		if ((begin > 0 && isdigit(file.data[begin - 1])) || after == *at)
			continue;
		after = pdf_skip_blanks(file, pdf_take_number(file, after, &version));
		if (file.bytes - after < 3 || memcmp(file.data + after, "obj", 3) != 0)
			continue;
		*at = pdf_skip_space(file, after + 3);
		return true;
	}
	*at = file.bytes;
	return false;
}
