/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks libyaml's events; recursion is bounded by SCAN_DEPTH_MAX, memory by SCAN_NODES_MAX. */
#include "common/config/scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

static int scan_value(
    struct scan *s, yaml_parser_t *parser, const yaml_event_t *event, const char *path, int depth);

#define QUOTE_IT "; a text that begins with * or & stands in quotes"

/* One line that no terminal takes for a command, whatever the file has: control bytes as \xNN. */
static void
put_printable(char *out, size_t room, const char *text)
{
	size_t used = 0;

	for (; *text != 0 && used + 5 <= room; text++) {
		bool is_control = (unsigned char)*text < ' ' || *text == 0x7f;

		used += (size_t)snprintf(
		    out + used, room - used, is_control ? "\\x%02x" : "%c", (unsigned char)*text);
	}
	out[used] = 0;
}

int
scan_fail(
    const struct scan *s, const struct scan_node *at, const char *path, const char *format, ...)
{
	char out[CONFIG_ERROR_TEXT_MAX];
	int n;
	va_list args;

	if (at != NULL && at->line > 0)
		n = snprintf(out, sizeof(out), "%s:%u: %s: ", s->name, at->line, path);
	else if (at != NULL)
		n = snprintf(out, sizeof(out), "--set %s: ", path);
	else
		n = snprintf(out, sizeof(out), "%s: %s: ", s->name, path);
	if (n > 0 && (size_t)n < sizeof(out)) {
		va_start(args, format);
		vsnprintf(out + n, sizeof(out) - (size_t)n, format, args);
		va_end(args);
	}
	put_printable(s->error, CONFIG_ERROR_TEXT_MAX, out);
	return -EINVAL;
}

/* An error of the text as a whole, at a line that counts from 0. */
static int
fail_line(const struct scan *s, size_t line, const char *sentence)
{
	snprintf(s->error, CONFIG_ERROR_TEXT_MAX, "%s:%zu: %s", s->name, line + 1, sentence);
	return -EINVAL;
}

static struct scan_node *
add(struct scan *s, const char *path, enum scan_kind kind, unsigned line)
{
	struct scan_node *n;

	if (s->count == s->room) {
		unsigned room = s->room == 0 ? 64 : s->room * 2;
		struct scan_node *grown = realloc(s->nodes, room * sizeof(*grown));

		if (grown == NULL || s->count >= SCAN_NODES_MAX) {
			s->nodes = grown != NULL ? grown : s->nodes;
			scan_fail(s, NULL, path, "more values than can be held");
			return NULL;
		}
		s->nodes = grown;
		s->room = room;
	}
	n = &s->nodes[s->count++];
	*n = (struct scan_node){ .kind = kind, .line = line };
	snprintf(n->path, sizeof(n->path), "%s", path);
	return n;
}

static int
add_text(struct scan *s, const char *path, enum scan_kind kind, unsigned line, struct span text)
{
	struct scan_node *n = add(s, path, kind, line);

	if (n == NULL)
		return -EINVAL;
	n->text = malloc(text.bytes + 1);
	if (n->text == NULL)
		return scan_fail(s, NULL, path, "out of memory");
	if (text.bytes > 0)
		memcpy(n->text, text.data, text.bytes);
	n->text[text.bytes] = 0;
	n->bytes = text.bytes;
	return 0;
}

static bool
is_null(const yaml_event_t *e)
{
	struct span text = span_of(e->data.scalar.value, e->data.scalar.length);

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text.bytes == 0 || span_is(text, "~") || span_is_nocase(text, "null"));
}

/* "&x 1" is 1 to YAML, and what its writer meant is lost. */
static bool
is_anchored(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return e->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.anchor != NULL;
	default:
		return false;
	}
}

static int
add_scalar(struct scan *s, const yaml_event_t *e, const char *path, enum scan_kind kind)
{
	int rc = add_text(s, path, kind, (unsigned)e->start_mark.line + 1,
	    span_of(e->data.scalar.value, e->data.scalar.length));

	if (rc == 0)
		s->nodes[s->count - 1].is_null = is_null(e);
	return rc;
}

/* Counts from 0. Of a byte that no YAML may have the parser tells the offset alone. */
static size_t
problem_line(const yaml_parser_t *parser)
{
	const uint8_t *text = parser->input.string.start;
	size_t line = 0;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line;
	for (size_t i = 0; i < parser->problem_offset; i++)
		line += text[i] == '\n';
	return line;
}

static int
next_event(struct scan *s, yaml_parser_t *parser, yaml_event_t *event)
{
	char sentence[160];

	if (yaml_parser_parse(parser, event))
		return 0;
	snprintf(sentence, sizeof(sentence), "not YAML: %s%s",
	    parser->problem != NULL ? parser->problem : "unreadable",
	    parser->context != NULL && strstr(parser->context, "alias") != NULL ? QUOTE_IT : "");
	return fail_line(s, problem_line(parser), sentence);
}

