/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One profile from its text: a flat list of keys, checked against the table below and put straight
 * into the struct. Errors name file, line and what was expected, as those of sluice.yaml.
 */
#include "common/config/profile.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "common/config/fields.h"
#include "common/config/scan.h"

static const cyaml_strval_t methods_words[] = { { "both", METHODS_BOTH },
	{ "reqmod", METHODS_REQMOD }, { "respmod", METHODS_RESPMOD } };
static const cyaml_strval_t clean_words[] = { { "as_allowed", CLEAN_AS_ALLOWED },
	{ "204", CLEAN_204 }, { "object", CLEAN_OBJECT } };
static const cyaml_strval_t violations_words[] = { { "count", VIOLATIONS_COUNT },
	{ "records", VIOLATIONS_RECORDS }, { "none", VIOLATIONS_NONE } };
static const cyaml_strval_t response_info_words[] = { { "blocked", RESPONSE_INFO_BLOCKED },
	{ "always", RESPONSE_INFO_ALWAYS }, { "none", RESPONSE_INFO_NONE } };
static const cyaml_strval_t unjudged_words[] = { { "page", UNJUDGED_PAGE },
	{ "code", UNJUDGED_CODE } };
static const cyaml_strval_t page_version_words[] = { { "1.1", PAGE_HTTP_1_1 },
	{ "1.0", PAGE_HTTP_1_0 } };
static const cyaml_strval_t user_coding_words[] = { { "detect", USER_DETECT },
	{ "plain", USER_PLAIN }, { "base64", USER_BASE64 } };
static const cyaml_strval_t forwarded_for_words[] = { { "ignore", FORWARDED_IGNORE },
	{ "first", FORWARDED_FIRST }, { "last", FORWARDED_LAST } };
static const cyaml_strval_t delivery_words[] = { { "configured", PROFILE_DELIVERY_CONFIGURED },
	{ "hold", PROFILE_DELIVERY_HOLD }, { "stream", PROFILE_DELIVERY_STREAM },
	{ "trickle", PROFILE_DELIVERY_TRICKLE } };

/* A NULL default: as sluice.yaml says. */
#define NUMBER(member, low, high, text)                                             \
	{                                                                           \
		.path = #member, .kind = FIELD_NUMBER, .least = low, .most = high,  \
		.fallback = text, .offset = offsetof(struct config_profile, member) \
	}
