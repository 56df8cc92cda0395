/* SPDX-License-Identifier: BSD-3-Clause */
/* `sluicectl tcp` and `sluicectl capture`: from words to requests. */
#include "tools/sluicectl/observe.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

#define WORDS_MAX 10

struct words {
	char *words[WORDS_MAX];
	const char *request; /* as JSON; NULL: refused */
	const char *error;
};

static const struct words tcp[] = {
	{ { NULL }, "{\"command\":\"tcp\"}", NULL },
	{ { "--summary", NULL }, "{\"command\":\"tcp\",\"summary\":true}", NULL },
	{ { "host", "10.0.0.1", "and", "state", "established", NULL },
	    "{\"command\":\"tcp\",\"filter\":\"host 10.0.0.1 and state established\"}", NULL },
	{ { "port 5 and port 6", "--limit", "50", NULL },
	    "{\"command\":\"tcp\",\"limit\":50,\"filter\":\"port 5 and port 6\"}", NULL },
	{ { "--limit", NULL }, NULL, "expected a number of connections" },
	{ { "--limit", "5x", NULL }, NULL, "expected a number of connections" },
	{ { "--limit", "9999999999", NULL }, NULL, "expected a number of connections" },
	{ { "--sumary", NULL }, NULL, "unknown option '--sumary'" },
};

static const struct words captures[] = {
	{ { "-o", "x", NULL }, "{\"command\":\"capture\"}", NULL },
	{ { "port", "5", "-o", "x", "--count", "3", "--seconds", "4", NULL },
	    "{\"command\":\"capture\",\"count\":3,\"seconds\":4,\"filter\":\"port 5\"}", NULL },
	{ { "-o", "x", "--snaplen", "96", NULL }, "{\"command\":\"capture\",\"snaplen\":96}",
	    NULL },
	{ { "port", "5", NULL }, NULL, "expected -o FILE" },
	{ { "-o", NULL }, NULL, "expected -o FILE" },
	{ { "-o", "-", NULL }, NULL, "expected a file" },
	{ { "-w", "x", NULL }, NULL, "unknown option '-w'" },
	{ { "-o", "x", "--count", "-1", NULL }, NULL, "expected a number of frames" },
	{ { "-o", "x", "--seconds", "", NULL }, NULL, "expected a number of seconds" },
	{ { "-o", "x", "--snaplen", NULL }, NULL, "expected a number of bytes" },
};

static void
check_row(const struct words *w, json_t *request, const char *error)
{
	const char *name = w->words[0] != NULL ? w->words[0] : "no word";
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;

	CHECK_ROW(name, (text == NULL) == (w->request == NULL));
	if (text != NULL && w->request != NULL)
		CHECK_ROW(text, strcmp(text, w->request) == 0);
	if (w->error != NULL)
		CHECK_ROW(name, error != NULL && strstr(error, w->error) != NULL);
	free(text);
	json_decref(request);
}

static int
count_words(const struct words *w)
{
	int n = 0;

	while (w->words[n] != NULL)
		n++;
	return n;
}

TEST(words_of_tcp)
{
	const char *error;

	for (size_t i = 0; i < COUNT_OF(tcp); i++) {
		json_t *request = tcp_request(count_words(&tcp[i]), tcp[i].words, &error);

		check_row(&tcp[i], request, error);
	}
}

TEST(words_of_capture)
{
	const char *error, *file;

	for (size_t i = 0; i < COUNT_OF(captures); i++) {
		json_t *request =
		    capture_request(count_words(&captures[i]), captures[i].words, &file, &error);

		if (request != NULL)
			CHECK(strcmp(file, "x") == 0);
		check_row(&captures[i], request, error);
	}
}

TEST(a_filter_of_any_length_is_refused_or_taken)
{
	static char word[2 * OBSERVE_FILTER_MAX];
	char *argv[] = { word };
	const char *error;
	json_t *request;

	for (size_t n = OBSERVE_FILTER_MAX - 4; n < OBSERVE_FILTER_MAX + 4; n++) {
		memset(word, 'a', n);
		word[n] = 0;
		request = tcp_request(1, argv, &error);
		CHECK_SEED(n, (request != NULL) == (n + 2 <= OBSERVE_FILTER_MAX));
		json_decref(request);
	}
}
