/* SPDX-License-Identifier: BSD-3-Clause */
/* What Squid 5.7 sent, as recorded: cut at every byte, the same answer and the same object. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/talk/talk.h"
#include "tests/unit/dataplane/icap/cuts.h"
#include "tests/unit/harness.h"

#define CUT_BYTES 6000 /* every cut within these, then one in 997 */

static uint8_t *
read_file(const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = malloc(4 << 20);

	*bytes = f != NULL ? fread(data, 1, 4 << 20, f) : 0;
	if (f != NULL)
		fclose(f);
	return data;
}

static void
check_capture(const char *name, struct span sent)
{
	struct talk *whole = talk_run(sim_pools(), TALK_JUDGE, sent, NULL, 0, true);
	size_t step;

	CHECK_ROW(name, whole->requests == 1 || strstr(name, "OPTIONS") != NULL);
	CHECK_ROW(
	    name, whole->reply_bytes > 12 && (memcmp(whole->reply, "ICAP/1.0 2", 10) == 0 ||
						 memcmp(whole->reply, "ICAP/1.0 100", 12) == 0));
	for (size_t cut = 0; cut + 1 < sent.bytes && cut < 65000; cut += step) {
		uint16_t cuts[] = { (uint16_t)cut, UINT16_MAX };
		struct talk *t = talk_run(sim_pools(), TALK_JUDGE, sent, cuts, 2, true);

		CHECK_ROW(name, talk_is_same(whole, t));
		talk_free(t);
		step = sent.bytes > 20000 ? 997 : cut < CUT_BYTES ? 1 : 97;
	}
	talk_free(whole);
	CHECK_ROW(name, sim_pools_used() == 0);
}

/* Calls `check` with each recorded request; how many there were, and 0 with a skip for none. */
static unsigned
each_capture(void (*check)(const char *name, struct span sent))
{
	const char *folder = harness_shared("data/captures/squid-5.7");
	DIR *d = folder != NULL ? opendir(folder) : NULL;
	struct dirent *e;
	unsigned seen = 0;

	if (d == NULL) {
		harness_skip("no shared captures");
		return 0;
	}
	while ((e = readdir(d)) != NULL) {
		char path[1024];
		size_t bytes;
		uint8_t *data;

		if (strstr(e->d_name, ".icap") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		data = read_file(path, &bytes);
		check(e->d_name, span_of(data, bytes));
		free(data);
		seen++;
	}
	closedir(d);
	CHECK(seen > 10);
	return seen;
}

TEST(recorded_requests_cut_everywhere)
{
	each_capture(check_capture);
}

static unsigned pair, pairs_tried;

static void
check_pairs(const char *name, struct span sent)
{
	if (sent.bytes <= CUTS_BYTES_MAX)
		pairs_tried += cuts_check_pairs(name, TALK_JUDGE, sent, &pair);
}

TEST(recorded_requests_cut_at_pairs_of_places)
{
	if (each_capture(check_pairs) > 0)
		CHECK(pairs_tried > 0 && pairs_tried == (pair + cuts_stride() - 1) / cuts_stride());
}
