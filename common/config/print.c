/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration in effect, every key of it, read from the struct through the table of fields.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/config/emit.h"
#include "common/config/fields.h"

static uint64_t
number_at(const void *place, uint32_t bytes)
{
	uint16_t n16;
	uint32_t n32;
	uint64_t n64;

	switch (bytes) {
	case sizeof(n16):
		memcpy(&n16, place, sizeof(n16));
		return n16;
	case sizeof(n32):
		memcpy(&n32, place, sizeof(n32));
		return n32;
	default:
		memcpy(&n64, place, sizeof(n64));
		return n64;
	}
}

static const char *
word_of(const cyaml_strval_t *words, unsigned count, int64_t value)
{
	for (unsigned i = 0; i < count; i++) {
		if (words[i].val == value)
			return words[i].str;
	}
	return "?";
}

static void
print_list(struct emit *e, const struct config_field *f, const void *base, const void *place)
{
	char *const *items;
	unsigned count;

	memcpy(&items, place, sizeof(items));
	memcpy(&count, (const char *)base + f->count_offset, sizeof(count));
	emit_key(e, f->path);
	if (count == 0) {
		emit_empty_list(e);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		emit_item(e, span_text(items[i]));
	fputc('\n', e->out);
}

static void
print_text(struct emit *e, const struct config_field *f, const void *place)
{
	const char *text;

	memcpy(&text, place, sizeof(text));
	if (text == NULL)
		return;
	emit_key(e, f->path);
	emit_quoted(e, span_text(text));
}

static void
print_field(struct emit *e, const struct config_field *f, const struct config *c)
{
	const void *place = (const char *)c + f->offset;
	char number[24];

	switch (f->kind) {
	case FIELD_NUMBER:
		snprintf(
		    number, sizeof(number), "%llu", (unsigned long long)number_at(place, f->bytes));
		emit_key(e, f->path);
		emit_plain(e, number);
		return;
	case FIELD_WORD:
		emit_key(e, f->path);
		emit_plain(
		    e, word_of(f->words, f->words_count, (int64_t)number_at(place, f->bytes)));
		return;
	case FIELD_BOOL:
		emit_key(e, f->path);
		emit_plain(e, *(const bool *)place ? "true" : "false");
		return;
	case FIELD_LIST:
		print_list(e, f, c, place);
		return;
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NONE:
		print_text(e, f, place);
		return;
	}
}

char *
config_print(const struct config *c)
{
	char *text = NULL;
	size_t bytes;
	struct emit e = { .out = open_memstream(&text, &bytes) };

	if (e.out == NULL)
		return NULL;
	for (unsigned i = 0; i < config_fields_count; i++)
		print_field(&e, &config_fields[i], c);
	for (unsigned i = 0; i < c->exclusions_count; i++) {
		const struct config_exclusion *x = &c->exclusions[i];

		emit_exclusion(&e, i == 0,
		    word_of(config_criterion_words, config_criterion_words_count, x->criterion),
		    span_text(x->value), x->enabled);
	}
	if (fclose(e.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
