/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker may say. Anything else is the class `error`: a verdict is never guessed at. */
#include "control/worker.h"

#include "tests/unit/harness.h"

struct said {
	const char *name, *text;
	bool sound;
	enum verdict verdict;
	enum source source;
	const char *threat, *member;
};

static const struct said cases[] = {
	{ "clean", "clean sandbox - -\n", true, VERDICT_CLEAN, SOURCE_SANDBOX, "", "" },
	{ "bad", "bad sandbox Eicar-Test a.zip/e.com\n", true, VERDICT_BAD, SOURCE_SANDBOX,
	    "Eicar-Test", "a.zip/e.com" },
	{ "a class", "clean encrypted - a.zip\n", true, VERDICT_CLEAN, SOURCE_ENCRYPTED, "",
	    "a.zip" },
	{ "a clean one has no threat", "clean sandbox T -\n", true, VERDICT_CLEAN, SOURCE_SANDBOX,
	    "", "" },
	{ "nothing", "", false, 0, SOURCE_ERROR, "", "" },
	{ "cut before its end", "clean sandbox - -", false, 0, SOURCE_ERROR, "", "" },
	{ "two lines in one", "clean sandbox\n- -\n", false, 0, SOURCE_ERROR, "", "" },
	{ "two verdicts", "clean sandbox - -\nbad sandbox T -\n", false, 0, SOURCE_ERROR, "", "" },
	{ "a word too many", "clean sandbox - - x\n", false, 0, SOURCE_ERROR, "", "" },
	{ "a word short", "clean sandbox -\n", false, 0, SOURCE_ERROR, "", "" },
	{ "an unknown source", "clean magic - -\n", false, 0, SOURCE_ERROR, "", "" },
	{ "an unknown verdict", "good sandbox - -\n", false, 0, SOURCE_ERROR, "", "" },
	{ "an upper-case verdict", "BAD sandbox T -\n", false, 0, SOURCE_ERROR, "", "" },
};

TEST(only_a_whole_line_of_known_words_is_a_verdict)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct said *row = &cases[i];
		struct worker_answer answer;

		CHECK_ROW(row->name, worker_parse(row->text, &answer) == row->sound);
		CHECK_ROW(row->name, answer.source == row->source);
		if (!row->sound)
			continue;
		CHECK_ROW(row->name, answer.verdict == row->verdict);
		CHECK_ROW(row->name, strcmp(answer.threat, row->threat) == 0);
		CHECK_ROW(row->name, strcmp(answer.member, row->member) == 0);
	}
}

TEST(a_long_name_is_cut_and_convicts_all_the_same)
{
	char text[WORKER_TEXT_MAX];
	struct worker_answer answer;

	for (size_t threat = 100; threat < 300; threat++) {
		snprintf(text, sizeof(text), "bad sandbox %0*d m\n", (int)threat, 7);
		CHECK_SEED(threat, worker_parse(text, &answer) && answer.verdict == VERDICT_BAD);
		CHECK_SEED(
		    threat, strlen(answer.threat) ==
				(threat < COMMAND_THREAT_MAX ? threat : COMMAND_THREAT_MAX - 1));
		CHECK_SEED(threat, strcmp(answer.member, "m") == 0);
	}
}
