/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA's own tests, row by row: each is answered as it says, or stands in one of the lists of what
 * differs and why. libyara here is 4.2.3; the rows are of a newer one, and tell what that version
 * says.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "control/deepscan/jail.h"
#include "tests/unit/control/deepscan/judge.h"

#define EVERY (JAIL_UNDER_SANITIZER ? 8 : 1) /* a row is a process or two, there slow ones */

enum answer {
	ANSWER_NOT_TAKEN,
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_FAILED
};

static const char *
word(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

/* A file of YARA's own test data; the caller's. */
static struct span
data_file(const char *name)
{
	const char *archive = harness_shared("data/vectors/yara-test-data.tar.zst");
	uint8_t *out = malloc(1 << 16);
	char command[600];
	size_t n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "tar --zstd -xOf %.400s .%s",
	    archive != NULL ? archive : "none", strrchr(name, '/'));
	f = popen(command, "r");
	if (f != NULL) {
		n = fread(out, 1, 1 << 16, f);
		CHECK_ROW(name, pclose(f) == 0);
	}
	return span_of(out, n);
}

/* Strings of the vectors are Latin-1 in JSON's Unicode; the caller's. */
static struct span
latin(json_t *text)
{
	const char *utf8 = json_string_value(text),
		   *end = utf8 != NULL ? utf8 + json_string_length(text) : utf8;
	uint8_t *out = malloc((size_t)(end - utf8) + 1);
	size_t n = 0;

	for (; utf8 < end; utf8++) {
		uint8_t c = (uint8_t)*utf8;

		if (c >= 0xc0)
			out[n++] = (uint8_t)(c << 6 | (*++utf8 & 0x3f));
		else
			out[n++] = c;
	}
	if (n == 0)
		out[n++] = ' '; /* an object of no bytes is judged by nobody */
	return span_of(out, n);
}

static enum answer
judge(struct span source, struct span object)
{
	struct judge j;
	enum answer a = ANSWER_NOT_TAKEN;

	if (judge_begin(&j, source) && judge_taken(&j) > 0 && j.sigc.left_out.used == 0) {
		int found = judge_object(&j, object);

		a = found < 0 ? ANSWER_FAILED : found > 0 ? ANSWER_YES : ANSWER_NO;
	}
	judge_end(&j);
	return a;
}

/* In a process of its own: libyara's assertions end it, as they would the worker. */
static enum answer
ask(struct span source, struct span object)
{
	unsigned failures =
	    CU_get_number_of_failures(); /* of earlier rows: the child has them, too */
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(ANSWER_FAILED);
		_exit(
		    (int)judge(source, object) + (CU_get_number_of_failures() > failures ? 8 : 0));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return ANSWER_FAILED;
	judge_sweep(child);
	if (!WIFEXITED(status))
		return ANSWER_FAILED;
	return (enum answer)WEXITSTATUS(status);
}

static enum answer
answer_of(json_t *row)
{
	bool is_regex = strncmp(word(row, "kind"), "regexp", 6) == 0,
	     is_file = strcmp(word(row, "kind"), "rule-match-file") == 0;
	struct span written = latin(json_object_get(row, "rule")),
		    object = is_file ? data_file(word(row, "expect"))
				     : latin(json_object_get(row, "data"));
	struct sigc_table source = { 0 };
	enum answer a;

	if (is_regex) {
		table_add(&source, "rule R { strings: $a = /", 24);
		table_add(&source, written.data, written.bytes);
		table_add(&source, "/ condition: $a }", 17);
	} else {
		table_add(&source, written.data, written.bytes);
	}
	a = ask(span_of(source.bytes, source.used), object);
	free(source.bytes);
	free((void *)(uintptr_t)written.data);
	free((void *)(uintptr_t)object.data);
	return a;
}

/* What the row says of libyara's version; -1: any, as long as nothing fails. */
static int
expected(json_t *row)
{
	const char *kind = word(row, "kind"), *old = word(row, "yara_4_2_3");

	if (strcmp(old, "error") == 0)
		return ANSWER_NOT_TAKEN;
	if (strcmp(old, "match") == 0)
		return ANSWER_YES;
	if (strcmp(old, "nomatch") == 0)
		return ANSWER_NO;
	return strcmp(kind, "rule-match-file") == 0 ? ANSWER_YES : -1;
}

/* Rows, by a piece of the rule, whose answer here is another. */
static const struct {
	const char *rule, *why;
	enum answer answer;
} others[] = {
	{ "{ 31[-][8-][-]30 }", "an assertion of 4.2.3 fails while it scans", ANSWER_FAILED },
	{ "{ 31[-][9-][-]30 }", "an assertion of 4.2.3 fails while it scans", ANSWER_FAILED },
	{ "(not defined (1 \\ #a))", "4.2.3 divides by zero while it scans", ANSWER_FAILED },
	{ "{ 81 EC 38 01 [4-25] B8 ??", "read here, and found; 4.2.3 misses it", ANSWER_YES },
	{ "single line comment with brace",
	    "read here, as YARA's own test wants; 4.2.3 stumbles over \\r", ANSWER_YES },
	{ "$_b = \"ERS\" condition: $a",
	    "taken, as YARA 4.3 does: _ says that a string may go unused", ANSWER_YES },
	{ "rule b { condition: 1 of (a*) } rule a1", "each rule alone is sound, and taken",
	    ANSWER_YES },
};

static const char *
why_another(const char *rule, enum answer a)
{
	for (unsigned i = 0; i < COUNT_OF(others); i++) {
		if (others[i].answer == a && strstr(rule, others[i].rule) != NULL)
			return others[i].why;
	}
	return NULL;
}

/* True: as the row says. False: it stands in the list. */
static bool
check_row(json_t *row)
{
	static const char *const words[] = { "not taken", "no", "yes", "failed" };
	const char *rule = word(row, "rule");
	int wanted = expected(row);
	enum answer a = answer_of(row);
	bool is_right = wanted < 0 ? a != ANSWER_FAILED : (int)a == wanted;

	if (!is_right && why_another(rule, a) == NULL) {
		printf(
		    "  %s: %.200s\n", a <= ANSWER_FAILED ? words[a] : "cut, it was missed", rule);
		CHECK_ROW(word(row, "kind"), false);
	}
	return is_right;
}

TEST(vectors_of_yara)
{
	const char *path = harness_shared("data/vectors/yara-rule-cases.jsonl");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	static char line[1 << 16];
	unsigned all = 0, rows = 0, right = 0;

	if (f == NULL) {
		harness_skip("no vectors");
		return;
	}
	/* Once in this process, so that each row's need not start the libraries anew. */
	judge(span_text("rule R { strings: $a = /a.b/ condition: $a }"), span_text("a b"));
	while (fgets(line, sizeof(line), f) != NULL) {
		json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);

		if (all++ % EVERY == 0) {
			rows++;
			right += check_row(row);
		}
		json_decref(row);
	}
	fclose(f);
	printf("  %u of %u rows as YARA 4.2.3 says, %u listed\n", right, rows, rows - right);
	CHECK(all == 846 && (EVERY > 1 || rows - right == COUNT_OF(others)));
}
