/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reputation section: what the lists say, each key once, in its bucket (reputation_table.h).
 * Group by group the hosts, with the paths that stand near them, are displaced to where they find
 * room; what finds none stands in the next bucket that has some. Paths that are spread over all
 * buckets come last.
 */
#include <stdlib.h>

#include "scanners/reputation/reputation_table.h"
#include "tools/sigc/sigc.h"

/* Bytes of entries of a host's paths that are spread over one bucket, two, four. */
static const uint32_t spread_bytes[REPUTATION_SPREAD_ALL] = { 40, 100, 300 };

/* An entry before it has its place; `key` in the lists' keys. */
struct draft {
	uint64_t hash;
	uint32_t key, key_bytes; /* no bytes: the place is free */
	uint32_t line;
	uint32_t host;        /* a path's: the number of its host's draft */
	uint32_t below_bytes; /* a host's: what the entries of its paths take */
	uint32_t place;       /* a host's, once it has one */
	uint32_t first_path;  /* a host's: the number of a path's draft, and one; 0: none */
	uint32_t next;        /* so too: of the host's paths, of the group's hosts */
	struct reputation_paths paths; /* a host's */
	uint8_t host_bytes, list, kind;
};

struct drafts {
	struct draft *all;
	uint32_t room; /* a power of two */
	const uint8_t *text;
};

static bool
is_path(const struct draft *d)
{
	return d->key_bytes > d->host_bytes;
}

/* The place of a key: the one that holds it, or the free one where it belongs. */
static struct draft *
draft_of(const struct drafts *x, uint32_t key, uint32_t host_bytes, uint32_t key_bytes)
{
	uint64_t hash = reputation_hash(x->text + key, host_bytes, key_bytes);
	struct draft *d = &x->all[hash >> 32 & (x->room - 1)];

	while (d->key_bytes != 0 && (d->hash != hash || d->key_bytes != key_bytes ||
					memcmp(x->text + d->key, x->text + key, key_bytes) != 0))
		d = d + 1 < x->all + x->room ? d + 1 : x->all;
	if (d->key_bytes == 0)
		*d = (struct draft){ .hash = hash,
			.key = key,
			.key_bytes = key_bytes,
			.host_bytes = (uint8_t)host_bytes };
	return d;
}

/* Of a path. */
static struct draft *
host_of(const struct drafts *x, const struct draft *d)
{
	return &x->all[d->host];
}

/* Puts one entry; the same key again: good beats bad, else the first stays. */
static void
insert(const struct drafts *x, const struct url_entry *u)
{
	struct draft *d = draft_of(x, u->key, u->host_bytes, u->key_bytes);

	if (d->kind == REPUTATION_UNKNOWN ||
	    (u->kind == REPUTATION_GOOD && d->kind == REPUTATION_BAD)) {
		d->kind = u->kind;
		d->list = u->list;
		d->line = u->line;
	}
	if (is_path(d)) /* it is found from its host */
		d->host = (uint32_t)(draft_of(x, u->key, u->host_bytes, u->host_bytes) - x->all);
}

static void *
zeros(size_t count, size_t each)
{
	void *bytes = calloc(count, each);

	if (bytes == NULL)
		abort();
	return bytes;
}

/* Bytes of its entry's key, and what the entry takes. */
static uint32_t
entry_key_bytes(const struct draft *d)
{
	return is_path(d) ? REPUTATION_PLACE_BYTES + d->key_bytes - d->host_bytes : d->key_bytes;
}

static uint32_t
entry_bytes(const struct draft *d)
{
	return reputation_entry_bytes(entry_key_bytes(d), d->paths.listed != 0);
}

/* The number of the border that ends the path. */
static uint32_t
last_border(const struct drafts *x, const struct draft *d)
{
	uint8_t path[REPUTATION_KEY_MAX + REPUTATION_BLOCK] = { 0 };
	uint32_t bytes = d->key_bytes - d->host_bytes, number = 0;
	struct reputation_borders borders;

	memcpy(path, x->text + d->key + d->host_bytes, bytes);
	reputation_borders_init(&borders, path, bytes);
	while (reputation_next_border(&borders) < bytes)
		number++;
	return number;
}

