/* SPDX-License-Identifier: BSD-3-Clause */
/* Members to the lists of digests and to what is remembered; see member.h. */
#include "dataplane/inspect/member.h"

#include "dataplane/inspect/object.h"

static void
judge(struct inspect_object *o, uint32_t number, enum format format, const struct digest *digest)
{
	parts_judge_digest(
	    o, (uint16_t)number, format, (struct layer_name){ object_name, o }, digest);
}

/* All that came out of the decoder so far. */
static void
judge_layer(struct inspect_object *o)
{
	const struct layer *l = &o->decoded;

	hashing_run(&o->inspect->hashing);
	judge(o, 1, layer_format(l), &l->digest);
}

void
member_end(struct inspect_object *o)
{
	struct member *m = &o->member;

	if (m->number > 0 && m->number <= MEMBERS_MAX)
		judge(o, m->number, m->format, &m->digest);
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
