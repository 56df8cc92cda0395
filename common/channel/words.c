/* SPDX-License-Identifier: BSD-3-Clause */
/* The printed side of the tables in words.h. */
#include "common/channel/words.h"

static const char *const mode_words[] = {
#define X(id, word, log_word, help) [MODE_##id] = word,
	MODES(X)
#undef X
};
static const char *const mode_log_words[] = {
#define X(id, word, log_word, help) [MODE_##id] = log_word,
	MODES(X)
#undef X
};
static const char *const source_words[] = {
#define X(id, word, help) [SOURCE_##id] = word,
	SOURCES(X)
#undef X
};
static const char *const counter_words[] = {
#define X(id, word, help) [COUNTER_##id] = word,
	COUNTERS(X)
#undef X
};
static const char *const counter_helps[] = {
#define X(id, word, help) [COUNTER_##id] = help,
	COUNTERS(X)
#undef X
};

/* The index of a word in a table; the table's length when it is not there. */
static unsigned
find(struct span word, const char *const *table, unsigned entries)
{
	for (unsigned i = 0; i < entries; i++) {
		if (span_is(word, table[i]))
			return i;
	}
	return entries;
}

const char *
mode_word(enum mode m)
{
	return (unsigned)m < MODE_COUNT ? mode_words[m] : "?";
}

const char *
mode_log_word(enum mode m)
{
	return (unsigned)m < MODE_COUNT ? mode_log_words[m] : "?";
}

enum mode
mode_by_word(struct span word)
{
	return find(word, mode_words, MODE_COUNT);
}

const char *
source_word(enum source s)
{
	return (unsigned)s < SOURCE_COUNT ? source_words[s] : "?";
}

enum source
source_by_word(struct span word)
{
	return find(word, source_words, SOURCE_COUNT);
}

const char *
counter_word(enum counter c)
{
	return (unsigned)c < COUNTER_COUNT ? counter_words[c] : "?";
}

const char *
counter_help(enum counter c)
{
	return (unsigned)c < COUNTER_COUNT ? counter_helps[c] : "?";
}
