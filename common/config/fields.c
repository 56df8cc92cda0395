/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables that fields.h makes: words, schema, fields; and the check of a single value. */
#include "common/config/fields.h"

#include <stdio.h>
#include <string.h>

#include "common/channel/channel.h"

#define WORDS_TEXT_MAX 200

static const cyaml_strval_t mode_words[] = {
#define X(id, word, log_word, help) { word, MODE_##id },
	MODES(X)
#undef X
};
static const cyaml_strval_t idle_words[] = { { "adaptive", IDLE_ADAPTIVE }, { "spin", IDLE_SPIN } };
static const cyaml_strval_t hugepages_words[] = { { "auto", HUGEPAGES_AUTO },
	{ "on", HUGEPAGES_ON }, { "off", HUGEPAGES_OFF } };
static const cyaml_strval_t digests_words[] = { { "auto", DIGESTS_AUTO },
	{ "openssl", DIGESTS_OPENSSL }, { "single", DIGESTS_SINGLE }, { "sse2", DIGESTS_SSE2 },
	{ "avx2", DIGESTS_AVX2 }, { "avx512", DIGESTS_AVX512 } };
static const cyaml_strval_t port_words[] = { { "af_packet", PORT_AF_PACKET },
	{ "af_xdp", PORT_AF_XDP }, { "tap", PORT_TAP }, { "virtio", PORT_VIRTIO },
	{ "pci", PORT_PCI } };
static const cyaml_strval_t tls_version_words[] = { { "1.2", TLS_VERSION_1_2 },
	{ "1.3", TLS_VERSION_1_3 } };
static const cyaml_strval_t action_words[] = { { "allow", ACTION_ALLOW },
	{ "block", ACTION_BLOCK } };
static const cyaml_strval_t delivery_words[] = { { "hold", DELIVERY_HOLD },
	{ "stream", DELIVERY_STREAM }, { "trickle", DELIVERY_TRICKLE } };
static const cyaml_strval_t redirect_words[] = { { "302", REDIRECT_302 }, { "307", REDIRECT_307 } };
static const cyaml_strval_t sandbox_words[] = { { "none", SANDBOX_NONE },
	{ "deep", SANDBOX_DEEP } };
const cyaml_strval_t config_criterion_words[] = { { "format", CRITERION_FORMAT },
	{ "user_agent", CRITERION_USER_AGENT }, { "md5", CRITERION_MD5 }, { "url", CRITERION_URL },
	{ "source", CRITERION_SOURCE } };
const unsigned config_criterion_words_count = CYAML_ARRAY_LEN(config_criterion_words);

