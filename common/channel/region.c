/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The region as a whole: attaching to it, its words, and the only place where offsets become
 * pointers. The header is copied out once and checked; every offset is computed anew from the shape
 * and compared, so that what is used afterwards is this process's own. Owns mapping, descriptor and
 * the private part of each core. After the attach nothing here can fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/checked.h"
#include "common/channel/view.h"

#define SEALS_NEEDED (F_SEAL_SHRINK | F_SEAL_GROW)

void *
region_at(const struct region *r, uint64_t offset, uint64_t bytes)
{
	if (!checked_inside(offset, bytes, r->header.plan.bytes))
		return NULL;
	return r->base + offset;
}

/* One core's pointers; -EPROTO when a part does not lie in the region. */
static int
view_core(struct region *r, uint32_t core)
{
	const struct region_shape *s = &r->header.shape;
	const struct region_plan *p = &r->header.plan;
	struct channel_core *c = &r->cores[core];
	uint64_t at = p->cores_at + core * p->core_bytes;
	void *notices = region_at(r, at + p->notices_at, ring_bytes(s->notices, RECORD_BYTES));
	void *records = region_at(r, at + p->records_at, ring_bytes(s->records, RECORD_BYTES));
	void *commands = region_at(r, at + p->commands_at, ring_bytes(s->commands, COMMAND_BYTES));
	void *observations =
	    region_at(r, at + p->observations_at, ring_bytes(s->observations, OBSERVATION_BYTES));

	c->region = r;
	c->arena_blocks = s->arena_blocks;
	c->stats = region_at(r, at + p->stats_at, sizeof(struct core_stats));
	c->told = region_at(r, at + p->told_at, (uint64_t)s->arena_blocks * RECORD_BYTES);
	c->arena = region_at(r, at + p->arena_at, (uint64_t)s->arena_blocks * ARENA_BLOCK_BYTES);
	if (notices == NULL || records == NULL || commands == NULL || observations == NULL ||
	    c->stats == NULL || c->told == NULL || c->arena == NULL)
		return -EPROTO;
	ring_end_init(&c->notices, notices, s->notices, RECORD_BYTES);
	ring_end_init(&c->records, records, s->records, RECORD_BYTES);
	ring_end_init(&c->commands, commands, s->commands, COMMAND_BYTES);
	ring_end_init(&c->observations, observations, s->observations, OBSERVATION_BYTES);
	return 0;
}

int
region_view(struct region *r)
{
	int rc = 0;

	r->base = mmap(NULL, r->header.plan.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->base == MAP_FAILED) {
		r->base = NULL;
		return -errno;
	}
	r->control_words = region_at(r, LAYOUT_ALIGN, sizeof(*r->control_words));
	r->dataplane_words = region_at(r, 2 * LAYOUT_ALIGN, sizeof(*r->dataplane_words));
	if (r->control_words == NULL || r->dataplane_words == NULL)
		return -EPROTO;
	for (uint32_t core = 0; core < r->header.shape.cores && rc == 0; core++)
		rc = view_core(r, core);
	return rc;
}

/* Copies the header out and checks all of it against what this build would have made. */
static int
read_header(int fd, struct region_header *out)
{
	struct region_plan plan;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS_NEEDED) != SEALS_NEEDED || fstat(fd, &st) != 0)
		return -EPROTO;
	if (pread(fd, out, sizeof(*out), 0) != (ssize_t)sizeof(*out))
		return -EPROTO;
	if (out->magic != REGION_MAGIC || out->version != REGION_VERSION ||
	    out->layout_hash != REGION_LAYOUT_HASH || out->boot_id == 0)
		return -EPROTO;
	if (layout_plan(&out->shape, &plan) != 0 || memcmp(&plan, &out->plan, sizeof(plan)) != 0)
		return -EPROTO;
	return (uint64_t)st.st_size == plan.bytes ? 0 : -EPROTO;
}

