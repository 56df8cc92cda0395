/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of connections: what one process leaves and the next one finds. */
#include "dataplane/ledger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define CORES       2
#define PLACES      8
#define HEAD_BYTES  24
#define ENTRY_BYTES 40
#define FILE_BYTES  (HEAD_BYTES + CORES * PLACES * ENTRY_BYTES)

/* A directory of the test's own, and the file in it. */
struct place {
	char directory[64], path[96];
};

static void
place_init(struct place *p)
{
	snprintf(p->directory, sizeof(p->directory), "/tmp/ledger.XXXXXX");
	if (mkdtemp(p->directory) == NULL)
		abort();
	snprintf(p->path, sizeof(p->path), "%s/connections", p->directory);
}

static void
place_fini(struct place *p)
{
	unlink(p->path);
	CHECK(rmdir(p->directory) == 0); /* nothing else was left in it */
}

static struct tcp_endpoints
flow(uint16_t port)
{
	static const uint8_t ours[4] = { 192, 0, 2, 1 }, theirs[4] = { 192, 0, 2, 2 };

	return (struct tcp_endpoints){ address_v4(ours), address_v4(theirs), 1344, port };
}

static struct ledger *
open_at(const struct place *p)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct ledger *l = NULL;

	if (ledger_open(p->path, CORES, PLACES, &l, error) != 0)
		abort();
	return l;
}

/* As open_at(), without what is said on stderr about files that are none. */
static struct ledger *
open_quietly(const struct place *p)
{
	int kept = dup(2), nowhere = open("/dev/null", O_WRONLY);
	struct ledger *l;

	dup2(nowhere, 2);
	l = open_at(p);
	dup2(kept, 2);
	close(kept);
	close(nowhere);
	return l;
}

static void
write_flow(struct ledger *l, unsigned core, unsigned place, uint16_t port)
{
	struct tcp_endpoints e = flow(port);

	tcp_ledger_write(&ledger_of_core(l, core)[place], &e);
}

/* Of a file with three connections. */
static void
write_three(const struct place *p)
{
	struct ledger *l = open_at(p);

	write_flow(l, 0, 3, 1001);
	write_flow(l, 0, 7, 1002);
	write_flow(l, 1, 0, 1003);
	ledger_close(l);
}

static uint32_t
count_left(const struct place *p)
{
	struct ledger *l = open_quietly(p);
	uint32_t n;

	ledger_left(l, &n);
	for (uint32_t i = 0; i < n; i++)
		tcp_ledger_strike(&ledger_left(l, &n)[i]);
	ledger_close(l);
	return n;
}

TEST(what_one_process_leaves_the_next_finds)
{
	struct place p;
	struct ledger *l;
	struct tcp_ledger_entry *left;
	struct tcp_endpoints e;
	uint32_t n;

	place_init(&p);
	l = open_at(&p);
	ledger_left(l, &n);
	CHECK(n == 0);
	ledger_close(l);
	CHECK(access(p.path, F_OK) != 0); /* empty: it is not left */

	write_three(&p);
	l = open_at(&p);
	left = ledger_left(l, &n);
	CHECK(n == 3);
	for (uint32_t i = 0; i < n && i < 3; i++) {
		e = flow((uint16_t)(1001 + i));
		CHECK(memcmp(&left[i].endpoints, &e, sizeof(e)) == 0);
	}
	for (unsigned core = 0; core < CORES; core++) {
		for (unsigned i = 0; i < PLACES; i++)
			CHECK(!tcp_ledger_holds(&ledger_of_core(l, core)[i]));
	}

	/* It is told one of them, gets another connection, and dies as well. */
	tcp_ledger_strike(&left[1]);
	write_flow(l, 1, 5, 2001);
	ledger_close(l);
	l = open_at(&p);
	left = ledger_left(l, &n);
	CHECK(n == 3);
	CHECK(n == 3 && left[0].endpoints.remote_port == 2001);
	CHECK(n == 3 && left[2].endpoints.remote_port == 1003);
	for (uint32_t i = 0; i < n; i++)
		tcp_ledger_strike(&left[i]);
	ledger_close(l);
	CHECK(access(p.path, F_OK) != 0);
	place_fini(&p);
}

TEST(another_number_of_cores_and_places_finds_them_too)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct place p;
	struct ledger *l;
	uint32_t n;

	place_init(&p);
	write_three(&p);
	CHECK(ledger_open(p.path, 1, 1, &l, error) == 0);
	ledger_left(l, &n);
	CHECK(n == 3);
	ledger_close(l);
	place_fini(&p);
}

