/* SPDX-License-Identifier: BSD-3-Clause */
/* An error of a later check is led back to the line that it speaks of. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/config/config.h"
#include "tests/unit/harness.h"

static const char text[] = "profiles:\n"
			   "  fallback: zzz\n"
			   "  paths:\n"
			   "  - /a squid\n"
			   "  - /b none\n"
			   "signatures: {sources: [/x,\n"
			   "  /y]}\n";

static const struct row {
	const char *name, *set, *error, *located; /* %s: the file */
} rows[] = {
	{ "a value", NULL, "profiles.fallback: 'zzz', expected a name",
	    "%s:2: profiles.fallback: 'zzz', expected a name" },
	{ "the item that is shown", NULL, "profiles.paths: '/b none', expected a name",
	    "%s:5: profiles.paths: '/b none', expected a name" },
	{ "in flow style", NULL, "signatures.sources: '/y': gone",
	    "%s:7: signatures.sources: '/y': gone" },
	{ "an item that is not shown", NULL, "profiles.paths: too many",
	    "%s:4: profiles.paths: too many" },
	{ "a default", NULL, "pages.language: 'x', expected y",
	    "%s: pages.language: 'x', expected y" },
	{ "an override", "profiles.fallback=yyy", "profiles.fallback: 'yyy', expected a name",
	    "--set profiles.fallback: 'yyy', expected a name" },
	{ "with what a terminal would obey", NULL, "profiles.fallback: \x1b[2J",
	    "%s:2: profiles.fallback: \\x1b[2J" },
	{ "no key of ours", NULL, "no memory: none", "no memory: none" },
	{ "located already", NULL, "t.yaml:3: mode: bad", "t.yaml:3: mode: bad" },
	{ "no colon", NULL, "out of memory", "out of memory" },
	{ "nothing", NULL, "", "" },
};

TEST(an_error_is_led_back_to_its_line)
{
	char file[] = "/tmp/sluice-locate-XXXXXX";
	int fd = mkstemp(file);

	CHECK(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	close(fd);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		char error[CONFIG_ERROR_TEXT_MAX], expected[CONFIG_ERROR_TEXT_MAX];
		const char *hole = strstr(r->located, "%s");

		snprintf(error, sizeof(error), "%s", r->error);
		snprintf(expected, sizeof(expected), "%s%s", hole != NULL ? file : "",
		    hole != NULL ? hole + 2 : r->located);
		config_locate(file, &r->set, r->set != NULL, error);
		CHECK_ROW(r->name, strcmp(error, expected) == 0);
		if (strcmp(error, expected) != 0)
			fprintf(stderr, "    said: %s\n", error);
	}
	unlink(file);
	{
		char error[CONFIG_ERROR_TEXT_MAX] = "profiles.fallback: 'zzz'";

		config_locate(file, NULL, 0, error); /* which is gone */
		CHECK(strcmp(error, "profiles.fallback: 'zzz'") == 0);
	}
}
