/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/current.h"
#include "control/facts.h"
#include "control/judged.h"
#include "control/line.h"
#include "control/worker.h"
#include "scanners/decode/decode.h"
#include "scanners/signature/signature.h"

#define PLACES_MAX     8 /* of one rule: more are of no help */
#define PATH_MAX_SHOWN 512
#define THREAT_MAX     512

/* What a file is called, as ASCII. */
struct shown {
	char text[4 * PATH_MAX_SHOWN];
};

static const char *
show(const char *path, struct shown *out)
{
	return line_escape_message(span_text(path), out->text, sizeof(out->text));
}

static bool
has(const struct record *r, uint32_t flag)
{
	return (r->flags & flag) != 0;
}

/* In the mode `disabled` no rule is asked, and the source is that of exclusions. */
static bool
is_of_the_mode(const struct record *r)
{
	return r->mode == MODE_DISABLED && r->source == SOURCE_EXCLUDED;
}

/* A name, not a URL list's line, which says where it stands by itself. */
static bool
is_of_a_rule(const struct record *r)
{
	return r->verdict == VERDICT_BAD &&
	       (r->source == SOURCE_SCANNED || r->source == SOURCE_CACHED ||
		   r->source == SOURCE_SANDBOX);
}

static void
put_places(json_t *o, const struct control *c, const char *threat)
{
	struct current_place places[PLACES_MAX];
	struct shown file;
	char path[512];
	json_t *list;
	int n;

	snprintf(path, sizeof(path), "%s/current.gen", c->paths.state_directory);
	n = current_find(path, threat, places, PLACES_MAX);
	if (n == -ENOENT && strcmp(threat, SIGNATURE_BUILT_IN_NAME) == 0) { /* no sources at all */
		places[0] = (struct current_place){ .file = "built in" };
		n = 1;
	}
	if (n <= 0)
		return; /* of a set that serves no more, or the sandbox's own */
	list = json_array();
	for (int i = 0; i < n; i++) {
		const char *name = show(places[i].file, &file);

		json_array_append_new(list, places[i].line > 0
						? json_sprintf("%s:%u", name, places[i].line)
						: json_string(name));
	}
	json_object_set_new(o, "rule_at", list);
}

static void
put_rule(json_t *o, const struct control *c, const struct record_slot *slot)
{
	bool is_excluded = slot->record.source == SOURCE_EXCLUDED;
	struct span threat =
	    record_text_get(slot, is_excluded ? RECORD_TEXT_CAUSE : RECORD_TEXT_THREAT);
	char name[THREAT_MAX];
	struct shown text;

	if (threat.bytes == 0 || threat.bytes >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)threat.bytes, (const char *)threat.data);
	json_object_set_new(o, "rule", json_string(show(name, &text)));
	if (is_of_a_rule(&slot->record))
		put_places(o, c, name);
}

/* What was looked through to the bytes that decided; the sandbox tells its own way. */
static void
put_layer(json_t *o, struct control *c, const struct record *r)
{
	static char inner[WORKER_LAYER_MAX];
	const char *coding =
	    has(r, RECORD_FLAG_DECODED) ? decode_coding_word((enum decode_coding)r->coding) : "";
	bool is_part = has(r, RECORD_FLAG_PART);
	char object[LINE_UUID_TEXT];
	uint8_t uuid[16];
	int64_t place = -1;
	json_t *layer = json_array();

	if (coding[0] != 0)
		json_array_append_new(layer, json_string(coding));
	if (is_part)
		json_array_append_new(
		    layer, json_sprintf("part %u of the multipart body", r->part));
	if (store_finding(c->store, r->sha256, inner, sizeof(inner), &place))
		json_array_append_new(layer, json_string(inner));
	else if (r->source == SOURCE_CACHED &&
		 store_part(c->store, r->sha256, uuid, inner, sizeof(inner)))
		json_array_append_new(
		    layer, json_sprintf("found in %s as %s", line_hex(uuid, 16, object), inner));
	else if (r->source == SOURCE_SCANNED)
		place = (int64_t)r->match_offset;
	if (json_array_size(layer) == 0)
		json_array_append_new(layer, json_string("the body as sent"));
	json_object_set_new(o, "layer", layer);
	if (place > 0) /* a match ends behind a byte: a digest or a name has no such place */
		json_object_set_new(o, "offset", json_integer(place));
}