/* Tells each host of its paths, so that a look-up tries them only where there are some. */
static void
mark_hosts(const struct drafts *x, struct reputation_header *h)
{
	for (uint32_t i = 0; i < x->room; i++) {
		const struct draft *d = &x->all[i];
		struct draft *host;

		if (!is_path(d))
			continue;
		host = host_of(x, d);
		host->paths.listed |= (uint16_t)(1u << reputation_path_bit(last_border(x, d)));
		host->paths.filter |= reputation_filter_of(d->hash);
		host->below_bytes += entry_bytes(d);
		x->all[i].next = host->first_path;
		host->first_path = i + 1;
	}
	for (uint32_t i = 0; i < x->room; i++) {
		struct draft *d = &x->all[i];
		uint32_t spread = 0, near;

		if (d->paths.listed == 0)
			continue;
		while (spread < REPUTATION_SPREAD_ALL && d->below_bytes > spread_bytes[spread])
			spread++;
		d->paths.listed |= (uint16_t)(spread << REPUTATION_PATH_BITS);
		near = spread < REPUTATION_SPREAD_ALL ? 1u << spread : 1;
		h->near = h->near > near ? h->near : near;
	}
}

/*
 * As many buckets as are four sevenths full then, so that few entries stand elsewhere than where
 * they belong; half full, a look-up is no faster.
 */
static uint32_t
count_buckets(const struct drafts *x)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < x->room; i++) {
		if (x->all[i].key_bytes > 0)
			bytes += entry_bytes(&x->all[i]);
	}
	return (uint32_t)(7 * bytes / (4 * REPUTATION_BUCKET_BYTES)) + 2;
}

/* The buckets while they are filled. */
struct filling {
	struct reputation_bucket *buckets;
	uint8_t *used;    /* bytes of each */
	uint8_t *numbers; /* entries of each */
	uint32_t count;
	uint32_t groups;
	uint8_t *displacements; /* of each group */
	uint32_t *hosts;        /* of each group, the first: as a draft's `next` */
	struct taken *taken;    /* by a trial */
	uint32_t taken_count;
	struct sigc_table long_keys;
};

/* Room of a bucket that an entry would have. */
struct taken {
	uint32_t bucket, bytes;
};

static bool
has_room(const struct filling *f, uint32_t at, uint32_t bytes)
{
	return f->numbers[at] < REPUTATION_TAGS && f->used[at] + bytes <= REPUTATION_BUCKET_BYTES;
}

/* Its number in the bucket; negative: there is no room for it. */
static int
put_in_bucket(struct filling *f, uint32_t at, const struct draft *d, const uint8_t *key)
{
	struct reputation_bucket *b = &f->buckets[at];
	struct reputation_entry e = { .line = d->line,
		.list_kind = (uint8_t)(d->list * 4 + d->kind) };
	struct reputation_long_key elsewhere = { .bytes = entry_key_bytes(d) };
	uint32_t bytes = entry_bytes(d);
	uint8_t *to = b->entries + f->used[at];
	int number = f->numbers[at];

	if (!has_room(f, at, bytes))
		return -1;
	b->tags[number] = reputation_tag_of(d->hash);
	b->at[number] = f->used[at];
	if (elsewhere.bytes <= REPUTATION_SHORT_MAX) {
		e.key_flags = (uint8_t)elsewhere.bytes;
		memcpy(to + REPUTATION_ENTRY_BYTES, key, elsewhere.bytes);
	} else {
		elsewhere.at = (uint32_t)table_add(&f->long_keys, key, elsewhere.bytes);
		memcpy(to + REPUTATION_ENTRY_BYTES, &elsewhere, sizeof(elsewhere));
	}
	if (d->paths.listed != 0) {
		e.key_flags |= REPUTATION_HAS_PATHS;
		memcpy(
		    to + reputation_paths_at(elsewhere.bytes), &d->paths, REPUTATION_PATHS_BYTES);
	}
	memcpy(to, &e, REPUTATION_ENTRY_BYTES);
	f->used[at] = (uint8_t)(f->used[at] + bytes);
	f->numbers[at]++;
	return number;
}