static int
scan_list(struct scan *s, yaml_parser_t *parser, const char *path, int depth)
{
	char item[SCAN_PATH_MAX];
	yaml_event_t e;
	int rc;

	for (unsigned index = 0;; index++) {
		bool is_end;

		rc = next_event(s, parser, &e);
		if (rc != 0)
			return rc;
		is_end = e.type == YAML_SEQUENCE_END_EVENT;
		if (e.type == YAML_SCALAR_EVENT && !is_anchored(&e)) {
			rc = add_scalar(s, &e, path, SCAN_ITEM);
		} else if (!is_end) {
			if ((size_t)snprintf(item, sizeof(item), "%s[%u]", path, index) >=
			    sizeof(item))
				rc = fail_line(s, e.start_mark.line, "a key is too long");
			else
				rc = scan_value(s, parser, &e, item, depth + 1);
		}
		yaml_event_delete(&e);
		if (rc != 0 || is_end)
			return rc;
	}
}

/*
 * The path of a key below `path`; a key that is no scalar, is too long, or was given since node
 * `first`, where this mapping starts, is refused.
 */
static int
key_path(struct scan *s, const yaml_event_t *e, const char *path, unsigned first, char *out)
{
	int n;

	if (e->type != YAML_SCALAR_EVENT)
		return fail_line(s, e->start_mark.line, "expected a key, a word before a colon");
	n = snprintf(out, SCAN_PATH_MAX, "%s%s%s", path, path[0] != 0 ? "." : "",
	    (const char *)e->data.scalar.value);
	if (n >= SCAN_PATH_MAX ||
	    strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
		return fail_line(s, e->start_mark.line, "a key is too long");
	for (unsigned i = first; i < s->count; i++) {
		if (s->nodes[i].kind != SCAN_ITEM && strcmp(s->nodes[i].path, out) == 0)
			return scan_fail(s,
			    &(struct scan_node){ .line = (unsigned)e->start_mark.line + 1 }, out,
			    "is given a second time (first in line %u)", s->nodes[i].line);
	}
	return 0;
}

static int
scan_mapping(struct scan *s, yaml_parser_t *parser, const char *path, int depth)
{
	char key[SCAN_PATH_MAX];
	unsigned first = s->count;
	yaml_event_t e;
	int rc;

	for (unsigned keys = 0;; keys++) {
		rc = next_event(s, parser, &e);
		if (rc != 0)
			return rc;
		if (e.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&e);
			return 0;
		}
		rc = keys < SCAN_KEYS_MAX ? key_path(s, &e, path, first, key)
					  : fail_line(s, e.start_mark.line, "too many keys");
		yaml_event_delete(&e);
		if (rc == 0)
			rc = next_event(s, parser, &e);
		if (rc != 0)
			return rc;
		rc = scan_value(s, parser, &e, key, depth + 1);
		yaml_event_delete(&e);
		if (rc != 0)
			return rc;
	}
}

static int
scan_value(
    struct scan *s, yaml_parser_t *parser, const yaml_event_t *event, const char *path, int depth)
{
	unsigned line = (unsigned)event->start_mark.line + 1;

	if (depth > SCAN_DEPTH_MAX)
		return fail_line(s, event->start_mark.line, "nested too deeply");
	if (is_anchored(event))
		return scan_fail(s, &(struct scan_node){ .line = line }, path,
		    "expected a value, no anchor" QUOTE_IT);
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(s, event, path, SCAN_VALUE);
	case YAML_SEQUENCE_START_EVENT:
		return add(s, path, SCAN_LIST, line) == NULL ? -EINVAL
							     : scan_list(s, parser, path, depth);
	case YAML_MAPPING_START_EVENT:
		return add(s, path, SCAN_SECTION, line) == NULL
			   ? -EINVAL
			   : scan_mapping(s, parser, path, depth);
	default:
		return scan_fail(s, &(struct scan_node){ .line = line }, path,
		    "expected a value, no alias" QUOTE_IT);
	}
}

/* The document inside the stream: nothing at all, or one mapping. */
static int
scan_stream(struct scan *s, yaml_parser_t *parser)
{
	yaml_event_t e;
	bool seen = false, is_end = false;
	int rc = 0;

	while (rc == 0 && !is_end) {
		rc = next_event(s, parser, &e);
		if (rc != 0)
			return rc;
		is_end = e.type == YAML_STREAM_END_EVENT;
		if (e.type == YAML_DOCUMENT_START_EVENT && seen)
			rc = fail_line(s, e.start_mark.line, "a second document; one is expected");
		else if (e.type == YAML_DOCUMENT_START_EVENT)
			seen = true;
		else if (e.type == YAML_MAPPING_START_EVENT)
			rc = scan_mapping(s, parser, "", 0);
		else if (e.type == YAML_SCALAR_EVENT
			     ? !is_null(&e)
			     : e.type == YAML_SEQUENCE_START_EVENT || e.type == YAML_ALIAS_EVENT)
			rc = fail_line(s, e.start_mark.line, "expected keys and values");
		yaml_event_delete(&e);
	}
	return rc;
}

