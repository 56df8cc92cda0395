/* SPDX-License-Identifier: BSD-3-Clause */
/* A file in memory: what it was when it was read, whatever becomes of it. */
#include "common/base/huge.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static int
file_of(size_t bytes)
{
	char path[] = "/tmp/sluice-huge-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0 && unlink(path) == 0);
	for (size_t i = 0; i < bytes; i++) {
		uint8_t byte = (uint8_t)(i * 7 + i / 4096);

		CHECK(pwrite(fd, &byte, 1, (off_t)i) == 1);
	}
	return fd;
}

static bool
holds(const uint8_t *bytes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (bytes[i] != (uint8_t)(i * 7 + i / 4096))
			return false;
	}
	return true;
}

TEST(a_file_is_what_it_was)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 20000 };

	for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
		int fd = file_of(sizes[i]);
		void *memory = NULL;
		size_t bytes = 0;
		char row[32];

		snprintf(row, sizeof(row), "%zu bytes", sizes[i]);
		CHECK_ROW(row, huge_read(fd, &memory, &bytes) == 0 && bytes == sizes[i]);
		CHECK_ROW(row, (uintptr_t)memory % (2u << 20) == 0);
		CHECK_ROW(row, pwrite(fd, "????", 4, 0) == 4 && ftruncate(fd, 0) == 0);
		CHECK_ROW(row, holds(memory, 0, bytes));
		huge_free(memory, bytes);
		close(fd);
	}
}

TEST(what_is_dropped_leaves_its_neighbours)
{
	int fd = file_of(20000);
	void *memory = NULL;
	size_t bytes = 0;

	CHECK(huge_read(fd, &memory, &bytes) == 0);
	huge_drop(memory, 100, 200);   /* no whole page */
	huge_drop(memory, 5000, 8000); /* one: from 8192 to 12288 */
	CHECK(holds(memory, 0, 8192) && holds(memory, 12288, bytes));
	CHECK(((const uint8_t *)memory)[8193] == 0);
	huge_free(memory, bytes);
	close(fd);
}

TEST(what_is_no_file_is_told)
{
	void *memory = NULL;
	size_t bytes;
	int fd = file_of(0);

	CHECK(huge_read(fd, &memory, &bytes) == -ENODATA);
	close(fd);
	CHECK(huge_read(-1, &memory, &bytes) == -EBADF);
	CHECK(memory == NULL);
}
