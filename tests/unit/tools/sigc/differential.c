/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ours beside Debian's yara and clamscan: objects are made of the strings of a public rule or
 * signature, some left out, some behind "MZ", and both must say the same of each. A sample of those
 * that are taken; skipped where there is no such program or no such rules.
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

/* The other program: the source's name, how it is asked, what stands behind an object's path in the
 * lines it prints of those that it finds, and its exit code then. */
struct other {
	const char *source, *command;
	char behind;
	int exit_found;
};

static const struct other yara = { "a.yar",
	"for i in 0 1 2 3 4 5 6 7; do yara -w %1$s/a.yar %1$s/$i; done", '\n', 0 };
static const struct other clamscan[] = {
	{ "a.ldb", "clamscan --no-summary -i -d %1$s/a.ldb %1$s/[0-7]", ':', 1 },
	{ "a.ndb", "clamscan --no-summary -i -d %1$s/a.ndb %1$s/[0-7]", ':', 1 },
};

/* A bit for each object that the other finds something in: its line has "DIRECTORY/NUMBER". */
static unsigned
other_finds(const struct made *m, const struct other *other)
{
	char command[400], line[1000];
	unsigned found = 0;
	int code;
	FILE *f;

	snprintf(command, sizeof(command), other->command, m->directory);
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, m->directory),
			   *number = at != NULL ? at + strlen(m->directory) + 1 : "";

		if (number[0] >= '0' && number[0] < '0' + OBJECTS && number[1] == other->behind)
			found |= 1u << (number[0] - '0');
	}
	code = f != NULL ? pclose(f) : -1;
	CHECK(code == 0 || (code >= 0 && code >> 8 == other->exit_found && found != 0));
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
compare(const char *rule, const struct other *other)
{
	struct made m;
	int hits = -1;

	made_begin(&m);
	if (made_source(&m, other->source, rule, strlen(rule)) == 0 && m.sigc.loaded == 2 &&
	    made_build(&m) == 0) {
		unsigned ours = make_and_scan(&m);

		unsigned theirs = other_finds(&m, other);

		CHECK_ROW(rule, ours == theirs);
		if (ours != theirs)
			fprintf(stderr, "  ours %#x, theirs %#x\n", ours, theirs);
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
		int n = seen++ % 8 == 0 ? compare(rule, &yara) : -1; /* every eighth */

		taken += n >= 0;
		hits += n > 0 ? (unsigned)n : 0;
	}
	printf("  %u rules, %u objects, %u hits\n", taken, taken * OBJECTS, hits);
	CHECK(taken >= 12 && hits >= taken && hits < taken * OBJECTS);
}

/* Of every n-th line of a file, up to so many that are taken. */
static void
compare_lines(const char *shared, const struct other *other, unsigned nth, unsigned most)
{
	const char *path = harness_shared(shared);
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	static char line[1 << 20];
	unsigned taken = 0, seen = 0, hits = 0;

	if (f == NULL || system("clamscan --version >/dev/null 2>&1") != 0) {
		harness_skip("no signatures, or no clamscan");
		return;
	}
	while (taken < most && fgets(line, sizeof(line), f) != NULL) {
		int n = seen++ % nth == 0 ? compare(line, other) : -1;

		taken += n >= 0;
		hits += n > 0 ? (unsigned)n : 0;
	}
	fclose(f);
	printf("  %u signatures, %u objects, %u hits\n", taken, taken * OBJECTS, hits);
	CHECK(taken == most && hits > 0);
}

TEST(clamscan_says_the_same_of_logical_signatures)
{
	compare_lines("data/clamav/ditekshen.ldb", &clamscan[0], 9, 12);
}

TEST(clamscan_says_the_same_of_extended_signatures)
{
	compare_lines("data/clamav/rfxn.ndb", &clamscan[1], 97, 12);
}
