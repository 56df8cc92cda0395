/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl's own options, in front of the command and behind it; what is left is the command's. */
#include "tools/sluicectl/options.h"

#include "tests/unit/harness.h"

#define WORDS_MAX 6

static const struct row {
	const char *row, *words[WORDS_MAX], *left[WORDS_MAX];
	struct options options;
} rows[] = {
	{ "none", { "status" }, { "status" }, { 0 } },
	{ "in front", { "--json", "--name", "a", "mode", "monitor" }, { "mode", "monitor" },
	    { .json = true, .name = "a" } },
	{ "behind", { "mode", "monitor", "--json", "--name", "a" }, { "mode", "monitor" },
	    { .json = true, .name = "a" } },
	{ "among the command's", { "alerts", "--json", "5", "--since", "2h" },
	    { "alerts", "5", "--since", "2h" }, { .json = true } },
	{ "with =", { "--name=a", "status", "--control=/x" }, { "status" },
	    { .name = "a", .control = "/x" } },
	{ "an empty value", { "--name=", "status" }, { "status" }, { .name = "" } },
	{ "the last counts", { "--name", "a", "status", "--name", "b" }, { "status" },
	    { .name = "b" } },
	{ "a longer word", { "status", "--names", "--jsonx" }, { "status", "--names", "--jsonx" },
	    { 0 } },
	{ "not behind --", { "scan", "--", "--json", "--" }, { "scan", "--json", "--" }, { 0 } },
	{ "no value", { "status", "--name" }, { "status" }, { .lacks = "--name" } },
	{ "an unknown one", { "--bogus", "status" }, { "--bogus", "status" },
	    { .unknown = "--bogus" } },
	{ "the command's unknown one", { "top", "--bogus" }, { "top", "--bogus" }, { 0 } },
	{ "--help", { "top", "--help" }, { "top" }, { .help = true } },
	{ "-h", { "-h" }, { NULL }, { .help = true } },
	{ "help", { "help" }, { NULL }, { .help = true } },
	{ "help of a command", { "help", "top" }, { "top" }, { .help = true } },
	{ "--version", { "--version" }, { NULL }, { .version = true } },
	{ "nothing", { NULL }, { NULL }, { 0 } },
};

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

TEST(options_stand_anywhere)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		char *words[WORDS_MAX];
		struct options o;
		int argc = 0, left;

		for (; argc < WORDS_MAX && r->words[argc] != NULL; argc++)
			words[argc] = (char *)(uintptr_t)r->words[argc];
		left = options_take(argc, words, &o);
		for (int at = 0; at < left; at++)
			CHECK_ROW(r->row, same(words[at], r->left[at]));
		CHECK_ROW(r->row, left == WORDS_MAX || r->left[left] == NULL);
		CHECK_ROW(r->row, same(o.name, r->options.name));
		CHECK_ROW(r->row, same(o.control, r->options.control));
		CHECK_ROW(r->row, same(o.unknown, r->options.unknown));
		CHECK_ROW(r->row, same(o.lacks, r->options.lacks));
		CHECK_ROW(r->row, o.json == r->options.json && o.help == r->options.help);
		CHECK_ROW(r->row, o.version == r->options.version);
	}
}
