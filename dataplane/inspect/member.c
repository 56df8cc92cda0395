/* SPDX-License-Identifier: BSD-3-Clause */
/* Members to the lists of digests and to what is remembered; see member.h. */
#include "dataplane/inspect/member.h"

#include "dataplane/inspect/object.h"

/* As parts.c has it of a part: a trusted one is not bad, and the first that is bad is named. */
static void
judge(struct inspect_object *o, uint32_t number, enum format format, const struct digest *digest,
    uint64_t bytes)
{
	const struct generation *g = o->publication->loaded->generation;
	struct part_found *f = &o->part_found;
	struct digest copy = *digest;
	struct cache_verdict cached;
	struct digest_values v;
	const char *threat;

	if (bytes == 0 || f->number != 0)
		return;
	digest_finish(&copy, &v);
	if (generation_trusted_digest(g, v.md5, v.sha256, bytes))
		return;
	if (cache_find(o->inspect->cache, v.sha256, o->publication->stamp, &cached) &&
	    cached.verdict == VERDICT_BAD) {
		f->source = SOURCE_CACHED;
		threat = cached.threat;
	} else {
		f->source = SOURCE_SCANNED;
		threat = generation_bad_digest(g, v.md5, v.sha256, bytes);
	}
	if (threat == NULL)
		return;
	f->number = (uint16_t)number;
	f->format = format;
	f->offset = 0;
	f->values = v;
	f->name_bytes = (uint16_t)object_name(o, f->name, sizeof(f->name));
	snprintf(f->threat, sizeof(f->threat), "%s", threat);
	if (o->found == NULL)
		o->found = f->threat;
}

/* All that came out of the decoder so far. */
static void
judge_layer(struct inspect_object *o)
{
	const struct layer *l = &o->decoded;

	hashing_run(&o->inspect->hashing);
	judge(o, 1, layer_format(l), &l->digest, l->bytes);
}

void
member_end(struct inspect_object *o)
{
	struct member *m = &o->member;

	if (m->number > 0 && m->number <= MEMBERS_MAX)
		judge(o, m->number, m->format, &m->digest, m->bytes);
}

void
member_feed(struct inspect_object *o, uint32_t number, struct span bytes)
{
	struct member *m = &o->member;

	if (m->number != number) {
		if (m->number == 0)
			judge_layer(o);
		member_end(o);
		m->number = number;
		m->bytes = 0;
		digest_init(&m->digest);
	}
	if (number > MEMBERS_MAX)
		return;
	if (m->bytes == 0)
		m->format = format_detect(bytes);
	digest_feed(&m->digest, bytes);
	m->bytes += bytes.bytes;
	o->turn_bytes += bytes.bytes;
}

void
member_broken(struct inspect_object *o)
{
	if (o->decoded.open)
		judge_layer(o);
}