/* From the bucket on that it belongs to; its place. */
static uint32_t
put(struct filling *f, uint32_t at, const struct draft *d, const uint8_t *key)
{
	int number;

	while ((number = put_in_bucket(f, at, d, key)) < 0) {
		f->buckets[at].spilled |= reputation_spill_of(d->hash);
		at = at + 1 < f->count ? at + 1 : 0;
	}
	return reputation_place(at, (uint32_t)number);
}

static bool
is_spread_over_all(const struct draft *host)
{
	return host->paths.listed >> REPUTATION_PATH_BITS == REPUTATION_SPREAD_ALL;
}

/* Where a host belongs, its group displaced by that much. */
static uint32_t
own_bucket(const struct filling *f, const struct draft *host, uint8_t displacement)
{
	return reputation_host_bucket(host->hash, displacement, f->count);
}

static void
put_path(struct filling *f, const struct drafts *x, const struct draft *d)
{
	uint8_t key[REPUTATION_PLACE_BYTES + REPUTATION_KEY_MAX];
	const struct draft *host = host_of(x, d);
	uint8_t displacement = f->displacements[reputation_group_of(host->hash, f->groups)];

	memcpy(key, &host->place, REPUTATION_PLACE_BYTES);
	memcpy(key + REPUTATION_PLACE_BYTES, x->text + d->key + d->host_bytes,
	    d->key_bytes - d->host_bytes);
	put(f,
	    reputation_path_bucket(d->hash, own_bucket(f, host, displacement), displacement,
		host->paths.listed, f->count),
	    d, key);
}

/* 1: it has no room there. Else it has taken it, for this trial. */
static uint32_t
try_bucket(struct filling *f, uint32_t at, const struct draft *d)
{
	uint32_t bytes = entry_bytes(d);

	if (!has_room(f, at, bytes))
		return 1;
	f->used[at] = (uint8_t)(f->used[at] + bytes);
	f->numbers[at]++;
	f->taken[f->taken_count++] = (struct taken){ at, bytes };
	return 0;
}

/* How many of a group's entries have no room where they then belong; counted to `enough`. */
static uint32_t
try_group(struct filling *f, const struct drafts *x, uint32_t group, uint8_t displacement,
    uint32_t enough)
{
	uint32_t without = 0;

	for (uint32_t i = f->hosts[group]; i != 0 && without < enough; i = x->all[i - 1].next) {
		const struct draft *host = &x->all[i - 1];
		uint32_t own = own_bucket(f, host, displacement);

		without += try_bucket(f, own, host);
		if (is_spread_over_all(host))
			continue;
		for (uint32_t p = host->first_path; p != 0; p = x->all[p - 1].next) {
			const struct draft *d = &x->all[p - 1];

			without += try_bucket(f,
			    reputation_path_bucket(
				d->hash, own, displacement, host->paths.listed, f->count),
			    d);
		}
	}
	while (f->taken_count > 0) {
		const struct taken *t = &f->taken[--f->taken_count];

		f->used[t->bucket] = (uint8_t)(f->used[t->bucket] - t->bytes);
		f->numbers[t->bucket]--;
	}
	return without;
}

/* The least displacement with which the fewest of its entries stand elsewhere. */
static uint8_t
choose_displacement(struct filling *f, const struct drafts *x, uint32_t group)
{
	uint32_t least = UINT32_MAX;
	uint8_t best = 0;

	for (uint32_t d = 0; d <= UINT8_MAX && least > 0; d++) {
		uint32_t without = try_group(f, x, group, (uint8_t)d, least);

		if (without < least) {
			least = without;
			best = (uint8_t)d;
		}
	}
	return best;
}

/* Hosts before their paths, whose keys have the places of them. */
static void
place_group(struct filling *f, const struct drafts *x, uint32_t group)
{
	uint8_t displacement = choose_displacement(f, x, group);

	f->displacements[group] = displacement;
	for (uint32_t i = f->hosts[group]; i != 0; i = x->all[i - 1].next) {
		struct draft *host = &x->all[i - 1];

		host->place = put(f, own_bucket(f, host, displacement), host, x->text + host->key);
		if (is_spread_over_all(host))
			continue;
		for (uint32_t p = host->first_path; p != 0; p = x->all[p - 1].next)
			put_path(f, x, &x->all[p - 1]);
	}
}

