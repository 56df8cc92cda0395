/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl sig: its words, and which files it hands over. */
#include "tools/sluicectl/sig.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static const struct {
	const char *name;
	char *words[4];
	const char *request; /* empty: refused */
	const char *error;
	bool is_usage;
} rows[] = {
	{ "alone", { NULL }, "{\"command\":\"sig\"}", "", false },
	{ "status", { "status" }, "{\"command\":\"sig\"}", "", false },
	{ "reload", { "reload" }, "{\"command\":\"sig\",\"reload\":true}", "", false },
	{ "promote", { "promote" }, "{\"command\":\"sig\",\"promote\":true}", "", false },
	{ "rollback", { "rollback" }, "{\"command\":\"sig\",\"rollback\":true}", "", false },
	{ "drop", { "drop" }, "{\"command\":\"sig\",\"drop\":true}", "", false },
	{ "drop promoted", { "drop", "promoted" }, "{\"command\":\"sig\",\"drop\":\"promoted\"}",
	    NULL, false },
	{ "drop what", { "drop", "all" }, "", "sig: expected status", true },
	{ "an unknown word", { "undo" }, "", "sig: expected status", true },
	{ "a word too many", { "promote", "x" }, "", "sig: expected status", true },
	{ "no file", { "try" }, "", "sig: expected status", true },
	{ "a file that is not there", { "try", "/none/x.lit" }, "",
	    "/none/x.lit: No such file or directory", false },
	{ "a directory", { "try", "/" }, "", "/: not a regular file", false },
	{ "a device", { "try", "/dev/null" }, "", "/dev/null: not a regular file", false },
};

TEST(sig_words)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const char *error = "";
		bool is_usage = false;
		int count = 0;
		json_t *request;
		char *text;

		while (count < 4 && rows[i].words[count] != NULL)
			count++;
		request = sig_request(count, (char **)(uintptr_t)rows[i].words, &error, &is_usage);
		text = request != NULL ? json_dumps(request, JSON_COMPACT) : strdup("");
		CHECK_ROW(rows[i].name, strcmp(text, rows[i].request) == 0);
		CHECK_ROW(rows[i].name,
		    request != NULL || strncmp(error, rows[i].error, strlen(rows[i].error)) == 0);
		CHECK_ROW(rows[i].name, request != NULL || is_usage == rows[i].is_usage);
		free(text);
		json_decref(request);
	}
}

/* The name that control shows is the file's own, however it was reached. */
TEST(sig_try_hands_over_files)
{
	char path[] = "/tmp/sluice-sig-XXXXXX", link[64], bytes[4] = "";
	const char *error = "";
	bool is_usage;
	int fd = mkstemp(path);
	char *words[] = { "try", link, path };
	json_t *request, *file;
	const json_t *files;

	CHECK(fd >= 0 && write(fd, "abc", 3) == 3);
	snprintf(link, sizeof(link), "%s.link", path);
	CHECK(symlink(path, link) == 0);
	request = sig_request(3, words, &error, &is_usage);
	files = json_object_get(request, "try");
	CHECK(json_array_size(files) == 2);
	for (size_t i = 0; i < json_array_size(files); i++) {
		int handed;

		file = json_array_get(files, i);
		handed = (int)json_integer_value(json_object_get(file, "fd"));
		CHECK(strcmp(json_string_value(json_object_get(file, "name")), path) == 0);
		CHECK(pread(handed, bytes, 3, 0) == 3 && memcmp(bytes, "abc", 3) == 0);
		close(handed);
	}
	json_decref(request);
	close(fd);
	unlink(link);
	unlink(path);
}
