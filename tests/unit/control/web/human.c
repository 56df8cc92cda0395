/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people read them, at the borders of each unit. */
#include "control/web/human.h"

#include <math.h>

#include "tests/unit/harness.h"

TEST(counts)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = { { 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { 65535, "65,535" },
		{ 1234567, "1,234,567" }, { UINT64_MAX, "18,446,744,073,709,551,615" } };
	char out[HUMAN_TEXT];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(cases[i].text, strcmp(human_count(cases[i].n, out), cases[i].text) == 0);
}

TEST(rates_and_bytes)
{
	static const struct {
		double n;
		const char *rate, *bytes;
	} cases[] = {
		{ -1, "0", "0 B" },
		{ NAN, "0", "0 B" },
		{ 0, "0", "0 B" },
		{ 0.04, "0", "0 B" },
		{ 0.06, "0.1", "0 B" },
		{ 12.34, "12.3", "12 B" },
		{ 99.96, "100", "100 B" },
		{ 999.4, "999", "999 B" },
		{ 1000, "1,000", "1.0 kB" },
		{ 9960, "9,960", "10 kB" },
		{ 999600, "999,600", "1.0 MB" },
		{ 2.5e9, "2,500,000,000", "2.5 GB" },
		{ 7e15, "7,000,000,000,000,000", "7.0 PB" },
		{ 1e18, "1000000000000000000", "1000 PB" },
	};
	char out[HUMAN_TEXT];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CHECK_ROW(cases[i].rate, strcmp(human_rate(cases[i].n, out), cases[i].rate) == 0);
		CHECK_ROW(
		    cases[i].bytes, strcmp(human_bytes(cases[i].n, out), cases[i].bytes) == 0);
	}
}

TEST(durations)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = { { 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1.0 µs" }, { 14200, "14 µs" },
		{ 999600, "1.0 ms" }, { 1500000000, "1.5 s" }, { 119000000000, "119 s" },
		{ 120000000000, "2.0 min" }, { 900000000000, "15 min" } };
	char out[HUMAN_TEXT];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(
		    cases[i].text, strcmp(human_duration(cases[i].ns, out), cases[i].text) == 0);
}

TEST(ages)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = { { 0, "0 s" }, { 59, "59 s" }, { 60, "1 min 0 s" }, { 3599, "59 min 59 s" },
		{ 7200, "2 h 0 min" }, { 86399, "23 h 59 min" }, { 86400 * 12 + 25300, "12 d 7 h" },
		{ UINT64_MAX, "213503982334601 d 7 h" } };
	char out[HUMAN_TEXT];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(
		    cases[i].text, strcmp(human_age(cases[i].seconds, out), cases[i].text) == 0);
}