#define WORD(member, text)                                                        \
	{                                                                         \
		.path = #member, .kind = FIELD_WORD, .words = member##_words,     \
		.words_count = CYAML_ARRAY_LEN(member##_words), .fallback = text, \
		.offset = offsetof(struct config_profile, member)                 \
	}
#define SWITCH(member, text)                                           \
	{                                                              \
		.path = #member, .kind = FIELD_BOOL, .fallback = text, \
		.offset = offsetof(struct config_profile, member)      \
	}
#define HEADER(member, text)                                           \
	{                                                              \
		.path = #member, .kind = FIELD_TEXT, .fallback = text, \
		.bytes = sizeof(((struct config_profile *)0)->member), \
		.offset = offsetof(struct config_profile, member)      \
	}

static const struct config_field fields[] = {
	SWITCH(preview, "true"),
	NUMBER(preview_bytes, 0, 65536, NULL),
	NUMBER(options_ttl_s, 1, 604800, NULL),
	NUMBER(connections_max, 1, 4000000, NULL),
	SWITCH(offer_204, "true"),
	SWITCH(allow_out, "true"),
	WORD(methods, "both"),
	WORD(clean, "as_allowed"),
	SWITCH(one_reply_a_segment, "false"),
	HEADER(infection_header, "X-Infection-Found"),
	HEADER(virus_header, "X-Virus-ID"),
	WORD(violations, "count"),
	WORD(response_info, "blocked"),
	WORD(unjudged, "page"),
	WORD(page_version, "1.1"),
	NUMBER(busy_status, 500, 599, "503"),
	HEADER(client_ip_header, "X-Client-IP"),
	HEADER(user_headers, "X-Client-Username, X-Authenticated-User"),
	WORD(user_coding, "detect"),
	WORD(forwarded_for, "ignore"),
	WORD(delivery, "configured"),
	NUMBER(hold_timeout_s, 1, 900, NULL),
};
#define FIELDS_COUNT (sizeof(fields) / sizeof(fields[0]))

const char *
config_profile_key(unsigned n, const char **fallback)
{
	if (n >= FIELDS_COUNT)
		return NULL;
	*fallback = fields[n].fallback;
	return fields[n].path;
}

static const struct config_field *
find(const char *key)
{
	for (unsigned i = 0; i < FIELDS_COUNT; i++) {
		if (strcmp(fields[i].path, key) == 0)
			return &fields[i];
	}
	return NULL;
}

/* Puts an accepted value in its place. */
static void
put(struct config_profile *p, const struct config_field *f, struct span value)
{
	void *place = (char *)p + f->offset;
	uint64_t number = CONFIG_UNSET;
	uint32_t word = 0;
	bool b = false;

	switch (f->kind) {
	case FIELD_NUMBER:
		if (value.data != NULL)
			config_number_parse(value, &number);
		word = (uint32_t)number;
		memcpy(place, &word, sizeof(word));
		return;
	case FIELD_WORD:
		for (unsigned i = 0; i < f->words_count; i++) {
			if (span_is(value, f->words[i].str))
				word = (uint32_t)f->words[i].val;
		}
		memcpy(place, &word, sizeof(word));
		return;
	case FIELD_BOOL:
		config_bool_parse(value, &b);
		memcpy(place, &b, sizeof(b));
		return;
	default:
		memset(place, 0, f->bytes);
		if (value.bytes > 0)
			memcpy(place, value.data, value.bytes);
		return;
	}
}

void
config_profile_init(struct config_profile *out, const char *name)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", name);
	for (unsigned i = 0; i < FIELDS_COUNT; i++)
		put(out, &fields[i],
		    fields[i].fallback != NULL ? span_text(fields[i].fallback) : span_of(NULL, 0));
}

/* Names of header fields (RFC 9110 §5.1), one or several with commas; nothing: not sent, not read.
 */
static bool
is_header_list(const struct config_field *f, struct span value)
{
	bool several = f->bytes > CONFIG_HEADER_NAME_MAX;

	for (size_t i = 0; i < value.bytes; i++) {
		uint8_t c = value.data[i];
		bool is_token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '-' || c == '_';

		if (!is_token && !(several && (c == ',' || c == ' ')))
			return false;
	}
	return value.bytes < f->bytes;
}

static void
keys_text(char *out, size_t room)
{
	size_t at = 0;

	for (unsigned i = 0; i < FIELDS_COUNT && at < room; i++)
		at += (size_t)snprintf(
		    out + at, room - at, "%s%s", i > 0 ? ", " : "", fields[i].path);
}

static int
take_node(const struct scan *s, const struct scan_node *n, struct config_profile *out)
{
	const struct config_field *f = find(n->path);
	struct span value = span_of(n->text, n->bytes);
	char expected[CONFIG_ERROR_TEXT_MAX];

	if (f == NULL) {
		keys_text(expected, sizeof(expected));
		return scan_fail(s, n, n->path, "no such key; expected one of %s", expected);
	}
	if (n->kind != SCAN_VALUE)
		return scan_fail(s, n, n->path, "expected one value");
	if (f->kind == FIELD_TEXT && !is_header_list(f, value))
		return scan_fail(s, n, n->path, "'%s' is not a header's name", n->text);
	if (!config_field_accepts(f, value, expected, sizeof(expected)))
		return scan_fail(s, n, n->path, "'%s' is not %s", n->text, expected);
	put(out, f, value);
	return 0;
}

int
config_profile_parse(struct span text, const char *name, struct config_profile *out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	struct scan s = { .name = name, .error = error };
	int rc;

	error[0] = 0;
	rc = scan_text(&s, text);
	for (unsigned i = 0; i < s.count && rc == 0; i++)
		rc = take_node(&s, &s.nodes[i], out);
	scan_fini(&s);
	return rc;
}