/* The schema. */
#define TYPE_OF(section) __typeof__(((struct config *)0)->section)
#define SCHEMA_U(section, member, least, most, fallback) \
	CYAML_FIELD_UINT(#member, CYAML_FLAG_OPTIONAL, TYPE_OF(section), member),
#define SCHEMA_W(section, member, table, fallback)                                           \
	CYAML_FIELD_ENUM(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, TYPE_OF(section), \
	    member, table, CYAML_ARRAY_LEN(table)),
#define SCHEMA_B(section, member, fallback) \
	CYAML_FIELD_BOOL(#member, CYAML_FLAG_OPTIONAL, TYPE_OF(section), member),
#define SCHEMA_T(section, member, fallback) \
	CYAML_FIELD_STRING_PTR(             \
	    #member, CYAML_FLAG_OPTIONAL, TYPE_OF(section), member, 0, CYAML_UNLIMITED),
#define SCHEMA_N(section, member) SCHEMA_T(section, member, NULL)
#define SCHEMA_L(section, member, fallback)                                           \
	CYAML_FIELD_SEQUENCE_COUNT(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, \
	    TYPE_OF(section), member, member##_count, &text_value, 0, CYAML_UNLIMITED),
#define SCHEMA_OF(name, FIELDS)                              \
	static const cyaml_schema_field_t name[] = { FIELDS( \
	    SCHEMA_U, SCHEMA_W, SCHEMA_B, SCHEMA_T, SCHEMA_N, SCHEMA_L) CYAML_FIELD_END }

static const cyaml_schema_value_t text_value = { CYAML_VALUE_STRING(
    CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED) };

SCHEMA_OF(port_schema, PORT_FIELDS);
SCHEMA_OF(icap_schema, ICAP_FIELDS);
SCHEMA_OF(icaps_schema, ICAPS_FIELDS);
SCHEMA_OF(tcp_schema, TCP_FIELDS);
SCHEMA_OF(profiles_schema, PROFILES_FIELDS);
SCHEMA_OF(limits_schema, LIMITS_FIELDS);
SCHEMA_OF(policy_schema, POLICY_FIELDS);
SCHEMA_OF(delivery_schema, DELIVERY_FIELDS);
SCHEMA_OF(cache_schema, CACHE_FIELDS);
SCHEMA_OF(sandbox_schema, SANDBOX_FIELDS);
SCHEMA_OF(signatures_schema, SIGNATURES_FIELDS);
SCHEMA_OF(reputation_schema, REPUTATION_FIELDS);
SCHEMA_OF(pages_schema, PAGES_FIELDS);
SCHEMA_OF(log_schema, LOG_FIELDS);
SCHEMA_OF(http_schema, HTTP_FIELDS);

static const cyaml_schema_field_t dataplane_schema[] = {
	DATAPLANE_FIELDS(SCHEMA_U, SCHEMA_W, SCHEMA_B, SCHEMA_T, SCHEMA_N, SCHEMA_L)
	    CYAML_FIELD_MAPPING("port", CYAML_FLAG_OPTIONAL, TYPE_OF(dataplane), port, port_schema),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t exclusion_schema[] = {
	CYAML_FIELD_ENUM("criterion", CYAML_FLAG_STRICT, struct config_exclusion, criterion,
	    config_criterion_words, CYAML_ARRAY_LEN(config_criterion_words)),
	CYAML_FIELD_STRING_PTR(
	    "value", CYAML_FLAG_DEFAULT, struct config_exclusion, value, 0, CYAML_UNLIMITED),
	CYAML_FIELD_BOOL("enabled", CYAML_FLAG_DEFAULT, struct config_exclusion, enabled),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t exclusion_value = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct config_exclusion, exclusion_schema) };

#define SECTION(name) \
	CYAML_FIELD_MAPPING(#name, CYAML_FLAG_OPTIONAL, struct config, name, name##_schema)
static const cyaml_schema_field_t top_schema[] = {
	CYAML_FIELD_ENUM("mode", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct config, mode,
	    mode_words, CYAML_ARRAY_LEN(mode_words)),
	SECTION(dataplane), SECTION(icap), SECTION(icaps), SECTION(tcp), SECTION(profiles),
	SECTION(limits), SECTION(policy), SECTION(delivery), SECTION(cache), SECTION(sandbox),
	SECTION(signatures), SECTION(reputation),
	CYAML_FIELD_SEQUENCE_COUNT("exclusions", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
	    struct config, exclusions, exclusions_count, &exclusion_value, 0, CYAML_UNLIMITED),
	SECTION(pages), SECTION(log), SECTION(http), CYAML_FIELD_END
};
const cyaml_schema_value_t config_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_POINTER, struct config, top_schema) };

/* The fields. */
#define PLACE(section, member)                                                           \
	.path = #section "." #member, .offset = offsetof(struct config, section.member), \
	.bytes = sizeof(((struct config *)0)->section.member)
#define FIELD_U(section, member, low, high, text)                                   \
	{ PLACE(section, member), .kind = FIELD_NUMBER, .least = low, .most = high, \
		.fallback = text },
#define FIELD_W(section, member, table, text)                         \
	{ PLACE(section, member), .kind = FIELD_WORD, .words = table, \
		.words_count = CYAML_ARRAY_LEN(table), .fallback = text },
#define FIELD_B(section, member, text) \
	{ PLACE(section, member), .kind = FIELD_BOOL, .fallback = text },
#define FIELD_T(section, member, text) \
	{ PLACE(section, member), .kind = FIELD_TEXT, .fallback = text },
#define FIELD_N(section, member) { PLACE(section, member), .kind = FIELD_TEXT_OR_NONE },
#define FIELD_L(section, member, text)                                  \
	{ PLACE(section, member), .kind = FIELD_LIST, .fallback = text, \
		.count_offset = offsetof(struct config, section.member##_count) },

const struct config_field config_fields[] = { { .path = "mode",
						  .kind = FIELD_WORD,
						  .words = mode_words,
						  .words_count = CYAML_ARRAY_LEN(mode_words),
						  .fallback = "standard",
						  .offset = offsetof(struct config, mode),
						  .bytes = sizeof(enum mode) },
	ALL_SECTIONS(FIELD_U, FIELD_W, FIELD_B, FIELD_T, FIELD_N, FIELD_L) };
const unsigned config_fields_count = CYAML_ARRAY_LEN(config_fields);

const struct config_field *
config_field_find(struct span path)
{
	for (unsigned i = 0; i < config_fields_count; i++) {
		if (span_is(path, config_fields[i].path))
			return &config_fields[i];
	}
	return NULL;
}

bool
config_section_exists(struct span section)
{
	for (unsigned i = 0; i < config_fields_count; i++) {
		const char *path = config_fields[i].path;

		if (strncmp(path, (const char *)section.data, section.bytes) == 0 &&
		    path[section.bytes] == '.')
			return true;
	}
	return false;
}

bool
config_bool_parse(struct span text, bool *out)
{
	static const char *const yes[] = { "true", "yes", "on" }, *const no[] = { "false", "no",
		"off" };

	for (unsigned i = 0; i < 3; i++) {
		if (span_is_nocase(text, yes[i]) || span_is_nocase(text, no[i])) {
			*out = span_is_nocase(text, yes[i]);
			return true;
		}
	}
	return false;
}

bool
config_number_parse(struct span text, uint64_t *out)
{
	uint64_t n = 0;

	if (text.bytes == 0 || (text.data[0] == '0' && text.bytes > 1))
		return false;
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(text.data[i] - '0'), &n))
			return false;
	}
	*out = n;
	return true;
}

void
config_words_text(const cyaml_strval_t *words, unsigned count, char *out, size_t room)
{
	size_t at = 0;

	out[0] = 0;
	for (unsigned i = 0; i < count && at < room; i++) {
		int n = snprintf(out + at, room - at, "%s%s", i > 0 ? ", " : "", words[i].str);

		at += (size_t)n;
	}
}

static bool
is_word(const struct config_field *f, struct span value)
{
	for (unsigned i = 0; i < f->words_count; i++) {
		if (span_is(value, f->words[i].str))
			return true;
	}
	return false;
}

bool
config_field_accepts(const struct config_field *f, struct span value, char *expected, size_t room)
{
	char words[WORDS_TEXT_MAX];
	uint64_t n;
	bool b;

	switch (f->kind) {
	case FIELD_NUMBER:
		snprintf(expected, room, "a number from %llu to %llu", (unsigned long long)f->least,
		    (unsigned long long)f->most);
		return config_number_parse(value, &n) && n >= f->least && n <= f->most;
	case FIELD_WORD:
		config_words_text(f->words, f->words_count, words, sizeof(words));
		snprintf(expected, room, "one of %s", words);
		return is_word(f, value);
	case FIELD_BOOL:
		snprintf(expected, room, "true or false");
		return config_bool_parse(value, &b);
	default:
		snprintf(expected, room, "a text without NUL bytes");
		return value.bytes == 0 || memchr(value.data, 0, value.bytes) == NULL;
	}
}
