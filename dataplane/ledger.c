/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of connections: read, made anew, mapped; see ledger.h. */
#include "dataplane/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_VERSION    1
#define LEDGER_PATH_MAX   512
#define LEDGER_ENTRIES    (1u << 24) /* a file of more is none of ours */
#define READ_ENTRIES      1024
#define LEDGER_HEAD_BYTES sizeof(struct ledger_header)

static const char magic[8] = "sluiceco";

struct ledger_header {
	char magic[8];
	uint32_t version;
	uint32_t entry_bytes;
	uint64_t entries;
};

struct ledger {
	char path[LEDGER_PATH_MAX];
	void *map;
	size_t bytes;
	struct tcp_ledger_entry *entries; /* of the cores, then what was left */
	uint32_t places, left_count;
	uint64_t left_at;
};

/* What was read of the file before. */
struct found {
	struct tcp_ledger_entry *entries;
	uint32_t count, room;
};

static bool
is_ours(const struct ledger_header *h, const struct stat *st)
{
	return memcmp(h->magic, magic, sizeof(magic)) == 0 && h->version == LEDGER_VERSION &&
	       h->entry_bytes == sizeof(struct tcp_ledger_entry) && h->entries <= LEDGER_ENTRIES &&
	       (uint64_t)st->st_size ==
		   LEDGER_HEAD_BYTES + h->entries * sizeof(struct tcp_ledger_entry);
}

/* Whole, and between two ends of one family. */
static bool
is_connection(const struct tcp_ledger_entry *entry)
{
	const struct tcp_endpoints *e = &entry->endpoints;

	return tcp_ledger_holds(entry) && e->local_port != 0 && e->remote_port != 0 &&
	       address_is_v4(&e->local) == address_is_v4(&e->remote);
}

/* -ENOMEM: the rest is not kept. */
static int
keep(struct found *f, const struct tcp_ledger_entry *entry)
{
	if (f->count == f->room) {
		uint32_t room = f->room != 0 ? 2 * f->room : READ_ENTRIES;
		struct tcp_ledger_entry *more =
		    f->room < LEDGER_LEFT_MAX ? realloc(f->entries, room * sizeof(*more)) : NULL;

		if (more == NULL)
			return -ENOMEM;
		f->entries = more;
		f->room = room;
	}
	f->entries[f->count++] = *entry;
	return 0;
}

static int
read_entries(int fd, uint64_t entries, struct found *f)
{
	struct tcp_ledger_entry some[READ_ENTRIES];

	while (entries > 0) {
		uint64_t n = entries < READ_ENTRIES ? entries : READ_ENTRIES;

		if (read(fd, some, n * sizeof(some[0])) != (ssize_t)(n * sizeof(some[0])))
			return -EIO;
		for (uint64_t i = 0; i < n; i++) {
			if (is_connection(&some[i]) && keep(f, &some[i]) != 0)
				return -ENOMEM;
		}
		entries -= n;
	}
	return 0;
}

/* What can't be read is told and left out: a dataplane starts whatever lies there. */
static void
read_last(const char *path, struct found *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *why = NULL;
	struct ledger_header h;
	struct stat st;

	if (fd < 0) {
		if (errno != ENOENT)
			fprintf(
			    stderr, "WRN %s: %s; nothing is read of it\n", path, strerror(errno));
		return;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || read(fd, &h, sizeof(h)) != sizeof(h) ||
	    !is_ours(&h, &st))
		why = "no list of connections of this version";
	else if (read_entries(fd, h.entries, f) != 0)
		why = "not all of it could be read";
	if (why != NULL)
		fprintf(stderr,
		    "WRN %s: %s; connections of the process before may stay open at "
		    "their clients\n",
		    path, why);
	close(fd);
}

/* The new file, mapped and all zero but its header. */
static int
make_file(struct ledger *l, const char *path, uint64_t entries)
{
	struct ledger_header *h;
	void *map = NULL;
	int fd, rc;

	l->bytes = LEDGER_HEAD_BYTES + entries * sizeof(struct tcp_ledger_entry);
	unlink(path); /* of one who died while it started; ours alone: main() holds the lock */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = -posix_fallocate(fd, 0, (off_t)l->bytes); /* no store finds the disk full */
	if (rc == 0) {
		map =
		    mmap(NULL, l->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
		rc = map == MAP_FAILED ? -errno : 0;
	}
	close(fd);
	if (rc != 0)
		return rc;
	l->map = h = map;
	*h = (struct ledger_header){ .version = LEDGER_VERSION,
		.entry_bytes = sizeof(struct tcp_ledger_entry),
		.entries = entries };
	memcpy(h->magic, magic, sizeof(magic));
	l->entries = (struct tcp_ledger_entry *)(h + 1);
	return 0;
}

static int
begin(struct ledger *l, const struct found *f, unsigned cores, uint32_t places)
{
	char path[LEDGER_PATH_MAX + 8];
	int rc;

	snprintf(path, sizeof(path), "%s.new", l->path);
	l->places = places;
	l->left_at = (uint64_t)cores * places;
	l->left_count = f->count;
	rc = make_file(l, path, l->left_at + f->count);
	if (rc == 0 && f->count > 0)
		memcpy(l->entries + l->left_at, f->entries, f->count * sizeof(*f->entries));
	if (rc == 0 && rename(path, l->path) != 0)
		rc = -errno;
	if (rc != 0)
		unlink(path);
	return rc;
}

int
ledger_open(const char *path, unsigned cores, uint32_t places, struct ledger **out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	struct ledger *l = calloc(1, sizeof(*l));
	struct found f = { 0 };
	int rc = -ENOMEM;

	if (l != NULL) {
		rc = (size_t)snprintf(l->path, sizeof(l->path), "%s", path) < sizeof(l->path)
			 ? 0
			 : -ENAMETOOLONG;
		if (rc == 0) {
			read_last(path, &f);
			rc = begin(l, &f, cores, places);
		}
		free(f.entries);
	}
	if (rc == 0) {
		*out = l;
		return 0;
	}
	snprintf(error, CONFIG_ERROR_TEXT_MAX,
	    "%s: %s; should this process die, its connections stay open at their clients", path,
	    strerror(-rc));
	if (l != NULL && l->map != NULL)
		munmap(l->map, l->bytes);
	free(l);
	return rc;
}

struct tcp_ledger_entry *
ledger_of_core(const struct ledger *l, unsigned core)
{
	return l != NULL ? l->entries + (size_t)core * l->places : NULL;
}

struct tcp_ledger_entry *
ledger_left(const struct ledger *l, uint32_t *count)
{
	*count = l != NULL ? l->left_count : 0;
	return l != NULL ? l->entries + l->left_at : NULL;
}

void
ledger_close(struct ledger *l)
{
	bool empty = true;

	if (l == NULL)
		return;
	for (uint64_t i = 0; i < l->left_at + l->left_count && empty; i++)
		empty = !tcp_ledger_holds(&l->entries[i]);
	if (empty)
		unlink(l->path);
	munmap(l->map, l->bytes);
	free(l);
}