/* Puts bytes over those of the file, at `at`; cuts it, or makes it longer, to `bytes`. */
static void
spoil(const struct place *p, off_t at, const void *with, size_t count, off_t bytes)
{
	int fd = open(p->path, O_WRONLY);

	CHECK(pwrite(fd, with, count, at) == (ssize_t)count);
	CHECK(ftruncate(fd, bytes) == 0);
	close(fd);
}

TEST(what_is_not_whole_is_left_out)
{
	static const uint8_t noise[4] = { 0xde, 0xad, 0xbe, 0xef };
	static const struct {
		const char *name;
		off_t at;
		size_t count;
		off_t bytes;
		uint32_t left;
	} rows[] = {
		{ "as it was", 0, 0, FILE_BYTES, 3 },
		{ "nothing", 0, 0, 0, 0 },
		{ "half a header", 0, 0, 12, 0 },
		{ "a header alone", 0, 0, HEAD_BYTES, 0 },
		{ "a byte short", 0, 0, FILE_BYTES - 1, 0 },
		{ "a byte long", 0, 0, FILE_BYTES + 1, 0 },
		{ "an entry more", 0, 0, FILE_BYTES + ENTRY_BYTES, 0 },
		{ "another name", 0, 4, FILE_BYTES, 0 },
		{ "another version", 8, 4, FILE_BYTES, 0 },
		{ "entries of another size", 12, 4, FILE_BYTES, 0 },
		{ "more entries than bytes", 16, 4, FILE_BYTES, 0 },
		{ "entries past all bounds", 20, 4, FILE_BYTES, 0 },
		{ "an address of one", HEAD_BYTES + 3 * ENTRY_BYTES + 12, 4, FILE_BYTES, 2 },
		{ "the ports of one", HEAD_BYTES + 7 * ENTRY_BYTES + 32, 4, FILE_BYTES, 2 },
		{ "the check of one", HEAD_BYTES + 8 * ENTRY_BYTES + 36, 4, FILE_BYTES, 2 },
		{ "noise where nobody was", HEAD_BYTES + 36, 4, FILE_BYTES, 3 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct place p;

		place_init(&p);
		write_three(&p);
		spoil(&p, rows[i].at, noise, rows[i].count, rows[i].bytes);
		CHECK_ROW(rows[i].name, count_left(&p) == rows[i].left);
		CHECK_ROW(rows[i].name, count_left(&p) == 0);
		place_fini(&p);
	}
}

TEST(a_whole_entry_of_no_connection_is_left_out)
{
	struct place p;
	struct ledger *l;
	struct tcp_endpoints e = flow(0);

	place_init(&p);
	l = open_at(&p);
	tcp_ledger_write(&ledger_of_core(l, 0)[0], &e);
	e = flow(1001);
	e.local_port = 0;
	tcp_ledger_write(&ledger_of_core(l, 0)[1], &e);
	e = flow(1002);
	e.remote.bytes[0] = 0x20; /* IPv6 to IPv4 */
	tcp_ledger_write(&ledger_of_core(l, 0)[2], &e);
	write_flow(l, 0, 3, 1003);
	ledger_close(l);
	CHECK(count_left(&p) == 1);
	place_fini(&p);
}

TEST(what_is_no_file_is_not_waited_for)
{
	char error[CONFIG_ERROR_TEXT_MAX], elsewhere[112];
	struct place p;
	struct ledger *l;
	struct stat st;

	place_init(&p);
	CHECK(mkfifo(p.path, 0600) == 0);
	CHECK(count_left(&p) == 0);

	/* What a link leads to is neither read nor written. */
	snprintf(elsewhere, sizeof(elsewhere), "%s.real", p.path);
	write_three(&p);
	CHECK(rename(p.path, elsewhere) == 0 && symlink(elsewhere, p.path) == 0);
	CHECK(count_left(&p) == 0);
	CHECK(stat(elsewhere, &st) == 0 && st.st_size == FILE_BYTES);
	unlink(elsewhere);

	CHECK(mkdir(p.path, 0700) == 0);
	l = NULL;
	CHECK(ledger_open(p.path, CORES, PLACES, &l, error) != 0 && l == NULL);
	CHECK(strstr(error, p.path) != NULL);
	CHECK(rmdir(p.path) == 0);
	place_fini(&p);
}

TEST(none_is_one_that_holds_nothing)
{
	uint32_t n = 1;

	CHECK(ledger_of_core(NULL, 1) == NULL);
	CHECK(ledger_left(NULL, &n) == NULL && n == 0);
	ledger_close(NULL);
}