static void
add_lists(json_t *list, char *const *paths, unsigned count)
{
	struct shown text;

	for (unsigned i = 0; i < count; i++) {
		const char *slash = strrchr(paths[i], '/');

		json_array_append_new(list,
		    json_sprintf("URL list %s", show(slash != NULL ? slash + 1 : paths[i], &text)));
	}
}

/* In the order in which they are asked; the last is the one that decided. */
enum stage {
	STAGE_EXCLUSIONS,
	STAGE_REPUTATION,
	STAGE_TRUSTED,
	STAGE_CACHE,
	STAGE_SIGNATURES,
	STAGE_SANDBOX
};

static enum stage
last_stage(const struct record *r)
{
	switch ((enum source)r->source) {
	case SOURCE_EXCLUDED:
		return STAGE_EXCLUSIONS;
	case SOURCE_REPUTATION:
		return STAGE_REPUTATION;
	case SOURCE_WHITELIST:
		return STAGE_TRUSTED;
	case SOURCE_CACHED:
		return STAGE_CACHE;
	case SOURCE_SANDBOX:
		return STAGE_SANDBOX;
	default:
		return r->hold_ns > 0 ? STAGE_SANDBOX : STAGE_SIGNATURES;
	}
}

static json_t *
asked(const struct control *c, const struct record *r)
{
	const struct config *f = c->config;
	enum stage last = last_stage(r);
	struct current_facts facts = { 0 };
	json_t *list = json_array();

	if (is_of_the_mode(r))
		return list;
	if (c->region != NULL)
		facts_signatures(c, &facts);
	json_array_append_new(list, json_string("exclusions"));
	if (last >= STAGE_REPUTATION) {
		add_lists(list, f->reputation.good, f->reputation.good_count);
		add_lists(list, f->reputation.bad, f->reputation.bad_count);
	}
	if (last >= STAGE_TRUSTED)
		json_array_append_new(list, json_sprintf("%u trusted digests", facts.digests_good));
	if (last >= STAGE_CACHE)
		json_array_append_new(list, json_string("verdict cache"));
	if (last >= STAGE_SIGNATURES)
		json_array_append_new(list, json_sprintf("signatures (%u patterns, %u bad digests)",
						facts.literals, facts.digests_bad));
	if (last >= STAGE_SANDBOX)
		json_array_append_new(list, json_string("sandbox"));
	return list;
}

/* Whether an object had waited for a sandbox when its class was told. */
#define AT_ONCE 1u
#define HELD    2u

/* Settings that a class may come of; sandbox.md has the bounds that are no settings. */
static const struct {
	enum source source;
	unsigned when;
	const char *setting;
} limits[] = {
	{ SOURCE_OVERSIZE, AT_ONCE | HELD, "limits.decoded_bytes_max" },
	{ SOURCE_OVERSIZE, AT_ONCE | HELD, "limits.decode_ratio_max" },
	{ SOURCE_OVERSIZE, AT_ONCE | HELD, "limits.parts_max" },
	{ SOURCE_OVERSIZE, AT_ONCE | HELD, "limits.part_head_bytes_max" },
	{ SOURCE_OVERSIZE, AT_ONCE | HELD, "limits.part_depth_max" },
	{ SOURCE_OVERSIZE, AT_ONCE, "sandbox.object_bytes_max" },
	{ SOURCE_OVERSIZE, HELD, "sandbox.depth_max" },
	{ SOURCE_OVERSIZE, HELD, "sandbox.members_max" },
	{ SOURCE_OVERSIZE, HELD, "sandbox.unpacked_bytes_max" },
	{ SOURCE_OVERSIZE, HELD, "sandbox.memory_mib" },
	{ SOURCE_TIMEOUT, AT_ONCE, "limits.object_timeout_ms" },
	{ SOURCE_TIMEOUT, HELD, "sandbox.hold_timeout_s" },
	{ SOURCE_TIMEOUT, HELD, "sandbox.job_timeout_ms" },
};

