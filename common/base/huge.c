/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/huge.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HUGE_BYTES (UINT64_C(2) << 20)

static size_t
in_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* Begins where a huge page does; NULL with errno set. */
static uint8_t *
map_aligned(size_t bytes)
{
	size_t before, whole = in_pages(bytes);
	uint8_t *all = mmap(
	    NULL, whole + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		return NULL;
	before = (size_t)(-(uintptr_t)all & (HUGE_BYTES - 1));
	if (before > 0)
		munmap(all, before);
	munmap(all + before + whole, HUGE_BYTES - before);
	madvise(all + before, whole, MADV_HUGEPAGE); /* refused: small pages do as well */
	return all + before;
}

static int
read_whole(int fd, uint8_t *to, size_t bytes)
{
	for (size_t at = 0; at < bytes;) {
		ssize_t n = pread(fd, to + at, bytes - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		at += (size_t)n;
	}
	return 0;
}

int
huge_read(int fd, void **memory, size_t *bytes)
{
	struct stat st;
	uint8_t *to;
	int rc;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size <= 0)
		return -ENODATA;
	*bytes = (size_t)st.st_size;
	to = map_aligned(*bytes);
	if (to == NULL)
		return -errno;
	rc = read_whole(fd, to, *bytes);
	if (rc == 0 && mprotect(to, in_pages(*bytes), PROT_READ) != 0)
		rc = -errno;
	if (rc != 0) {
		huge_free(to, *bytes);
		return rc;
	}
	*memory = to;
	return 0;
}

void
huge_drop(void *memory, size_t at, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t first = in_pages(at), end = (at + bytes) / page * page;

	if (first < end)
		madvise((uint8_t *)memory + first, end - first, MADV_DONTNEED);
}

void
huge_free(void *memory, size_t bytes)
{
	munmap(memory, in_pages(bytes));
}
