/* SPDX-License-Identifier: BSD-3-Clause */
/* Publishing by RCU, reclaiming by per-core counts; see publication.h. */
#include "dataplane/inspect/publication.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <urcu/urcu-qsbr.h>

#include "common/base/huge.h"
#include "scanners/signature/generation_file.h"

/*
 * Reads the whole file; its bytes are checked by generation_open(). In memory of our own, since the
 * file's could be taken from the process and would be waited for in a core's turn, and a file that
 * is written or cut meanwhile would be read as it then is.
 */
static int
read_file(struct loaded *l, int fd, char error[SIGNATURE_ERROR_TEXT_MAX])
{
	int rc = huge_read(fd, &l->memory, &l->memory_bytes);

	if (rc == -ENODATA)
		snprintf(error, SIGNATURE_ERROR_TEXT_MAX,
		    "generation file: empty, or it became shorter while it was read");
	else if (rc != 0)
		snprintf(error, SIGNATURE_ERROR_TEXT_MAX, "generation file: can't be read: %s",
		    strerror(-rc));
	return rc;
}

/* Hyperscan has copies of its own; so the file's tables alone take memory. */
static void
drop_databases(struct loaded *l)
{
	const uint8_t *file = l->memory;
	struct generation_header h;

	memcpy(&h, file, sizeof(h));
	for (uint32_t i = 0; i < h.section_count; i++) {
		struct generation_section s;

		memcpy(&s, file + sizeof(h) + i * sizeof(s), sizeof(s));
		if (s.kind == GENERATION_BLOCK_DB || s.kind == GENERATION_STREAM_DB)
			huge_drop(l->memory, s.offset, s.bytes);
	}
}

static int
open_generation(struct loaded *l, int fd, char error[SIGNATURE_ERROR_TEXT_MAX])
{
	int rc;

	if (fd < 0)
		return generation_open_builtin(&l->generation, error);
	rc = read_file(l, fd, error);
	if (rc != 0)
		return rc;
	rc = generation_open(span_of(l->memory, l->memory_bytes), &l->generation, error);
	if (rc == 0)
		drop_databases(l);
	return rc;
}

/* One core's scratch and scans. */
static int
add_core(struct loaded *l, uint32_t scans_max)
{
	struct signature_core *core = signature_core_create(scans_max);

	if (core == NULL)
		return -ENOMEM;
	l->cores[l->core_count++] = core;
	return signature_core_prepare(core, l->generation);
}

int
loaded_create(int fd, unsigned core_count, uint32_t scans_max, struct loaded **out,
    char error[SIGNATURE_ERROR_TEXT_MAX])
{
	struct loaded *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL) {
		snprintf(error, SIGNATURE_ERROR_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	rc = open_generation(l, fd, error);
	while (rc == 0 && l->core_count < core_count) {
		rc = add_core(l, scans_max);
		if (rc != 0)
			snprintf(
			    error, SIGNATURE_ERROR_TEXT_MAX, "no memory for the scans of a core");
	}
	if (rc != 0) {
		loaded_free(l);
		return rc;
	}
	*out = l;
	return 0;
}

void
loaded_free(struct loaded *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < l->core_count; i++)
		signature_core_destroy(l->cores[i]);
	if (l->generation != NULL)
		generation_close(l->generation);
	if (l->memory != NULL)
		huge_free(l->memory, l->memory_bytes);
	free(l);
}

void
publisher_init(struct publisher *p)
{
	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < PUBLICATIONS_MAX; i++)
		p->slots[i].slot = i;
}

void
publisher_add_core(struct publisher *p, const uint32_t *users)
{
	p->users[p->core_count++] = users;
}

static struct publication *
free_slot(struct publisher *p)
{
	for (unsigned i = 0; i < PUBLICATIONS_MAX; i++) {
		if (!p->slots[i].in_use)
			return &p->slots[i];
	}
	return NULL;
}

int
publisher_publish(
    struct publisher *p, struct loaded *loaded, struct loaded *shadow, struct policy *policy)
{
	struct publication *slot;

	publisher_reclaim(p);
	slot = free_slot(p);
	if (slot == NULL)
		return -EAGAIN;
	slot->loaded = loaded;
	slot->shadow = shadow;
	slot->policy = policy;
	slot->stamp = generation_id(loaded->generation) ^ policy_stamp(policy);
	slot->in_use = true;
	rcu_assign_pointer(p->current, slot);
	urcu_qsbr_synchronize_rcu();
	return 0;
}

static bool
has_users(const struct publisher *p, unsigned slot)
{
	for (unsigned i = 0; i < p->core_count; i++) {
		if (__atomic_load_n(&p->users[i][slot], __ATOMIC_ACQUIRE) != 0)
			return true;
	}
	return false;
}

/* Lets go of a slot; what another slot still holds stays. */
static void
release_slot(struct publisher *p, struct publication *slot)
{
	bool loaded_shared = false, shadow_shared = false, policy_shared = false;

	slot->in_use = false;
	for (unsigned i = 0; i < PUBLICATIONS_MAX; i++) {
		const struct publication *other = &p->slots[i];

		loaded_shared |= other->in_use && other->loaded == slot->loaded;
		shadow_shared |= other->in_use && other->shadow == slot->shadow;
		policy_shared |= other->in_use && other->policy == slot->policy;
	}
	if (!loaded_shared)
		loaded_free(slot->loaded);
	if (!shadow_shared)
		loaded_free(slot->shadow);
	if (!policy_shared)
		policy_free(slot->policy);
}

void
publisher_reclaim(struct publisher *p)
{
	for (unsigned i = 0; i < PUBLICATIONS_MAX; i++) {
		struct publication *slot = &p->slots[i];

		if (slot->in_use && slot != p->current && !has_users(p, i))
			release_slot(p, slot);
	}
}

void
publisher_fini(struct publisher *p)
{
	p->current = NULL;
	for (unsigned i = 0; i < PUBLICATIONS_MAX; i++) {
		if (p->slots[i].in_use)
			release_slot(p, &p->slots[i]);
	}
}

const struct publication *
publication_peek(struct publisher *p)
{
	return rcu_dereference(p->current);
}

const struct publication *
publication_changed(struct publisher *p, uint64_t *stamp)
{
	const struct publication *current = publication_peek(p);

	if (current->stamp == *stamp)
		return NULL;
	*stamp = current->stamp;
	return current;
}

const struct publication *
publication_take(struct publisher *p, uint32_t users[PUBLICATIONS_MAX])
{
	const struct publication *pub = publication_peek(p);

	__atomic_store_n(&users[pub->slot], users[pub->slot] + 1, __ATOMIC_RELEASE);
	return pub;
}

void
publication_put(const struct publication *pub, uint32_t users[PUBLICATIONS_MAX])
{
	__atomic_store_n(&users[pub->slot], users[pub->slot] - 1, __ATOMIC_RELEASE);
}
