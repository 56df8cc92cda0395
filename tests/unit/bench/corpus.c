/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies are slices of the file, around and around, and the same for whoever asks. */
#include "bench/corpus.h"

#include <stdlib.h>
#include <unistd.h>

#include "bench/number.h"
#include "tests/unit/harness.h"

static const char *
file_of(const char *text)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/sluice-corpus-XXXXXX");
	fd = mkstemp(path);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return path;
}

TEST(bodies_go_around_the_file)
{
	static const struct {
		const char *name;
		uint64_t index;
		size_t bytes;
		const char *expected;
	} rows[] = {
		{ "the first", 0, 4, "0123" }, /* 61 and 4 bytes on: 65, by 10 */
		{ "the second", 1, 4, "5678" }, { "around", 2, 4, "0123" },
		{ "over the end", 1, 6, "789012" },
		{ "longer than the file", 1, 12, "345678901234" },
		{ "far away", (1ull << 40) + 1, 1, "4" }, /* 62 * (2^40 + 1), by 10 */
	};
	char error[CORPUS_ERROR_BYTES];
	const char *path = file_of("0123456789");
	struct corpus c;

	CHECK(corpus_load(path, 12, &c, error) == 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].name,
		    span_is(corpus_body(&c, rows[i].index, rows[i].bytes), rows[i].expected));
	corpus_free(&c);
	unlink(path);
}

TEST(generated_text_is_text)
{
	char error[CORPUS_ERROR_BYTES];
	struct corpus c;
	struct span body;
	bool good = true;

	CHECK(corpus_load(NULL, 4096, &c, error) == 0);
	body = corpus_body(&c, 7, 4096);
	for (size_t i = 0; i < body.bytes; i++)
		good &= body.data[i] == '\n' || (body.data[i] >= ' ' && body.data[i] <= 'z');
	CHECK(good && body.bytes == 4096);
	corpus_free(&c);
}

TEST(what_is_no_corpus_is_refused_by_name)
{
	char error[CORPUS_ERROR_BYTES];
	struct corpus c;
	const char *path = file_of("");

	CHECK(corpus_load(path, 1, &c, error) < 0 && strstr(error, path) != NULL);
	unlink(path);
	CHECK(corpus_load(path, 1, &c, error) < 0 && strstr(error, "No such file") != NULL);
	CHECK(corpus_load("/", 1, &c, error) < 0);
}

TEST(numbers)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "1", true, 1 },
		{ "16K", true, 16384 },
		{ "2M", true, 2u << 20 },
		{ "256M", true, 256u << 20 },
		{ "0", false, 0 },
		{ "257M", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "1k", false, 0 },
		{ "1KK", false, 0 },
		{ " 1", false, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t n = 0;

		CHECK_ROW(rows[i].text,
		    number_parse(rows[i].text, 1, NUMBER_BODY_BYTES_MAX, &n) == rows[i].good);
		CHECK_ROW(rows[i].text, n == rows[i].value);
	}
}
