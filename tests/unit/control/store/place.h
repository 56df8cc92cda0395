/* SPDX-License-Identifier: BSD-3-Clause */
/* A store in a directory of its own, for the tests of this folder. */
#ifndef SLUICE_TESTS_STORE_PLACE_H
#define SLUICE_TESTS_STORE_PLACE_H

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/store/internal.h"
#include "tests/unit/harness.h"

struct place {
	char directory[64], path[96], error[STORE_ERROR_TEXT_MAX];
	struct store *store;
};

static inline void
place_make(struct place *p)
{
	*p = (struct place){ 0 };
	strcpy(p->directory, "/tmp/sluice-store-XXXXXX");
	CHECK(mkdtemp(p->directory) != NULL);
	snprintf(p->path, sizeof(p->path), "%s/sluice.db", p->directory);
}

static inline int
place_open(struct place *p)
{
	return store_open(p->path, &p->store, p->error);
}

static inline void
place_remove(struct place *p)
{
	char path[400];
	DIR *d = opendir(p->directory);
	struct dirent *e;

	store_close(p->store);
	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", p->directory, e->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(p->directory);
}

/* An id or digest of that number; 32 bytes, of which a uuid is the first 16. Valid until the next
 * eight calls. */
static inline const uint8_t *
place_id(uint64_t number)
{
	static uint8_t ids[8][32];
	static unsigned next;
	uint8_t *id = ids[next++ % 8];

	memset(id, 0xa5, 32);
	memcpy(id, &number, sizeof(number));
	return id;
}

static inline void
place_put_alert(struct store *s, uint64_t number, int64_t wall_ns, enum store_origin origin)
{
	store_put_alert(
	    s, &(struct store_alert){
		   .uuid = place_id(number),
		   .md5 = place_id(number),
		   .sha256 = place_id(number),
		   .wall_ns = wall_ns,
		   .client = "192.0.2.7",
		   .url = "example.test/a",
		   .threat = "Eicar-Test",
		   .verdict = "bad",
		   .source = "scanned",
		   .mode = "standard",
		   .outcome = origin == STORE_ORIGIN_OBJECT ? STORE_BLOCKED : STORE_PASSED,
		   .origin = origin,
	       });
}

static inline void
place_put_delivery(struct store *s, uint64_t number, uint64_t digest, int64_t wall_ns)
{
	store_put_delivery(s, &(struct store_delivery){ .uuid = place_id(number),
				  .md5 = place_id(digest),
				  .sha256 = place_id(digest),
				  .wall_ns = wall_ns,
				  .job = number,
				  .client = "192.0.2.7",
				  .user = "joe" });
}

static inline uint64_t
place_number(const uint8_t *id)
{
	uint64_t number;

	memcpy(&number, id, sizeof(number));
	return number;
}

#endif
