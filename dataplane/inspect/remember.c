/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this core remembers of objects and parts: a verdict by a layer's SHA-256, or, where it hangs
 * on what the layer is called, by that and the name. Control puts down both (control/jobs.c).
 */
#include "dataplane/inspect/object.h"

static void
key_with_name(const struct layer *l, uint8_t out[DIGEST_SHA256_BYTES])
{
	char name[FILENAME_BYTES_MAX];
	size_t bytes = l->name.of(l->name.arg, name, sizeof(name));

	digest_with_name(l->values.sha256, span_of(name, bytes), out);
}

bool
object_recall(const struct inspect_object *o, const struct layer *l, struct cache_verdict *out)
{
	struct cache *c = o->inspect->cache;
	uint64_t stamp = o->publication->stamp;
	uint8_t key[DIGEST_SHA256_BYTES];

	if (cache_find(c, l->values.sha256, stamp, out))
		return true;
	if (!generation_asks_for_names(o->publication->loaded->generation))
		return false;
	key_with_name(l, key);
	return cache_find(c, key, stamp, out);
}

void
object_remember(struct inspect_object *o, const struct layer *l, enum verdict v, const char *threat,
    bool by_name)
{
	struct inspect *i = o->inspect;
	struct cache_verdict said = cache_verdict_of(v, threat, false);
	uint8_t key[DIGEST_SHA256_BYTES];

	if (o->flags & RECORD_FLAG_PARTIAL || !object_is_current(o))
		return;
	memcpy(key, l->values.sha256, sizeof(key));
	if (by_name)
		key_with_name(l, key);
	if (cache_put(i->cache, key, o->publication->stamp, &said))
		count(i->stats, COUNTER_CACHE_EVICTIONS, 1);
}