int
scan_text(struct scan *s, struct span text)
{
	yaml_parser_t parser;
	int rc;

	if (!yaml_parser_initialize(&parser))
		return fail_line(s, 0, "out of memory");
	yaml_parser_set_input_string(
	    &parser, text.bytes > 0 ? text.data : (const uint8_t *)"", text.bytes);
	rc = scan_stream(s, &parser);
	yaml_parser_delete(&parser);
	return rc;
}

void
scan_fini(struct scan *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->nodes[i].text);
	free(s->nodes);
	s->nodes = NULL;
	s->count = s->room = 0;
}

/* Forgets what was said of a path and, for a list of mappings, of what is in it. */
static void
forget(struct scan *s, const char *path)
{
	size_t bytes = strlen(path);
	unsigned kept = 0;

	for (unsigned i = 0; i < s->count; i++) {
		const char *rest = s->nodes[i].path + bytes;

		if (strncmp(s->nodes[i].path, path, bytes) == 0 && (*rest == 0 || *rest == '['))
			free(s->nodes[i].text);
		else
			s->nodes[kept++] = s->nodes[i];
	}
	s->count = kept;
}

/* "url:*.example/x,md5:0123…": each part becomes the nodes of one exclusion. */
static int
override_exclusions(struct scan *s, const char *value)
{
	char path[SCAN_PATH_MAX];
	int rc = add(s, "exclusions", SCAN_LIST, 0) != NULL ? 0 : -EINVAL;

	for (unsigned index = 0; rc == 0 && *value != 0; index++) {
		size_t bytes = strcspn(value, ","), word = strcspn(value, ":,");

		if (word == bytes)
			return scan_fail(s, &(struct scan_node){ 0 }, "exclusions",
			    "expected CRITERION:VALUE,CRITERION:VALUE");
		snprintf(path, sizeof(path), "exclusions[%u].criterion", index);
		rc = add_text(s, path, SCAN_VALUE, 0, span_of(value, word));
		snprintf(path, sizeof(path), "exclusions[%u].value", index);
		if (rc == 0)
			rc = add_text(
			    s, path, SCAN_VALUE, 0, span_of(value + word + 1, bytes - word - 1));
		value += bytes + (value[bytes] == ',');
	}
	return rc;
}

int
scan_override(struct scan *s, const char *override)
{
	const char *equals = strchr(override, '=');
	char path[SCAN_PATH_MAX];

	if (equals == NULL || equals == override || (size_t)(equals - override) >= sizeof(path))
		return scan_fail(s, &(struct scan_node){ 0 }, override, "expected KEY=VALUE");
	memcpy(path, override, (size_t)(equals - override));
	path[equals - override] = 0;
	forget(s, path);
	if (strcmp(path, "exclusions") == 0)
		return override_exclusions(s, equals + 1);
	return add_text(s, path, SCAN_VALUE, 0, span_text(equals + 1));
}

const struct scan_node *
scan_find(const struct scan *s, const char *path, enum scan_kind kind)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->nodes[i].kind == kind && strcmp(s->nodes[i].path, path) == 0)
			return &s->nodes[i];
	}
	return NULL;
}

/* The nodes of one item of a list stand together: only the neighbours are looked at. */
const struct scan_node *
scan_find_beside(const struct scan *s, const struct scan_node *beside, const char *path)
{
	size_t prefix = strcspn(path, "]");
	unsigned i = (unsigned)(beside - s->nodes);

	while (i > 0 && strncmp(s->nodes[i - 1].path, path, prefix) == 0)
		i--;
	for (; i < s->count && strncmp(s->nodes[i].path, path, prefix) == 0; i++) {
		if (s->nodes[i].kind == SCAN_VALUE && strcmp(s->nodes[i].path, path) == 0)
			return &s->nodes[i];
	}
	return NULL;
}

const struct scan_node *
scan_next_item(const struct scan *s, const char *path, const struct scan_node *after)
{
	for (unsigned i = after != NULL ? (unsigned)(after - s->nodes) + 1 : 0; i < s->count; i++) {
		if (s->nodes[i].kind == SCAN_ITEM && strcmp(s->nodes[i].path, path) == 0)
			return &s->nodes[i];
	}
	return NULL;
}
