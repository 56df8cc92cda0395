/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker may say. Anything else is the class `error`: a verdict is never guessed at. */
#include "control/worker.h"

#include "tests/unit/harness.h"

struct said {
	const char *name, *text;
	bool sound;
	enum verdict verdict;
	enum source source;
	const char *threat, *layer;
	uint64_t offset;
};

#define NONE WORKER_NO_OFFSET

static const struct said cases[] = {
	{ "clean", "clean sandbox - - -\n", true, VERDICT_CLEAN, SOURCE_SANDBOX, "", "", NONE },
	{ "bad", "bad sandbox Eicar-Test zip:e.com 68\n", true, VERDICT_BAD, SOURCE_SANDBOX,
	    "Eicar-Test", "zip:e.com", 68 },
	{ "steps", "bad sandbox T gz->zip:a->b-c>d->at:7 0\n", true, VERDICT_BAD, SOURCE_SANDBOX,
	    "T", "gz -> zip:a -> b-c>d -> at:7", 0 },
	{ "a class", "clean encrypted - a.zip -\n", true, VERDICT_CLEAN, SOURCE_ENCRYPTED, "",
	    "a.zip", NONE },
	{ "a clean one has no threat", "clean sandbox T - -\n", true, VERDICT_CLEAN, SOURCE_SANDBOX,
	    "", "", NONE },
	{ "nothing", "", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "cut before its end", "clean sandbox - - -", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "two lines in one", "clean sandbox\n- - -\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "two verdicts", "clean sandbox - - -\nbad sandbox T - -\n", false, 0, SOURCE_ERROR, "",
	    "", NONE },
	{ "a word too many", "clean sandbox - - - x\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "a word short", "clean sandbox - -\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "an unknown source", "clean magic - - -\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "an unknown verdict", "good sandbox - - -\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "an upper-case verdict", "BAD sandbox T - -\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "an offset that is no number", "bad sandbox T - x\n", false, 0, SOURCE_ERROR, "", "",
	    NONE },
	{ "a negative offset", "bad sandbox T - -1\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "an offset with a tail", "bad sandbox T - 1k\n", false, 0, SOURCE_ERROR, "", "", NONE },
	{ "an offset past 63 bits", "bad sandbox T - 9223372036854775808\n", false, 0, SOURCE_ERROR,
	    "", "", NONE },
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
		CHECK_ROW(row->name, strcmp(answer.layer, row->layer) == 0);
		CHECK_ROW(row->name, answer.offset == row->offset);
	}
}

TEST(a_long_name_is_cut_and_convicts_all_the_same)
{
	char text[WORKER_TEXT_MAX];
	struct worker_answer answer;

	for (size_t threat = 100; threat < 300; threat++) {
		snprintf(text, sizeof(text), "bad sandbox %0*d m 1\n", (int)threat, 7);
		CHECK_SEED(threat, worker_parse(text, &answer) && answer.verdict == VERDICT_BAD);
		CHECK_SEED(
		    threat, strlen(answer.threat) ==
				(threat < COMMAND_THREAT_MAX ? threat : COMMAND_THREAT_MAX - 1));
		CHECK_SEED(threat, strcmp(answer.layer, "m") == 0);
	}
}

static const struct {
	const char *text;
	bool sound, by_name;
} sixth_words[] = {
	{ "clean sandbox - - - name\n", true, true },
	{ "bad sandbox T zip:a 5 name\n", true, true },
	{ "bad sandbox T zip:name 5\n", true, false },
	{ "clean sandbox - - - nam\n", false, false },
	{ "clean sandbox - - - named\n", false, false },
	{ "clean sandbox - - - name x\n", false, false },
	{ "clean sandbox - - name\n", false, false },
};

TEST(a_verdict_may_hang_on_the_name)
{
	for (size_t i = 0; i < COUNT_OF(sixth_words); i++) {
		struct worker_answer answer;

		CHECK_ROW(sixth_words[i].text,
		    worker_parse(sixth_words[i].text, &answer) == sixth_words[i].sound);
		CHECK_ROW(sixth_words[i].text,
		    !sixth_words[i].sound || answer.by_name == sixth_words[i].by_name);
		CHECK_ROW(
		    sixth_words[i].text, sixth_words[i].sound || answer.source == SOURCE_ERROR);
	}
}

#define DIGEST  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ANOTHER "ff0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static const struct {
	const char *text;
	bool sound, by_name;
	unsigned parts;
} parts[] = {
	{ "bad sandbox T zip:a 5 " DIGEST "\n", true, false, 1 },
	{ "bad sandbox T zip:a 5 name " DIGEST " " ANOTHER "\n", true, true, 2 },
	{ "bad sandbox T a - " DIGEST " " DIGEST " " DIGEST " " ANOTHER "\n", true, false, 4 },
	{ "bad sandbox T a - " DIGEST " " DIGEST " " DIGEST " " DIGEST " " DIGEST "\n", false,
	    false, 0 },
	{ "clean sandbox - - - " DIGEST "\n", true, false, 0 }, /* of what is clean none is bad */
	{ "bad sandbox T a 5 " DIGEST " name\n", false, false, 0 },
	{ "bad sandbox T a 5 name name\n", false, false, 0 },
	{ "bad sandbox T a 5 " DIGEST "00\n", false, false, 0 },
	{ "bad sandbox T a 5 " DIGEST "x\n", false, false, 0 },
	{ "bad sandbox T a 5 g" DIGEST "\n", false, false, 0 },
	{ "bad sandbox T a 5 0001\n", false, false, 0 },
};

TEST(a_bad_object_has_bad_parts)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct worker_answer answer;
		bool sound = worker_parse(parts[i].text, &answer);

		CHECK_ROW(parts[i].text, sound == parts[i].sound);
		if (!sound)
			continue;
		CHECK_ROW(parts[i].text, answer.by_name == parts[i].by_name);
		CHECK_ROW(parts[i].text, answer.part_count == parts[i].parts);
		for (unsigned k = 0; k < answer.part_count; k++)
			CHECK_ROW(parts[i].text,
			    (answer.parts[k][0] == 0 || answer.parts[k][0] == 0xff) &&
				answer.parts[k][1] == 1 && answer.parts[k][31] == 0x1f);
	}
}

TEST(how_a_worker_ended_is_no_layer)
{
	CHECK(worker_is_end("worker ended by SIGSEGV"));
	CHECK(!worker_is_end("zip:worker -> gz") && !worker_is_end("worker") && !worker_is_end(""));
}
