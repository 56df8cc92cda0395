/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ours beside Debian's yara: objects are made of the strings of a public rule, some left out, some
 * behind "MZ", and both must say the same of each. A sample of the rules that are taken; skipped
 * where there is no yara or no rules.
 */
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

#define OBJECTS   8
#define RULES_MAX 24

/* The next rule of a text, cut off behind its last brace; NULL: no more. */
static char *
next_rule(char **rest)
{
	char *begin = *rest != NULL ? strstr(*rest, "\nrule ") : NULL,
	     *end = begin != NULL ? strstr(begin, "\n}") : NULL;

	if (end == NULL || end[2] == 0)
		return NULL;
	end[2] = 0;
	*rest = end + 3;
	return begin + 1;
}

/* Nearly all strings, fewer, or few, as the seed says. */
static size_t
make_object(const struct made *m, uint64_t seed, uint8_t *out, size_t room)
{
	const struct pattern *p = (const struct pattern *)(const void *)m->sigc.patterns.bytes;
	struct sigc_table sample = { 0 };
	unsigned of_eight = 8 - seed % 8;
	size_t n = 0;

	if (seed % 3 != 0) {
		memset(out, 0, 64);
		memcpy(out, "MZ", 2);
		n = 64;
	}
	for (size_t i = 1; i < m->sigc.patterns.used / sizeof(*p); i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if ((seed >> 40) % 8 >= of_eight || !sigc_sample(&m->sigc, &p[i], &sample) ||
		    n + sample.used + 1 > room)
			continue;
		memcpy(out + n, sample.bytes, sample.used);
		n += sample.used;
		out[n++] = ' ';
	}
	free(sample.bytes);
	return n > 0 ? n : (size_t)(out[0] = 'x', 1);
}

/* A bit for each object that yara finds the rule in: its lines are "RULE DIRECTORY/NUMBER". */
static unsigned
yara_finds(const struct made *m)
{
	char command[300], line[1000];
	unsigned found = 0;
	FILE *f;

	snprintf(command, sizeof(command), "yara -w %s/a.yar %s 2>/dev/null", m->directory,
	    m->directory);
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *slash = strrchr(line, '/');

		if (slash != NULL && slash[1] >= '0' && slash[1] < '0' + OBJECTS &&
		    slash[2] == '\n')
			found |= 1u << (slash[1] - '0');
	}
	CHECK(f != NULL && pclose(f) == 0);
	return found;
}

static bool
ours_finds(const struct made *m, struct signature_core *core, struct span body)
{
	struct signature_scan *scan = signature_open(core, m->generation);
	bool found = signature_feed(scan, body, true) == 1;

	signature_close(scan);
	return found;
}

/* Makes the objects; a bit for each that ours finds the rule in. */
static unsigned
make_and_scan(const struct made *m)
{
	static uint8_t body[1 << 16];
	struct signature_core *core = signature_core_create(1);
	unsigned found = 0;

	CHECK(signature_core_prepare(core, m->generation) == 0);
	for (unsigned i = 0; i < OBJECTS; i++) {
		struct span all = span_of(body, make_object(m, i, body, sizeof(body)));
		char path[100];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%u", m->directory, i);
		f = fopen(path, "w");
		CHECK(
		    f != NULL && fwrite(all.data, 1, all.bytes, f) == all.bytes && fclose(f) == 0);
		found |= ours_finds(m, core, all) ? 1u << i : 0;
	}
	signature_core_destroy(core);
	return found;
}

/* How many objects were hits; -1: the rule is not taken. */
static int
compare(const char *rule)
{
	struct made m;
	int hits = -1;

	made_begin(&m);
	if (made_source(&m, "a.yar", rule, strlen(rule)) == 0 && m.sigc.loaded == 2 &&
	    made_build(&m) == 0) {
		unsigned ours = make_and_scan(&m);

		CHECK_ROW(rule, ours == yara_finds(&m));
		hits = __builtin_popcount(ours);
	}
	made_end(&m);
	return hits;
}

TEST(yara_says_the_same)
{
	const char *path = harness_shared("data/yara/ditekshen/malware.yar");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	static char text[4 << 20];
	unsigned taken = 0, seen = 0, hits = 0;
	char *rest = text, *rule;

	if (f == NULL || system("yara --version >/dev/null 2>&1") != 0) {
		harness_skip("no rules, or no yara");
		return;
	}
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	while (taken < RULES_MAX && (rule = next_rule(&rest)) != NULL) {
		int n = seen++ % 8 == 0 ? compare(rule) : -1; /* every eighth */

		taken += n >= 0;
		hits += n > 0 ? (unsigned)n : 0;
	}
	printf("  %u rules, %u objects, %u hits\n", taken, taken * OBJECTS, hits);
	CHECK(taken >= 12 && hits >= taken && hits < taken * OBJECTS);
}
