/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small objects that are there whole wait for their digests before they are scanned: what is
 * remembered of the same bytes stands, and its scan is spared. All others are scanned as they come,
 * which costs no second look at their bytes.
 *
 * The bytes lie where the digests are made from, so whoever ends a run settles all that wait before
 * it lets go of them (hashing.c). An object that goes first leaves the list. Bounds: WHOLE_BYTES an
 * object, WHOLE_BYTES_MAX for all, so that bytes are still in the caches when they are scanned.
 *
 * Never: what has a content coding or parts, which the digest of the bytes as sent does not tell;
 * what is tried by other signatures besides, which count what they find; what may be answered
 * before its verdict (early.c), where a match is to prevent that; and nothing while SHA-1s are
 * trusted, which only the scan knows and which win over what is remembered (judge.c).
 */
#include "dataplane/inspect/object.h"

#define WHOLE_BYTES     HASHING_ROOM_MAX
#define WHOLE_BYTES_MAX (128u << 10)

bool
whole_may_wait(const struct inspect_object *o, size_t bytes, bool is_last)
{
	return is_last && o->raw.open && o->raw.bytes == 0 && bytes > 0 && bytes <= WHOLE_BYTES &&
	       bytes <= WHOLE_BYTES_MAX - o->inspect->hashing.whole_bytes &&
	       o->coding == DECODE_IDENTITY && !o->has_parts && o->raw.shadow == NULL &&
	       !early_may_begin(o) && !generation_trusts_sha1(o->publication->loaded->generation);
}

void
whole_wait(struct inspect_object *o, struct span bytes)
{
	struct hashing *h = &o->inspect->hashing;

	o->whole = bytes;
	h->whole_bytes += bytes.bytes;
	list_append(&h->unscanned, &o->unscanned);
	hashing_expect(o);
}

bool
whole_waits(const struct inspect_object *o)
{
	return o->whole.data != NULL;
}

void
whole_scan(struct inspect_object *o)
{
	struct span bytes = o->whole;

	whole_leave(o);
	layer_scan_whole(&o->raw, bytes);
	count(o->inspect->stats, COUNTER_SCANNED_BYTES, bytes.bytes);
	object_note_hit(o, &o->raw);
}

void
whole_leave(struct inspect_object *o)
{
	o->inspect->hashing.whole_bytes -= o->whole.bytes;
	o->whole = span_of(NULL, 0);
	list_unlink(&o->unscanned);
}

/* Its digests are there, and a verdict by them. */
static bool
recall(struct inspect_object *o)
{
	o->recalled = o->state == OBJECT_HASHING && object_recall(o, &o->raw, &o->remembered);
	return o->recalled;
}

void
whole_settle(struct hashing *h)
{
	uint64_t before = 0, now;

	while (!list_is_empty(&h->unscanned)) {
		struct inspect_object *o =
		    LIST_ITEM(h->unscanned.next, struct inspect_object, unscanned);

		if (recall(o)) {
			whole_leave(o);
			continue;
		}
		if (before == 0)
			before = inspect_clock_ns(o->inspect);
		whole_scan(o);
		now = inspect_clock_ns(o->inspect);
		o->scan_ns += now - before;
		before = now; /* the next one begins here */
	}
}
