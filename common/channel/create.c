/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dataplane's making of the region. This is the only file that calls a DPDK library
 * (rte_ring_init), and it stands alone for that: control links the archive, never names
 * region_create(), and so never pulls this member nor the library in.
 *
 * The size is sealed, so that neither side can make the other's mapping fault by shrinking the
 * file.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>
#include <fcntl.h>

#include <rte_ring.h>

#include "common/channel/view.h"

/* A memfd of that size, sealed. Negative: -errno. */
static int
sealed_memfd(uint64_t bytes)
{
	int fd = memfd_create("sluice-region", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int
fill_header(struct region_header *h, const struct region_shape *shape)
{
	int rc;

	*h = (struct region_header){
		.magic = REGION_MAGIC,
		.version = REGION_VERSION,
		.dataplane_pid = (int32_t)getpid(),
		.layout_hash = REGION_LAYOUT_HASH,
		.shape = *shape,
	};
	rc = layout_plan(shape, &h->plan);
	if (rc != 0)
		return rc;
	while (h->boot_id == 0) {
		if (getrandom(&h->boot_id, sizeof(h->boot_id), 0) != sizeof(h->boot_id))
			return -EIO;
	}
	return 0;
}

static int
make_ring(const struct ring_end *e)
{
	return rte_ring_init(e->ring, "sluice", e->mask + 1, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int
make_rings(struct region *r)
{
	int rc = 0;

	for (uint32_t i = 0; i < r->header.shape.cores && rc == 0; i++) {
		struct channel_core *c = &r->cores[i];

		rc = make_ring(&c->notices);
		rc = rc != 0 ? rc : make_ring(&c->records);
		rc = rc != 0 ? rc : make_ring(&c->commands);
		rc = rc != 0 ? rc : make_ring(&c->observations);
		rc = rc != 0 ? rc : arena_account_init(c);
		channel_resume(c);
	}
	return rc;
}

/*
 * Touches rings and counters now, so that no core meets a page fault when it first uses a slot. The
 * arena is left to be touched as it is used: most of it never is. A kernel before 5.14 refuses;
 * then the faults come later.
 */
static void
populate(const struct region *r)
{
	const struct region_plan *p = &r->header.plan;

	for (uint32_t i = 0; i < r->header.shape.cores; i++)
		(void)madvise(
		    r->base + p->cores_at + i * p->core_bytes, p->told_at, MADV_POPULATE_WRITE);
}

int
region_create(const struct region_shape *shape, struct region **out)
{
	struct region *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return -ENOMEM;
	r->is_dataplane = true;
	r->fd = -1;
	rc = fill_header(&r->header, shape);
	if (rc == 0) {
		r->fd = sealed_memfd(r->header.plan.bytes);
		rc = r->fd < 0 ? r->fd : region_view(r);
	}
	if (rc == 0)
		rc = make_rings(r);
	if (rc != 0) {
		region_close(r);
		return rc;
	}
	populate(r);
	region_set_mode(r, MODE_STANDARD);
	memcpy(r->base, &r->header, sizeof(r->header));
	*out = r;
	return 0;
}
