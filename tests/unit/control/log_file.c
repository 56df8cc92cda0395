/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that reach the file once and whole: past its size, past a reopen, past a full disk. */
#include "control/log_file.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char place[64], path[128];

static void
make_place(struct log_file *f)
{
	strcpy(place, "/tmp/sluice-log-XXXXXX");
	CHECK(mkdtemp(place) != NULL);
	snprintf(path, sizeof(path), "%s/sluice.log", place);
	CHECK(log_file_init(f, path) == 0);
}

static void
remove_place(struct log_file *f)
{
	char name[160];

	log_file_fini(f);
	unlink(path);
	for (unsigned n = 1; n < 20; n++) {
		snprintf(name, sizeof(name), "%s.%u", path, n);
		unlink(name);
	}
	CHECK(rmdir(place) == 0);
}

static void
put(struct log_file *f, unsigned number)
{
	char line[32];

	log_file_put(f, line, (size_t)snprintf(line, sizeof(line), "line %06u\n", number));
}

/* Reads "line N" lines on from *next; false: another number, or half a line. */
static bool
follows(const char *file, unsigned *next)
{
	char line[64], expected[64];
	bool good = true;
	FILE *in = fopen(file, "re");

	while (in != NULL && good && fgets(line, sizeof(line), in) != NULL) {
		snprintf(expected, sizeof(expected), "line %06u\n", (*next)++);
		good = strcmp(line, expected) == 0;
	}
	if (in != NULL)
		fclose(in);
	return good;
}

static off_t
size_of(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 ? st.st_size : -1;
}

TEST(rotation_by_size_loses_no_line)
{
	struct log_file f;
	unsigned next = 0;
	char name[160];

	make_place(&f);
	log_file_limit(&f, 1000, 9); /* 83 lines of 12 bytes */
	for (unsigned i = 0; i < 700; i++) {
		put(&f, i);
		if (i % 7 == 0)
			log_file_flush(&f);
	}
	log_file_flush(&f);
	for (unsigned n = 9; n > 0; n--) {
		snprintf(name, sizeof(name), "%s.%u", path, n);
		CHECK_SEED(n, size_of(name) <= 1000);
		CHECK_SEED(n, follows(name, &next));
	}
	CHECK(follows(path, &next) && next == 700);
	remove_place(&f);
}

TEST(the_oldest_goes_past_what_is_kept)
{
	struct log_file f;
	char name[160];

	make_place(&f);
	log_file_limit(&f, 24, 2);
	for (unsigned i = 0; i < 10; i++) {
		put(&f, i);
		log_file_flush(&f);
	}
	snprintf(name, sizeof(name), "%s.3", path);
	CHECK(size_of(name) < 0);
	snprintf(name, sizeof(name), "%s.2", path);
	CHECK(size_of(name) == 24);
	log_file_limit(&f, 24, 0);
	for (unsigned i = 0; i < 3; i++) {
		put(&f, i);
		log_file_flush(&f);
	}
	CHECK(size_of(path) == 12 || size_of(path) == 24);
	remove_place(&f);
}

/* As logrotate does it: moved away, lines go on into the moved file until the reopen. */
TEST(a_moved_file_keeps_its_lines_until_the_reopen)
{
	struct log_file f;
	unsigned next = 0;
	char moved[160];

	make_place(&f);
	snprintf(moved, sizeof(moved), "%s.1", path);
	put(&f, 0);
	log_file_flush(&f);
	CHECK(rename(path, moved) == 0);
	put(&f, 1); /* gathered before the reopen: the old file's */
	CHECK(log_file_reopen(&f) == 0);
	put(&f, 2);
	log_file_flush(&f);
	CHECK(follows(moved, &next) && next == 2);
	CHECK(follows(path, &next) && next == 3);
	remove_place(&f);
}

/* A disk that is full in the middle of a line: the file ends with a whole one, and goes on later.
 */
TEST(a_full_disk_cuts_no_line)
{
	struct rlimit before, tight;
	struct log_file f;
	unsigned next = 0;
	off_t size;

	make_place(&f);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	tight = (struct rlimit){ 100, before.rlim_max };
	CHECK(setrlimit(RLIMIT_FSIZE, &tight) == 0);
	for (unsigned i = 0; i < 20; i++)
		put(&f, i);
	log_file_flush(&f);
	size = size_of(path);
	CHECK(size == 96 && f.last_error != 0); /* eight whole lines of 12 bytes */
	log_file_flush(&f);
	CHECK(size_of(path) == size && f.dropped == 0);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	log_file_flush(&f);
	CHECK(f.last_error == 0);
	CHECK(follows(path, &next) && next == 20);
	remove_place(&f);
}

TEST(what_finds_no_room_is_counted)
{
	static char line[64 << 10];
	struct rlimit before, none;
	struct log_file f;
	unsigned put_count = 0;

	make_place(&f);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	none = (struct rlimit){ 0, before.rlim_max };
	CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (; put_count < LOG_FILE_ROOM_BYTES / sizeof(line) + 5; put_count++)
		log_file_put(&f, line, sizeof(line));
	CHECK(f.dropped == 5);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	log_file_flush(&f);
	CHECK(size_of(path) == LOG_FILE_ROOM_BYTES);
	remove_place(&f);
}

TEST(a_directory_that_comes_back_is_found_again)
{
	struct log_file f;
	unsigned next = 0;

	make_place(&f);
	CHECK(unlink(path) == 0 && rmdir(place) == 0);
	CHECK(log_file_reopen(&f) != 0 && f.fd < 0);
	put(&f, 0);
	log_file_flush(&f);
	CHECK(f.last_error != 0);
	CHECK(mkdir(place, 0755) == 0);
	log_file_flush(&f);
	CHECK(f.last_error == 0 && follows(path, &next) && next == 1);
	remove_place(&f);
}