/* Four hosts in each at most, until there are so many groups that their bytes would not all be at
 * hand in a look-up. */
static uint32_t
count_groups(uint32_t hosts)
{
	uint32_t groups = 1;

	while (groups < REPUTATION_GROUPS_MAX && groups * 4 < hosts)
		groups *= 2;
	return groups;
}

static void
group_hosts(struct filling *f, const struct drafts *x, uint32_t hosts)
{
	f->groups = count_groups(hosts);
	f->displacements = zeros(f->groups, 1);
	f->hosts = zeros(f->groups, sizeof(*f->hosts));
	for (uint32_t i = 0; i < x->room; i++) {
		struct draft *d = &x->all[i];
		uint32_t *first = &f->hosts[reputation_group_of(d->hash, f->groups)];

		if (d->key_bytes == 0 || is_path(d))
			continue;
		d->next = *first;
		*first = i + 1;
	}
}

static void
place_drafts(const struct drafts *x, struct reputation_header *h, struct filling *f)
{
	uint32_t hosts = 0;

	for (uint32_t i = 0; i < x->room; i++) {
		h->entries += x->all[i].key_bytes > 0;
		hosts += x->all[i].key_bytes > 0 && !is_path(&x->all[i]);
	}
	f->count = h->buckets = count_buckets(x);
	f->buckets = zeros(f->count, sizeof(*f->buckets));
	f->used = zeros(f->count, 1);
	f->numbers = zeros(f->count, 1);
	f->taken = zeros(h->entries, sizeof(*f->taken));
	group_hosts(f, x, hosts);
	h->groups = f->groups;
	for (uint32_t group = 0; group < f->groups; group++)
		place_group(f, x, group);
	for (uint32_t i = 0; i < x->room; i++) {
		const struct draft *d = &x->all[i];

		if (is_path(d) && is_spread_over_all(host_of(x, d)))
			put_path(f, x, d);
	}
}

/* The lists' names; their offsets go into the header. */
static void
add_list_names(const struct sigc *s, struct reputation_header *h, struct sigc_table *text)
{
	const uint32_t *names = (const uint32_t *)(const void *)s->lists.bytes;

	h->list_count = (uint32_t)(s->lists.used / sizeof(*names));
	for (uint32_t i = 0; i < h->list_count; i++)
		h->list_names[i] =
		    table_add_text(text, span_text((const char *)s->names.bytes + names[i]));
	h->text_bytes = (uint32_t)text->used;
}

void
sigc_build_reputation(struct sigc *s, struct sigc_table *out)
{
	const struct url_entry *u = (const struct url_entry *)(void *)s->urls.bytes;
	uint32_t n = (uint32_t)(s->urls.used / sizeof(*u));
	struct reputation_header h = { .magic = REPUTATION_MAGIC };
	struct drafts x = { .room = 64, .text = s->url_keys.bytes };
	struct sigc_table text = { 0 };
	struct filling f = { 0 };

	if (n == 0)
		return;
	while (x.room < n * 3) /* an entry and its host's mark */
		x.room *= 2;
	x.all = zeros(x.room, sizeof(*x.all));
	for (uint32_t i = 0; i < n; i++)
		insert(&x, &u[i]);
	mark_hosts(&x, &h);
	place_drafts(&x, &h, &f);
	h.long_bytes = (uint32_t)f.long_keys.used;
	add_list_names(s, &h, &text);
	table_add(out, &h, sizeof(h));
	table_add(out, f.buckets, f.count * sizeof(*f.buckets));
	table_add(out, f.displacements, f.groups);
	table_add(out, f.long_keys.bytes, f.long_keys.used);
	table_add(out, text.bytes, text.used);
	free(x.all);
	free(f.buckets);
	free(f.used);
	free(f.numbers);
	free(f.displacements);
	free(f.hosts);
	free(f.taken);
	free(f.long_keys.bytes);
	free(text.bytes);
}
