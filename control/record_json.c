/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of which field has which key, walked into a jansson object. Times are UTC. */
#include "control/record_json.h"

#include <stdio.h>
#include <time.h>

#include "scanners/format/format.h"

static const char *const text_keys[RECORD_TEXT_COUNT] = {
	[RECORD_TEXT_URL] = "url",
	[RECORD_TEXT_FILENAME] = "filename",
	[RECORD_TEXT_THREAT] = "threat",
	[RECORD_TEXT_USER] = "user",
	[RECORD_TEXT_DOMAIN] = "domain",
	[RECORD_TEXT_USER_AGENT] = "user_agent",
	[RECORD_TEXT_MEDIA_TYPE] = "media_type",
	[RECORD_TEXT_SHADOW] = "shadow_threat",
	[RECORD_TEXT_CAUSE] = "cause", /* of a refused request, or the exclusion */
};

static const struct {
	uint32_t flag;
	const char *key;
} flag_keys[] = {
	{ RECORD_FLAG_BLOCKED, "blocked" },
	{ RECORD_FLAG_INCOMPLETE, "incomplete" },
	{ RECORD_FLAG_PARTIAL, "partial" },
	{ RECORD_FLAG_ODD_FRAMING, "odd_framing" },
	{ RECORD_FLAG_TEXT_CUT, "text_cut" },
	{ RECORD_FLAG_TRUNCATED, "truncated" },
	{ RECORD_FLAG_URL_ONLY, "url_only" },
	{ RECORD_FLAG_DELIVERED, "delivered" },
	{ RECORD_FLAG_DECODED, "decoded" },
	{ RECORD_FLAG_CUT, "cut" },
	{ RECORD_FLAG_PART, "part" },
	{ RECORD_FLAG_PAGED, "paged" },
};

char *
record_time(int64_t wall_ns, char out[RECORD_TIME_TEXT])
{
	time_t second = (time_t)(wall_ns / 1000000000);
	struct tm utc;

	if (wall_ns < 0 || gmtime_r(&second, &utc) == NULL || utc.tm_year > 8099) {
		snprintf(out, RECORD_TIME_TEXT, "1970-01-01T00:00:00.000Z");
		return out;
	}
	strftime(out, RECORD_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + 19, RECORD_TIME_TEXT - 19, ".%03dZ", (int)(wall_ns / 1000000 % 1000));
	return out;
}

char *
record_address(const struct ip_address *a, char out[ADDRESS_TEXT_MAX])
{
	out[0] = 0;
	if (!address_is_any(a))
		address_format(a, out);
	return out;
}

static void
put_texts(json_t *o, const struct record_slot *slot)
{
	char text[LINE_ESCAPED_MAX];

	for (unsigned i = 0; i < RECORD_TEXT_COUNT; i++) {
		if (i == RECORD_TEXT_CAUSE && slot->record.icap_status == 0 &&
		    record_text_get(slot, RECORD_TEXT_CAUSE).bytes == 0)
			continue;
		line_escape(record_text_get(slot, (enum record_text)i), text, sizeof(text));
		json_object_set_new(o, text_keys[i], json_string(text));
	}
}

static void
put_hex(json_t *o, const char *key, const uint8_t *bytes, size_t count)
{
	char text[LINE_SHA256_TEXT];

	json_object_set_new(o, key, json_string(line_hex(bytes, count, text)));
}

static void
put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* Of a refused request its first line says more. */
static const char *
method_word(const struct record *r)
{
	if (r->icap_status != 0)
		return "";
	return r->site == RECORD_SITE_REQMOD ? "REQMOD" : "RESPMOD";
}

static void
put_words(json_t *o, const struct record *r, const struct line_setting *setting)
{
	char session[16], text[128];

	snprintf(session, sizeof(session), "0x%08x", r->session);
	json_object_set_new(o, "sid", json_string(session));
	json_object_set_new(o, "method", json_string(method_word(r)));
	json_object_set_new(o, "mode", json_string(mode_word((enum mode)r->mode)));
	json_object_set_new(o, "verdict", json_string(line_verdict_word(r)));
	line_escape(span_text(line_source_word(r, setting)), text, sizeof(text));
	json_object_set_new(o, "source", json_string(text));
	json_object_set_new(o, "shadow", json_string(shadow_word((enum shadow)r->shadow)));
	json_object_set_new(o, "format",
	    json_string(
		r->format < FORMAT_COUNT ? format_word((enum format)r->format) : "Unknown"));
}

static void
put_numbers(json_t *o, const struct record *r)
{
	char generation[24];

	put_number(o, "size", r->size);
	put_number(o, "duration_ns", r->duration_ns);
	put_number(o, "scan_ns", r->scan_ns);
	put_number(o, "hold_ns", r->hold_ns);
	put_number(o, "match_offset", r->match_offset);
	put_number(o, "http_status", r->http_status);
	put_number(o, "icap_status", r->icap_status);
	put_number(o, "part", r->part);
	put_number(o, "core", r->core);
	snprintf(generation, sizeof(generation), "%016llx", (unsigned long long)r->generation);
	json_object_set_new(o, "generation", json_string(generation));
	put_number(o, "shadow_offset", r->shadow_offset);
	snprintf(
	    generation, sizeof(generation), "%016llx", (unsigned long long)r->shadow_generation);
	json_object_set_new(o, "shadow_generation", json_string(generation));
}

json_t *
record_json(const struct record_slot *slot, const struct line_setting *setting)
{
	const struct record *r = &slot->record;
	char time_text[RECORD_TIME_TEXT], address[ADDRESS_TEXT_MAX];
	json_t *o = json_object(), *flags = json_array();

	if (o == NULL || flags == NULL) {
		json_decref(o);
		json_decref(flags);
		return NULL;
	}
	json_object_set_new(o, "time", json_string(record_time(r->wall_ns, time_text)));
	put_hex(o, "uuid", r->uuid, sizeof(r->uuid));
	put_words(o, r, setting);
	put_texts(o, slot);
	put_hex(o, "md5", r->md5, sizeof(r->md5));
	put_hex(o, "sha256", r->sha256, sizeof(r->sha256));
	json_object_set_new(o, "client", json_string(record_address(&r->client, address)));
	json_object_set_new(o, "peer", json_string(record_address(&r->peer, address)));
	put_numbers(o, r);
	for (size_t i = 0; i < sizeof(flag_keys) / sizeof(flag_keys[0]); i++) {
		if ((r->flags & flag_keys[i].flag) != 0)
			json_array_append_new(flags, json_string(flag_keys[i].key));
	}
	json_object_set_new(o, "flags", flags);
	return o;
}
