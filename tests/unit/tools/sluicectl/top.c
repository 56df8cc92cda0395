/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates are of the interval, whatever its length; two dataplanes have none in common. */
#include "tools/sluicectl/top.h"

#include "tests/unit/harness.h"

#include <math.h>

struct asked {
	const char *name, *words[5];
	unsigned seconds, count; /* seconds 0: refused */
};

static const struct asked asked[] = {
	{ "nothing", { NULL }, 1, 0 },
	{ "an interval", { "--seconds", "5" }, 5, 0 },
	{ "both", { "--count", "3", "--seconds", "3600" }, 3600, 3 },
	{ "no time at all", { "--seconds", "0" }, 0, 0 },
	{ "over an hour", { "--seconds", "3601" }, 0, 0 },
	{ "no number", { "--seconds" }, 0, 0 },
	{ "half a number", { "--count", "5x" }, 0, 0 },
	{ "less than none", { "--count", "-1" }, 0, 0 },
	{ "space before it", { "--count", " 1" }, 0, 0 },
	{ "beyond 64 bits", { "--count", "99999999999999999999999" }, 0, 0 },
	{ "a word", { "5" }, 0, 0 },
};

TEST(words_to_options)
{
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		const struct asked *a = &asked[i];
		struct top_options o;
		const char *error = NULL;
		int words = 0;
		bool taken;

		while (words < 5 && a->words[words] != NULL)
			words++;
		taken = top_options_of(words, (char **)(uintptr_t)a->words, &o, &error);
		CHECK_ROW(a->name, taken == (a->seconds != 0));
		CHECK_ROW(a->name, taken || error != NULL);
		CHECK_ROW(a->name, !taken || (o.seconds == a->seconds && o.count == a->count));
	}
}

static struct top_reading
reading(uint64_t ns, int pid, json_int_t objects, json_int_t cached)
{
	return (struct top_reading){
		.status = json_pack("{s:b, s:i, s:i, s:s, s:s, s:s, s:i, s:i}", "dataplane",
		    pid != 0, "dataplane_pid", pid, "cores", 2, "instance", "here", "mode",
		    "standard", "generation", "0123456789abcdef", "connections", 7, "held", 3),
		.stats =
		    json_pack("{s:{s:I, s:I, s:I, s:I}, s:{s:I}, s:{s:I, s:I}, s:{s:i, s:i, s:i}}",
			"counters", "objects_respmod", objects, "objects_reqmod", objects / 2,
			"object_bytes", objects * 1000, "busy_ns", objects * 1000000, "tcp",
			"retrans_segs", objects / 10, "verdicts", "clean (scanned)", objects,
			"clean (cached)", cached, "object_us", "p50", 5, "p99", 50, "max", 500),
		.ns = ns,
	};
}

static void
forget(struct top_reading *r)
{
	json_decref(r->status);
	json_decref(r->stats);
}

static double
rate_of(const json_t *rates, const char *name)
{
	const json_t *n = json_object_get(rates, name);

	return n != NULL ? json_number_value(n) : -1;
}

static bool
is_near(double value, double wanted)
{
	return fabs(value - wanted) < 1e-6;
}

TEST(rates_are_of_the_interval)
{
	struct top_reading before = reading(5000000000u, 10, 1000, 40),
			   after = reading(7000000000u, 10, 1400, 40);
	json_t *rates = top_rates(&before, &after), *verdicts;

	CHECK(is_near(rate_of(rates, "respmod_per_s"), 200));
	CHECK(is_near(rate_of(rates, "reqmod_per_s"), 100));
	CHECK(is_near(rate_of(rates, "object_bytes_per_s"), 200000));
	CHECK(is_near(rate_of(rates, "retransmits_per_s"), 20));
	CHECK(is_near(rate_of(rates, "busy_percent"), 10)); /* 0.4 s of two cores' 4 s */
	CHECK(is_near(rate_of(rates, "connections"), 7) && is_near(rate_of(rates, "held"), 3));
	verdicts = json_object_get(rates, "verdicts_per_s");
	CHECK(is_near(rate_of(verdicts, "clean (scanned)"), 200));
	CHECK(json_object_get(verdicts, "clean (cached)") == NULL); /* none came */
	json_decref(rates);
	forget(&before);
	forget(&after);
}

TEST(two_dataplanes_have_no_rates_in_common)
{
	struct top_reading before = reading(1000, 10, 1000, 0), anew = reading(2000, 11, 5, 0),
			   none = reading(3000, 0, 0, 0), at_once = reading(1000, 10, 1001, 0);

	CHECK(top_rates(&before, &anew) == NULL);
	CHECK(top_rates(&before, &none) == NULL);
	CHECK(top_rates(&none, &anew) == NULL);
	CHECK(top_rates(&before, &at_once) == NULL); /* no time between them */
	forget(&before);
	forget(&anew);
	forget(&none);
	forget(&at_once);
}

TEST(people_see_the_sums)
{
	struct top_reading before = reading(0, 10, 0, 0),
			   after = reading(1000000000u, 10, 3000, 12);
	json_t *rates = top_rates(&before, &after);
	char *shown = NULL;
	size_t bytes = 0;
	FILE *f = open_memstream(&shown, &bytes);

	top_print(f, rates);
	fclose(f);
	CHECK(strstr(shown, "here  mode standard  generation 0123456789abcdef  2 cores, ") != NULL);
	CHECK(strstr(shown, "\n      4500       1500       3000       24.0 ") != NULL);
	CHECK(strstr(shown, "p50 5  p99 50  max 500") != NULL);
	CHECK(strstr(shown, "clean (cached)                           12.0/s") != NULL);
	free(shown);
	json_decref(rates);
	forget(&before);
	forget(&after);
}

TEST(one_core_is_a_core)
{
	json_t *rates = json_pack("{s:s, s:s, s:s, s:i}", "instance", "here", "mode", "standard",
	    "generation", "0123456789abcdef", "cores", 1);
	char *shown = NULL;
	size_t bytes = 0;
	FILE *f = open_memstream(&shown, &bytes);

	top_print(f, rates);
	fclose(f);
	CHECK(strstr(shown, "  1 core, ") != NULL);
	free(shown);
	json_decref(rates);
}
