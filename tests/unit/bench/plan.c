/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans come as lines of options; what is none ends the program that reads them. */
#include "bench/plan.h"

#include "tests/unit/harness.h"

TEST(a_line_is_a_plan)
{
	static const struct {
		const char *line;
		bool good;
		unsigned connections;
		uint32_t bytes;
		bool allow_204, anew, empty, options;
	} rows[] = {
		{ "\n", true, 32, 1024, true, false, false, false },
		{ "--bytes 16K --connections 3\n", true, 3, 16384, true, false, false, false },
		{ "  --no-204\t--bytes 1M  \n", true, 32, 1 << 20, false, false, false, false },
		{ "--anew\n", true, 32, 1024, true, true, false, false },
		{ "--empty --connections 3\n", true, 3, 1024, true, false, true, false },
		{ "--anew --options\n", true, 32, 1024, true, true, false, true },
		{ "--reqmod --no-204\n", true, 32, 1024, false, false, false, false },
		{ "--repeat --beside 100M\n", true, 32, 1024, true, false, false, false },
		{ "--rest 50\n", true, 32, 1024, true, false, false, false },
		{ "--queues 2\n", true, 32, 1024, true, false, false, false },
		{ "--mix --repeats 7 --threats 8 --requests 9\n", true, 32, 1024, true, false,
		    false, false },
		{ "--rate 1000\n", true, 32, 1024, true, false, false, false },
		{ "--bytes 1K host\n", false, 0, 0, false, false, false, false },
		{ "--help\n", false, 0, 0, false, false, false, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench_plan p;
		char line[128];

		snprintf(line, sizeof(line), "%s", rows[i].line);
		CHECK_ROW(rows[i].line, plan_parse_line(line, "test", &p) == rows[i].good);
		if (!rows[i].good)
			continue;
		CHECK_ROW(rows[i].line, p.connections == rows[i].connections);
		CHECK_ROW(rows[i].line, p.body_bytes == rows[i].bytes);
		CHECK_ROW(rows[i].line, p.allow_204 == rows[i].allow_204);
		CHECK_ROW(rows[i].line, p.anew == rows[i].anew && p.empty == rows[i].empty);
		CHECK_ROW(rows[i].line, p.options == rows[i].options);
		CHECK_ROW(rows[i].line, p.repeat == (p.beside == 100u << 20));
		CHECK_ROW(rows[i].line, p.repeat == (strstr(rows[i].line, "repeat ") != NULL));
		CHECK_ROW(rows[i].line, p.reqmod == (strstr(rows[i].line, "reqmod") != NULL));
		CHECK_ROW(
		    rows[i].line, p.rest_us == (strstr(rows[i].line, "rest") != NULL ? 50 : 0));
		CHECK_ROW(
		    rows[i].line, p.queues == (strstr(rows[i].line, "queues") != NULL ? 2 : 0));
		CHECK_ROW(rows[i].line, p.mix == (strstr(rows[i].line, "mix") != NULL));
		CHECK_ROW(rows[i].line, p.repeats == (p.mix ? 7 : 0));
		CHECK_ROW(rows[i].line, p.threats == (p.mix ? 8 : 0));
		CHECK_ROW(rows[i].line, p.requests == (p.mix ? 9 : 210));
		CHECK_ROW(rows[i].line, (p.rate == 1000) == (strstr(rows[i].line, "rate") != NULL));
	}
}

TEST(too_many_words_are_no_plan)
{
	char line[512] = "";
	struct bench_plan p;

	for (unsigned i = 0; i < PLAN_WORDS_MAX; i++)
		strcat(line, "--no-204 ");
	CHECK(!plan_parse_line(line, "test", &p));
}