/* Which limit was met where the size tells it, else all that may have been. How long it was held
 * tells nothing: it may have joined a job that another object of the same bytes had begun. */
static void
put_limit(json_t *o, const struct config *f, const struct record *r)
{
	bool is_too_large = r->source == SOURCE_OVERSIZE && r->size > f->limits.object_bytes_max;
	json_t *list = json_array();

	if (is_too_large)
		json_array_append_new(list, json_string("limits.object_bytes_max"));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && !is_too_large; i++) {
		if (limits[i].source == r->source &&
		    (limits[i].when & (r->hold_ns > 0 ? HELD : AT_ONCE)) != 0)
			json_array_append_new(list, json_string(limits[i].setting));
	}
	if (json_array_size(list) > 0)
		json_object_set(o, "limit", list);
	json_decref(list);
}

/* What became of it, and the setting that says so. */
static json_t *
action(const struct record *r)
{
	const char *mode = mode_word((enum mode)r->mode);
	bool is_by_policy = r->source >= SOURCE_FIRST_BY_POLICY;
	char by[64];

	snprintf(by, sizeof(by), "mode %s", mode);
	if (is_by_policy)
		snprintf(by, sizeof(by), "policy.%s: %s", source_word((enum source)r->source),
		    r->verdict == VERDICT_BAD ? "block" : "allow");
	if (has(r, RECORD_FLAG_TRUNCATED))
		return json_string("none: the client cut the object short");
	if (has(r, RECORD_FLAG_PAGED))
		return json_string("told to ask again (delivery.page_after_ms)");
	if (has(r, RECORD_FLAG_CUT))
		return json_sprintf("cut off after a part was delivered (%s)", by);
	if (has(r, RECORD_FLAG_BLOCKED))
		return json_sprintf("blocked (%s)", by);
	if (r->verdict == VERDICT_BAD)
		return json_sprintf("passed (mode %s)", mode);
	return json_sprintf(
	    "passed (%s)", is_by_policy || is_of_the_mode(r) ? by : "nothing against it");
}

/* Where the time from the first byte to the verdict went, in nanoseconds. */
static json_t *
times(const struct record *r)
{
	uint64_t known = r->scan_ns + r->hold_ns;

	return json_pack("{s:I, s:I, s:I}", "scan_ns", (json_int_t)r->scan_ns, "sandbox_ns",
	    (json_int_t)r->hold_ns, "transfer_and_rest_ns",
	    (json_int_t)(r->duration_ns > known ? r->duration_ns - known : 0));
}

static const char *
because(const struct record *r)
{
	return is_of_the_mode(r) ? "nothing is judged in this mode"
				 : source_help((enum source)r->source);
}

json_t *
why_json(struct control *c, const struct record_slot *slot)
{
	const struct record *r = &slot->record;
	json_t *o = json_object(), *judged;

	if (o == NULL)
		return NULL;
	json_object_set_new(o, "because", json_string(because(r)));
	put_limit(o, c->config, r);
	put_rule(o, c, slot);
	if (is_of_a_rule(r) || r->source >= SOURCE_FIRST_BY_POLICY)
		put_layer(o, c, r);
	if (r->source == SOURCE_CACHED && (judged = judged_json(c, r)) != NULL)
		json_object_set_new(o, "judged", judged);
	json_object_set_new(o, "asked", asked(c, r));
	json_object_set_new(o, "action", action(r));
	json_object_set_new(o, "time", times(r));
	return o;
}