static int
resume_cores(struct region *r)
{
	for (uint32_t i = 0; i < r->header.shape.cores; i++) {
		struct channel_core *c = &r->cores[i];

		if (!ring_end_is_sound(&c->notices) || !ring_end_is_sound(&c->records) ||
		    !ring_end_is_sound(&c->commands) || !ring_end_is_sound(&c->observations))
			return -EPROTO;
		channel_resume(c);
	}
	return 0;
}

int
region_attach(int fd, struct region **out)
{
	struct region *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return -ENOMEM;
	r->fd = fd;
	rc = read_header(fd, &r->header);
	rc = rc != 0 ? rc : region_view(r);
	rc = rc != 0 ? rc : resume_cores(r);
	if (rc != 0) {
		r->fd = -1; /* still the caller's */
		region_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

void
region_close(struct region *r)
{
	if (r == NULL)
		return;
	for (uint32_t core = 0; core < CHANNEL_CORES_MAX; core++)
		arena_account_fini(&r->cores[core]);
	if (r->base != NULL)
		munmap(r->base, r->header.plan.bytes);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

int
region_fd(const struct region *r)
{
	return r->fd;
}

uint64_t
region_boot_id(const struct region *r)
{
	return r->header.boot_id;
}

uint32_t
region_cores(const struct region *r)
{
	return r->header.shape.cores;
}

int32_t
region_dataplane_pid(const struct region *r)
{
	return r->header.dataplane_pid;
}

struct channel_core *
region_core(struct region *r, uint32_t core)
{
	return core < r->header.shape.cores ? &r->cores[core] : NULL;
}

void
region_set_mode(struct region *r, enum mode m)
{
	__atomic_store_n(&r->control_words->mode, (uint32_t)m, __ATOMIC_RELEASE);
}

enum mode
region_mode(const struct region *r)
{
	uint32_t m = __atomic_load_n(&r->control_words->mode, __ATOMIC_ACQUIRE);

	return m < MODE_COUNT ? (enum mode)m : MODE_STANDARD;
}

void
region_set_policy_epoch(struct region *r, uint64_t epoch)
{
	__atomic_store_n(&r->control_words->policy_epoch, epoch, __ATOMIC_RELEASE);
}

uint64_t
region_policy_epoch(const struct region *r)
{
	return __atomic_load_n(&r->control_words->policy_epoch, __ATOMIC_ACQUIRE);
}

void
region_set_generation(struct region *r, uint64_t id)
{
	__atomic_store_n(&r->dataplane_words->generation, id, __ATOMIC_RELEASE);
}

uint64_t
region_generation(const struct region *r)
{
	return __atomic_load_n(&r->dataplane_words->generation, __ATOMIC_ACQUIRE);
}

void
region_set_shadow(struct region *r, uint64_t id)
{
	__atomic_store_n(&r->dataplane_words->shadow, id, __ATOMIC_RELEASE);
}

uint64_t
region_shadow(const struct region *r)
{
	return __atomic_load_n(&r->dataplane_words->shadow, __ATOMIC_ACQUIRE);
}

void
region_set_digests(struct region *r, uint32_t kind, uint32_t lanes_from)
{
	__atomic_store_n(&r->dataplane_words->digest_kind, kind, __ATOMIC_RELEASE);
	__atomic_store_n(&r->dataplane_words->digest_lanes_from, lanes_from, __ATOMIC_RELEASE);
}

void
region_digests(const struct region *r, uint32_t *kind, uint32_t *lanes_from)
{
	*kind = __atomic_load_n(&r->dataplane_words->digest_kind, __ATOMIC_ACQUIRE);
	*lanes_from = __atomic_load_n(&r->dataplane_words->digest_lanes_from, __ATOMIC_ACQUIRE);
}

void
region_beat(struct region *r, uint64_t mono_ns)
{
	__atomic_store_n(&r->control_words->beat_ns, mono_ns, __ATOMIC_RELEASE);
}

uint64_t
region_last_beat(const struct region *r)
{
	return __atomic_load_n(&r->control_words->beat_ns, __ATOMIC_ACQUIRE);
}
